"""Figures for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "packshot_requests_total", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "packshot_request_seconds", "Time to answer a request.", ("method", "route"), registry=self.registry
        )
        self.pictures = Counter("packshot_pictures_total", "Pictures drawn.", ("model",), registry=self.registry)
        self.together = Histogram(
            "packshot_batch_pictures",
            "Pictures drawn together.",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=self.registry,
        )
        self.waiting = Gauge("packshot_waiting_pictures", "Pictures waiting to be drawn.", registry=self.registry)
        self.turned_away = Counter(
            "packshot_turned_away_total", "Requests refused.", ("reason",), registry=self.registry
        )
        self.jobs = Gauge("packshot_jobs", "Jobs by state.", ("state",), registry=self.registry)

    def page(self) -> bytes:
        """As Prometheus reads them."""
        return generate_latest(self.registry)

"""How a service runs. Plain values, since worker processes are given them too."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from packshot.text.refused import RefusedTerms

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Settings:
    """How a service runs.

    Attributes:
        state: folder for jobs, the queue, keys and images that are fetched by address. Hosts that share a queue
            share this folder.
        models: name → model folder; None is the default model. The first answers where none is named.
        host, port: to listen at; port 0 takes a free one. Any host but this machine asks for keys.
        allowed_hosts: further names that requests may call the server by.
        redis: address of a Redis server for the queue and the rate limits; empty keeps the queue in SQLite.
        workers: processes that work on jobs beside this server.
        studio: whether to serve the studio page.
        waiting: pictures that may wait to be drawn, and uploads that may wait to be worked on, before 429.
        rate: requests that one key may make, as ``limits`` writes it.
        max_json, max_upload, max_table: bytes of a request with JSON, a picture, a product table.
        max_pixels: of an uploaded picture.
        max_jobs: unfinished jobs that one key may have.
        url_seconds: how long an image can be fetched by its address.
        refused: terms that are not drawn.
        nsfw_filter: hold back pictures that are not safe for work.
    """

    state: Path
    models: dict[str, Path | None] = field(default_factory=lambda: {"default": None})
    host: str = "127.0.0.1"
    port: int = 8000
    allowed_hosts: tuple[str, ...] = ()
    redis: str = ""
    workers: int = 1
    studio: bool = True
    waiting: int = 64
    rate: str = "300/minute"
    max_json: int = 256 * 1024
    max_upload: int = 20 * MEGABYTE
    max_table: int = 50 * MEGABYTE
    max_pixels: int = 40_000_000
    max_jobs: int = 20
    url_seconds: int = 3600
    refused: RefusedTerms = field(default_factory=RefusedTerms)
    nsfw_filter: bool = False

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK

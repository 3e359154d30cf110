"""What a job is asked to do, and how far it is."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from packshot.batch.serving import Wording

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")


class JobRequest(BaseModel):
    """How to fill a table; see ``packshot fill``."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = None
    n: int = Field(default=1, ge=1, le=8)
    all: bool = Field(default=True, description="Also for products that the table names an image of.")
    preset: str | None = None
    candidates: int | None = Field(default=None, ge=1, le=16)
    no_copies: bool = False
    seed: int = Field(default=0, ge=0, lt=2**63)
    wording: Wording = "auto"


class Job(BaseModel):
    """What a job is; it never changes."""

    id: str
    owner: str
    table: str
    created: float
    request: JobRequest


class Status(BaseModel):
    """How far a job is.

    ``done`` of ``total`` products were worked on in this run; the counts by outcome are there once it has ended.
    """

    state: State = "queued"
    done: int = 0
    total: int = 0
    skus: int = 0
    made: int = 0
    refused: int = 0
    failed: int = 0
    attempts: int = Field(default=0, description="How often it was begun since it last got on.")
    error: str = ""
    updated: float = 0.0
    seconds_left: float | None = None


class JobView(BaseModel):
    """A job as callers see it."""

    id: str
    table: str
    created: float
    request: JobRequest
    status: Status

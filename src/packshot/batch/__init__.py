"""An image for every product of a table: planned, drawn, finished, recorded; a run that was killed goes on."""

from __future__ import annotations

from packshot.batch.entries import Entry
from packshot.batch.fill import Options, Summary, Watch, fill
from packshot.batch.serving import wording_named

__all__ = ["Entry", "Options", "Summary", "Watch", "fill", "wording_named"]

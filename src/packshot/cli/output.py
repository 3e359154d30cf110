"""How verbs print: lines for people, one JSON document for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there already.")]


def emit(result: Any, as_json: bool, lines: Iterable[str]) -> None:
    """Print ``result`` as JSON or, for a person, ``lines``."""
    if as_json:
        lines = [json.dumps(result, ensure_ascii=False, indent=2)]
    for line in lines:
        print(line)
    # A server goes on after it has told its address, which must not wait in a buffer on the way to a log.
    sys.stdout.flush()

"""How verbs print: lines for people, one JSON document for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there already.")]


def emit(result: Any, as_json: bool, lines: Iterable[str]) -> None:
    """Print ``result`` as JSON or, for a person, ``lines``."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    for line in lines:
        print(line)

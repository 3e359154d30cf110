"""Catalogs: a shop's product data read, cleaned, deduplicated, described and split, ready to train on.

Importing this package needs none of the ``catalog`` extra's packages; using it does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from packshot.catalog.needs import require
from packshot.catalog.options import Options, parse_drop, parse_map
from packshot.catalog.reading import SPLITS, Catalog, Split

__all__ = ["SPLITS", "Catalog", "Options", "Split", "build", "forget", "parse_drop", "parse_map"]


def build(sources: Sequence[Path | str], out: Path | str, options: Options | None = None) -> dict[str, Any]:
    """Build a catalog from product data.

    A build that was killed goes on when it is called again with the same arguments. Work runs in processes,
    so a script calls this under ``if __name__ == "__main__":``.

    Args:
        sources: folders or files with product data.
        out: the catalog's folder, made if it does not exist.
        options: how to build it.

    Returns:
        Counts: ``candidates`` = ``kept`` + ``rejected``, ``kept`` = ``train`` + ``test``, and
        ``rejected_by_reason``.

    Raises:
        PackshotError: nothing usable was found, or ``out`` holds something else.
    """
    require()
    from packshot.catalog.building import build_catalog

    return build_catalog([Path(s) for s in sources], Path(out), options or Options())


def forget(catalog: Path | str, skus: Collection[str]) -> dict[str, Any]:
    """Remove products from a finished catalog: rows, pictures, the list of what was left out, report and caches.

    A source that still holds them brings them back with the next build.

    Raises:
        PackshotError: the catalog holds none of them.
    """
    require()
    from packshot.catalog.forgetting import forget_products

    return forget_products(Path(catalog), skus)

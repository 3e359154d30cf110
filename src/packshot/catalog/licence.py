"""Which licence a source's pictures are under, as far as a file beside them says."""

from __future__ import annotations

import re
from pathlib import Path

_NAMES = (
    "LICENSE",
    "LICENSE.txt",
    "LICENSE.md",
    "LICENCE",
    "LICENCE.txt",
    "COPYING",
    "license",
    "license.txt",
)

# What gives a licence away near the start of its text, and the name the Hugging Face Hub has for it.
_SIGNS = (
    (r"SPDX-License-Identifier:\s*([\w.+-]+)", ""),
    (r"CC0 1\.0 Universal|CC0-1\.0", "cc0-1.0"),
    (r"Attribution-NonCommercial-ShareAlike 4\.0", "cc-by-nc-sa-4.0"),
    (r"Attribution-NonCommercial 4\.0", "cc-by-nc-4.0"),
    (r"Attribution-ShareAlike 4\.0", "cc-by-sa-4.0"),
    (r"Attribution 4\.0 International", "cc-by-4.0"),
    (r"Apache License\s+Version 2\.0", "apache-2.0"),
    (r"GNU GENERAL PUBLIC LICENSE\s+Version 3", "gpl-3.0"),
    (r"Mozilla Public License Version 2\.0", "mpl-2.0"),
    (r"MIT License|Permission is hereby granted, free of charge", "mit"),
    (r"Redistribution and use in source and binary forms", "bsd-3-clause"),
    (r"Open Data Commons Open Database License|ODbL", "odbl"),
)


def licence_of(folder: Path) -> str:
    """The Hub's identifier of the licence in ``folder``: ``other`` if not known, ``unknown`` if none."""
    path = next((folder / name for name in _NAMES if (folder / name).is_file()), None)
    if path is None:
        return "unknown"
    with path.open(encoding="utf-8", errors="replace") as file:
        text = " ".join(file.read(4000).split())
    for sign, name in _SIGNS:
        match = re.search(sign.replace(r"\s+", " "), text, re.IGNORECASE)
        if match:
            return name or match.group(1).lower()
    return "other"


def joint_licence(licences: list[str]) -> str:
    """The licence of a catalog made from several sources: theirs where they agree."""
    different = sorted(set(licences))
    if len(different) == 1:
        return different[0]
    return "unknown" if "unknown" in different else "other"

"""The catalog's README: a dataset card whose head the Hugging Face Hub and ``datasets`` read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card(name: str, licence: str, info: Mapping[str, Any]) -> str:
    """The text of ``README.md``.

    Args:
        info: the content of ``catalog.json``.
    """
    counts = info["counts"]
    size = next((label for most, label in _SIZES if counts["kept"] < most), "1M<n<10M")
    languages = [code for code in ("en", "zh") if info["languages"].get(code)]
    files = "".join(
        f"  - split: {split}\n    path: data/{split}-*.parquet\n" for split in ("train", "test") if counts[split]
    )
    head = (
        f"license: {licence}\npretty_name: {json.dumps(name, ensure_ascii=False)}\n"
        + ("language:\n" + "".join(f"- {code}\n" for code in languages) if languages else "")
        + f"task_categories:\n- text-to-image\nsize_categories:\n- {size}\n"
        f"configs:\n- config_name: default\n  data_files:\n{files}"
    )
    lines = [
        f"---\n{head}---\n",
        f"# {name}\n",
        f"A product catalog made by packshot {info['packshot']}: one row per picture of a product.\n",
        "| candidates | pictures |\n|---|---|",
        f"| read | {counts['candidates']} |",
        f"| kept | {counts['kept']} (train {counts['train']}, test {counts['test']}) |",
        *(f"| left out: {reason} | {n} |" for reason, n in counts["rejected_by_reason"].items()),
        "\n| source | licence |\n|---|---|",
        *(f"| {s['name']} | {s['licence']} |" for s in info["sources"]),
        "\nSplits never share a `group`: near duplicates and variants of one product stay together.",
        "`rejected.parquet` lists every candidate left out, with the reason.",
    ]
    return "\n".join(lines) + "\n"

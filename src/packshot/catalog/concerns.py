"""What speaks against training on a catalog as it is, in sentences for whoever decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

# Pictures below which a model has little to learn from, in all and of one category, and to be measured on.
_FEW, _FEW_OF_A_KIND, _FEW_HELD_OUT = 500, 20, 20
# Shares of all pictures from which something is worth a sentence.
_MANY = 0.2
# Longest side, in pixels, below which there is not much to see.
_SMALL = 256
# Labels that say nothing.
_VAGUE = frozenset(
    {
        "not-sure", "other", "others", "skip", "unknown", "misc", "miscellaneous", "n-a", "na", "none", "uncategorized",
        "uncategorised", "test", "tbd", "default", "其他", "其它", "未分类", "默认", "未知", "测试",
    }
)  # fmt: skip


def concerns(info: Mapping[str, Any], columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """One sentence for each concern; none if there is nothing to object to.

    Args:
        info: the content of ``catalog.json``.
        columns: ``text, category, colors, longest`` of all rows kept; ``colors`` are empty where none is known.
    """
    counts, found = info["counts"], []
    kept = counts["kept"]
    if counts["rejected"] > _MANY * counts["candidates"]:
        reason, number = next(iter(counts["rejected_by_reason"].items()))
        found.append(f"{_share(counts['rejected'], counts['candidates'])} were left out, {number:,} as “{reason}”.")
    if kept < _FEW:
        found.append(f"{kept:,} pictures are few: adapt a trained model to them rather than train a new one.")
    kinds = Counter(columns["category"])
    few = [name or "none" for name, number in kinds.most_common() if number < _FEW_OF_A_KIND]
    if few:
        found.append(f"Fewer than {_FEW_OF_A_KIND} pictures each: {_listed(few)}.")
    vague = {name: number for name, number in kinds.items() if name in _VAGUE}
    if vague:
        found.append(f"{sum(vague.values()):,} pictures have labels that say nothing ({_listed(vague)}); see --drop.")
    nothing = sum(not color for color in columns["colors"])
    if nothing > _MANY * kept:
        found.append(f"{_share(nothing, kept)} name no colour, so colours are learned from the rest.")
    texts = len(set(columns["text"]))
    if texts < _MANY * kept and not counts["composed"]:
        found.append(f"{kept:,} pictures share {texts:,} descriptions: what tells them apart is not in the words.")
    if counts["composed"] > _MANY * kept:
        found.append(f"{_share(counts['composed'], kept)} have a description composed of label and colour alone.")
    if info["cut_out"] is None:
        found.append("Backgrounds are as in the pictures; a model learns them too. --cut-out puts products on white.")
    elif counts["flags"].get("background", 0) > _MANY * kept:
        hint = "" if info["settings"].get("gate") else " --gate 0.7 cuts out more of them, well enough to train on."
        share = _share(counts["flags"]["background"], kept)
        found.append(f"{share} keep their background among cut-outs on white.{hint}")
    small = sum(side < _SMALL for side in columns["longest"])
    if small > _MANY * kept:
        found.append(f"{_share(small, kept)} are under {_SMALL} pixels.")
    if counts["test"] < _FEW_HELD_OUT:
        held_out = "1 picture is" if counts["test"] == 1 else f"{counts['test']} pictures are"
        found.append(f"{held_out} held out: scores will be rough.")
    if info["licence"] == "unknown":
        found.append("No licence lies beside the source: make sure that you may train on these pictures.")
    return found


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / whole:.0%})"


def _listed(names: Any, most: int = 12) -> str:
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")

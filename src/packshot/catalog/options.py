"""What a build is told, beside its sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packshot.catalog.columns import FIELDS
from packshot.errors import PackshotError

# Masks whose outline no product has are rated below it.
LEAST_GATE = 0.5


@dataclass(frozen=True)
class Options:
    """How a catalog is built.

    Attributes:
        map: field → the column it is read from, where packshot would not find it by itself.
        drop: column or field → values (compared without case) whose records are left out as junk.
        images: folders to look for pictures in, besides those of the sources.
        cut_out: store products on white, centred and equally framed, where the mask is good.
        gate: the quality that a mask needs for that, ``LEAST_GATE``..1; None is what the cut-out room asks for, for
            pictures that are shown to buyers. Less keeps more of them to train on.
        mirrored: count mirror images as near duplicates.
        allow_private: let picture addresses lead into private networks.
        overwrite: replace a finished catalog.
        engine: ``local``, or ``ray`` for Ray Data. It does not change what is built.
        workers: processes; None is one a core. 0 works in the calling process: nothing has to start, but a picture
            that crashes the decoder ends the build. It does not change what is built.
        max_side: longest side of a stored picture, in pixels.
        cut_out_side: side of a stored cut-out, in pixels.
        test_share: share of the groups that is held out, 0..0.5.
    """

    map: Mapping[str, str] = field(default_factory=dict)
    drop: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    images: tuple[Path, ...] = ()
    cut_out: bool = False
    gate: float | None = None
    mirrored: bool = False
    allow_private: bool = False
    overwrite: bool = False
    engine: str = "local"
    workers: int | None = None
    max_side: int = 1024
    cut_out_side: int = 384
    test_share: float = 0.1

    def __post_init__(self) -> None:
        for name in self.map:
            if name not in FIELDS:
                raise PackshotError(f"unknown field {name!r}", "--map", f"Fields are {', '.join(FIELDS)}.", usage=True)
        if self.gate is not None and not self.cut_out:
            raise PackshotError("without --cut-out there is nothing to judge", "--gate", usage=True)
        if self.gate is not None and not LEAST_GATE <= self.gate <= 1:
            raise PackshotError(f"the quality asked for must lie in {LEAST_GATE:g}..1", "--gate", usage=True)
        if not 0 <= self.test_share <= 0.5:
            raise PackshotError("the share held out must lie in 0..0.5", str(self.test_share), usage=True)

    def settings(self) -> dict[str, object]:
        """The options that decide what is built, as plain values for ``catalog.json``."""
        return {
            "map": dict(sorted(self.map.items())),
            "drop": {k: sorted(v) for k, v in sorted(self.drop.items())},
            "images": [str(p.resolve()) for p in self.images],
            "cut_out": self.cut_out,
            "gate": self.gate,
            "mirrored": self.mirrored,
            "allow_private": self.allow_private,
            "max_side": self.max_side,
            "cut_out_side": self.cut_out_side,
            "test_share": self.test_share,
        }


def parse_map(items: Iterable[str]) -> dict[str, str]:
    """``field=column`` arguments as a mapping."""
    return dict(_pair(item, "--map", "field=column") for item in items)


def parse_drop(items: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """``field=value,value`` arguments as a mapping; a field given twice takes all its values."""
    drop: dict[str, tuple[str, ...]] = {}
    for item in items:
        name, values = _pair(item, "--drop", "field=value,...")
        drop[name] = drop.get(name, ()) + tuple(v.strip() for v in values.split(",") if v.strip())
    return drop


def _pair(item: str, option: str, form: str) -> tuple[str, str]:
    name, equals, value = item.partition("=")
    if not (equals and name.strip() and value.strip()):
        raise PackshotError(f"{item!r} is not of the form {form}", option, usage=True)
    return name.strip(), value.strip()

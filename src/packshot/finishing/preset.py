"""Market presets: what to make for a market, and the rules it will be judged by. Data, not code.

Presets ship as ``assets/presets/NAME.toml``, over the rules for every market in ``_every.toml``. A user's own TOML
file may stand alone or say ``extends = "NAME"`` and name only what differs; ``off = true`` drops a rule.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from packshot.artifact import Strict
from packshot.assets import asset
from packshot.errors import PackshotError
from packshot.images.encode import Format

Measure = Literal[
    "width", "height", "longest_side", "shortest_side", "aspect", "megapixels", "file_bytes", "format",
    "jpeg_quality", "color_space", "stray_metadata", "transparency", "white_background", "subject_fill",
    "subject_side", "subject_offset", "subject_touches_edge", "enlarged", "ai_generated", "source_type",
    "aigc", "visible_mark", "signature", "blank",
]  # fmt: skip


class Rule(Strict):
    """One rule of a market.

    Attributes:
        measure: what is measured.
        min, max: bounds of a number, both allowed values.
        any_of: the allowed values.
        only_ai: the rule concerns AI-made pictures alone.
        level: what breaking it means.
        why: the rule in words.
        source, date: where it was read, and when; "packshot" for what is good practice and no market's rule.
        off: True drops a rule of the preset that is extended.
    """

    measure: Measure
    min: float | None = None
    max: float | None = None
    any_of: tuple[str | bool | float, ...] = ()
    only_ai: bool = False
    level: Literal["fail", "warning"] = "fail"
    why: str
    source: str
    date: str
    off: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Rule:
        if self.min is None and self.max is None and not self.any_of:
            raise ValueError("a rule needs min, max or any_of")
        return self


class Make(Strict):
    """What ``finish`` makes for a market.

    Attributes:
        width, height: pixels.
        format: of the file.
        quality: JPEG and WebP quality to start from; the byte limits among the rules may lower it.
        fill: the product's box as a share of the frame, along the side that fills it most.
        background: ``white`` or ``transparent``; a template brings its own.
        shadow: ``keep`` what shadow the picture has, or ``remove`` it as far as it is paler than the product.
        mark: write the visible AI label of GB 45438-2025 on AI pictures.
    """

    width: int = Field(ge=16, le=10_000)
    height: int = Field(ge=16, le=10_000)
    format: Format = "jpeg"
    quality: int = Field(default=95, ge=1, le=100)
    fill: float = Field(default=0.85, gt=0, le=1)
    background: Literal["white", "transparent"] = "white"
    shadow: Literal["keep", "remove"] = "keep"
    mark: bool = False

    @model_validator(mode="after")
    def _can_be(self) -> Make:
        if self.background == "transparent" and self.format == "jpeg":
            raise ValueError("JPEG has no transparency; choose png, webp or avif")
        return self


Box = tuple[float, float, float, float]


class TextBlock(Strict):
    """A place for text in a template.

    Attributes:
        box: left, top, right, bottom as shares of the frame.
        size: of the font, as a share of the frame's shorter side; smaller if the text would not fit.
        lines: at most this many.
        align: of the lines in the box.
        color: ``#rrggbb``, or ``auto`` for a tone of the background that can be read on it.
        font: path of a font file; empty for the font that ships or is installed.
        bold: thicken the strokes.
    """

    box: Box
    size: float = Field(gt=0, le=1)
    lines: int = Field(default=1, ge=1)
    align: Literal["left", "center", "right"] = "center"
    color: str = Field(default="auto", pattern="^(auto|#[0-9a-fA-F]{6})$")
    font: str = ""
    bold: bool = False


class Template(Strict):
    """An advertisement's page: what a designer edits.

    Attributes:
        background: ``gradient`` or ``plain`` in a colour taken from the product, or ``#rrggbb``.
        product: the product's place, left, top, right, bottom as shares of the frame.
        title, price: places of the texts; None leaves a text out.
    """

    background: str = Field(default="gradient", pattern="^(gradient|plain|#[0-9a-fA-F]{6})$")
    product: Box
    title: TextBlock | None = None
    price: TextBlock | None = None


class Preset(Strict):
    """A market preset; see `load`.

    Attributes:
        source, date: of the rules that do not name their own.
        template: the page to compose; None for a plain packshot.
    """

    name: str
    title: str
    market: str
    note: str = ""
    source: str
    date: str
    make: Make
    template: Template | None = None
    rules: Mapping[str, Rule]

    def changed(self, **make: Any) -> Preset:
        """The preset with some of what it makes changed; None leaves a value as it is.

        Raises:
            PackshotError: a value that cannot be.
        """
        given = {key: value for key, value in make.items() if value is not None}
        try:
            changed = Make.model_validate(self.make.model_dump() | given)
        except ValidationError as error:
            first = error.errors()[0]
            raise PackshotError(
                f"{first['loc'][0] if first['loc'] else 'value'}: {first['msg'].lower()}", usage=True
            ) from None
        return self.model_copy(update={"make": changed})

    @property
    def identity(self) -> str:
        """Ten hexadecimal digits that change with anything that ``finish`` would do differently."""
        template = self.template.model_dump() if self.template else None
        content = {"make": self.make.model_dump(), "template": template, "bytes": self.bounds("file_bytes")}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]

    def bounds(self, measure: Measure) -> tuple[float, float]:
        """The least and the most that all rules about a measure allow."""
        rules = [rule for rule in self.rules.values() if rule.measure == measure]
        low = max((rule.min for rule in rules if rule.min is not None), default=0.0)
        return low, min((rule.max for rule in rules if rule.max is not None), default=float("inf"))


def names() -> list[str]:
    """The presets that ship, sorted."""
    return sorted(path.stem for path in asset("presets").glob("[!_]*.toml"))


def load(name: str) -> Preset:
    """The preset of a name, or the one in a user's TOML file.

    Args:
        name: one of ``names()``, or the path of a ``.toml`` file.

    Raises:
        PackshotError: there is no such preset, or the file is not one.
    """
    if name in names():
        return _validated(name, _table(asset("presets") / f"{name}.toml"), name)
    path = Path(name)
    if path.suffix != ".toml":
        raise PackshotError(
            f"unknown preset {name!r}",
            hint=f"Presets are {', '.join(names())}; or give the path of a TOML file.",
            usage=True,
        )
    table = _table(path)
    base = table.pop("extends", None)
    if base is not None:
        if base not in names():
            raise PackshotError(f"unknown preset {base!r} to extend", path, f"Presets are {', '.join(names())}.")
        table = _merged(_table(asset("presets") / f"{base}.toml"), table)
    return _validated(path.stem, table, path)


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackshotError("no such preset file", path, usage=True) from None
    except OSError as error:
        raise PackshotError(f"cannot read: {error.strerror or error}", path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackshotError(f"preset is not TOML: {error}", path) from None


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        result[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def _validated(name: str, table: Mapping[str, Any], where: object) -> Preset:
    table = _merged({"rules": _sourced(_table(asset("presets") / "_every.toml"))}, table)
    try:
        preset = Preset.model_validate({"name": name, **table, "rules": _sourced(table)})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise PackshotError(f"preset is not valid at {key}: {first['msg'].lower()}", where) from None
    kept = {key: rule for key, rule in preset.rules.items() if not rule.off}
    return preset.model_copy(update={"rules": kept})


def _sourced(table: Mapping[str, Any]) -> Any:
    """The rules of a table, those without a source of their own with the table's."""
    rules = table.get("rules", {})
    if not isinstance(rules, dict):
        return rules
    shared = {key: table[key] for key in ("source", "date") if key in table}
    return {key: shared | rule if isinstance(rule, dict) else rule for key, rule in rules.items()}

"""``report.html``: the judgement on one page that needs nothing else, for the person who decides."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from packshot.artifact import ModelFolder
from packshot.catalog.needs import require
from packshot.evaluation.card import METRICS, PERCENT, RECONSTRUCTION, TENTHS, figure
from packshot.evaluation.charts import bar, curve, plane
from packshot.evaluation.prompts import Prompt
from packshot.evaluation.reconstruction import reconstruct
from packshot.evaluation.reference import Reference, evenly, kind_of
from packshot.evaluation.wishes import held_out_wishes
from packshot.files import write_atomic
from packshot.generation.generator import Generator
from packshot.images.encode import encode
from packshot.images.resize import to_square

_SIDE = 64
_KINDS, _PER_KIND, _SEEDS, _PROMPTS, _ENCODED = 18, 6, 5, 30, 12
_LANGUAGES = {"zh": "Chinese", "en": "English"}


def write_report(
    target: Path, result: Mapping[str, Any], model: ModelFolder, reference: Reference, prompts: Sequence[Prompt]
) -> None:
    """Write ``report.html`` of an evaluation; pictures are drawn again from their seeds."""
    generator = Generator(model)
    write_page(
        target / "report.html",
        "report.html.j2",
        r=result,
        fmt=lambda found: figure(found, PERCENT),
        copies=figure(result["memorisation"]["near_copies"], TENTHS),
        cards=_cards(result),
        metrics=_metrics(result),
        plane=Markup(plane(_points(result))),
        encoded=_encoded(result["reconstruction"], generator, reference),
        followed=_followed(result["adherence"]),
        followed_kinds=_followed_kinds(result["adherence"]),
        confusions=_confusions(result["adherence"]),
        kinds=_kinds(result),
        grids=_grids(result, generator, reference),
        pairs=_pairs(result, generator, reference),
        sheet=_sheet(generator, prompts),
        costs=_costs(result["costs"]),
        curves=_curves(model.path),
    )


def write_page(path: Path, template: str, **content: Any) -> None:
    """Render a page of this room.

    Raises:
        PackshotError: jinja2 is not installed.
    """
    require("jinja2")
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("pages")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    write_atomic(path, environment.get_template(template).render(side=_SIDE, **content).encode())


def picture_uri(rgb: NDArray[np.uint8], side: int = 2 * _SIDE) -> str:
    """A picture inside the page, no larger than ``side`` pixels."""
    small = to_square(rgb, min(side, max(rgb.shape[:2])), "pad")
    return f"data:image/jpeg;base64,{base64.b64encode(encode(small, 'jpeg', quality=90)).decode()}"


def _cards(result: Mapping[str, Any]) -> list[dict[str, str]]:
    scores, real, followed = result["scores"], result["real_against_real"], result["adherence"]
    cards = [
        {"label": "FID", "value": f"{scores['fid']['value']:.1f}", "note": f"real {real['fid']['value']:.1f}"},
        {
            "label": "KID × 1000",
            "value": f"{1000 * scores['kid']['value']:.1f}",
            "note": f"real {1000 * real['kid']['value']:.1f}",
        },
    ]
    for facet, label in (("category", "right kind of product"), ("color", "right color")):
        if followed and followed[facet]:
            of = followed[facet]["of_ceiling"]["value"]
            cards.append({"label": label, "value": f"{100 * of:.0f} %", "note": "of what real pictures reach"})
    copies = result["memorisation"]["near_copies"]["value"]
    cards.append({"label": "near-copies", "value": f"{100 * copies:.1f} %", "note": "real 1 %"})
    spent = result["costs"]["ms_per_image"]
    if spent:
        cards.append({"label": "ms an image", "value": f"{spent:.0f}", "note": "one core"})
    return cards


def _metrics(result: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    scores, real = result["scores"], result["real_against_real"]
    return [
        (label, figure(scores[name], form), figure(real[name], form), better)
        for name, label, form, better in METRICS
        if name in scores
    ]


def _points(result: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    own, real = result["scores"], result["real_against_real"]
    return [(result["model"], own["precision"], own["recall"]), ("real", real["precision"], real["recall"])]


def _encoded(
    found: Mapping[str, Any] | None, generator: Generator, reference: Reference
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]] | None:
    """Label and figure, and held-out pictures beside what the autoencoder makes of them."""
    if found is None:
        return None
    figures = [(label, figure(found[name], form)) for name, label, form in RECONSTRUCTION]
    pictures = reference.pictures("test", evenly(len(reference.rows["test"]), _ENCODED))
    return figures, [(picture_uri(p), picture_uri(reconstruct(generator, p))) for p in pictures]


def _followed(found: Mapping[str, Any] | None) -> list[dict[str, str]]:
    rows = []
    for facet, label in (("category", "kind of product"), ("color", "color")):
        if found and found[facet]:
            row = {
                "label": label,
                "right": figure(found[facet]["accuracy"], PERCENT),
                "ceiling": f"{100 * found[facet]['ceiling']:.0f} %",
                "all": figure(found[facet]["of_ceiling"], PERCENT),
            }
            for language in _LANGUAGES:
                part = found[language][facet]
                row[language] = figure(part["of_ceiling"], PERCENT) if part else "–"
            rows.append(row)
    return rows


def _followed_kinds(found: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    rows = []
    for name, part in (found["per_category"] if found else {}).items():
        row: dict[str, Any] = {"name": name}
        for facet in ("category", "color"):
            if part[facet]:
                ceiling = {"value": part[facet]["ceiling"]}
                row[f"{facet}_bar"] = Markup(bar(part[facet]["accuracy"], 1.0, ceiling))
                row[facet] = f"{100 * part[facet]['accuracy']['value']:.0f} %"
        rows.append(row)
    return rows


def _confusions(found: Mapping[str, Any] | None) -> list[tuple[str, list[str], list[tuple[str, list[Any]]]]]:
    """Each table with its rows in percent; rows of nothing are left out."""
    tables = []
    for key, what in (("confusion", "kinds of product"), ("color_confusion", "colors")):
        for part, words in (
            ("generated", "asked for, and seen in generated pictures"),
            ("real", "held-out real, and seen"),
        ):
            counts = np.array(found[key][part]) if found else np.zeros((0, 0))
            names = found[key]["names"] if found else []
            rows = []
            for i, name in enumerate(names):
                if total := counts[i].sum():
                    shares = 100 * counts[i] / total
                    cells = [(f"{s:.0f}" if s >= 1 else "", round(float(s)), i == j) for j, s in enumerate(shares)]
                    rows.append((f"{name} ({total})", cells))
            if rows:
                tables.append((f"{what}, {words}, %", names, rows))
    return tables


def _kinds(result: Mapping[str, Any]) -> list[tuple[str, Markup, str, int]]:
    found, real = result["per_category"], result["real_per_category"]
    scaled = {
        name: {k: None if v is None else 1000 * v for k, v in part["kid"].items() if k != "n"}
        for name, part in found.items()
    }
    most = max((v["high"] or v["value"] or 0 for v in scaled.values()), default=1.0)
    least = min((v["low"] or 0 for v in scaled.values()), default=0.0)
    rows = []
    for name, value in scaled.items():
        tick = {"value": 1000 * real[name]["kid"]["value"]} if name in real else None
        svg = Markup(bar(value, most, tick, least=min(0.0, least)))
        rows.append((name, svg, figure(value, (1.0, ".1f", "")), found[name]["kid"]["n"]))
    return rows


def _grids(
    result: Mapping[str, Any], generator: Generator, reference: Reference
) -> list[tuple[str, list[str], list[str]]]:
    known = [kind_of(a) for a in reference.attributes("test")]
    wishes = held_out_wishes(reference, result["images"]["generated"])
    rows = []
    for name in list(result["per_category"])[:_KINDS]:
        mine = [wish for i, wish in enumerate(wishes) if known[i % len(known)] == name]
        theirs = [i for i, kind in enumerate(known) if kind == name]
        made = generator.pictures([mine[i] for i in evenly(len(mine), _PER_KIND)])
        real = reference.pictures("test", [theirs[i] for i in evenly(len(theirs), _PER_KIND)])
        rows.append((name, [picture_uri(image.pixels) for image in made], [picture_uri(p) for p in real]))
    return rows


def _pairs(result: Mapping[str, Any], generator: Generator, reference: Reference) -> list[dict[str, Any]]:
    entries = result["memorisation"]["closest"]
    made = generator.pictures([(entry["text"], entry["seed"]) for entry in entries])
    real = (
        to_square(p, reference.resolution, reference.fit)
        for p in reference.catalog.images("train", [e["row"] for e in entries])
    )
    return [
        {
            "made": picture_uri(image.pixels),
            "real": picture_uri(picture),
            "text": entry["text"],
            "seed": entry["seed"],
            "closeness": f"{entry['closeness']:.2f}",
            "near": entry["near_copy"],
        }
        for entry, image, picture in zip(entries, made, real, strict=True)
    ]


def _sheet(generator: Generator, prompts: Sequence[Prompt]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    columns = []
    for language, label in _LANGUAGES.items():
        chosen = [p for p in prompts if p.language == language]
        rows = []
        for prompt in (chosen[i] for i in evenly(len(chosen), _PROMPTS)):
            made = generator.pictures([(prompt.text, seed) for seed in range(_SEEDS)])
            rows.append((prompt.text, [picture_uri(image.pixels) for image in made]))
        if rows:
            columns.append((label, rows))
    return columns


def _costs(found: Mapping[str, float | None]) -> list[tuple[str, str]]:
    labels = {
        "ms_per_image": ("ms an image, one core", ".0f"),
        "first_ms": ("ms to the first image, loading included", ".0f"),
        "peak_mb": ("most memory, MB", ".0f"),
        "drawing_mb": ("what draws, on disk, MB", ".1f"),
        "folder_mb": ("model folder, MB", ".1f"),
        "training_minutes": ("training, minutes", ".0f"),
    }
    return [
        (label, format(value, form)) for key, (label, form) in labels.items() if (value := found.get(key)) is not None
    ]


def _curves(folder: Path) -> list[Markup]:
    """The losses over the steps of all stages, from the training that the folder still holds."""
    path = folder / "training" / "checkpoint.json"
    try:
        history: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["history"]
    except (OSError, ValueError, KeyError):
        return []
    at: list[float] = []
    marks: list[float] = []
    for before, row in zip([None, *history], history, strict=False):
        if before is not None and before.get("stage") != row.get("stage"):
            marks.append(at[-1])
        at.append((marks[-1] if marks else 0.0) + float(row["step"]))
    names = dict.fromkeys(k for row in history for k, v in row.items() if k != "step" and isinstance(v, float))
    lines = {name: [(s, float(row[name])) for s, row in zip(at, history, strict=True) if name in row] for name in names}
    return [Markup(svg) for name, points in lines.items() if (svg := curve(name, points, marks))]

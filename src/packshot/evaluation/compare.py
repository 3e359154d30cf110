"""Models side by side on the same real pictures, seeds and descriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from packshot import __version__
from packshot.artifact import ModelFolder, write_json
from packshot.catalog import Catalog
from packshot.errors import PackshotError
from packshot.evaluation.charts import bar, plane
from packshot.evaluation.differences import COMPARED, at, differences
from packshot.evaluation.evaluate import Settings, judge
from packshot.evaluation.prompts import Prompt, prompts_for
from packshot.evaluation.reference import Reference, evenly
from packshot.evaluation.report import picture_uri, write_page
from packshot.features.choose import choose_features
from packshot.generation.generator import Generator
from packshot.progress import say

_SEEDS, _PROMPTS = 4, 24
_BETTER = {1: "higher", -1: "lower", 2: "as real", 0: "as real"}


def compare(folders: Sequence[Path], catalog_path: Path, out: Path, settings: Settings | None = None) -> dict[str, Any]:
    """Judge models by the same real pictures, seeds and descriptions.

    ``comparison.json`` and ``comparison.html`` are written into ``out``. Real pictures are prepared at the
    resolution of the largest model, so a smaller one is held to what a shopper sees.
    Descriptions, unless a file names them, are those that the first model knows.

    Returns:
        What is in ``comparison.json``.

    Raises:
        PackshotError: fewer than two models, models whose training pictures were framed differently, no such model or
            catalog.
    """
    settings = settings or Settings()
    if len(folders) < 2:
        raise PackshotError("at least two models are needed to compare", usage=True)
    models = [ModelFolder(folder) for folder in folders]
    first = models[0].config
    if any(model.config.fit != first.fit for model in models):
        raise PackshotError("these models' training pictures were framed differently, crop and pad", usage=True)
    prompts = prompts_for(first, settings.prompts)
    reference = Reference(
        Catalog(catalog_path),
        max(model.config.resolution for model in models),
        first.fit,
        sorted({flag for model in models for flag in model.config.without}),
        choose_features(settings.inception, settings.features),
        settings.open_engine(),
    )
    names = _names(models)
    results = []
    for name, model in zip(names, models, strict=True):
        say(f"{name}:")
        results.append({**judge(model, reference, prompts, settings), "model": name})
    result = {"models": results, "differences": differences(results), "packshot_version": __version__}
    write_json(out / "comparison.json", result)
    _write_page(out, result, models, prompts)
    return result


def told(result: Mapping[str, Any]) -> list[str]:
    """The differences that are larger than their intervals, in words."""
    names = [model["model"] for model in result["models"]]
    factors = {name: factor for name, _, _, factor, _ in COMPARED}
    lines = []
    for entry in result["differences"]:
        if entry["better"] is not None:
            worse = entry["b"] if entry["better"] == entry["a"] else entry["a"]
            factor = factors[entry["metric"]]
            size, low, high = (abs(factor * (entry[k] or 0.0)) for k in ("difference", "low", "high"))
            span = " to ".join(f"{v:.3g}" for v in sorted((low, high)))
            label = entry["label"].removeprefix("… ")
            lines.append(f"{names[entry['better']]} is better than {names[worse]} in {label}: by {size:.3g} ({span})")
    return lines


def table(result: Mapping[str, Any]) -> list[str]:
    """The figures as lines of text, a column a model."""
    rows = [["", *(model["model"] for model in result["models"])]]
    rows += [[row["label"], *(cell["text"] for cell in row["cells"])] for row in _rows(result)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _names(models: Sequence[ModelFolder]) -> list[str]:
    names = [model.config.name for model in models]
    # Two trainings of one recipe often share a name; their folders do not.
    return [
        name if names.count(name) == 1 else f"{name} {number} ({model.path.resolve().name})"
        for number, (name, model) in enumerate(zip(names, models, strict=True), 1)
    ]


def _write_page(out: Path, result: Mapping[str, Any], models: Sequence[ModelFolder], prompts: Sequence[Prompt]) -> None:
    results = result["models"]
    points = [(r["model"], r["scores"]["precision"], r["scores"]["recall"]) for r in results]
    real = results[0]["real_against_real"]
    write_page(
        out / "comparison.html",
        "comparison.html.j2",
        results=results,
        told=told(result),
        rows=_rows(result),
        plane=Markup(plane([*points, ("real", real["precision"], real["recall"])])),
        kinds=_kinds(results),
        sheet=_sheet(models, prompts),
        version=result["packshot_version"],
    )


def _rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row a metric: each model's value, and whether it beats every other by more than the interval."""
    rows = []
    for name, path, label, factor, direction in COMPARED:
        figures = [at(r, path) for r in result["models"]]
        if not any(figures):
            continue
        entries = [d for d in result["differences"] if d["metric"] == name]
        cells = []
        for i, found in enumerate(figures):
            mine = [d for d in entries if i in (d["a"], d["b"])]
            best = bool(mine) and all(d["better"] == i for d in mine)
            cells.append({"text": _text(found, factor), "best": best})
        rows.append({"label": label, "cells": cells, "better": _BETTER[direction]})
    return rows


def _text(found: Mapping[str, Any] | None, factor: float) -> str:
    if found is None or found["value"] is None:
        return "–"
    low, high = ("?" if found[k] is None else f"{factor * found[k]:.3g}" for k in ("low", "high"))
    return f"{factor * found['value']:.3g} ({low} to {high})"


def _kinds(results: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[tuple[Markup, str]]]]:
    """KID × 1000 of each kind of product, a bar a model on one scale."""
    names = list(results[0]["per_category"])
    scaled = [
        {n: {k: 1000 * (f["kid"][k] or 0.0) for k in ("value", "low", "high")} for n, f in r["per_category"].items()}
        for r in results
    ]
    most = max((f["high"] for part in scaled for f in part.values()), default=1.0)
    return [
        (n, [(Markup(bar(part[n], most)), f"{part[n]['value']:.1f}") for part in scaled if n in part]) for n in names
    ]


def _sheet(models: Sequence[ModelFolder], prompts: Sequence[Prompt]) -> list[tuple[str, list[list[str]]]]:
    chosen = [prompts[i] for i in evenly(len(prompts), _PROMPTS)]
    wanted = [(prompt.text, seed) for prompt in chosen for seed in range(_SEEDS)]
    drawn = [[picture_uri(image.pixels) for image in Generator(model).pictures(wanted)] for model in models]
    return [(prompt.text, [uris[i * _SEEDS : (i + 1) * _SEEDS] for uris in drawn]) for i, prompt in enumerate(chosen)]

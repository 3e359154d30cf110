"""The model card: ``README.md`` of a model folder, with the front matter that the Hugging Face Hub reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packshot.artifact import ModelConfig
from packshot.files import write_atomic

PERCENT = (100.0, ".0f", " %")
TENTHS = (100.0, ".1f", " %")
# Name in evaluation.json, label, (factor, format, unit), which direction is better.
METRICS = (
    ("fid", "FID", (1.0, ".1f", ""), "lower"),
    ("kid", "KID × 1000", (1000.0, ".2f", ""), "lower"),
    ("is", "Inception Score", (1.0, ".2f", ""), "higher"),
    ("precision", "precision", PERCENT, "higher"),
    ("recall", "recall", PERCENT, "higher"),
    ("density", "density", (1.0, ".2f", ""), "higher"),
    ("coverage", "coverage", PERCENT, "higher"),
    ("spread", "spread of pictures, real = 1", (1.0, ".2f", ""), "as real"),
)
RECONSTRUCTION = (
    ("psnr", "PSNR", (1.0, ".1f", " dB")),
    ("ssim", "SSIM", (1.0, ".3f", "")),
    *((name, label, form) for name, label, form, _ in METRICS[:2]),
)
_FAMILIES = {"gan": "generative adversarial network", "vae": "variational autoencoder"}


def write_card(folder: Path, config: ModelConfig, evaluation: Mapping[str, Any] | None) -> None:
    """Write the card of a model, with its scores when it has been evaluated."""
    write_atomic(folder / "README.md", render_card(config, evaluation).encode())


def render_card(config: ModelConfig, evaluation: Mapping[str, Any] | None) -> str:
    """The card as Markdown."""
    training = config.training
    start = training.recipe.get("training", {}).get("start")
    lines = [
        "---",
        "library_name: packshot",
        "pipeline_tag: text-to-image",
        "language: [zh, en]",
        f"license: {json.dumps(training.license, ensure_ascii=False)}",
        f"tags: [packshot, product-images, {config.family}]",
        "---",
        "",
        f"# {config.name}",
        "",
        f"A {_FAMILIES.get(config.family, config.family)} that draws {config.resolution}×{config.resolution} pixel "
        "product images from descriptions in Chinese and English.",
        "",
        "![Samples](samples.png)",
        "",
        "## What it was trained on",
        "",
        f"{training.products} pictures of the catalog “{training.catalog}” (licence: {training.license}), "
        f"{training.steps} steps in {training.seconds / 60:.0f} minutes, seed {training.seed}."
        + (f" It began with the weights of the model “{start}”." if start else ""),
        "",
        f"Kinds of product: {', '.join(config.categories) or 'none known'}. Colors: {', '.join(config.colors)}.",
        "",
        "## Scores",
        "",
        *_scores(evaluation),
        "",
        "## Limits",
        "",
        f"- It knows only the kinds of product listed above; anything else is answered with a warning.\n"
        f"- It draws {config.resolution} pixels a side: writing, logos, fine texture and fastenings are beyond it.\n"
        "- Its pictures are generated: files say so, and laws and markets ask that shoppers are told.\n"
        "- It shows the habits of its training pictures, their light and backgrounds included.",
        "",
        "## How it was made",
        "",
        "```json",
        json.dumps(dict(training.recipe), ensure_ascii=False, indent=2),
        "```",
        "",
        f"packshot {config.packshot_version}; descriptions encoded by {config.text.encoder} {config.text.version}.",
        "",
    ]
    return "\n".join(lines)


def _scores(evaluation: Mapping[str, Any] | None) -> list[str]:
    if evaluation is None:
        return ["Not evaluated yet: run `packshot evaluate`."]
    images, scores, real = evaluation["images"], evaluation["scores"], evaluation["real_against_real"]
    rows = [
        (label, figure(scores[name], form), figure(real[name], form), better)
        for name, label, form, better in METRICS
        if name in scores
    ]
    copies = evaluation["memorisation"]
    rows += [
        ("near-copies of training pictures", figure(copies["near_copies"], TENTHS), "1 %", "lower"),
        (
            "authenticity",
            figure(copies["authenticity"], PERCENT),
            figure(copies["authenticity_real"], PERCENT),
            "as real",
        ),
    ]
    return [
        f"Against the {images['real']} held-out pictures of “{evaluation['catalog']}”, {images['generated']} generated "
        f"from their descriptions; features {evaluation['features']} ({evaluation['way']}). Intervals are 95 %.",
        "",
        "| | this model | other real pictures | better |",
        "|---|---|---|---|",
        *[f"| {' | '.join(row)} |" for row in rows],
        "",
        *_reconstruction(evaluation.get("reconstruction")),
        *_adherence(evaluation["adherence"]),
        "These are not Inception features: compare only figures that name the same features and numbers of pictures."
        if not evaluation["features"].startswith("inception")
        else "Compare only figures of equally many pictures.",
        *[f"\nWarning: {w}." for w in evaluation["warnings"]],
    ]


def _reconstruction(found: Mapping[str, Any] | None) -> list[str]:
    if found is None:
        return []
    named = ", ".join(f"{label} {figure(found[name], form)}" for name, label, form in RECONSTRUCTION)
    return [
        f"Its autoencoder gives held-out pictures back with {named} between the same pictures before and after.",
        "",
    ]


def _adherence(found: Mapping[str, Any] | None) -> list[str]:
    if found is None:
        return []
    lines = [
        f"Follows the description: {found['descriptions']} descriptions, {found['seeds']} pictures each, as a share of "
        "what held-out real pictures reach before the same judge.",
        "",
        "| | all | Chinese | English | real pictures |",
        "|---|---|---|---|---|",
    ]
    for facet, label in (("category", "kind of product"), ("color", "color")):
        if found[facet]:
            cells = [
                figure(found_in[facet]["of_ceiling"], PERCENT) if found_in[facet] else "–"
                for found_in in (found, found["zh"], found["en"])
            ]
            lines.append(f"| {label} | {' | '.join(cells)} | {100 * found[facet]['ceiling']:.0f} % right |")
    return [*lines, ""]


def figure(found: Mapping[str, float | None], form: tuple[float, str, str]) -> str:
    """A figure of ``evaluation.json`` with its interval, such as ``70.6 (68.1 to 73.0)``.

    Args:
        form: factor, format and unit, as in ``METRICS``.
    """
    factor, digits, unit = form
    value, low, high = (
        "unknown" if (known := found[key]) is None else format(factor * known, digits)
        for key in ("value", "low", "high")
    )
    return f"{value}{unit if value != 'unknown' else ''} ({low} to {high})"

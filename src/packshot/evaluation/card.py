"""The model card: ``README.md`` of a model folder, with the front matter that the Hugging Face Hub reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packshot.artifact import ModelConfig
from packshot.files import write_atomic

_FAMILIES = {"gan": "generative adversarial network", "vae": "variational autoencoder"}


def write_card(folder: Path, config: ModelConfig, evaluation: Mapping[str, Any] | None) -> None:
    """Write the card of a model, with its scores when it has been evaluated."""
    write_atomic(folder / "README.md", render_card(config, evaluation).encode())


def render_card(config: ModelConfig, evaluation: Mapping[str, Any] | None) -> str:
    """The card as Markdown."""
    training = config.training
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
        f"{training.steps} steps in {training.seconds / 60:.0f} minutes, seed {training.seed}.",
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
    images, real = evaluation["images"], evaluation["real_against_real"]
    return [
        f"Against the {images['real']} held-out pictures of “{evaluation['catalog']}”, {images['generated']} generated "
        f"from their descriptions; features {evaluation['features']} ({evaluation['way']}).",
        "",
        "| | this model | other real pictures |",
        "|---|---|---|",
        f"| FID | {evaluation['fid']:.1f} | {real['fid']:.1f} |",
        f"| KID × 1000 | {1000 * evaluation['kid']:.2f} | {1000 * real['kid']:.2f} |",
        "",
        "Lower is better. These are not Inception features: compare only figures that name the same features.",
        *[f"\nWarning: {w}." for w in evaluation["warnings"]],
    ]

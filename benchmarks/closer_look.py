"""What `packshot evaluate` does not ask: the same wishes in both languages, and variety within one kind of product.

    python benchmarks/closer_look.py MODEL CATALOG PROMPTS [--seeds 8] [--temperature 1.0]

MODEL is a folder or ``default``, CATALOG what it was trained on, PROMPTS a CSV file of descriptions as for ``packshot
compare``. Prints one JSON document. ``languages``: kind and color of every description of PROMPTS, composed anew in
Chinese and in English, as shares of what real pictures reach, so that both languages are asked for the same.
``kinds``: for each kind with at least 60 training pictures, the recall (nearest neighbours in lite0 features) that one
half of them reaches against the other, and that pictures drawn of the first half's descriptions reach.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalog import Catalog
from packshot.evaluation.adherence import adherence
from packshot.evaluation.precision_recall import precision_recall
from packshot.evaluation.probes import color_name
from packshot.evaluation.prompts import Prompt, read_prompts
from packshot.evaluation.reference import Reference, kind_of
from packshot.families.common.family import SamplingOptions
from packshot.generation.generator import Generator
from packshot.generation.models import open_model
from packshot.text.compose import compose

LEAST, MOST = 60, 300


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("catalog", type=Path)
    parser.add_argument("prompts", type=Path)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--temperature", type=float)
    asked = parser.parse_args()
    generator = Generator(open_model(None if asked.model == "default" else Path(asked.model)))
    options = SamplingOptions() if asked.temperature is None else SamplingOptions(temperature=asked.temperature)
    reference = Reference.of(generator.model.config, Catalog(asked.catalog))
    wishes = read_prompts(asked.prompts)
    result = {
        "languages": languages(generator, options, reference, wishes, asked.seeds),
        "kinds": kinds(generator, options, reference),
    }
    print(json.dumps(result, indent=2, ensure_ascii=False))


def languages(
    generator: Generator, options: SamplingOptions, reference: Reference, wishes: list[Prompt], seeds: int
) -> dict[str, Any]:
    """Kind and color of the same wishes in Chinese and in English."""
    probes = reference.probes
    told = [compose(p.asked, generator.vocabulary) for p in wishes]
    prompts = [
        Prompt(text, language, p.asked)
        for p, pair in zip(wishes, told, strict=True)
        for text, language in zip(pair, ("zh", "en"), strict=True)
    ]
    drawn = [m.pixels for m in generator.pictures([(p.text, s) for p in prompts for s in range(seeds)], options)]
    found = adherence(probes, prompts, probes.embed(drawn), [color_name(picture) for picture in drawn])
    return {
        **{language: shares(found[language]) for language in ("zh", "en")},
        "per_kind": {kind: shares(scores) for kind, scores in found["per_category"].items()},
    }


def shares(scores: dict[str, Any]) -> dict[str, float]:
    """Shares of the ceiling, without their intervals."""
    return {facet: round(s["of_ceiling"]["value"], 3) for facet in ("category", "color") if (s := scores[facet])}


def kinds(generator: Generator, options: SamplingOptions, reference: Reference) -> dict[str, Any]:
    """Recall within each kind: of real pictures and of drawn ones, against the same real pictures."""
    positions = defaultdict(list)
    for position, attributes in enumerate(reference.attributes("train")):
        positions[kind_of(attributes)].append(position)
    texts, found, random = reference.descriptions("train"), {}, np.random.default_rng(0)
    for kind, members in sorted(positions.items(), key=lambda item: -len(item[1])):
        if not kind or len(members) < LEAST:
            continue
        shuffled = random.permutation(members)[:MOST]
        half = len(shuffled) // 2
        against: NDArray[np.float32] = reference.training[shuffled[:half]]
        others = shuffled[half : 2 * half]
        wanted = [(texts[i][k % 2], k) for k, i in enumerate(others)]
        drawn = reference.features.embed(made.pixels for made in generator.pictures(wanted, options))
        real, generated = (precision_recall(against, f)[1].value for f in (reference.training[others], drawn))
        found[kind] = {"pictures": half, "real": round(real, 3), "drawn": round(generated, 3)}
    mean = {name: round(float(np.mean([k[name] for k in found.values()])), 3) for name in ("real", "drawn")}
    return {**found, "mean": mean, "share": round(mean["drawn"] / max(1e-9, mean["real"]), 3)}


if __name__ == "__main__":
    main()

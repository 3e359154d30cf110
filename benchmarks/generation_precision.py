"""What smaller numbers in a model's graphs cost: decibels from the full ones, KID, bytes and milliseconds.

    python benchmarks/generation_precision.py MODEL CATALOG [--images 400]

Compared are graphs with the fp32 weights of MODEL's last checkpoint, with fp16 weights that are cast when they are
loaded (what packshot ships), and in int8: weights a channel at a time, activations by the ranges that a hundred
pictures show (onnxruntime's static quantisation). Pictures are of held-out descriptions; KID is against held-out real
ones, in lite0 features.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from safetensors.torch import load_file

from packshot.artifact import ModelFolder
from packshot.catalog import Catalog
from packshot.evaluation.kid import kernel_distance
from packshot.evaluation.reference import Reference, evenly
from packshot.families import config_class, make_sampler, training_parts
from packshot.families.common.family import Floats, SamplingOptions, to_uint8
from packshot.families.common.graphs import export_graph
from packshot.generation.generator import Generator
from packshot.generation.models import open_model
from packshot.runtime import Graph
from packshot.training.checkpoint import read_head

CALIBRATION = 100


class Recorded(CalibrationDataReader):  # type: ignore[misc]
    """Inputs that a graph was given, one call after the other."""

    def __init__(self, calls: list[dict[str, np.ndarray]]) -> None:
        self.calls: Iterator[dict[str, np.ndarray]] = iter(calls)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.calls, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("catalog", type=Path)
    parser.add_argument("--images", type=int, default=400)
    options = parser.parse_args()
    folder = open_model(options.model)
    config = folder.config
    reference, generator = Reference.of(config, Catalog(options.catalog)), Generator(folder, threads=1)
    texts = reference.descriptions("test")
    rows = evenly(len(texts), options.images)
    conditions = [generator.told(texts[row][i % 2], i) for i, row in enumerate(rows)]
    with tempfile.TemporaryDirectory() as work:
        variants = {"fp32 weights": exported(folder, Path(work, "fp32")), "fp16 weights": folder.path / "graphs"}
        calls = record(config, variants["fp32 weights"], conditions[:CALIBRATION])
        variants["int8"] = quantised(variants["fp32 weights"], Path(work, "int8"), calls)
        drawn = {name: draw(config, graphs, conditions) for name, graphs in variants.items()}
        sizes = {n: sum((g / f"{name}.onnx").stat().st_size for name in calls) / 1e6 for n, g in variants.items()}
    exact = drawn["fp32 weights"][0]
    print(f"{config.name}, {len(rows)} pictures\n")
    print("| | from fp32 | KID × 1000 | MB | ms a picture |\n|---|---|---|---|---|")
    for name, (pictures, seconds) in drawn.items():
        kid = 1000 * kernel_distance(reference.held_out, reference.features.embed(list(pictures)))
        print(f"| {name} | {decibels(pictures, exact)} | {kid:.2f} | {sizes[name]:.1f} | {1000 * seconds:.1f} |")


def exported(folder: ModelFolder, out: Path) -> Path:
    """The graphs of the last checkpoint, with the weights as they were trained."""
    training, found = folder.path / "training", folder.config
    head = read_head(training)
    if head is None:
        raise SystemExit(f"{training}: no checkpoint; the model folder must still have its training")
    config = config_class(found.family).model_validate(found.architecture)
    parts = training_parts(found.family)
    network = parts.Objective(parts.Network(config), config, head["stage"], 1).averaged
    kept = load_file(training / head["tensors"])
    network.load_state_dict({k.removeprefix("average."): v for k, v in kept.items() if k.startswith("average.")})
    for name, (module, inputs, outputs) in parts.export(network, config).items():
        export_graph(module, inputs, outputs, out / f"{name}.onnx", half=False)
    return out


def quantised(graphs: Path, out: Path, calls: dict[str, list[dict[str, np.ndarray]]]) -> Path:
    """The graphs in int8, those that take no part in drawing as they are."""
    out.mkdir()
    for path in graphs.glob("*.onnx"):
        if path.stem not in calls:
            shutil.copy(path, out / path.name)
            continue
        prepared = out / f"prepared-{path.name}"
        quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
        settings: dict[str, Any] = {"quant_format": QuantFormat.QDQ, "per_channel": True}
        settings |= {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8}
        # What has weights; additions of another shape's maps are refused by the runtime when they are quantised too.
        settings |= {"op_types_to_quantize": ["Conv", "Gemm", "MatMul"]}
        quantize_static(str(prepared), str(out / path.name), Recorded(calls[path.stem]), **settings)
        prepared.unlink()
    return out


def record(config: Any, graphs: Path, conditions: list[np.ndarray]) -> dict[str, list[dict[str, np.ndarray]]]:
    """What every graph is given while these are drawn."""
    calls: dict[str, list[dict[str, np.ndarray]]] = {}
    draw(config, graphs, conditions, calls)
    return calls


def draw(
    config: Any,
    graphs: Path,
    conditions: list[np.ndarray],
    calls: dict[str, list[dict[str, np.ndarray]]] | None = None,
) -> tuple[np.ndarray, float]:
    """Pictures (n, s, s, 3) uint8 of the conditions, and seconds a picture."""
    loaded: dict[str, Graph] = {}

    def run(name: str, inputs: Mapping[str, Floats]) -> list[Floats]:
        if calls is not None:
            calls.setdefault(name, []).append({k: np.asarray(v, np.float32) for k, v in inputs.items()})
        graph = loaded.setdefault(name, Graph(graphs / f"{name}.onnx"))
        return graph(**inputs)

    sampler = make_sampler(config.family, config_class(config.family).model_validate(config.architecture), run)
    own = SamplingOptions(**{k: v for k, v in config.sampler.items() if k in ("steps", "guidance")})
    sampler.sample(conditions[0], [0], own)
    started = time.perf_counter()
    pictures = [to_uint8(sampler.sample(condition, [seed], own))[0] for seed, condition in enumerate(conditions)]
    return np.stack(pictures), (time.perf_counter() - started) / len(conditions)


def decibels(pictures: np.ndarray, exact: np.ndarray) -> str:
    error = np.square(pictures.astype(np.float64) - exact).mean()
    return "the same" if error == 0 else f"{10 * np.log10(255**2 / error):.1f} dB"


if __name__ == "__main__":
    main()

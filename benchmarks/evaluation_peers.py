"""Time of the metrics beside torch-fidelity and clean-fid: from the same features, and from the same picture files.

    python -m venv peers && peers/bin/pip install torch torchvision torch-fidelity clean-fid
    python benchmarks/evaluation_peers.py --peers peers/bin/python [--n 5000] [--files 200] [--rounds 3]

Peers run in the environment given, since they need a torchvision that fits their torch. Every contender runs in a
process of its own, in turn, and the fastest round counts. The network for files is Inception-V3 with random weights in
the form of NVIDIA's file: it costs what the real one does. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

DIM = 2048


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", required=True, help="Python of the peers' environment")
    parser.add_argument("--n", type=int, default=5000, help="pictures in each set of features")
    parser.add_argument("--files", type=int, default=200, help="picture files in each folder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contender:
        print(json.dumps(CONTENDERS[given.contender](Path(given.work))))
        return
    with tempfile.TemporaryDirectory() as work:
        _prepare(Path(work), given.n, given.files, given.peers)
        best: dict[str, dict[str, list[float]]] = {}
        for _ in range(given.rounds):
            for name in CONTENDERS:
                python = sys.executable if name == "packshot" else given.peers
                command = [python, __file__, "--peers", "", "--contender", name, "--work", work]
                ran = subprocess.run(command, capture_output=True, text=True)
                if ran.returncode:
                    sys.exit(f"{name}: {ran.stderr.strip().splitlines()[-1]}")
                for what, (seconds, value) in json.loads(ran.stdout.splitlines()[-1]).items():
                    held = best.setdefault(what, {}).setdefault(name, [seconds, value])
                    held[0] = min(held[0], seconds)
    _print(best, given.n, given.files)


def _print(best: dict[str, dict[str, list[float]]], n: int, files: int) -> None:
    print(f"{n} × {n} features of {DIM} numbers; {files} × {files} files. Seconds (value).\n")
    print(f"| | {' | '.join(CONTENDERS)} |\n|---|{'---|' * len(CONTENDERS)}")
    for what, by in best.items():
        cells = [f"{by[name][0]:.2f} ({by[name][1]:.5g})" if name in by else "–" for name in CONTENDERS]
        print(f"| {what} | {' | '.join(cells)} |")


def _prepare(work: Path, n: int, files: int, peers: str) -> None:
    from PIL import Image

    rng = np.random.default_rng(0)
    mix = rng.standard_normal((DIM, DIM)).astype(np.float32) / np.sqrt(DIM)
    for name, shift in (("a", 0.0), ("b", 0.05)):
        # Pooled features are not negative and correlated.
        x = np.maximum(rng.standard_normal((n, DIM)).astype(np.float32) @ mix + shift, 0)
        np.save(work / f"{name}.npy", x)
        folder = work / name
        folder.mkdir()
        for i in range(files):
            small = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
            small.resize((64, 64), Image.Resampling.BICUBIC).save(folder / f"{i:05}.png")
    # TorchScript compiles from source, so the source must be a file.
    (work / "network.py").write_text(_NETWORK)
    subprocess.run([peers, work / "network.py", work / "network.pt"], check=True, capture_output=True)


# The peers' torchvision has the architecture; the file is what all contenders load.
_NETWORK = """
import sys, torch, torchvision
torch.manual_seed(0)
body = torchvision.models.inception_v3(weights=None, aux_logits=False, init_weights=False)
body.fc = torch.nn.Identity()
body.requires_grad_(False)
# Without statistics of its own, a network of random weights answers every picture alike.
for module in body.modules():
    if isinstance(module, torch.nn.BatchNorm2d):
        module.momentum = 1.0
with torch.no_grad():
    body.train()(torch.rand(4, 3, 299, 299) * 2 - 1)
class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.jit.trace(body.eval(), torch.zeros(1, 3, 299, 299))
    def forward(self, img: torch.Tensor, return_features: bool = True) -> torch.Tensor:
        return self.body(img.float() / 127.5 - 1)
torch.jit.script(Network()).save(sys.argv[1])
"""


def _timed(call: Callable[[], Any]) -> tuple[float, float]:
    began = time.perf_counter()
    value = call()
    return time.perf_counter() - began, float(value)


def _packshot(work: Path) -> dict[str, tuple[float, float]]:
    from PIL import Image

    from packshot.evaluation.frechet import distance_of_sets
    from packshot.evaluation.kid import kid
    from packshot.evaluation.precision_recall import precision_recall
    from packshot.features.inception import Inception

    a, b = np.load(work / "a.npy"), np.load(work / "b.npy")

    def files() -> float:
        network = Inception(work / "network.pt", hashlib.sha256((work / "network.pt").read_bytes()).hexdigest())
        x, y = (
            network.embed(np.asarray(Image.open(p).convert("RGB")) for p in sorted((work / name).iterdir()))
            for name in ("a", "b")
        )
        kid(y, x)
        precision_recall(y, x)
        return distance_of_sets(x, y)

    return {
        "FID": _timed(lambda: distance_of_sets(a, b)),
        "KID": _timed(lambda: kid(b, a).value),
        "precision and recall": _timed(lambda: precision_recall(b, a)[0].value),
        "files to FID, KID, precision and recall": _timed(files),
    }


def _torch_fidelity(work: Path) -> dict[str, tuple[float, float]]:
    import torch
    from torch_fidelity import calculate_metrics, register_feature_extractor
    from torch_fidelity.feature_extractor_base import FeatureExtractorBase
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric
    from torch_fidelity.metric_prc import prc_features_to_metric

    a, b = (torch.from_numpy(np.load(work / f"{name}.npy")) for name in ("a", "b"))
    count = len(list((work / "a").iterdir()))

    class Network(FeatureExtractorBase):  # type: ignore[misc]
        def __init__(self, name: str, features_list: list[str], **_: Any) -> None:
            super().__init__(name, features_list)
            self.network = torch.jit.load(str(work / "network.pt"))

        @staticmethod
        def get_provided_features_list() -> tuple[str, ...]:
            return ("pool",)

        @staticmethod
        def get_default_feature_layer_for_metric(_metric: str) -> str:
            return "pool"

        @staticmethod
        def can_be_compiled() -> bool:
            return False

        @staticmethod
        def get_dummy_input_for_compile() -> Any:
            return torch.zeros(1, 3, 64, 64, dtype=torch.uint8)

        def forward(self, x: Any) -> tuple[Any, ...]:
            large = torch.nn.functional.interpolate(x.float(), [299, 299], mode="bicubic", antialias=True)
            return (self.network(large.clamp(0, 255).round().to(torch.uint8)),)

    register_feature_extractor("network", Network)

    def fid() -> float:
        first, second = (fid_features_to_statistics(x) for x in (a, b))
        return float(fid_statistics_to_metric(first, second, False)["frechet_inception_distance"])

    def files() -> float:
        found = calculate_metrics(
            input1=str(work / "a"), input2=str(work / "b"), fid=True, kid=True, prc=True, cuda=False, cache=False,
            verbose=False, feature_extractor="network", kid_subset_size=min(1000, count), save_cpu_ram=True,
        )  # fmt: skip
        return float(found["frechet_inception_distance"])

    return {
        "FID": _timed(fid),
        "KID": _timed(lambda: kid_features_to_metric(a, b, verbose=False)["kernel_inception_distance_mean"]),
        "precision and recall": _timed(lambda: prc_features_to_metric(a, b, verbose=False)["precision"]),
        "files to FID, KID, precision and recall": _timed(files),
    }


def _clean_fid(work: Path) -> dict[str, tuple[float, float]]:
    import torch
    from cleanfid import fid as peer

    a, b = (np.load(work / f"{name}.npy") for name in ("a", "b"))

    def files() -> float:
        network = torch.jit.load(str(work / "network.pt"))
        x, y = (
            peer.get_folder_features(
                str(work / name),
                lambda batch: network(batch.clamp(0, 255).round().to(torch.uint8)),
                num_workers=0,
                device=torch.device("cpu"),
                verbose=False,
            )
            for name in ("a", "b")
        )
        peer.kernel_distance(x, y)
        return float(peer.fid_from_feats(x, y))

    return {
        "FID": _timed(lambda: peer.fid_from_feats(a, b)),
        "KID": _timed(lambda: peer.kernel_distance(a, b)),
        "files to FID and KID": _timed(files),
    }


CONTENDERS: dict[str, Callable[[Path], dict[str, tuple[float, float]]]] = {
    "packshot": _packshot,
    "torch-fidelity": _torch_fidelity,
    "clean-fid": _clean_fid,
}

if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    main()

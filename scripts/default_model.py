"""Make the default model from the clothing photos: two trainings, the mean of weights, evaluation, into the package.

    python scripts/default_model.py SOURCE WORK

SOURCE holds images.csv and images/. WORK keeps the catalog and the checkpoints; a stopped run goes on from there.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from packshot.assets import ROOT

KEPT = ("config.json", "model.safetensors", "README.md", "evaluation.json", "probes.npz", "samples.png", "modes.npz")


def packshot(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "packshot", *map(str, arguments)], check=True)


def main(source: Path, work: Path) -> None:
    catalog, small, model = work / "clothing", work / "small", work / "model"
    if not (catalog / "catalog.json").exists():
        kept = ("--drop", "label=Not sure,Other,Skip", "--cut-out", "--gate", "0.7")
        packshot("catalog", "build", source, "-o", catalog, *kept)
    longer = ("--set", "training.ema=0.998", "--set", "training.decay=0", "--set", "training.patience=0")
    train(catalog, small, "--recipe", "gan", "--steps", "3220", "--seed", "3", "--set", "training.start=", *longer)
    start = f"training.start={small}"
    train(catalog, model, "--recipe", "default", "--name", "default-gan-128", "--seed", "5", "--set", start)
    subprocess.run([sys.executable, Path(__file__).with_name("averaged.py"), model], check=True)
    packshot("evaluate", model, catalog)
    target = ROOT / "default"
    shutil.rmtree(target, ignore_errors=True)
    (target / "graphs").mkdir(parents=True)
    for name in KEPT:
        shutil.copy(model / name, target / name)
    for graph in (model / "graphs").glob("*.onnx"):
        shutil.copy(graph, target / "graphs" / graph.name)
    print(f"{target}: {sum(p.stat().st_size for p in target.rglob('*') if p.is_file()) / 1e6:.1f} MB")


def train(catalog: Path, out: Path, *options: str) -> None:
    """Train a model unless it is there, from its last checkpoint if it was begun."""
    if not (out / "config.json").exists():
        begun = (out / "training" / "plan.json").exists()
        packshot("train", catalog, "-o", out, *(["--resume"] if begun else options))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))

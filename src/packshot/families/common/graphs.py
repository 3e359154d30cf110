"""torch modules to ONNX graphs with half-size weights."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

#: A module, example inputs by name, and names of its outputs.
Exported = tuple[nn.Module, Mapping[str, Tensor], tuple[str, ...]]

# Biases and scales are small and matter more than they weigh.
_SMALLEST_HALVED = 1024


def export_graph(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], path: Path, *, half: bool = True
) -> None:
    """Write ``module`` as an ONNX graph whose first dimension, the batch, is free.

    Args:
        module: called with ``inputs`` in their order; returns a tensor or a tuple of them.
        inputs: name → example of batch 2.
        outputs: names of what it returns.
        half: store large weights as fp16 and cast them when the graph is loaded; it still computes in fp32.
    """
    module.eval()
    batch = torch.export.Dim("n", min=1, max=4096)
    # The exporter warns, and logs, about packages it could also have used.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module,
            tuple(inputs.values()),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=tuple({0: batch} for _ in inputs),
            opset_version=18,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    if half:
        _halve(model)
    del model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())


def initializers(path: Path) -> dict[str, Tensor]:
    """The weights stored in a graph, by name, as fp32 tensors."""
    graph = onnx.load(str(path)).graph
    suffix = "_half"
    return {
        i.name.removesuffix(suffix): torch.from_numpy(numpy_helper.to_array(i).astype(np.float32).copy())
        for i in graph.initializer
    }


def _halve(model: onnx.ModelProto) -> None:
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < _SMALLEST_HALVED:
            continue
        name = tensor.name
        small = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}_half")
        tensor.CopyFrom(small)
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)

"""An fp32 graph of a reader -> int8: the weights of its products and its embeddings.

Activations are quantised as they come (dynamically), all of an input by one scale; products of
activations stay in fp32. Some units are many times as large as all others, in every window, and
leave few steps to these. So they are divided by a power of two first, and the weights that they
meet are multiplied by it, which changes no product (SmoothQuant, Xiao et al. 2023, does so to all
units, by roots). A power of two loses no bit, and is found again in weights that come of int8.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.models.session import Session
from rag.seams import Floats, Ints

if TYPE_CHECKING:
    import onnx

EVENING = ".evening"
"""How the names of the constants end that even out an input."""
_USUAL = 0.98
"""Units as large as this share of an input's are left as they are."""


def quantize(file: Path, example: Mapping[str, Ints]) -> None:
    """Turn the graph in ``file`` into int8; fed ``example``, it shows which units are large."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(file)
    _name_weights(model.graph)
    _even_out(model, example)
    quantize_dynamic(
        model,
        file,
        op_types_to_quantize=["MatMul", "Gather"],
        per_channel=True,
        weight_type=QuantType.QInt8,
    )


def _name_weights(graph: "onnx.GraphProto") -> None:
    """Call the weights of products as the module does; the tracer, which turns them, only numbers.

    By these names they are found again where a checkpoint is made of a graph.
    """
    for product, weight in _products(graph):
        module, _, _ = product.name.strip("/").replace("/", ".").rpartition(".")
        weight.name = product.input[1] = f"{module}.weight"


def _even_out(model: "onnx.ModelProto", example: Mapping[str, Ints]) -> None:
    """Divide what is large in the inputs of products, and multiply their weights instead."""
    from onnx import helper, numpy_helper

    fed: dict[str, list[tuple[onnx.NodeProto, onnx.TensorProto]]] = {}
    for product, weight in _products(model.graph):
        fed.setdefault(product.input[0], []).append((product, weight))
    nodes = list(model.graph.node)
    for name, peaks in zip(fed, _peaks(model, list(fed), example), strict=True):
        large = np.maximum(peaks / np.quantile(peaks, _USUAL), 1)
        factors = 2 ** np.round(np.log2(large)).astype(np.float32)
        if not (factors > 1).any():
            continue
        evened, constant = f"{name}.evened", name + EVENING
        model.graph.initializer.append(numpy_helper.from_array(1 / factors, constant))
        division = helper.make_node("Mul", [name, constant], [evened], name=evened)
        nodes.insert(nodes.index(fed[name][0][0]), division)
        for product, weight in fed[name]:
            product.input[0] = evened
            times = numpy_helper.to_array(weight) * factors[:, None]
            weight.CopyFrom(numpy_helper.from_array(times, weight.name))
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _products(
    graph: "onnx.GraphProto",
) -> "Iterator[tuple[onnx.NodeProto, onnx.TensorProto]]":
    """Yield the products of activations and weights, with the weights (inputs, outputs)."""
    held = {each.name: each for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in held:
            yield node, held[node.input[1]]


def _peaks(
    model: "onnx.ModelProto", names: Sequence[str], example: Mapping[str, Ints]
) -> list[Floats]:
    """Return the largest absolute value of each unit of each named tensor."""
    import onnx
    from onnx import helper

    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    floats = onnx.TensorProto.FLOAT
    shown.graph.output.extend(helper.make_tensor_value_info(each, floats, None) for each in names)
    found = Session(shown.SerializeToString(), threads=1).run(example, *names)
    return [np.abs(each).reshape(-1, each.shape[-1]).max(axis=0) for each in found]

"""An fp32 graph of a reader -> int8, the weights of its products and its embeddings; and back.

Activations are quantised as they come (dynamically), all of an input by one scale; products of
activations stay in fp32. Some units are many times as large as all others, in every window, and
leave few steps to these. So they are divided by a power of two first, and the weights that they
meet are multiplied by it, which changes no product (SmoothQuant, Xiao et al. 2023, does so to all
units, by roots). A power of two loses no bit, and is found again in weights that come of int8.

An int8 weight is (quantised - zero point) * scale, with a scale for each column of a product and
one for each table of embeddings (ONNX, DequantizeLinear).
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rag.models.session import Session
from rag.seams import Floats, Ints

if TYPE_CHECKING:
    import onnx

QUANTIZED = "_quantized"
"""How the names of weights end that are in int8."""
_EVENING = ".evening"
"""How the names of the constants end that even out an input."""
_USUAL = 0.98
"""Units as large as this share of an input's are left as they are."""
_ROUNDS = 8
"""So often factors are told anew at most; three have been enough."""

Held = Mapping[str, npt.NDArray[Any]]


def quantize(file: Path, example: Mapping[str, Ints]) -> None:
    """Turn the graph in ``file`` into int8; fed ``example``, it shows which units are large.

    That is told from weights as int8 leaves them: of these, quantised again, comes the same int8.
    """
    import onnx

    model = onnx.load(file)
    _name_weights(model.graph)
    factors = _factors(model, example)
    for _ in range(_ROUNDS):
        _write(model, factors, file)
        told = _factors(_with(model, dequantized(onnx.load(file).graph)), example)
        if all((told[name] == factors[name]).all() for name in factors):
            return
        factors = told


def dequantized(graph: "onnx.GraphProto") -> dict[str, Floats]:
    """Return the weights that a graph holds in int8, in fp32, by their names before.

    Where the input of a product is evened out, the rows of its weights are divided again.
    """
    from onnx import numpy_helper

    held = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    names = [name.removesuffix(QUANTIZED) for name in held if name.endswith(QUANTIZED)]
    weights = {name: _whole(held, name) for name in names}
    for name, shares in _evened(graph, held).items():
        weights[name] *= shares[:, None]
    return weights


def _whole(held: Held, name: str) -> Floats:
    stored, zero, scale = (held[f"{name}_{part}"] for part in ("quantized", "zero_point", "scale"))
    return (stored.astype(np.float32) - zero.astype(np.float32)) * np.float32(scale)


def _evened(graph: "onnx.GraphProto", held: Held) -> dict[str, Floats]:
    """Return what the inputs of products are multiplied by, by the names of their weights."""
    by_input: dict[str, Floats] = {}
    by_weight = {}
    for node in graph.node:
        constants = [held[name] for name in node.input if name.endswith(_EVENING)]
        if constants:
            (by_input[node.output[0]],) = constants
        elif node.op_type == "DynamicQuantizeLinear" and node.input[0] in by_input:
            by_input[node.output[0]] = by_input[node.input[0]]
        elif "MatMul" in node.op_type and node.input[0] in by_input:
            by_weight[node.input[1].removesuffix(QUANTIZED)] = by_input[node.input[0]]
    return by_weight


def _name_weights(graph: "onnx.GraphProto") -> None:
    """Call the weights of products as the module does; the tracer, which turns them, only numbers.

    By these names they are found again where a checkpoint is made of a graph.
    """
    for product, weight in _products(graph):
        module, _, _ = product.name.strip("/").replace("/", ".").rpartition(".")
        weight.name = product.input[1] = f"{module}.weight"


def _factors(model: "onnx.ModelProto", example: Mapping[str, Ints]) -> dict[str, Floats]:
    """Return what to divide each unit of each input of products by: a power of two, mostly 1."""
    names = list(dict.fromkeys(product.input[0] for product, _ in _products(model.graph)))
    peaks = dict(zip(names, _peaks(model, names, example), strict=True))
    large = {name: np.maximum(each / np.quantile(each, _USUAL), 1) for name, each in peaks.items()}
    return {name: 2 ** np.round(np.log2(each)).astype(np.float32) for name, each in large.items()}


def _write(model: "onnx.ModelProto", factors: Mapping[str, Floats], file: Path) -> None:
    """Write the graph in int8, with what is large in the inputs of products divided."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    evened = deepcopy(model)
    _even_out(evened.graph, {name: each for name, each in factors.items() if (each > 1).any()})
    quantize_dynamic(
        evened,
        file,
        op_types_to_quantize=["MatMul", "Gather"],
        per_channel=True,
        weight_type=QuantType.QInt8,
    )


def _even_out(graph: "onnx.GraphProto", factors: Mapping[str, Floats]) -> None:
    """Divide the inputs of products by factors, and multiply their weights instead."""
    from onnx import helper, numpy_helper

    fed: dict[str, list[tuple[onnx.NodeProto, onnx.TensorProto]]] = {}
    for product, weight in _products(graph):
        fed.setdefault(product.input[0], []).append((product, weight))
    nodes = list(graph.node)
    for name, each in factors.items():
        evened, constant = f"{name}.evened", name + _EVENING
        graph.initializer.append(numpy_helper.from_array(1 / each, constant))
        division = helper.make_node("Mul", [name, constant], [evened], name=evened)
        nodes.insert(nodes.index(fed[name][0][0]), division)
        for product, weight in fed[name]:
            product.input[0] = evened
            times = numpy_helper.to_array(weight) * each[:, None]
            weight.CopyFrom(numpy_helper.from_array(times, weight.name))
    del graph.node[:]
    graph.node.extend(nodes)


def _with(model: "onnx.ModelProto", weights: Mapping[str, Floats]) -> "onnx.ModelProto":
    """Return the model with other weights."""
    from onnx import numpy_helper

    changed = deepcopy(model)
    for each in changed.graph.initializer:
        if each.name in weights:
            each.CopyFrom(numpy_helper.from_array(weights[each.name], each.name))
    return changed


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

    shown = deepcopy(model)
    floats = onnx.TensorProto.FLOAT
    shown.graph.output.extend(helper.make_tensor_value_info(each, floats, None) for each in names)
    found = Session(shown.SerializeToString(), threads=1).run(example, *names)
    return [np.abs(each).reshape(-1, each.shape[-1]).max(axis=0) for each in found]

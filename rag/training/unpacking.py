"""The reader that ships -> a checkpoint to train on from: its int8 weights, in fp32 again.

An int8 weight is (quantised - zero point) * scale, with a scale for each column of a product and
one for each table of embeddings (ONNX, DequantizeLinear); where the product's input was evened out
(rag.models.int8), rows of it are multiplied by powers of two. Quantised again it is the same
integer.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rag.models.int8 import EVENING
from rag.models.loading import EMBEDDED_READER, embedded_reader
from rag.models.source import EMBEDDED, resolve
from rag.seams import Floats

if TYPE_CHECKING:
    import onnx

_WITHIN = "_model."
"""What the exporter puts before the names of weights."""

Held = Mapping[str, npt.NDArray[Any]]


def checkpoint(name: str, out: Path, setting: str = "reader") -> Path:
    """Return the folder of a checkpoint; the embedded reader is unpacked below ``out`` first.

    ``setting`` is what named it, for messages.

    Raises:
        ModelNotFound: no checkpoint has this name or path.
        ModelDamaged: the embedded reader is not the one that the package came with.
    """
    is_embedded = name == EMBEDDED_READER
    return unpack(out / name) if is_embedded else resolve(name, setting).folder


def unpack(out: Path) -> Path:
    """Write the embedded reader to ``out``, in Hugging Face layout, and return that.

    Raises:
        ModelDamaged: its files are not those that the package came with.
    """
    import onnx
    import torch
    from transformers import AutoConfig, AutoModelForQuestionAnswering, AutoTokenizer

    base = resolve(EMBEDDED).folder  # of the same architecture, with the same tokenizer
    graph = onnx.load(embedded_reader().graph).graph
    config = AutoConfig.from_pretrained(base)
    model = AutoModelForQuestionAnswering.from_config(config)  # type: ignore[no-untyped-call]
    weights = _weights(graph)
    model.load_state_dict({name: torch.from_numpy(each) for name, each in weights.items()})
    model.save_pretrained(out)
    AutoTokenizer.from_pretrained(base).save_pretrained(out)
    return out


def _weights(graph: "onnx.GraphProto") -> dict[str, Floats]:
    """Return the weights of a graph by their names in the module that it was made of.

    Those of products are (inputs, outputs), in a module (outputs, inputs).
    """
    from onnx import numpy_helper

    held = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    products = {
        _base(name) for node in graph.node if "MatMul" in node.op_type for name in node.input
    }
    named = {_base(name) for name in held if name.startswith(_WITHIN)}
    whole = {name: _whole(held, name) for name in named}
    for name, factors in _evening(graph, held).items():
        whole[name] *= factors[:, None]
    return {
        name.removeprefix(_WITHIN): each.T.copy() if name in products else each
        for name, each in whole.items()
    }


def _evening(graph: "onnx.GraphProto", held: Held) -> dict[str, Floats]:
    """Return what the inputs of products are multiplied by, by the names of their weights."""
    by_input: dict[str, Floats] = {}
    by_weight = {}
    for node in graph.node:
        constants = [held[name] for name in node.input if name.endswith(EVENING)]
        if constants:
            (by_input[node.output[0]],) = constants
        elif node.op_type == "DynamicQuantizeLinear" and node.input[0] in by_input:
            by_input[node.output[0]] = by_input[node.input[0]]
        elif "MatMul" in node.op_type and node.input[0] in by_input:
            by_weight[_base(node.input[1])] = by_input[node.input[0]]
    return by_weight


def _base(name: str) -> str:
    """Return the name of the weight that an initializer is, or is a part of."""
    for part in ("_quantized", "_scale", "_zero_point"):
        name = name.removesuffix(part)
    return name


def _whole(held: Held, name: str) -> Floats:
    if name in held:
        return held[name].copy()  # what is read of a file cannot be written to
    stored, zero, scale = (held[f"{name}_{part}"] for part in ("quantized", "zero_point", "scale"))
    return (stored.astype(np.float32) - zero.astype(np.float32)) * np.float32(scale)

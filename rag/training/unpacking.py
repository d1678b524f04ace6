"""The reader that ships -> a checkpoint to train on from: its int8 weights, in fp32 again.

Quantised once more they are the same integers (rag.models.int8).
"""

from pathlib import Path
from typing import TYPE_CHECKING

from rag.models.int8 import QUANTIZED, dequantized
from rag.models.loading import EMBEDDED_READER, embedded_reader
from rag.models.source import EMBEDDED, resolve
from rag.seams import Floats

if TYPE_CHECKING:
    import onnx

_WITHIN = "_model."
"""What the exporter puts before the names of weights."""


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

    products = {
        node.input[1].removesuffix(QUANTIZED) for node in graph.node if "MatMul" in node.op_type
    }
    plain = {
        each.name: numpy_helper.to_array(each).copy()  # what is read of a file cannot be written to
        for each in graph.initializer
        if each.name.endswith((".weight", ".bias"))
    }
    return {
        name.removeprefix(_WITHIN): each.T.copy() if name in products else each
        for name, each in (plain | dequantized(graph)).items()
    }

"""The int8 that readers serve in, and that units far larger than others are evened out for it."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from rag.models.int8 import dequantized, quantize
from rag.models.session import Session
from rag.seams import Floats, Ints

pytestmark = pytest.mark.slow  # onnxruntime's quantiser takes seconds to import

TOKENS, UNITS, OUT = 40, 64, 8
IDS: dict[str, Ints] = {"input_ids": np.arange(TOKENS, dtype=np.int64)[None, :]}


TABLE = np.random.default_rng(0).uniform(-1, 1, (TOKENS, UNITS)).astype(np.float32)
WEIGHTS = np.random.default_rng(1).normal(0, 1, (UNITS, OUT)).astype(np.float32)


def graph(file: Path, sizes: Floats, weights: Floats, table: Floats = TABLE) -> None:
    """Write a graph of units of those sizes, and their product with weights."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["embedded"]),
        helper.make_node("Mul", ["embedded", "sizes"], ["units"]),
        helper.make_node("MatMul", ["units", "onnx::1"], ["out"], name="/head/MatMul"),
    ]
    named = {"table": table, "sizes": sizes, "onnx::1": weights}
    held = [numpy_helper.from_array(each, name) for name, each in named.items()]
    ids = helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT64, [1, TOKENS])
    out = helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, [1, TOKENS, OUT])
    made = helper.make_model(
        helper.make_graph(nodes, "graph", [ids], [out], held),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )
    onnx.save(made, file)


def stored(file: Path) -> dict[str, bytes]:
    graph = onnx.load(file).graph
    return {each.name: numpy_helper.to_array(each).tobytes() for each in graph.initializer}


def evening(file: Path) -> list[Floats]:
    constants = onnx.load(file).graph.initializer
    return [numpy_helper.to_array(each) for each in constants if each.name.endswith(".evening")]


def error(file: Path, sizes: Floats, weights: Floats) -> float:
    """Return by how much int8 is off, as the root of the mean square."""
    graph(file, sizes, weights)
    (expected,) = Session(file, 1).run(IDS, "out")
    quantize(file, IDS)
    (found,) = Session(file, 1).run(IDS, "out")
    return float(np.sqrt(np.mean((found - expected) ** 2)))


def test_a_unit_that_is_large_costs_the_others_little(tmp_path: Path) -> None:
    weights = WEIGHTS.copy()
    sizes = np.ones(UNITS, dtype=np.float32)
    usual = error(tmp_path / "usual.onnx", sizes, weights)
    assert evening(tmp_path / "usual.onnx") == []
    sizes[7] *= 32
    weights[7] /= 32
    assert error(tmp_path / "uneven.onnx", sizes, weights) < 1.5 * usual
    (factors,) = evening(tmp_path / "uneven.onnx")
    assert factors[7] == 1 / 32
    assert (np.delete(factors, 7) == 1).all()


@pytest.mark.parametrize("nudge", np.linspace(0.97, 1.03, 9))
def test_int8_of_weights_in_int8_is_the_same(tmp_path: Path, nudge: float) -> None:
    sizes = np.ones(UNITS, dtype=np.float32)
    sizes[7] = 2**4.5 * nudge  # about where the power of two to divide by becomes the next
    graph(once := tmp_path / "once.onnx", sizes, WEIGHTS)
    quantize(once, IDS)
    came = dequantized(onnx.load(once).graph)
    graph(twice := tmp_path / "twice.onnx", sizes, came["head.weight"], came["table"])
    quantize(twice, IDS)
    assert stored(twice) == stored(once)

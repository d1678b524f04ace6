"""The reader that ships, as a checkpoint: the weights that serve, to the bit."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import numpy_helper
from safetensors.numpy import load_file

import rag
from rag.cli import main
from rag.models.source import EMBEDDED, resolve
from rag.training.unpacking import unpack

pytestmark = pytest.mark.slow  # torch and transformers take seconds to import

SHIPPED = Path(rag.__file__).parent / "assets" / "reader" / "model.onnx"


def stored(graph: Path) -> dict[str, bytes]:
    """Return all that a graph holds, by name."""
    held = onnx.load(graph).graph.initializer
    return {each.name: numpy_helper.to_array(each).tobytes() for each in held}


def test_what_ships_is_what_its_checkpoint_comes_to_in_int8(tmp_path: Path) -> None:
    command = ["train", "average", "rag-reader", "rag-reader", "--out", str(tmp_path)]
    ran = CliRunner().invoke(main, command)
    assert ran.exit_code == 0, ran.output
    assert stored(tmp_path / "reader" / "model.onnx") == stored(SHIPPED)


def test_the_checkpoint_is_a_reader_that_grew_out_of_the_encoder(tmp_path: Path) -> None:
    reader = load_file(unpack(tmp_path / "made") / "model.safetensors")
    encoder = load_file(resolve(EMBEDDED).folder / "model.safetensors")
    learned = reader.keys() - {f"bert.{name}" for name in encoder}
    assert learned == {"qa_outputs.weight", "qa_outputs.bias"}
    for name in ("embeddings.word_embeddings.weight", "encoder.layer.5.output.dense.weight"):
        alike = np.corrcoef(reader[f"bert.{name}"].ravel(), encoder[name].ravel())[0, 1]
        assert 0.5 < alike < 1

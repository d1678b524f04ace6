"""Averaging checkpoints: the mean of their weights serves; what is not of one shape is refused."""

import shutil
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

from rag.cli import main
from rag.models import load_reader

pytestmark = pytest.mark.slow  # torch and transformers take seconds to import

SHIFT = 0.25


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A tiny checkpoint of random weights, with the embedded encoder's tokenizer."""
    from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering

    from rag.models.source import EMBEDDED, resolve

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=30522,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        architectures=["BertForQuestionAnswering"],
    )
    BertForQuestionAnswering(config).save_pretrained(tmp_path / "one")
    AutoTokenizer.from_pretrained(resolve(EMBEDDED).folder).save_pretrained(tmp_path / "one")
    return tmp_path / "one"


def shifted(checkpoint: Path, by: float) -> Path:
    """Return a copy of a checkpoint with a number added to all its weights."""
    other = shutil.copytree(checkpoint, checkpoint.with_name(f"shifted{by}"))
    weights = load_file(other / "model.safetensors")
    moved = {name: tensor + by for name, tensor in weights.items()}
    save_file(moved, other / "model.safetensors", metadata={"format": "pt"})
    return other


def test_the_mean_of_the_weights_is_left_and_serves(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    both = [str(checkpoint), str(shifted(checkpoint, SHIFT))]
    ran = CliRunner().invoke(main, ["train", "average", *both, "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    before = load_file(checkpoint / "model.safetensors")
    for name, tensor in load_file(out / "model" / "model.safetensors").items():
        torch.testing.assert_close(tensor, before[name] + SHIFT / 2)
    reader = load_reader(str(out / "reader"), tmp_path / "models", 1)
    assert reader.read("Where?", ["It is there."])


def test_checkpoints_of_other_shapes_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    other = shutil.copytree(checkpoint, tmp_path / "other")
    weights = load_file(other / "model.safetensors")
    weights["qa_outputs.bias"] = torch.zeros(3)
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    flags = ["train", "average", str(checkpoint), str(other), "--out", str(tmp_path / "out")]
    ran = CliRunner().invoke(main, flags)
    assert ran.exit_code == 2
    assert "not of one shape" in ran.output
    assert not (tmp_path / "out").exists()

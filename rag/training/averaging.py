"""Averages the weights of readers trained one from the other: better than any of them, for free.

Checkpoints of one path of training lie in one basin of the loss, and their mean nearer to its
middle ("model soups", Wortsman et al. 2022).
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from rag.errors import ModelUnsupported
from rag.training.reader import export
from rag.training.unpacking import checkpoint

_WEIGHTS = "model.safetensors"


def average(checkpoints: Sequence[str], out: Path) -> None:
    """Write the mean of checkpoints to ``out/model``, and what serves, in int8, to ``out/reader``.

    Raises:
        ModelNotFound: there is no such checkpoint.
        ModelUnsupported: they are not of one shape.
    """
    folders = [checkpoint(each, out) for each in checkpoints]
    weights = [load_file(folder / _WEIGHTS) for folder in folders]
    shapes = [{name: tensor.shape for name, tensor in each.items()} for each in weights]
    if any(each != shapes[0] for each in shapes):
        raise ModelUnsupported(
            f"{', '.join(checkpoints)} are not of one shape: average checkpoints of one model."
        )
    mean = {name: torch.stack([each[name] for each in weights]).mean(0) for name in weights[0]}
    shutil.copytree(folders[-1], out / "model", dirs_exist_ok=True)
    save_file(mean, out / "model" / _WEIGHTS, metadata={"format": "pt"})
    export(out / "model", out / "reader")

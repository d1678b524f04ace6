"""A Hugging Face extractive-QA checkpoint -> the ONNX graph that serves, in fp32 or int8."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.errors import ModelUnsupported
from rag.models.cache import Facts, kept
from rag.models.export import INPUTS, refused_if_it_fails, trace
from rag.models.int8 import quantize
from rag.models.reader import ExportedReader, OnnxReader
from rag.models.session import rewrite
from rag.models.source import ModelSource
from rag.models.windows import LONGEST

if TYPE_CHECKING:
    import torch

_QUESTION = "Where is it?"
_TEXT = "An export must give the logits of the model it was made from. " * 9
_READ = [name for name in INPUTS if name != "attention_mask"]
"""A window runs alone, so that nothing of it is padding; without a mask it takes 4% less time."""
_TOLERANCE = 1e-3


def exported_reader(source: ModelSource, cache: Path) -> ExportedReader:
    """Return the fp32 export of a reader from ``cache``, making it if missing or damaged.

    Raises:
        ModelUnsupported: no reader of spans, or one that cannot be exported faithfully.
    """
    readers = cache / "readers"  # an encoder may be made of the same files
    folder, facts = kept(source, readers, lambda draft: export_reader(source, draft))
    return ExportedReader(folder, **facts)


def export_reader(source: ModelSource, folder: Path, *, in_int8: bool = False) -> Facts:
    """Write graph, weights and ``tokenizer.json`` of a checkpoint, and return its facts.

    Raises:
        ModelUnsupported: no reader of spans, or one whose export gives other logits.
    """
    from transformers import AutoConfig, AutoModelForQuestionAnswering, AutoTokenizer

    with refused_if_it_fails(source):
        config = AutoConfig.from_pretrained(source.folder, local_files_only=True)
        if not any("QuestionAnswering" in name for name in config.architectures or ()):
            raise ModelUnsupported(
                f"{source.name} is no extractive-QA checkpoint (its config.json names "
                f"{config.architectures}): name one, or leave the setting 'reader' at its default."
            )
        tokenizer = AutoTokenizer.from_pretrained(source.folder, local_files_only=True)
        model = AutoModelForQuestionAnswering.from_pretrained(
            source.folder,
            local_files_only=True,
            attn_implementation="eager",  # of fewer operators
        )
        tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
        seen = min(tokenizer.model_max_length, config.max_position_embeddings - 2)
        facts = {"pad_id": int(tokenizer.pad_token_id or 0), "longest": min(LONGEST, seen)}
        example = tokenizer(
            [_QUESTION], [_TEXT], truncation=True, max_length=facts["longest"], return_tensors="pt"
        )
        inputs = {name: example[name] for name in _READ if name in example}
        axes = {"start": {0: "batch", 1: "length"}, "end": {0: "batch", 1: "length"}}
        exported = ExportedReader(folder, source.fingerprint, **facts)
        trace(_graph(model.eval(), list(inputs)), inputs, axes, exported.graph)
    _verify(exported, model, example, source)
    if in_int8:
        quantize(exported.graph, {name: values.numpy() for name, values in inputs.items()})
    rewrite(exported.graph)
    return facts


def _graph(model: Any, names: list[str]) -> "torch.nn.Module":
    import torch

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self._model = model

        def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            output = self._model(**dict(zip(names, inputs, strict=True)))
            return output.start_logits, output.end_logits

    return Graph().eval()  # the tracer puts a module back into the mode it found


def _verify(
    exported: ExportedReader, model: Any, example: "dict[str, torch.Tensor]", source: ModelSource
) -> None:
    import torch

    with torch.no_grad():
        expected = model(**example).start_logits.numpy()
    fed = {name: values.numpy() for name, values in example.items()}
    (found,) = OnnxReader(exported, threads=1).session.run(fed, "start")
    worst = float(np.abs(found - expected).max())
    if not worst <= _TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise ModelUnsupported(
            f"The export of {source.name} gives other logits than transformers (by {worst:.4f}): "
            "this architecture cannot be served; name another reader."
        )

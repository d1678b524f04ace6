"""A Hugging Face extractive-QA checkpoint -> the ONNX graph that serves, in fp32 or int8."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.errors import ModelUnsupported
from rag.models.cache import Facts, kept
from rag.models.export import INPUTS, refused_if_it_fails, trace
from rag.models.reader import ExportedReader, OnnxReader
from rag.models.source import ModelSource
from rag.models.windows import LONGEST

if TYPE_CHECKING:
    import torch

_QUESTION = "Where is it?"
_TEXT = "An export must give the logits of the model it was made from. " * 9
_DELICATE = "layer.0/output/dense/MatMul"
_TOLERANCE = 1e-3


def exported_reader(source: ModelSource, cache: Path) -> ExportedReader:
    """Return the fp32 export of a reader from ``cache``, making it if missing or damaged.

    Raises:
        ModelUnsupported: no reader of spans, or one that cannot be exported faithfully.
    """
    readers = cache / "readers"  # an encoder may be made of the same files
    folder, facts = kept(source, readers, lambda draft: export_reader(source, draft))
    return ExportedReader(folder, **facts)


def export_reader(source: ModelSource, folder: Path) -> Facts:
    """Write ``model.onnx`` and ``tokenizer.json`` of a checkpoint, and return its facts.

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
        inputs = {name: example[name] for name in INPUTS if name in example}
        axes = {"start": {0: "batch", 1: "length"}, "end": {0: "batch", 1: "length"}}
        trace(_graph(model.eval(), list(inputs)), inputs, axes, folder / "model.onnx")
    _verify(ExportedReader(folder, source.fingerprint, **facts), model, inputs, source)
    return facts


def quantize(folder: Path) -> None:
    """Turn the fp32 graph in ``folder`` into int8: weights of products and the embeddings.

    Activations are quantised as they come (dynamically), products of activations stay in fp32. So
    does the product after the first layer's activation, whose few large values int8 rounds away:
    it alone makes a fifth of the error of the logits.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole = folder / "model.onnx"
    draft = folder / "model.int8.onnx"
    names = [node.name for node in onnx.load(whole, load_external_data=False).graph.node]
    quantize_dynamic(
        whole,
        draft,
        op_types_to_quantize=["MatMul", "Gather"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[name for name in names if name.endswith(_DELICATE)],
    )
    draft.replace(whole)


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
    exported: ExportedReader, model: Any, inputs: "dict[str, torch.Tensor]", source: ModelSource
) -> None:
    import torch

    with torch.no_grad():
        expected = model(**inputs).start_logits.numpy()
    fed = {name: values.numpy() for name, values in inputs.items()}
    (found,) = OnnxReader(exported, threads=1).session.run(fed, "start")
    worst = float(np.abs(found - expected).max())
    if not worst <= _TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise ModelUnsupported(
            f"The export of {source.name} gives other logits than transformers (by {worst:.4f}): "
            "this architecture cannot be served; name another reader."
        )

"""Exports a sentence-transformers model to ONNX, once, and keeps the result in a cache.

Pooling and normalisation are in the graph. sentence-transformers stays the reference: an
export that does not give its vectors is refused, and never enters the cache.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ModelUnsupported
from rag.models.cache import Facts, kept
from rag.models.encoder import ExportedModel, OnnxEncoder
from rag.models.session import rewrite
from rag.models.source import ModelSource

if TYPE_CHECKING:
    import torch

    from rag.models.reference import ReferenceEncoder

_OPSET = 17
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_PROBES = ("Where is it?", "An export must give the vectors of the model it was made from. " * 9)
_TOLERANCE = 1e-3


def exported(source: ModelSource, cache: Path) -> ExportedModel:
    """Return the export of an encoder from ``cache``, making it if missing or damaged.

    Raises:
        ModelUnsupported: the model cannot be exported, or the export gives other vectors.
    """
    folder, facts = kept(source, cache, lambda draft: _export(source, draft))
    return ExportedModel(folder, **facts)


def _export(source: ModelSource, draft: Path) -> Facts:
    from rag.models.reference import ReferenceEncoder

    reference = ReferenceEncoder(source)
    facts = {
        "dimension": reference.dimension,
        "max_tokens": reference.max_tokens,
        "special_tokens": reference.special_tokens,
        "pad_id": reference.pad_id,
    }
    model = ExportedModel(draft, source.fingerprint, **facts)
    with refused_if_it_fails(source):
        reference.save_tokenizer(model.tokenizer)
        example = reference.features(["a first text", "a second, somewhat longer text"])
        names = [name for name in INPUTS if name in example]
        inputs = {name: example[name] for name in names}
        trace(reference.graph(names), inputs, {"vector": {0: "batch"}}, model.graph)
        rewrite(model.graph)
    _verify(model, reference, source)
    return facts


def trace(
    graph: "torch.nn.Module",
    inputs: "dict[str, torch.Tensor]",
    outputs: dict[str, dict[int, str]],
    file: Path,
) -> None:
    """Write the ONNX graph of a module of tensors (batch, length), outputs with their axes."""
    import torch

    axes = {name: {0: "batch", 1: "length"} for name in inputs} | outputs
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing warns of each constant it folds in
        torch.onnx.export(
            graph,
            tuple(inputs.values()),
            str(file),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )


def _verify(model: ExportedModel, reference: "ReferenceEncoder", source: ModelSource) -> None:
    expected, actual = reference.encode(_PROBES), OnnxEncoder(model, threads=1).encode(_PROBES)
    worst = float((expected * actual).sum(axis=1).min())
    if not worst >= 1 - _TOLERANCE:
        raise ModelUnsupported(
            f"The export of {source.name} gives other vectors than sentence-transformers (cosine "
            f"{worst:.4f}): this architecture cannot be served; name another encoder."
        )


@contextmanager
def refused_if_it_fails(source: ModelSource) -> Iterator[None]:
    """Make whatever torch and transformers raise on a model a ``ModelUnsupported``."""
    try:
        yield
    except ModelUnsupported:
        raise
    except Exception as error:  # its own code may raise anything
        raise ModelUnsupported(
            f"{source.name} cannot be exported to ONNX ({type(error).__name__}: {error}): name a "
            "BERT-like model with a fast tokenizer."
        ) from error

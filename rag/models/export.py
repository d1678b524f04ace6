"""Exports a sentence-transformers model to ONNX, once, and keeps the result in a cache.

Pooling and normalisation are in the graph. sentence-transformers stays the reference: an
export that does not give its vectors is refused, and never enters the cache.
"""

import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from rag.errors import ModelUnsupported
from rag.models.encoder import ExportedModel, OnnxEncoder
from rag.models.source import ModelSource, sha256

if TYPE_CHECKING:
    from rag.models.reference import ReferenceEncoder

_FORMAT = 2
_OPSET = 17
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_PROBES = ("Where is it?", "An export must give the vectors of the model it was made from. " * 9)
_TOLERANCE = 1e-3


def exported(source: ModelSource, cache: Path) -> ExportedModel:
    """Return the export of a model from ``cache``, making it if missing or damaged.

    Raises:
        ModelUnsupported: the model cannot be exported, or the export gives other vectors.
    """
    folder = cache / f"{Path(source.name).name}-{source.fingerprint[:12]}"
    found = _open(folder, source.fingerprint)
    if found:
        return found
    cache.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=cache, prefix=".export-"))
    try:
        _export(source, draft)
        if _open(folder, source.fingerprint) is None:  # else another process was faster
            shutil.rmtree(folder, ignore_errors=True)
            draft.chmod(0o755)
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    made = _open(folder, source.fingerprint)
    if made is None:
        raise ModelUnsupported(f"The export of {source.name} to {folder} did not survive writing.")
    return made


def _open(folder: Path, fingerprint: str) -> ExportedModel | None:
    """Return the export in ``folder`` if it is whole and of this model."""
    try:
        card = json.loads((folder / "export.json").read_text(encoding="utf-8"))
        model = ExportedModel(folder, **card["model"])
        whole = all(sha256(folder / name) == expected for name, expected in card["files"].items())
        ours = card["format"] == _FORMAT and model.fingerprint == fingerprint
        return model if whole and ours else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _export(source: ModelSource, draft: Path) -> None:
    from rag.models.reference import ReferenceEncoder

    reference = ReferenceEncoder(source)
    model = ExportedModel(
        folder=draft,
        fingerprint=source.fingerprint,
        dimension=reference.dimension,
        max_tokens=reference.max_tokens,
        special_tokens=reference.special_tokens,
        pad_id=reference.pad_id,
    )
    with _refused_if_it_fails(source):
        reference.save_tokenizer(model.tokenizer)
        _trace(reference, model.weights)
    _verify(model, reference, source)
    facts: dict[str, Any] = asdict(model)
    del facts["folder"]
    files = {file.name: sha256(file) for file in (model.weights, model.tokenizer)}
    card = {"format": _FORMAT, "source": source.name, "model": facts, "files": files}
    (draft / "export.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _trace(reference: "ReferenceEncoder", out: Path) -> None:
    import torch

    example = reference.features(["a first text", "a second, somewhat longer text"])
    names = [name for name in _INPUTS if name in example]
    axes = {name: {0: "batch", 1: "length"} for name in [*names, "tokens"]}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing warns of each constant it folds in
        torch.onnx.export(
            reference.graph(names),
            tuple(example[name] for name in names),
            str(out),
            input_names=names,
            output_names=["vector", "tokens"],
            dynamic_axes=axes | {"vector": {0: "batch"}},
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
def _refused_if_it_fails(source: ModelSource) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # torch and transformers raise whatever the model's code does
        raise ModelUnsupported(
            f"{source.name} cannot be exported to ONNX ({type(error).__name__}: {error}): name a "
            "BERT-like encoder with a fast tokenizer."
        ) from error

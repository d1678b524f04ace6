"""Exported models on disk: a folder of files, and a card with their facts and SHA-256.

An export appears whole or not at all, and one whose files are not those of its card is made anew.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from rag.errors import ModelUnsupported
from rag.models.source import ModelSource, sha256

CARD = "export.json"
_FORMAT = 3

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exported:
    """An export on disk: the folder of its files, and what it was made from."""

    folder: Path
    fingerprint: str

    @property
    def graph(self) -> Path:
        """Return the path of the ONNX graph."""
        return self.folder / "model.onnx"

    @property
    def tokenizer(self) -> Path:
        """Return the path of the tokenizer, in Hugging Face tokenizers' JSON format."""
        return self.folder / "tokenizer.json"


def kept(source: ModelSource, cache: Path, make: Callable[[Path], Facts]) -> tuple[Path, Facts]:
    """Return the folder and facts of a model's export, made by ``make`` if missing or damaged.

    What serves is verified each time, what it was made from only when that looks changed: so half
    as much is read at a start.

    Raises:
        ModelDamaged: the embedded weights are not the official ones.
        ModelUnsupported: the model cannot be exported, or the export did not survive writing.
    """
    looks = source.looks
    for each in cache.glob("[!.]*"):  # the others are being written
        if _card(each).get("looks") == looks and (facts := opened(each)):
            return each, facts
    folder = cache / f"{Path(source.name).name}-{source.fingerprint[:12]}"
    facts = opened(folder, source.fingerprint)
    if facts is not None:
        _recall(folder, source)
        return folder, facts
    cache.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=cache, prefix=".export-"))
    try:
        seal(draft, source, make(draft))
        if opened(folder, source.fingerprint) is None:  # else another process was faster
            shutil.rmtree(folder, ignore_errors=True)
            draft.chmod(0o755)
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    facts = opened(folder, source.fingerprint)
    if facts is None:
        raise ModelUnsupported(f"The export of {source.name} to {folder} did not survive writing.")
    return folder, facts


def opened(folder: Path, fingerprint: str | None = None) -> Facts | None:
    """Return the facts of the export in ``folder`` if it is whole and, if asked, of this model."""
    try:
        card = _card(folder)
        whole = all(sha256(folder / name) == expected for name, expected in card["files"].items())
        ours = card["format"] == _FORMAT and fingerprint in (None, card["fingerprint"])
        facts: Facts = card["facts"] | {"fingerprint": card["fingerprint"]}
        return facts if whole and ours else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _card(folder: Path) -> dict[str, Any]:
    """Return what the card in a folder says; nothing where there is none to read."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def _recall(folder: Path, source: ModelSource) -> None:
    """Note on the card how the source looks now, if the folder can be written to."""
    draft = folder / f".{CARD}-{os.getpid()}"
    with suppress(OSError):
        draft.write_text(_told({**_card(folder), "looks": source.looks}), encoding="utf-8")
        draft.replace(folder / CARD)


def seal(folder: Path, source: ModelSource, facts: Facts) -> None:
    """Write the card of the export that ``folder`` holds, and nothing else."""
    card = {
        "format": _FORMAT,
        "source": source.name,
        "fingerprint": source.fingerprint,
        "looks": source.looks,
        "facts": dict(facts),
        "files": {file.name: sha256(file) for file in sorted(folder.iterdir())},
    }
    (folder / CARD).write_text(_told(card), encoding="utf-8")


def _told(card: Facts) -> str:
    return json.dumps(card, indent=2) + "\n"

"""Exported models on disk: a folder of files, and a card with their facts and SHA-256.

An export appears whole or not at all, and one whose files are not those of its card is made anew.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from rag.errors import ModelUnsupported
from rag.models.source import ModelSource, sha256

CARD = "export.json"
FILES = ("model.onnx", "tokenizer.json")
_FORMAT = 3

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exported:
    """An export on disk: the folder of its files, and what it was made from."""

    folder: Path
    fingerprint: str

    @property
    def weights(self) -> Path:
        """Return the path of the ONNX graph."""
        return self.folder / "model.onnx"

    @property
    def tokenizer(self) -> Path:
        """Return the path of the tokenizer, in Hugging Face tokenizers' JSON format."""
        return self.folder / "tokenizer.json"


def kept(source: ModelSource, cache: Path, make: Callable[[Path], Facts]) -> tuple[Path, Facts]:
    """Return the folder and facts of a model's export, made by ``make`` if missing or damaged.

    Raises:
        ModelUnsupported: the model cannot be exported, or the export did not survive writing.
    """
    folder = cache / f"{Path(source.name).name}-{source.fingerprint[:12]}"
    facts = opened(folder, source.fingerprint)
    if facts is not None:
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
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        whole = all(sha256(folder / name) == expected for name, expected in card["files"].items())
        ours = card["format"] == _FORMAT and fingerprint in (None, card["fingerprint"])
        facts: Facts = card["facts"] | {"fingerprint": card["fingerprint"]}
        return facts if whole and ours else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def seal(folder: Path, source: ModelSource, facts: Facts) -> None:
    """Write the card of the export that lies in ``folder``."""
    card = {
        "format": _FORMAT,
        "source": source.name,
        "fingerprint": source.fingerprint,
        "facts": dict(facts),
        "files": {name: sha256(folder / name) for name in FILES},
    }
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")

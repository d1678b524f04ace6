"""What is evaluated: the engine in this process, or any running server by its address."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from rag.engine import Engine
from rag.types import Answer, Document, Hit, Passage, Turn


class Subject(Protocol):
    """Something that answers questions; what is measured is what it serves."""

    @property
    def corpus(self) -> str:
        """Return a fingerprint of the documents alone, whatever the settings: see ``corpus``."""

    @property
    def settings(self) -> Mapping[str, str]:
        """Return what is known of how the documents were indexed and are served."""

    @property
    def passages(self) -> Sequence[Passage] | None:
        """Return all passages, or None where they are not to be had."""

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Answer a question, after what was said before it, as a user would have it answered."""

    def search(self, question: str, k: int) -> tuple[Hit, ...]:
        """Return the k passages ranked first, to score the ranking beyond what is read."""

    def get(self, document_id: str, /) -> Document | None:
        """Return a document, whose text citations and gold are held against, or None."""


def corpus(documents: Iterable[tuple[str, str]]) -> str:
    """Return the sha256 of the documents' (id, sha256) pairs in order of their ids."""
    rows = "\n".join(f"{sha256} {document_id}" for document_id, sha256 in sorted(documents))
    return hashlib.sha256(rows.encode()).hexdigest()


class InProcess:
    """The engine of this process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def corpus(self) -> str:
        """Return the fingerprint of the documents."""
        return corpus((d.id, d.sha256) for d in self.engine.index.documents.records())

    @property
    def settings(self) -> Mapping[str, str]:
        """Return how the index was made."""
        manifest = self.engine.index.manifest
        return {"generation": manifest.fingerprint, **_strings(asdict(manifest.recipe))}

    @property
    def passages(self) -> Sequence[Passage]:
        """Return all passages of the index."""
        return tuple(self.engine.index.passages.values())

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Answer a question."""
        return self.engine.ask(question, history=history)

    def search(self, question: str, k: int) -> tuple[Hit, ...]:
        """Return the k passages ranked first."""
        return self.engine.search(question, top_k=k)

    def get(self, document_id: str, /) -> Document | None:
        """Return a document, or None."""
        return self.engine.index.documents.get(document_id)


def _strings(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}

"""Generations of an index: built aside, made durable, published by one atomic rename.

``index/CURRENT`` names the generation that serves; ``index/generations/<n>/`` holds it. A reader
sees the old generation or the new one, never a mixture, whenever the writer is killed.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

from rag.errors import IndexDamaged, IndexForeign, IndexMissing
from rag.index import manifest as manifests
from rag.index.lexical import LexicalIndex
from rag.index.manifest import Manifest, Recipe
from rag.index.records import read_documents, read_passages, write_documents, write_passages
from rag.index.vectors import VectorIndex
from rag.seams import Floats
from rag.types import Document, IndexIdentity, Passage

_KEPT = 2
"""Generations kept: the one that serves and the one before it, which a reader may still hold."""


@dataclass(frozen=True, slots=True)
class Index:
    """One generation, open for reading. A passage's place in ``passages`` is its ordinal."""

    manifest: Manifest
    documents: Mapping[str, Document]
    passages: tuple[Passage, ...]
    vectors: VectorIndex
    lexical: LexicalIndex

    @classmethod
    def open(cls, folder: Path) -> "Index":
        """Open the current generation after verifying every byte of it.

        Raises:
            IndexMissing, IndexForeign, IndexNewer, IndexDamaged: each names what mends it.
        """
        generation = _current(folder)
        manifest = manifests.read(generation)
        try:
            documents = read_documents(generation / "documents.jsonl")
            index = cls(
                manifest,
                documents,
                read_passages(generation / "passages.jsonl", documents),
                VectorIndex.open(generation / "vectors.faiss"),
                LexicalIndex.open(generation / "lexical"),
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise IndexDamaged(
                f"{generation} does not open though its files are as written ({error}): "
                "'rag index --rebuild PATH…' builds a new one from your documents."
            ) from error
        index._check_counts()
        return index

    @property
    def identity(self) -> IndexIdentity:
        """Return which index this is."""
        return IndexIdentity(self.manifest.generation, self.manifest.fingerprint)

    def _check_counts(self) -> None:
        counts = {len(self.passages), len(self.vectors), len(self.lexical), self.manifest.passages}
        if len(counts) > 1:
            raise IndexDamaged(
                f"Passages, vectors and terms of generation {self.manifest.generation} disagree "
                f"in number ({sorted(counts)}): 'rag index --rebuild PATH…' builds a new one."
            )


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the one writer of an index: another process waits its turn. Readers never wait.

    The lock ends with its process, however that ends; drafts of those killed are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for draft in folder.glob("generations/.draft-*"):
            shutil.rmtree(draft)
        yield


def publish(
    folder: Path,
    documents: Sequence[Document],
    passages: Sequence[Passage],
    vectors: Floats,
    recipe: Recipe,
) -> Manifest:
    """Write a generation aside, flush it to disk, and make it the current one.

    Call it within ``writing``, so that no other process publishes from what it replaces.
    ``vectors`` has shape (len(passages), dimension). Older generations but one are removed.
    """
    generations = folder / "generations"
    generations.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=generations, prefix=".draft-"))
    try:
        write_documents(draft / "documents.jsonl", documents)
        write_passages(draft / "passages.jsonl", passages)
        VectorIndex.build(vectors).save(draft / "vectors.faiss")
        (draft / "lexical").mkdir()
        LexicalIndex.build(draft / "lexical", [passage.text for passage in passages])
        name = f"{max([0, *map(int, _names(generations))]) + 1:06d}"
        manifest = Manifest(
            generation=name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            fingerprint=_fingerprint(documents, recipe),
            recipe=recipe,
            documents=len(documents),
            passages=len(passages),
            files=manifests.hashes(draft),
        )
        manifest.write(draft)
        _sync(draft)
        draft.chmod(0o755)
        draft.rename(generations / name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _sync(generations)
    _point(folder, name)
    for old in _names(generations)[:-_KEPT]:
        shutil.rmtree(generations / old)
    return manifest


def _current(folder: Path) -> Path:
    pointer = folder / "CURRENT"
    if not pointer.is_file():
        raise IndexMissing(f"There is no index in {folder}/: 'rag index PATH…' makes one.")
    name = pointer.read_bytes().strip()
    if not (name.isdigit() and name.isascii()):
        raise IndexForeign(
            f"{pointer} does not name a generation, so it is not ours: point the setting 'index' "
            "at another folder."
        )
    generation = folder / "generations" / name.decode()
    if not generation.is_dir():
        raise IndexDamaged(
            f"{generation}, which {pointer} names, is gone: 'rag index --rebuild PATH…' builds a "
            "new one from your documents."
        )
    return generation


def _names(generations: Path) -> list[str]:
    return sorted(each.name for each in generations.iterdir() if each.name.isdigit())


def _point(folder: Path, name: str) -> None:
    draft = folder / ".CURRENT"
    draft.write_text(name + "\n", encoding="ascii")
    _sync_one(draft)
    draft.replace(folder / "CURRENT")
    _sync_one(folder)


def _fingerprint(documents: Sequence[Document], recipe: Recipe) -> str:
    facts = [f"{key}={value}" for key, value in asdict(recipe).items() if key != "encoder"]
    rows = sorted(f"{document.sha256} {document.id}" for document in documents)
    return hashlib.sha256("\n".join([*facts, *rows]).encode()).hexdigest()


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        _sync_one(path)


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The manifest of an index generation: what it is, what made it, and a sha256 of every file.

Its own last member, ``sha256``, is that of the others, so that it vouches for itself too. It is
written twice, since nothing else tells what it does.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rag.errors import IndexDamaged, IndexForeign, IndexMismatch, IndexNewer, IndexOlder
from rag.index.generations import MEND
from rag.models.source import sha256
from rag.types import Document, Record

NAME = "manifest.json"
COPY = "manifest.copy.json"
NOTHING = f"{0:064x}"
"""The content of a collection of no documents."""

REBUILD = "'rag index --rebuild PATH…' builds a new one from your documents"
_FORMAT = "rag-index"
_VERSION = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """How passages and vectors were made: two indexes are comparable if these are equal."""

    encoder: str
    encoder_fingerprint: str
    chunker: int
    encoding: str
    passage_tokens: int
    overlap_tokens: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds; ``files`` maps relative path to sha256.

    ``segments`` names its segments, oldest first, each with the rows of the documents in it that
    were replaced or removed since. ``ordinals`` is how many have been given to passages so far;
    ``stale`` counts passages gone whose words the term index still counts.
    ``content`` adds up the documents, and ``fingerprint`` content and recipe, so equal collections
    have equal ones on any machine, however they came to be.
    """

    generation: str
    created: str
    content: str
    fingerprint: str
    recipe: Recipe
    segments: dict[str, list[int]]
    documents: int
    passages: int
    ordinals: int
    stale: int
    files: dict[str, str]

    @property
    def wear(self) -> float:
        """Return the passages gone whose words still count, as a share of those that live."""
        return self.stale / max(1, self.passages)

    def write(self, folder: Path) -> None:
        """Write the manifest and its copy into a generation's folder."""
        content = {"format": _FORMAT, "version": _VERSION, **asdict(self)}
        sealed = {**content, "sha256": _seal(content)}
        for name in (NAME, COPY):
            (folder / name).write_text(json.dumps(sealed, indent=2) + "\n", encoding="utf-8")

    def differences(self, recipe: Recipe) -> list[str]:
        """Return what of the recipe differs; two names of one encoder do not."""
        ours, theirs = asdict(recipe), asdict(self.recipe)
        keys = [key for key in ours if key != "encoder"]
        return [
            f"{key} {theirs[key]!r} -> {ours[key]!r}" for key in keys if ours[key] != theirs[key]
        ]

    def require(self, recipe: Recipe) -> None:
        """Check that the index was made as the settings say.

        Raises:
            IndexMismatch: another encoder or chunking made it.
        """
        changed = self.differences(recipe)
        if changed:
            raise IndexMismatch(
                f"The index was built with other settings ({'; '.join(changed)}): run "
                "'rag index --rebuild', which indexes its texts anew, or restore the settings."
            )


_PARSER = TypeAdapter(Manifest)


def fingerprint(content: str, recipe: Recipe) -> str:
    """Return what content and recipe add up to; another name of one encoder changes nothing."""
    facts = [f"{key}={value}" for key, value in asdict(recipe).items() if key != "encoder"]
    return hashlib.sha256("\n".join([*facts, content]).encode()).hexdigest()


def added_up(
    content: str, added: Iterable[Document | Record], removed: Iterable[Document | Record]
) -> str:
    """Return the content of a collection after a change of its documents.

    It is the sum, modulo 2^256, of a sha256 over what is told of each document (the additive hash
    of Bellare and Micciancio 1997).
    """
    total = int(content, 16) + sum(map(_summand, added)) - sum(map(_summand, removed))
    return f"{total % 2**256:064x}"


def _summand(of: Document | Record) -> int:
    told = json.dumps([of.id, of.sha256, of.title, of.media_type, of.metadata], sort_keys=True)
    return int(hashlib.sha256(told.encode()).hexdigest(), 16)


def hashes(folder: Path, before: Path | None) -> dict[str, str]:
    """Return the sha256 of every file below a generation's folder but manifests and locks.

    That of a file which is the same one in the generation ``before`` is taken from its manifest.
    """
    known = stated(before)["files"] if before else {}
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name not in {NAME, COPY} and file.suffix != ".lock":
            name = file.relative_to(folder).as_posix()
            is_same = before and name in known and file.samefile(before / name)
            found[name] = known[name] if is_same else sha256(file)
    return found


def read(folder: Path, verified: Mapping[str, str] | None = None) -> Manifest:
    """Read the manifest of a generation and verify every file it names.

    Those that ``verified`` names with the same sha256 are passed over: they are the same file.

    Raises:
        IndexForeign: the folder holds no manifest of this project.
        IndexNewer, IndexOlder: a later release wrote it, or one long gone.
        IndexDamaged: a file is missing, cut short or altered.
    """
    manifest = sealed(folder)
    for name, fault in faults(folder, manifest.files, verified or {}):
        raise IndexDamaged(f"{folder / name} {fault}: {MEND}.")
    return manifest


def sealed(folder: Path, name: str = NAME) -> Manifest:
    """Read the manifest of a generation, or its copy, which vouches for itself.

    Raises: as ``read``.
    """
    told = stated(folder, name)
    if told.get("format") != _FORMAT or not isinstance(told.get("version"), int):
        raise IndexForeign(
            f"{folder} was not made by this project: point the setting 'index' elsewhere, or "
            f"{REBUILD}."
        )
    if told["version"] > _VERSION:
        raise IndexNewer(
            f"{folder} is of index format {told['version']}, and this release reads up to "
            f"{_VERSION}: upgrade, or {REBUILD}."
        )
    if told["version"] < _VERSION:
        raise IndexOlder(
            f"{folder} is of index format {told['version']}: 'rag index --rebuild' carries "
            f"its documents over to format {_VERSION}."
        )
    seal = told.pop("sha256", None)
    fields = {key: value for key, value in told.items() if key not in {"format", "version"}}
    try:
        if seal == _seal(told):
            return _PARSER.validate_python(fields)
    except ValidationError:
        pass  # sealed, but not by us
    raise IndexDamaged(f"{folder / name} was altered: {MEND}.")


def _seal(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def stated(folder: Path, name: str = NAME) -> dict[str, Any]:
    """Return the manifest of a generation as it stands, of whatever version it is.

    Raises:
        IndexDamaged: it is missing, or no JSON.
    """
    file = folder / name
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise IndexDamaged(f"{file} is missing: {MEND}.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise IndexDamaged(f"{file} cannot be read ({error}): {MEND}.") from error
    return told if isinstance(told, dict) else {}


def faults(
    folder: Path, files: Mapping[str, str], verified: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield which files below a folder have not the given sha256, and what is wrong with each.

    Those ``verified`` with it have.
    """
    for name, expected in files.items():
        if verified.get(name) == expected:
            continue
        try:
            if sha256(folder / name) != expected:
                yield name, "was altered or cut short"
        except OSError as error:
            yield name, f"cannot be read ({error.strerror})"

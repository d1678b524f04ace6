"""The manifest of an index generation: what it is, what made it, and a sha256 of every file.

Its own last member, ``sha256``, is that of the others, so that it vouches for itself too.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.errors import IndexDamaged, IndexForeign, IndexMismatch, IndexNewer
from rag.models.source import sha256

NAME = "manifest.json"
_FORMAT = "rag-index"
_VERSION = 1
_MEND = "'rag index --rebuild PATH…' builds a new one from your documents"


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

    ``fingerprint`` sums up content and recipe, so equal collections have equal fingerprints on
    any machine.
    """

    generation: str
    created: str
    fingerprint: str
    recipe: Recipe
    documents: int
    passages: int
    files: dict[str, str]

    def write(self, folder: Path) -> None:
        """Write the manifest into a generation's folder."""
        content = {"format": _FORMAT, "version": _VERSION, **asdict(self)}
        sealed = {**content, "sha256": _seal(content)}
        (folder / NAME).write_text(json.dumps(sealed, indent=2) + "\n", encoding="utf-8")

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
                "'rag index' to re-index its documents, or restore the settings."
            )


def hashes(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file below a generation's folder but manifest and locks."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {
        file.relative_to(folder).as_posix(): sha256(file)
        for file in files
        if file.name != NAME and file.suffix != ".lock"
    }


def read(folder: Path) -> Manifest:
    """Read the manifest of a generation and verify every file it names.

    Raises:
        IndexForeign: the folder holds no manifest of this project.
        IndexNewer: a later release wrote it.
        IndexDamaged: a file is missing, cut short or altered.
    """
    content = _content(folder / NAME)
    if content.get("format") != _FORMAT or not isinstance(content.get("version"), int):
        raise IndexForeign(
            f"{folder} was not made by this project: point the setting 'index' elsewhere, or "
            f"{_MEND}."
        )
    if content["version"] > _VERSION:
        raise IndexNewer(
            f"{folder} is of index format {content['version']}, and this release reads up to "
            f"{_VERSION}: upgrade, or {_MEND}."
        )
    seal = content.pop("sha256", None)
    if seal != _seal(content):
        raise IndexDamaged(f"{folder / NAME} was altered: {_MEND}.")
    fields = {key: value for key, value in content.items() if key not in {"format", "version"}}
    manifest = Manifest(**{**fields, "recipe": Recipe(**fields["recipe"])})
    _verify(folder, manifest)
    return manifest


def _seal(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _content(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise IndexDamaged(f"{file} is missing: {_MEND}.") from error
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{file} cannot be read ({error}): {_MEND}.") from error
    return content if isinstance(content, dict) else {}


def _verify(folder: Path, manifest: Manifest) -> None:
    for name, expected in manifest.files.items():
        try:
            actual = sha256(folder / name)
        except OSError as error:
            raise IndexDamaged(f"{folder / name} cannot be read ({error}): {_MEND}.") from error
        if actual != expected:
            raise IndexDamaged(f"{folder / name} was altered or cut short: {_MEND}.")

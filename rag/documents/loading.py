"""Files -> documents: finds them, decodes them, and hands each to the parser of its kind."""

import codecs
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.documents import furniture, markdown, plain
from rag.errors import PathNotFound, UnreadableDocument
from rag.types import Block, BlockKind, Document

SUFFIXES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
}
"""Media type by file suffix."""

_PARSERS: dict[str, Callable[[str], list[Block]]] = {
    "text/plain": plain.blocks,
    "text/markdown": markdown.blocks,
}
_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_MAX_TITLE = 200


def find(path: Path) -> Iterator[tuple[str, Path]]:
    """Yield (document id, file) for a file, or for each supported file below a folder, sorted.

    A document's id is its path relative to the folder given, or the name of a file given.

    Raises:
        PathNotFound: nothing lies at ``path``.
    """
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if file.is_file() and file.suffix.lower() in SUFFIXES and not hidden:
                yield file.relative_to(path).as_posix(), file
    elif path.is_file():
        yield path.name, path
    else:
        raise PathNotFound(f"No file or folder at {path}: check the spelling.")


def load(document_id: str, file: Path) -> Document:
    """Read one file as a document.

    Raises:
        UnreadableDocument: its kind is unknown, or its bytes are not text.
    """
    media_type = SUFFIXES.get(file.suffix.lower())
    if media_type is None:
        known = ", ".join(SUFFIXES)
        raise UnreadableDocument(f"{file} is of a kind not supported; supported: {known}.")
    try:
        text, notes = _decode(file.read_bytes())
    except (OSError, ValueError) as error:
        raise UnreadableDocument(f"{file} cannot be read as text: {error}.") from error
    return parse(document_id, text, media_type, notes)


def parse(
    document_id: str, text: str, media_type: str = "text/plain", notes: tuple[str, ...] = ()
) -> Document:
    """Make a document of a text as it stands; no character of it is changed."""
    blocks = _complete(text, furniture.mark(text, _PARSERS[media_type](text)))
    return Document(
        id=document_id,
        title=_title(text, blocks) or document_id,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        media_type=media_type,
        blocks=tuple(blocks),
        notes=notes,
    )


def _decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            notes = (f"dropped the byte order mark of {encoding}",)
            return _without_nul(data[len(bom) :].decode(encoding)), notes
    return _without_nul(data.decode("utf-8")), ()


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds NUL characters, as binary files do")
    return text


def _complete(text: str, blocks: list[Block]) -> list[Block]:
    """Add what no parser claimed (link definitions, stray markup) as furniture."""
    complete: list[Block] = []
    position = 0
    for block in [*blocks, Block(len(text), len(text), BlockKind.FURNITURE)]:
        if text[position : block.start].strip():
            complete.append(Block(position, block.start, BlockKind.FURNITURE))
        if text[block.start : block.end].strip():
            complete.append(block)
        position = block.end
    return complete


def _title(text: str, blocks: list[Block]) -> str:
    proper = [b for b in blocks if b.kind not in {BlockKind.FURNITURE, BlockKind.CODE}]
    headings = [b for b in proper[:3] if b.kind is BlockKind.HEADING]
    for block in (headings or proper)[:1]:
        first_line = text[block.start : block.end].strip().splitlines()[0]
        words = [word for word in first_line.split() if word.strip("#")]
        return " ".join(words)[:_MAX_TITLE]
    return ""

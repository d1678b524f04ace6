"""A text, or what was drafted from a file -> a Document: with title, blocks and hash."""

import hashlib
from collections.abc import Callable, Sequence

from rag.documents import furniture, markdown, plain
from rag.documents.draft import Draft
from rag.documents.kinds import MARKDOWN, TEXT
from rag.errors import UnreadableDocument
from rag.types import Block, BlockKind, Document

PARSERS: dict[str, Callable[[str], list[Block]]] = {
    TEXT.media_type: plain.blocks,
    MARKDOWN.media_type: markdown.blocks,
}
"""By media type, what finds the blocks of a text that stays as it stands."""

_MAX_TITLE = 200


def parse(
    document_id: str,
    text: str,
    media_type: str = TEXT.media_type,
    notes: Sequence[str] = (),
    title: str = "",
) -> Document:
    """Make a document of a text as it stands; no character of it is changed.

    Raises:
        UnreadableDocument: the media type is not that of a text.
    """
    if media_type not in PARSERS:
        known = " and ".join(PARSERS)
        raise UnreadableDocument(f"{media_type!r} is no media type of a text: {known} are.")
    blocks = _complete(text, furniture.mark(text, PARSERS[media_type](text)))
    return Document(
        id=document_id,
        title=title[:_MAX_TITLE] or _title(text, blocks) or document_id,
        text=text,
        sha256=_sha256(text),
        media_type=media_type,
        blocks=tuple(blocks),
        notes=tuple(notes),
    )


def compose(document_id: str, draft: Draft, media_type: str, notes: Sequence[str]) -> Document:
    """Make a document of what was drafted from a file.

    Raises:
        UnreadableDocument: nothing was drafted.
    """
    extract = draft.finish()
    if not extract.text:
        raise UnreadableDocument("it holds no text: is it empty, or are there images alone?")
    blocks = furniture.mark(extract.text, list(extract.blocks))
    return Document(
        id=document_id,
        title=draft.title[:_MAX_TITLE] or _title(extract.text, blocks) or document_id,
        text=extract.text,
        sha256=_sha256(extract.text),
        media_type=media_type,
        blocks=tuple(blocks),
        notes=(*notes, *draft.notes),
        pages=extract.pages,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


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
    silent = {BlockKind.FURNITURE, BlockKind.CODE, BlockKind.TABLE}
    proper = [b for b in blocks if b.kind not in silent]
    headings = [b for b in proper[:3] if b.kind is BlockKind.HEADING]
    for block in (headings or proper)[:1]:
        first_line = text[block.start : block.end].strip().splitlines()[0]
        words = [word for word in first_line.split() if word.strip("#")]
        return " ".join(words)[:_MAX_TITLE]
    return ""

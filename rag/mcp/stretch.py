"""A stretch of a document: long ones are read in several calls."""

from rag import wire
from rag.errors import InvalidSpan
from rag.mcp.arguments import MAX_STRETCH, DocumentArguments
from rag.mcp.source import Source


class Stretch(wire.DocumentSummary):
    """A document's text from ``start`` to ``end``, of ``characters`` in all.

    ``next_start`` is where to go on, and null at the end of the text.
    """

    start: int
    end: int
    next_start: int | None
    text: str


def cut(given: DocumentArguments, source: Source) -> Stretch:
    """Return what was asked for of a document, as far as one call goes.

    Raises:
        DocumentNotFound: there is none of this id.
        InvalidSpan: it begins behind the text, or ends before it begins.
    """
    record = source.record(given.document_id)
    total, start = record.characters, given.start
    last = total if given.end is None else min(given.end, total)
    if start > last or (start == last and total):
        raise InvalidSpan(
            f"There is nothing from {start} to {last} in {record.id!r}, which has "
            f"{total} characters: start before its end, and end after the start."
        )
    end = min(last, start + MAX_STRETCH)
    return Stretch(
        **wire.DocumentSummary.of(record, source.base).model_dump(),
        start=start,
        end=end,
        next_start=end if end < total else None,
        text=source.engine.document(record.id).text[start:end],
    )

"""Pages for people: the question box, and a source with its quoted span highlighted.

No script and no external request; everything from a document or a user is escaped as text.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rag import wire
from rag.answering import explained
from rag.engine import Engine
from rag.errors import InvalidQuestion, InvalidSpan
from rag.types import Block, Document

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def home(engine: Engine, question: str | None, base: str) -> HTMLResponse:
    """Return the question box, with the answer to ``question`` below it if one was asked.

    ``base`` is the path that the collection is served under.
    """
    answer, fault = None, None
    try:
        answer = wire.AskResponse.of(engine.ask(question), base) if question else None
    except InvalidQuestion as error:
        fault = str(error)
    return _page(
        "home.html",
        base=base,
        question=question or "",
        answer=answer,
        fault=fault,
        explained=answer and answer.reason and explained(answer.reason),
        titles=sorted(
            (each.title, wire.href(each.id, base=base)) for each in engine.index.documents.records()
        ),
    )


def source(document: Document, start: int | None, end: int | None, base: str) -> HTMLResponse:
    """Return a document as a page, ``text[start:end]`` highlighted and scrolled to.

    Raises:
        InvalidSpan: only one end is given, or the span does not lie in the text.
    """
    if (start is None) != (end is None):
        raise InvalidSpan("A span needs both start and end: give both, or neither.")
    if start is not None and end is not None and not 0 <= start < end <= len(document.text):
        raise InvalidSpan(
            f"The span {start}-{end} does not lie in {document.id!r}, which has "
            f"{len(document.text)} characters: take start and end from a citation."
        )
    blocks = [
        (block.kind.value, list(_pieces(document.text, block, start or 0, end or 0)))
        for block in document.blocks
    ]
    return _page("source.html", base=base, document=document, blocks=blocks, start=start, end=end)


def _pieces(text: str, block: Block, start: int, end: int) -> Iterator[tuple[str, bool, bool]]:
    """Cut a block at the ends of the span; yield (text, in the span, where the span begins)."""
    inner = max(block.start, min(start, block.end)), max(block.start, min(end, block.end))
    places = [block.start, *inner, block.end]
    for number, (first, last) in enumerate(pairwise(places)):
        if first < last:
            marked = number == 1
            yield text[first:last], marked, marked and not text[start:first].strip()


def _page(template: str, **values: object) -> HTMLResponse:
    return HTMLResponse(_templates.get_template(template).render(values), headers=_HEADERS)

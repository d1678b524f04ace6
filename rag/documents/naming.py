"""What a document may be called: its id goes into URLs, pages and terminals."""

import re

from rag.errors import UnreadableDocument

MAX_ID = 1000
"""Code points of an id."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
STEPS = frozenset({".", ".."})
"""What clients take out of a URL, however it is quoted (WHATWG URL, 4.4)."""


def fault(document_id: str) -> str | None:
    """Return why a document cannot have this id; None if it can."""
    if not document_id.strip() or document_id in STEPS:
        return "is blank or made of dots alone"
    if len(document_id) > MAX_ID:
        return f"is longer than {MAX_ID:,} characters"
    return "has control characters" if _CONTROLS.search(document_id) else None


def check(document_id: str) -> None:
    """Do nothing if a document can have this id.

    Raises:
        UnreadableDocument: it cannot; the message is fit for a terminal.
    """
    wrong = fault(document_id)
    if wrong:
        shown = repr(document_id if len(document_id) <= MAX_ID else f"{document_id[:40]}…")
        raise UnreadableDocument(f"The name {shown} {wrong}: rename the file.")

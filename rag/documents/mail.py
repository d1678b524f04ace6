"""Mail (.eml, RFC 5322 and MIME) -> a document of headers and body, and its attachments."""

from collections.abc import Iterator
from email.message import EmailMessage, Message, MIMEPart
from email.parser import BytesParser
from email.policy import EmailPolicy
from pathlib import PurePath
from typing import cast

from rag.documents import html, plain
from rag.documents.decoding import decode
from rag.documents.draft import Draft
from rag.documents.kinds import HTML, KINDS, MAIL
from rag.errors import UnreadableDocument
from rag.types import BlockKind

_HEADERS = ("From", "To", "Cc", "Date")
_LONGEST_HEADER = 10_000
"""Characters: five hundred addresses. Parsing a header takes time quadratic in its length."""
_MOST_PARTS = 20_000
"""Lines that may part a mail: each part takes the parser a millisecond."""
_SUFFIXES = {kind.media_type: kind.suffixes[0] for kind in KINDS}


class _Policy(EmailPolicy):
    """The usual way to read a mail, but for headers without end, which are cut."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]


def read(data: bytes, draft: Draft) -> list[tuple[str, bytes]]:
    """Draft a mail: its subject heads it; return its attachments, by name, each name once.

    Raises:
        UnreadableDocument: it has no headers of a mail, or its text is no text.
    """
    if data.count(b"\n--") > _MOST_PARTS:
        raise UnreadableDocument(f"it may have more than {_MOST_PARTS:,} parts: save them apart")
    parsed = BytesParser(EmailMessage, policy=_Policy()).parsebytes(data)
    message = cast("EmailMessage", parsed)
    if not any(message.get(name) for name in ("From", "To", "Subject", "Received")):
        raise UnreadableDocument("it has no headers of a mail (From, To, Subject): is it one?")
    draft.title = " ".join(str(message.get("Subject", "")).split())
    draft.add(draft.title, BlockKind.HEADING, 1)
    headers = [f"{name}: {message[name]}" for name in _HEADERS if message.get(name)]
    draft.add("\n".join(" ".join(header.split()) for header in headers))
    body = message.get_body(("plain", "html"))
    if body is not None:
        _add_body(body, draft)
    return list(_attachments(message, body))


def _add_body(body: MIMEPart, draft: Draft) -> None:
    content = _bytes(body)
    if body.get_content_subtype() == "html":
        HTML.require()
        html.read_whole(content, draft)
        return
    text, notes = decode(content, body.get_content_charset() or "")
    draft.notes += notes
    plain.write(text, draft)


def _attachments(message: EmailMessage, body: MIMEPart | None) -> Iterator[tuple[str, bytes]]:
    names: set[str] = set()
    for number, part in enumerate(message.iter_attachments(), start=1):
        if part is not body:
            yield _name(part, number, names), _bytes(part)


def _bytes(part: MIMEPart) -> bytes:
    if part.get_content_type() == MAIL.media_type:
        payload = part.get_payload()
        return b"".join(bytes(each) for each in payload if isinstance(each, Message))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _name(part: MIMEPart, number: int, names: set[str]) -> str:
    """Return what an attachment is called, without the folders that a hostile name may have."""
    given = PurePath((part.get_filename() or "").replace("\\", "/")).name
    suffix = _SUFFIXES.get(part.get_content_type(), "")
    name = given or f"attachment-{number}{suffix}"
    if suffix and not PurePath(name).suffix:
        name += suffix
    while name in names:
        name = f"{number}-{name}"
    names.add(name)
    return name

"""Mail (.eml, RFC 5322 and MIME) -> a document of headers and body, and its attachments."""

from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
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
    if not any(_header(message, name) for name in ("From", "To", "Subject", "Received")):
        raise UnreadableDocument("it has no headers of a mail (From, To, Subject): is it one?")
    draft.title = _header(message, "Subject")
    draft.add(draft.title, BlockKind.HEADING, 1)
    headers = {name: _header(message, name) for name in _HEADERS}
    draft.add("\n".join(f"{name}: {value}" for name, value in headers.items() if value))
    body = message.get_body(("plain", "html"))
    if body is None and _is_torn(message):
        body = message
    if body is not None:
        _add_body(body, draft)
    return list(_attachments(message, body))


def _header(message: EmailMessage, name: str) -> str:
    """Return what a header says, as it stands where it is not as RFC 5322 has it."""
    raw = [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]
    if not raw:
        return ""
    try:
        parsed = message[name]
        is_sound = not parsed.defects
    except (AttributeError, IndexError, ValueError):  # of the library, about odd addresses
        is_sound = False
    value = str(parsed) if is_sound else _decoded(raw[0])
    return " ".join(value.split())


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError, HeaderParseError):  # of an encoded word
        return value


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
    for number, part in enumerate(_attached(message, body), start=1):
        yield _name(part, number, names), _bytes(part)


def _attached(message: EmailMessage, body: MIMEPart | None) -> Iterator[MIMEPart]:
    """Yield the parts, at any depth, that are neither the body nor another form of it."""
    left: list[tuple[MIMEPart, bool]] = [(message, False)]
    while left:
        part, is_form = left.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            within = is_form or part.get_content_subtype() == "alternative"
            left += [(each, within) for each in reversed([*part.iter_parts()])]
        elif part is not body and not (is_form and _is_inline_text(part)):
            yield part


def _is_torn(message: EmailMessage) -> bool:
    """Whether a mail has parts that cannot be told apart: it does not say what stands between."""
    return message.get_content_maintype() == "multipart" and not message.is_multipart()


def _is_inline_text(part: MIMEPart) -> bool:
    is_text = part.get_content_type() in {"text/plain", "text/html"}
    return is_text and not part.is_attachment() and not part.get_filename()


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

"""Name and bytes -> the kind that a file is: its content decides, its name only where it must."""

import re
from pathlib import PurePath

from rag.documents import package
from rag.documents.kinds import (
    ARCHIVE,
    EPUB,
    HTML,
    PDF,
    SHEETS,
    SLIDES,
    SUFFIXES,
    SUPPORTED,
    TEXT,
    WORD,
    Kind,
)
from rag.errors import UnreadableDocument

_HEAD = 1024
"""Bytes in which a PDF or a page of HTML must say what it is."""
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_PARTS = {"word/": WORD, "ppt/": SLIDES, "xl/": SHEETS}
"""The folder that holds the main part of an Office file (ECMA-376, part 1, section 11)."""
_SAVE_AS = "save it as .docx, .xlsx, .pptx or .pdf"
_REFUSED = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": (
        f"an old Office file, or one protected by a password: {_SAVE_AS} without a password"
    ),
    b"{\\rtf": f"rich text: {_SAVE_AS}",
    b"\x1f\x8b": "packed by gzip: unpack it first",
    b"BZh": "packed by bzip2: unpack it first",
    b"\xfd7zXZ\0": "packed by xz: unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive: unpack it first, or pack it as .zip",
    b"Rar!\x1a\x07": "a RAR archive: unpack it first, or pack it as .zip",
    b"\x89PNG\r\n": "a PNG image, which holds no text: recognise its text (OCR) first",
    b"\xff\xd8\xff": "a JPEG image, which holds no text: recognise its text (OCR) first",
    b"GIF8": "a GIF image, which holds no text: recognise its text (OCR) first",
    b"SQLite format 3\0": "a SQLite database: export its tables as .csv",
    b"\x7fELF": "a program, which holds no text",
}
"""First bytes of what is often met and not read, and what to do about it."""


def sniff(name: str, data: bytes) -> tuple[Kind, tuple[str, ...]]:
    """Return the kind of a file, and a note where its name claims another.

    Raises:
        UnreadableDocument: the kind is not supported, or the file is not what its name says and
            its content does not say what it is.
    """
    claimed = SUFFIXES.get(PurePath(name).suffix.lower())
    if not data and (claimed is None or claimed.binary):
        raise UnreadableDocument("the file is empty: was it copied whole?")
    seen = _seen(data, claimed)
    if seen is None and claimed is None:
        raise UnreadableDocument(f"it is of a kind not supported; supported: {SUPPORTED}")
    if seen is None and claimed is not None and claimed.binary:
        seen = _text_instead(claimed, data)
    if seen is None or seen is claimed:
        return seen or claimed or TEXT, ()
    return seen, (f"read as {seen.name}, which it holds, whatever its name says",)


def _seen(data: bytes, claimed: Kind | None) -> Kind | None:
    """Return the kind that the content proves; None where it may be any kind of text."""
    for magic, what in _REFUSED.items():
        if data.startswith(magic) and not (claimed and not claimed.binary and data.isascii()):
            raise UnreadableDocument(f"it is {what}")
    head = data[:_HEAD]
    if head.lstrip().startswith(b"%PDF-") or (claimed is PDF and b"%PDF-" in head):
        return PDF
    if data.startswith((b"PK\3\4", b"PK\5\6")):
        return _packed(data)
    return HTML if _HTML.match(head) else None


def _packed(data: bytes) -> Kind:
    """Return what a zip archive holds: an Office file, a book, or just files."""
    with package.opened(data) as archive:
        names = archive.namelist()
        stated = package.content(archive, "mimetype")[:_HEAD] if "mimetype" in names else b""
    if stated.startswith(b"application/vnd.oasis.opendocument"):
        raise UnreadableDocument(f"it is an OpenDocument file: {_SAVE_AS}")
    if stated.strip() == EPUB.media_type.encode():
        return EPUB
    if "[Content_Types].xml" not in names:
        return ARCHIVE
    kinds = (kind for folder, kind in _PARTS.items() if any(n.startswith(folder) for n in names))
    return next(kinds, ARCHIVE)


def _text_instead(claimed: Kind, data: bytes) -> Kind:
    """Return plain text for a file that claims a binary kind and is readable text."""
    try:
        is_text = b"\0" not in data and bool(data.decode("utf-8").strip())
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        raise UnreadableDocument(
            f"its name says {claimed.name}, its content does not: is it damaged or misnamed?"
        )
    return TEXT

"""EPUB books -> a document of all chapters in the order of reading (EPUB 3.3)."""

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

from rag.documents import html, package
from rag.documents.draft import Draft
from rag.errors import UnreadableDocument

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTERS = {"application/xhtml+xml", "text/html"}
_DAMAGED = "the book is damaged ({}): copy it anew"


def read(data: bytes, draft: Draft) -> None:
    """Draft a book: every chapter that its spine names.

    Raises:
        UnreadableDocument: it is damaged, or protected against copying.
    """
    with package.opened(data) as archive:
        root = _xml(archive, _CONTAINER).find(".//{*}rootfile")
        place = "" if root is None else root.get("full-path", "")
        book = _xml(archive, place)
        title = book.find(".//{http://purl.org/dc/elements/1.1/}title")
        draft.title = "" if title is None else " ".join((title.text or "").split())
        locked = _locked(archive)
        for path in dict.fromkeys(_chapters(book, posixpath.dirname(place))):
            if path in locked:
                raise UnreadableDocument("it is protected against copying (DRM): get it without")
            html.read_whole(package.content(archive, path), draft)


def _chapters(book: Any, folder: str) -> Iterator[str]:
    """Yield the path of each chapter in reading order, but for the table of contents."""
    items = {item.get("id"): item for item in book.iterfind(".//{*}manifest/{*}item")}
    for reference in book.iterfind(".//{*}spine/{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _CHAPTERS:
            continue
        if "nav" not in item.get("properties", "").split():
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))


def _locked(archive: ZipFile) -> set[str]:
    if _ENCRYPTION not in archive.namelist():
        return set()
    references = _xml(archive, _ENCRYPTION).iterfind(".//{*}CipherReference")
    return {unquote(reference.get("URI", "")) for reference in references}


def _xml(archive: ZipFile, path: str) -> Any:
    from lxml.etree import LxmlError, XMLParser, fromstring

    parser = XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return fromstring(package.content(archive, path), parser)
    except LxmlError as error:
        raise UnreadableDocument(_DAMAGED.format(error)) from error

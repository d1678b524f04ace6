"""The documents as resources: listed by pages, read by URI."""

from collections.abc import Mapping
from heapq import nsmallest
from operator import attrgetter
from typing import Any

from mcp.types import (
    ListResourcesResult,
    ListResourceTemplatesResult,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from rag.documents.kinds import MARKDOWN, TEXT
from rag.mcp.source import Source
from rag.mcp.uris import document_id_of, template, uri_of
from rag.types import Record

_PAGE = 100
"""Documents listed at once."""


def listed(source: Source, cursor: str | None) -> ListResourcesResult:
    """Return one page of the documents, in the order of their ids.

    ``cursor`` is the last id of the page before, so pages fit together though documents come and
    go between them.
    """
    records = source.engine.index.documents.records()
    rest = (each for each in records if cursor is None or each.id > cursor)
    page = nsmallest(_PAGE + 1, rest, key=attrgetter("id"))
    return ListResourcesResult(
        resources=[Resource(**described(each, source.base)) for each in page[:_PAGE]],
        next_cursor=page[_PAGE - 1].id if len(page) > _PAGE else None,
    )


def templates(base: str) -> ListResourceTemplatesResult:
    """Return how the URI of a document is made of its id."""
    made = ResourceTemplate(
        uri_template=template(base),
        name="document",
        title="Document",
        description="The text of a document, by its id.",
    )
    return ListResourceTemplatesResult(resource_templates=[made])


def read(source: Source, uri: str) -> ReadResourceResult:
    """Return the whole text of a document.

    Raises:
        DocumentNotFound: the URI is that of none.
    """
    document = source.engine.document(source.record(document_id_of(uri, source.base)).id)
    contents = TextResourceContents(
        uri=uri, mime_type=_text_type(document.media_type), text=document.text
    )
    return ReadResourceResult(contents=[contents])


def described(record: Record, base: str) -> Mapping[str, Any]:
    """Return what a resource, or a link to it, tells of a document."""
    return {
        "uri": uri_of(record.id, base),
        "name": record.id,
        "title": record.title,
        "description": f"{record.media_type}, {record.characters} characters",
        "mime_type": _text_type(record.media_type),
    }


def _text_type(media_type: str) -> str:
    """Return what a document reads as: all but Markdown is plain text once it was extracted."""
    return MARKDOWN.media_type if media_type == MARKDOWN.media_type else TEXT.media_type

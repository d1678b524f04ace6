"""The shapes on the wire: what HTTP and ``rag ask --json`` take and give. See docs/api.md."""

from rag.wire.asking import (
    AlternativeBody,
    AskRequest,
    AskResponse,
    CitationBody,
    HitBody,
    PassageBody,
    SearchRequest,
    SearchResponse,
    SentenceBody,
    TimingsBody,
)
from rag.wire.documents import (
    AddedDocument,
    AddRequest,
    BlockBody,
    ChangeResponse,
    CollectionBody,
    CollectionList,
    DocumentBody,
    DocumentList,
    DocumentSummary,
    GivenDocument,
)
from rag.wire.shared import (
    IndexBody,
    Problem,
    href,
)

__all__ = [
    "AddRequest",
    "AddedDocument",
    "AlternativeBody",
    "AskRequest",
    "AskResponse",
    "BlockBody",
    "ChangeResponse",
    "CitationBody",
    "CollectionBody",
    "CollectionList",
    "DocumentBody",
    "DocumentList",
    "DocumentSummary",
    "GivenDocument",
    "HitBody",
    "IndexBody",
    "PassageBody",
    "Problem",
    "SearchRequest",
    "SearchResponse",
    "SentenceBody",
    "TimingsBody",
    "href",
]

"""The shapes on the wire: what HTTP and ``rag ask --json`` take and give. See docs/api.md.

Those of the chat protocols of others are in ``completions``, ``responses`` and ``ui``.
"""

from rag.wire.asking import (
    MAX_TURN,
    MAX_TURNS,
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
    TurnBody,
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
from rag.wire.events import (
    AnswerEvent,
    CitationsEvent,
    RetrievalEvent,
)
from rag.wire.shared import (
    IndexBody,
    Problem,
    href,
)
from rag.wire.verifying import (
    VerifyRequest,
    VerifyResponse,
)

__all__ = [
    "MAX_TURN",
    "MAX_TURNS",
    "AddRequest",
    "AddedDocument",
    "AlternativeBody",
    "AnswerEvent",
    "AskRequest",
    "AskResponse",
    "BlockBody",
    "ChangeResponse",
    "CitationBody",
    "CitationsEvent",
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
    "RetrievalEvent",
    "SearchRequest",
    "SearchResponse",
    "SentenceBody",
    "TimingsBody",
    "TurnBody",
    "VerifyRequest",
    "VerifyResponse",
    "href",
]

"""The nouns of the project: frozen records, a different type for each stage of a text's life.

All offsets are Unicode code points, 0-based, end exclusive, into a document's canonical text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Scalar = str | int | float | bool
Metadata = Mapping[str, Scalar | tuple[Scalar, ...]]
"""What users tell of a document, to filter by: a value or several by name."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a document: ``text[start:end]``."""

    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        """Say whether both hold some of the same characters."""
        return self.start < other.end and other.start < self.end


class BlockKind(StrEnum):
    """What a block of a document is; furniture is page boilerplate and never an answer."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"
    CODE = "code"
    FURNITURE = "furniture"


@dataclass(frozen=True, slots=True)
class Block:
    """A structural part of a document; blocks are disjoint, in order, and hold all its words.

    ``level`` is that of a heading, 1 (outermost) to 6; 0 for every other kind.
    """

    start: int
    end: int
    kind: BlockKind
    level: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A source as it is cited: its canonical text and what is known of it.

    ``sha256`` is that of the canonical text in UTF-8. ``notes`` says what loading changed.
    ``pages`` is where each page or slide starts in the text; empty where there are none.
    """

    id: str
    title: str
    text: str
    sha256: str
    media_type: str
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """What the index tells of a document without opening its text, which it may hold much of.

    ``characters`` counts code points, ``passages`` what the text was cut into.
    """

    id: str
    title: str
    sha256: str
    media_type: str
    notes: tuple[str, ...]
    metadata: Metadata
    characters: int
    passages: int


class Role(StrEnum):
    """Who said something in a conversation."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said in a conversation before the question that is asked now."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded, retrieved and read: whole sentences of one document.

    ``sentences`` are the spans in it that may answer, in document coordinates.
    """

    id: str
    document_id: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage retrieved for a question: fused score, cosine and BM25 behind it."""

    passage: Passage
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that a reader proposes, and its evidence score (log-odds against no answer).

    ``said`` are the words of its quote, as they compare; ``agreeing`` counts the other places that
    were found to say the same.
    """

    hit: Hit
    span: Span
    score: float
    said: tuple[str, ...] = ()
    agreeing: int = 0

    def overlaps(self, other: "Candidate") -> bool:
        """Say whether both quote some of the same characters of one document."""
        is_one = self.hit.passage.document_id == other.hit.passage.document_id
        return is_one and self.span.overlaps(other.span)


class Reason(StrEnum):
    """Why there is no answer."""

    EMPTY_COLLECTION = "empty_collection"
    NOTHING_RETRIEVED = "nothing_retrieved"
    NO_ANSWER_IN_PASSAGES = "no_answer_in_passages"
    LOW_CONFIDENCE = "low_confidence"
    NOT_A_QUESTION = "not_a_question"


@dataclass(frozen=True, slots=True)
class Citation:
    """The receipt of an answer: ``document.text[start:end] == quote``, always.

    ``answer_start`` and ``answer_end`` say which part of the answer it proves.
    ``start_utf16`` and ``end_utf16`` are the same offsets in UTF-16 code units. ``page`` counts
    pages or slides from 1; ``headings`` are those above the quote, outermost first.
    """

    id: int
    document_id: str
    title: str
    quote: str
    start: int
    end: int
    start_utf16: int
    end_utf16: int
    answer_start: int
    answer_end: int
    sentence: Span
    sentence_text: str
    passage: Passage
    document_sha256: str
    page: int | None = None
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alternative:
    """A next-best answer, with its own confidence and receipt."""

    answer: str
    confidence: float
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class IndexIdentity:
    """Which index answered: its generation, and a fingerprint of content and settings."""

    generation: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Timings:
    """Wall-clock milliseconds by stage."""

    retrieve: float
    read: float
    total: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one question: an answer with receipts, or an abstention with a reason.

    ``confidence`` is the calibrated probability that the best candidate is right, also
    where it was withheld. ``unknown_words`` are those of the question that occur nowhere in
    the collection.
    """

    question: str
    resolved_question: str
    answer: str | None
    reason: Reason | None
    confidence: float
    unknown_words: tuple[str, ...]
    citations: tuple[Citation, ...]
    alternatives: tuple[Alternative, ...]
    passages: tuple[Hit, ...]
    index: IndexIdentity
    timings_ms: Timings

    @property
    def abstained(self) -> bool:
        """Whether no answer was given."""
        return self.answer is None

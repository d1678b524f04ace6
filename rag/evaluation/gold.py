"""Gold questions: JSON Lines of questions with verbatim answers, checked against their documents.

One object a line: ``{"id", "question", "answers": ["…"], "document_id"?, "spans"?: [{"start",
"end"}], "history"?: [{"role", "content"}], "resolved_question"?, "type"?, "split"?}``; empty
``answers`` mean that the documents do not answer the question.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import InvalidGold
from rag.types import Document, Role, Span, Turn


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with every answer that counts as right; none if it cannot be answered.

    ``spans`` are the places of the answers in the document, where they are known. ``history`` is
    what was said before it; ``resolved_question`` asks the same without that, as a person would.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    document_id: str | None = None
    spans: tuple[Span, ...] = ()
    history: tuple[Turn, ...] = ()
    resolved_question: str | None = None
    type: str | None = None
    split: str | None = None

    @property
    def is_answerable(self) -> bool:
        """Whether the documents hold an answer."""
        return bool(self.answers)


class _Place(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    start: Annotated[int, Field(ge=0)]
    end: int


class _Turn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    role: Literal["user", "assistant"]
    content: str


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    id: Annotated[str, Field(min_length=1)]
    question: Annotated[str, Field(min_length=1)]
    answers: list[Annotated[str, Field(min_length=1)]]
    document_id: str | None = None
    spans: list[_Place] = []
    history: list[_Turn] = []
    resolved_question: Annotated[str, Field(min_length=1)] | None = None
    type: str | None = None
    split: Literal["dev", "test"] | None = None


class Documents(Protocol):
    """Gives documents by id; any mapping of them does."""

    def get(self, document_id: str, /) -> Document | None:
        """Return the document of this id, or None."""


def read_gold(
    file: Path, documents: Documents | None = None, *, split: str | None = None
) -> list[GoldQuestion]:
    """Read a gold file, or one split of it, and check every span against ``documents`` if given.

    Raises:
        InvalidGold: broken JSON, a wrong field, a duplicate id, an unknown document, or a span
            whose text is not an answer; the message names the line.
    """
    questions: dict[str, GoldQuestion] = {}
    for number, line in _lines(file):
        try:
            question = _question(json.loads(line.decode()))
            _check_new(question, questions)
            if documents is not None:
                _check(question, documents)
        except (ValueError, RecursionError) as error:
            raise InvalidGold(f"{file}, line {number}: {_first_line(error)}.") from error
        questions[question.id] = question
    if not questions:
        raise InvalidGold(f"{file} holds no question: write one JSON object a line.")
    return [q for q in questions.values() if split in (None, q.split)]


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidGold(f"The gold file {file} cannot be read: {error}.") from error
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _question(value: Any) -> GoldQuestion:
    row = _Row.model_validate(value)
    return GoldQuestion(
        id=row.id,
        question=row.question,
        answers=tuple(row.answers),
        document_id=row.document_id,
        spans=tuple(Span(place.start, place.end) for place in row.spans),
        history=tuple(Turn(Role(turn.role), turn.content) for turn in row.history),
        resolved_question=row.resolved_question,
        type=row.type,
        split=row.split,
    )


def _check_new(question: GoldQuestion, earlier: Mapping[str, GoldQuestion]) -> None:
    if question.id in earlier:
        raise ValueError(f"the id {question.id!r} stands on an earlier line too")


def _check(question: GoldQuestion, documents: Documents) -> None:
    if question.resolved_question and not question.history:
        raise ValueError("a resolved_question without a history: say what the question follows")
    if question.spans and question.document_id is None:
        raise ValueError("spans without a document_id: say which document they lie in")
    if question.document_id is None:
        return
    document = documents.get(question.document_id)
    if document is None:
        raise ValueError(f"no document has the id {question.document_id!r}")
    for span in question.spans:
        text = document.text[span.start : span.end]
        if text not in question.answers or span.end > len(document.text):
            raise ValueError(
                f"the span {span.start}-{span.end} holds {text[:80]!r}, none of the answers"
            )


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the line'}: {first['msg'].lower()}"
    return str(error).split("\n", maxsplit=1)[0]

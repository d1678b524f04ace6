"""Public question sets -> documents and gold questions."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.documents import parse
from rag.errors import InvalidGold
from rag.evaluation.gold import GoldQuestion
from rag.types import Document, Span


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Gold questions together with the collection they are about."""

    documents: tuple[Document, ...]
    questions: tuple[GoldQuestion, ...]


def squad(file: Path, *, drop_misplaced: bool = False) -> QuestionSet:
    """Read SQuAD 1.1 or 2.0 JSON; each paragraph becomes a document ``{title}/{number}``.

    With ``drop_misplaced``, answers that do not stand where the file says are passed over, and so
    are questions left without any; else they are refused.

    Raises:
        InvalidGold: not such a file, or a misplaced answer.
    """
    documents: list[Document] = []
    questions: list[GoldQuestion] = []
    try:
        articles = json.loads(file.read_text(encoding="utf-8"))["data"]
        for article in articles:
            for number, paragraph in enumerate(article["paragraphs"]):
                document = parse(f"{article['title']}/{number}", paragraph["context"])
                documents.append(document)
                for row in paragraph["qas"]:
                    question = _squad_question(row, document, drop_misplaced=drop_misplaced)
                    questions += [question] if question else []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidGold(f"{file} cannot be read as SQuAD JSON: {error!r}.") from error
    return QuestionSet(tuple(documents), tuple(questions))


def _squad_question(
    row: dict[str, Any], document: Document, *, drop_misplaced: bool
) -> GoldQuestion | None:
    places = []
    for answer in row["answers"]:
        span = Span(answer["answer_start"], answer["answer_start"] + len(answer["text"]))
        if document.text[span.start : span.end] == answer["text"] and answer["text"]:
            places.append(span)
        elif not drop_misplaced:
            raise ValueError(f"answer of question {row['id']} does not stand at {span.start}")
    if row["answers"] and not places:
        return None
    spans = tuple(dict.fromkeys(places))
    return GoldQuestion(
        id=str(row["id"]),
        question=row["question"],
        answers=tuple(document.text[span.start : span.end] for span in spans),
        document_id=document.id,
        spans=spans,
    )

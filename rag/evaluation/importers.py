"""Public question sets -> documents and gold questions."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from rag.documents import parse
from rag.errors import InvalidGold
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.imported import QuestionSet, lines, rows
from rag.evaluation.judged import beir, trec
from rag.types import Document, Span

__all__ = ["QuestionSet", "beir", "clapnq", "read_questions", "squad", "trec"]


class _Passage(BaseModel):
    title: str
    text: str
    sentences: list[str]


class _Output(BaseModel):
    answer: str
    selected_sentences: list[str]


class _ClapNQ(BaseModel):
    id: str
    input: str
    passages: list[_Passage]
    output: list[_Output]


def read_questions(path: Path) -> QuestionSet | None:
    """Read a public question set, told by what the file or folder holds; None if it is no such set.

    Raises:
        InvalidGold: it is such a set, and broken.
    """
    if (path / "corpus.jsonl").is_file():
        return beir(path)
    if any(path.glob("*qry*")):
        return trec(path)
    if path.suffix == ".json" and _is_squad(path):
        return squad(path)
    if path.suffix == ".jsonl" and _is_clapnq(path):
        return clapnq(path)
    return None


def squad(file: Path, *, drop_misplaced: bool = False) -> QuestionSet:
    """Read SQuAD 1.1 or 2.0 JSON; each paragraph becomes a document ``{title}/{number}``.

    With ``drop_misplaced``, answers that do not stand where the file says are passed over, and so
    are questions left without any; else they are refused.

    Raises:
        InvalidGold: not such a file, two documents or questions of one id, or a misplaced answer.
    """
    documents: list[Document] = []
    questions: list[GoldQuestion] = []
    try:
        articles = json.loads(file.read_text(encoding="utf-8"))["data"]
        for article in articles:
            for number, paragraph in enumerate(article["paragraphs"]):
                document = parse(
                    f"{article['title']}/{number}",
                    paragraph["context"],
                    title=article["title"].replace("_", " "),
                )
                documents.append(document)
                for row in paragraph["qas"]:
                    question = _squad_question(row, document, drop_misplaced=drop_misplaced)
                    questions += [question] if question else []
        _check_ids(documents)
        _check_ids(questions)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidGold(f"{file} cannot be read as SQuAD JSON: {error!r}.") from error
    return QuestionSet(tuple(documents), tuple(questions))


def _check_ids(records: Sequence[Document] | Sequence[GoldQuestion]) -> None:
    for record_id, count in Counter(record.id for record in records).items():
        if count > 1:
            raise ValueError(f"{count} have the id {record_id!r}")


def _squad_question(
    row: dict[str, Any], document: Document, *, drop_misplaced: bool
) -> GoldQuestion | None:
    places = []
    for answer in row["answers"]:
        span = Span(answer["answer_start"], answer["answer_start"] + len(answer["text"]))
        is_there = span.start >= 0 and document.text[span.start : span.end] == answer["text"]
        if is_there and answer["text"]:
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


def clapnq(file: Path) -> QuestionSet:
    """Read ClapNQ JSON Lines; each passage becomes a document ``{row}/{number}``, equal ones one.

    The answers are the sentences that any annotator selected, each at its place in the passage; a
    row for which nobody selected one is unanswerable. Source: Rosenthal et al. 2025.

    Raises:
        InvalidGold: a broken row, an id twice, or sentences that do not stand in one passage.
    """
    documents: dict[tuple[str, str], Document] = {}
    questions: dict[str, GoldQuestion] = {}
    for place, row in rows(file, _ClapNQ):
        if row.id in questions:
            raise InvalidGold(f"{place}: the id {row.id!r} stands on an earlier line too.")
        for number, passage in enumerate(row.passages):
            document = replace(parse(f"{row.id}/{number}", passage.text), title=passage.title)
            documents.setdefault((passage.title, passage.text), document)
        questions[row.id] = _clapnq_question(place, row, documents)
    return QuestionSet(tuple(documents.values()), tuple(questions.values()))


def _clapnq_question(
    place: str, row: _ClapNQ, documents: Mapping[tuple[str, str], Document]
) -> GoldQuestion:
    if any(output.answer and not output.selected_sentences for output in row.output):
        raise InvalidGold(f"{place}: an answer has no selected sentences.")
    selected = {each for output in row.output for each in output.selected_sentences if each}
    if not selected:
        return GoldQuestion(row.id, row.input, answers=())
    passage = next((each for each in row.passages if selected <= set(each.sentences)), None)
    if passage is None:
        raise InvalidGold(f"{place}: no passage has all selected sentences.")
    try:
        spans = [span for span in _sentences(passage) if passage.text[slice(*span)] in selected]
    except ValueError as error:
        raise InvalidGold(f"{place}: the sentences do not stand in the text.") from error
    return GoldQuestion(
        id=row.id,
        question=row.input,
        answers=tuple(passage.text[start:end] for start, end in spans),
        document_id=documents[passage.title, passage.text].id,
        spans=tuple(Span(start, end) for start, end in spans),
    )


def _sentences(passage: _Passage) -> Iterator[tuple[int, int]]:
    """Yield the places of a passage's sentences in its text, in order."""
    end = 0
    for sentence in passage.sentences:
        start = passage.text.index(sentence, end)
        end = start + len(sentence)
        yield start, end


def _is_squad(file: Path) -> bool:
    try:
        return "data" in json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, TypeError):
        return False


def _is_clapnq(file: Path) -> bool:
    try:
        _, first = next(lines(file))
        return {"input", "passages"} <= set(json.loads(first))
    except (InvalidGold, StopIteration, ValueError, RecursionError, TypeError):
        return False

"""Collections with relevance judgements, BEIR and TREC -> documents, questions, judgements."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar
from xml.etree import ElementTree

from pydantic import BaseModel, Field

from rag.documents import parse
from rag.errors import InvalidGold
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.imported import QuestionSet, lines, rows, text_of
from rag.types import Document

_TYPE = "judged"
"""The type of questions that have judgements in place of answers."""

_HEADER = "query-id\tcorpus-id\tscore"
_Item = TypeVar("_Item", Document, GoldQuestion)
_Judgement = tuple[str, list[str]]
"""Where it stands, and question id, document id and relevance as written."""


class _Text(BaseModel):
    id: Annotated[str, Field(alias="_id", min_length=1)]
    title: str = ""
    text: str


def beir(folder: Path) -> QuestionSet:
    """Read a BEIR folder: ``corpus.jsonl``, ``queries.jsonl``, and ``qrels/test.tsv``.

    A file alone in ``qrels/`` may have another name. Queries without a judgement are of another
    split, and left out. Source: Thakur et al. 2021.

    Raises:
        InvalidGold: a broken line, an id twice, or a judgement on what is not there.
    """
    corpus, queries = folder / "corpus.jsonl", folder / "queries.jsonl"
    documents = _unique((place, _beir_document(row)) for place, row in rows(corpus, _Text))
    questions = _unique(
        (place, _question(place, row.id, row.text)) for place, row in rows(queries, _Text)
    )
    judgements = _judgements(_beir_judgements(folder / "qrels"), questions, documents)
    return QuestionSet(
        documents=tuple(documents.values()),
        questions=tuple(each for each in questions.values() if each.id in judgements),
        judgements=judgements,
    )


def trec(folder: Path) -> QuestionSet:
    """Read TREC documents, topics and judgements, laid out and numbered as Cranfield's are.

    These are ``*.all*.xml``, ``*.qry*.xml`` and ``*qrel*.txt``. Judgements name a topic by its
    place in the file, counted from 1, whatever its ``<num>`` says.

    Raises:
        InvalidGold: broken XML, an id twice, or a judgement on what is not there.
    """
    docs, topics = _only(folder, "*.all*.xml"), _only(folder, "*.qry*.xml")
    documents = _unique(
        (place, _trec_document(place, doc)) for place, doc in _elements(docs, "doc")
    )
    questions = _unique(
        (place, _question(place, str(number), _content(place, top, "title")))
        for number, (place, top) in enumerate(_elements(topics, "top"), start=1)
    )
    judgements = _judgements(_trec_judgements(_only(folder, "*qrel*.txt")), questions, documents)
    return QuestionSet(tuple(documents.values()), tuple(questions.values()), judgements)


def _beir_document(row: _Text) -> Document:
    if not row.title:
        return parse(row.id, row.text)
    return replace(parse(row.id, f"{row.title}\n\n{row.text}"), title=row.title)


def _trec_document(place: str, doc: ElementTree.Element) -> Document:
    """Make a document of ``<text>`` alone, since it repeats the title; it may be empty."""
    document_id = " ".join(_content(place, doc, "docno").split())
    if not document_id:
        raise InvalidGold(f"{place}: <docno> is empty.")
    document = parse(document_id, _content(place, doc, "text"))
    title = " ".join(doc.findtext("title", "").split())
    return replace(document, title=title) if title else document


def _question(place: str, question_id: str, text: str) -> GoldQuestion:
    question = " ".join(text.split())
    if not question:
        raise InvalidGold(f"{place}: the question is empty.")
    return GoldQuestion(question_id, question, answers=(), type=_TYPE)


def _unique(placed: Iterable[tuple[str, _Item]]) -> dict[str, _Item]:
    items: dict[str, _Item] = {}
    for place, item in placed:
        if item.id in items:
            raise InvalidGold(f"{place}: the id {item.id!r} stands further up too.")
        items[item.id] = item
    return items


def _judgements(
    found: Iterable[_Judgement],
    questions: Mapping[str, GoldQuestion],
    documents: Mapping[str, Document],
) -> dict[str, dict[str, int]]:
    """Keep the relevant documents, of relevance 1 and more, of each question judged."""
    judgements: dict[str, dict[str, int]] = {}
    for place, (question_id, document_id, relevance) in found:
        if question_id not in questions:
            raise InvalidGold(f"{place}: there is no question {question_id!r}.")
        try:
            degree = int(relevance)
        except ValueError:
            raise InvalidGold(f"{place}: {relevance!r} is no whole number.") from None
        of_question = judgements.setdefault(question_id, {})
        if degree > 0 and document_id not in documents:
            raise InvalidGold(f"{place}: there is no document {document_id!r}.")
        if degree > 0:
            of_question[document_id] = degree
    return judgements


def _beir_judgements(folder: Path) -> Iterator[_Judgement]:
    test = folder / "test.tsv"
    file = test if test.is_file() else _only(folder, "*.tsv")
    for number, line in lines(file):
        place = f"{file}, line {number}"
        fields = line.rstrip("\r").split("\t")
        if number == 1 and "\t".join(fields) != _HEADER:
            raise InvalidGold(f"{place}: a header {_HEADER!r} is expected, not {line!r}.")
        if len(fields) != len(_HEADER.split("\t")):
            raise InvalidGold(f"{place}: three fields and tabs between are expected, not {line!r}.")
        if number > 1:
            yield place, fields


def _trec_judgements(file: Path) -> Iterator[_Judgement]:
    for number, line in lines(file):
        match line.split():
            case [question_id, _, document_id, relevance]:
                yield f"{file}, line {number}", [question_id, document_id, relevance]
            case _:
                raise InvalidGold(
                    f"{file}, line {number}: 'question 0 document relevance' is expected, "
                    f"not {line!r}."
                )


def _elements(file: Path, tag: str) -> Iterator[tuple[str, ElementTree.Element]]:
    """Yield (the place as messages name it, element); the file may have one root, many or none."""
    text = text_of(file)
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text):
        raise InvalidGold(f"{file} declares a document type or entities, which is refused.")
    body = re.sub(r"<\?xml\b[^>]*\?>", "", text)
    try:
        # a declaration of entities within an element is an error, so none can be expanded
        root = ElementTree.fromstring(f"<file>{body}</file>")  # noqa: S314
    except ElementTree.ParseError as error:
        raise InvalidGold(f"{file} is not XML: {error}.") from error
    for number, element in enumerate(root.iter(tag), start=1):
        yield f"{file}, <{tag}> {number}", element


def _content(place: str, element: ElementTree.Element, tag: str) -> str:
    child = element.find(tag)
    if child is None:
        raise InvalidGold(f"{place}: it has no <{tag}>.")
    return "".join(child.itertext())


def _only(folder: Path, pattern: str) -> Path:
    match sorted(folder.glob(pattern)):
        case [file]:
            return file
        case files:
            raise InvalidGold(f"{folder} should hold one file {pattern}, and holds {len(files)}.")

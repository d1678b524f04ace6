"""Question files -> the examples that a reader learns from, and the negatives made of them."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.evaluation.gold import GoldQuestion, read_gold
from rag.evaluation.importers import QuestionSet, squad
from rag.evaluation.sets import Source
from rag.headings import Outline
from rag.index import Index
from rag.indexing import Progress
from rag.indexing import read as load
from rag.settings import Settings
from rag.types import Document, Span


@dataclass(frozen=True, slots=True)
class Example:
    """A question, a text, and every place in it that answers; none where it does not answer.

    ``kind`` says how it came about: asked by people, or how the negative was made. The text is
    read below its ``head``, as ``rag.headings`` has it.
    """

    question: str
    text: str
    spans: tuple[Span, ...]
    kind: str = "asked"
    head: str = ""

    def has_answer_in(self, text: str) -> bool:
        """Whether another text has the words of one of the answers, in either case."""
        folded = text.casefold()
        return any(self.text[span.start : span.end].casefold() in folded for span in self.spans)


def examples(data: QuestionSet) -> Iterator[Example]:
    """Yield the questions of a set with the texts that they were asked of.

    An answer whose place is not told is taken wherever its words stand in the text. What follows
    a conversation is asked in full, or passed over where nobody said how.
    """
    texts = {document.id: document.text for document in data.documents}
    heads = {each.id: Outline.of(each).head(0, each.text) for each in data.documents}
    for each in data.questions:
        question = _in_full(each)
        if question is None or each.document_id is None:
            continue
        text = texts[each.document_id]
        spans = each.spans or tuple(_standing(each.answers, text))
        if spans or not each.is_answerable:
            yield Example(question, text, spans, head=heads[each.document_id])


def unplaced(data: QuestionSet) -> list[str]:
    """Return the questions of a set that nothing answers, and that are about no one document."""
    asked = (each for each in data.questions if each.document_id is None)
    questions = (_in_full(each) for each in asked if not each.is_answerable)
    return [question for question in questions if question is not None]


def _in_full(question: GoldQuestion) -> str | None:
    return question.resolved_question if question.history else question.question


def _standing(answers: Sequence[str], text: str) -> Iterator[Span]:
    for answer in answers:
        yield from (Span(*found.span()) for found in re.finditer(re.escape(answer), text))


def read(settings: Settings, source: Source, progress: Progress) -> QuestionSet:
    """Read a SQuAD file, whose misplaced answers are passed over, or a gold file of our own.

    That is on the documents of its collection, or of the index in use.

    Raises:
        InvalidGold: neither, or at odds with the documents.
        IndexUnusable: a gold file comes without a collection, and there is no index.
    """
    if source.gold.suffix == ".jsonl":
        return _own(settings, source, progress)
    return squad(source.gold, drop_misplaced=True)


def _own(settings: Settings, source: Source, progress: Progress) -> QuestionSet:
    known: Mapping[str, Document]
    if source.collection:
        known = {each.id: each for each in load([source.collection], progress)[0]}
    else:
        known = Index.open(settings.index).documents
    questions = read_gold(source.gold, known, split=source.split)
    named = dict.fromkeys(each.document_id for each in questions)
    return QuestionSet(tuple(known[name] for name in named if name), tuple(questions))


def fingerprint(sets: Sequence[QuestionSet]) -> str:
    """Name what is asked of which documents: equal sets in equal order have equal ones."""
    told = hashlib.sha256()
    for each in sets:
        told.update(repr([(document.id, document.sha256) for document in each.documents]).encode())
        told.update(repr(each.questions).encode())
    return told.hexdigest()


def write(made: Sequence[Example], file: Path) -> None:
    """Write examples as JSON Lines, so that they can be looked at, and read again."""
    draft = file.with_suffix(".draft")
    lines = (json.dumps(asdict(example), ensure_ascii=False) for example in made)
    draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    draft.rename(file)


def read_again(file: Path) -> list[Example]:
    """Read what ``write`` wrote."""
    with file.open(encoding="utf-8") as lines:  # not splitlines, which parts at U+2028 too
        return [
            Example(**{**row, "spans": tuple(Span(**span) for span in row["spans"])})
            for row in map(json.loads, lines)
        ]

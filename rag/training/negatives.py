"""Unanswerable examples made of answerable ones: people wrote few, and a reader needs many.

Three ways, from easy to hard: another passage that our own retriever finds for the question; the
same text without the sentence that answers; and a question changed so that the text no longer
answers it, by another of its names or numbers, or by an opposite word.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from rag.documents import parse
from rag.headings import Heads
from rag.indexing import Progress
from rag.retrieval import Retriever
from rag.sentences import units
from rag.training.examples import Example
from rag.types import Span

_READ = 5
_NEAREST = 2
_RETRIEVED, _CUT, _CHANGED = 0.3, 0.15, 0.35
"""Shares of the answerable examples that negatives of each kind are made of."""
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w’'-]*(?:\s+(?:of|the|de|von|and)?\s*[A-Z][\w’'-]*)*")
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
_WORD = re.compile(r"\w+")
_OPPOSITES = """
first last|most least|more less|largest smallest|biggest smallest|highest lowest|before after
increase decrease|increased decreased|early late|earliest latest|north south|east west|left right
northern southern|eastern western|best worst|good bad|begin end|began ended|start finish|win lose
won lost|open close|opened closed|male female|men women|high low|higher lower|larger smaller|old new
older newer|oldest newest|strong weak|accept reject|accepted rejected|allow forbid|allowed forbidden
inside outside|above below|major minor|maximum minimum|rich poor|same different|always never
buy sell|bought sold|import export|long short|longest shortest|many few|public private
similar different|support oppose|supported opposed|top bottom|true false|upper lower|war peace
young old|common rare
"""
_OPPOSITE = {
    a: b
    for pair in re.split(r"[|\n]", _OPPOSITES.strip())
    for a, b in (pair.split(), reversed(pair.split()))
}


def retrieved(example: Example, retriever: Retriever, heads: Heads) -> Example | None:
    """Return the best other passage found for the question that holds none of its answers."""
    for hit in retriever.retrieve(example.question, _READ):
        text = hit.passage.text
        if text not in example.text and not example.has_answer_in(text):
            return Example(example.question, text, (), "retrieved", heads.of(hit.passage))
    return None


def nearest(question: str, retriever: Retriever, heads: Heads) -> Iterator[Example]:
    """Yield the passages found first for a question that none of the documents answers."""
    for hit in retriever.retrieve(question, _NEAREST):
        yield Example(question, hit.passage.text, (), head=heads.of(hit.passage))


def without_the_sentence(example: Example) -> Example | None:
    """Return the text without the sentences that answer, if any stay and none repeats it."""
    text = example.text
    for unit in reversed(list(units(parse("text", text)))):
        if any(span.overlaps(Span(unit.start, unit.end)) for span in example.spans):
            text = text[: unit.start] + text[unit.end :]
    text = text.strip()
    if not text or example.has_answer_in(text):
        return None
    return replace(example, text=text, spans=(), kind="without_the_sentence")


def changed(example: Example, random: Random) -> Example | None:
    """Return the question about something else that the text speaks of, or the opposite."""
    questions = list(_changes(example))
    if not questions:
        return None
    return replace(example, question=random.choice(questions), spans=(), kind="changed")


def _changes(example: Example) -> Iterator[str]:
    question, text = example.question, example.text
    answered = [text[span.start : span.end] for span in example.spans]
    taken = " ".join([question, *answered]).casefold()
    for pattern in (_YEAR, _NUMBER, _NAME):
        others = sorted({found for found in pattern.findall(text) if _is_other(found, taken)})
        for match in pattern.finditer(question):
            if match.start():
                yield from (
                    question[: match.start()] + other + question[match.end() :] for other in others
                )
    for match in _WORD.finditer(question):
        if opposite := _OPPOSITE.get(match.group().lower()):
            yield question[: match.start()] + opposite + question[match.end() :]


def _is_other(name: str, taken: str) -> bool:
    """Whether a name shares no word with the question and its answers."""
    return not set(_WORD.findall(name.casefold())) & set(_WORD.findall(taken))


def negatives(
    answerable: Sequence[Example],
    retriever: Retriever,
    heads: Heads,
    random: Random,
    progress: Progress,
) -> Iterator[Example]:
    """Yield at most one negative of each kind an example, each kind for a share of the examples."""
    for done, example in enumerate(answerable, start=1):
        made = (
            retrieved(example, retriever, heads) if random.random() < _RETRIEVED else None,
            without_the_sentence(example) if random.random() < _CUT else None,
            changed(example, random) if random.random() < _CHANGED else None,
        )
        yield from (each for each in made if each)
        progress("making negatives", done, len(answerable))

"""Questions about whole texts -> about their passages, which is what is read when it serves.

Of the passages found for a question most speak of its matter and do not answer it, above all those
of the same document. A reader that saw whole texts alone takes whatever is of the right kind there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from rag.headings import Heads
from rag.index import Index
from rag.retrieval import Retriever
from rag.training.examples import Example
from rag.types import Span

_BESIDE = 2
"""Passages without an answer that are taken of a text: the nearest, which are read first."""


class Cutting:
    """Cuts examples into the passages that an index has of their texts."""

    def __init__(self, index: Index, retriever: Retriever) -> None:
        of_document = defaultdict(list)
        for ordinal, passage in index.passages.items():
            of_document[passage.document_id].append(ordinal)
        self._of_text = {each.text: of_document[each.id] for each in index.documents.values()}
        self._passages = index.passages
        self._heads = Heads(index.documents)
        self._retriever = retriever

    def cut(self, example: Example) -> Iterator[Example]:
        """Yield the question with each passage that holds an answer, and two that hold none.

        These are the nearest to the question, and have none of the answers' words anywhere. What
        is one passage, or has an answer that none holds whole, stays as it is.
        """
        parts = {at: self._part(example, at) for at in self._of_text.get(example.text, [])}
        holding = [part for part in parts.values() if part.spans]
        if len(parts) <= 1 or (example.spans and not holding):
            yield example
            return
        free = [part for part in parts.values() if not example.has_answer_in(part.text)]
        yield from holding
        for part in self._nearest(free, parts):
            yield replace(part, kind="beside")

    def _part(self, example: Example, ordinal: int) -> Example:
        """Return the question with a passage of its text, and the answers that it holds whole."""
        passage = self._passages[ordinal]
        spans = tuple(
            Span(span.start - passage.start, span.end - passage.start)
            for span in example.spans
            if passage.start <= span.start and span.end <= passage.end
        )
        head = self._heads.of(passage)
        return Example(example.question, passage.text, spans, "cut", head)

    def _nearest(self, free: Sequence[Example], among: Mapping[int, Example]) -> Iterable[Example]:
        """Return the first of the free parts, as retrieval ranks all of the text."""
        if len(free) <= _BESIDE:
            return free
        hits = self._retriever.retrieve(free[0].question, len(among), np.array(list(among)))
        by_text = {part.text: part for part in free}
        ranked = (by_text[hit.passage.text] for hit in hits if hit.passage.text in by_text)
        return islice(ranked, _BESIDE)

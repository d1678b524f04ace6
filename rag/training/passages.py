"""Questions about whole texts -> about their passages, which is what is read when it serves.

Of the passages found for a question most speak of its matter and do not answer it, above all those
of the same document. A reader that saw whole texts alone takes whatever is of the right kind there.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from rag.index import Index
from rag.retrieval import Retriever
from rag.training.examples import Example
from rag.types import Hit, Passage, Span

_BESIDE = 2
"""Passages without an answer that are taken of a text: the nearest, which are read first."""


class Cutting:
    """Cuts examples into the passages that an index has of their texts."""

    def __init__(self, index: Index, retriever: Retriever) -> None:
        of_document = defaultdict(list)
        for ordinal, passage in index.passages.items():
            of_document[passage.document_id].append(ordinal)
        self._of_text = {each.text: of_document[each.id] for each in index.documents.values()}
        self._retriever = retriever

    def cut(self, example: Example) -> Iterator[Example]:
        """Yield the question with each passage that holds an answer, and two that hold none.

        These are the nearest to the question, and have none of the answers' words anywhere. What
        is one passage, or has an answer that none holds whole, stays as it is.
        """
        hits = self._hits(example)
        holding = [part for hit in hits if (part := _part(example, hit.passage)).spans]
        if not hits or (example.spans and not holding):
            yield example
            return
        answers = {example.text[span.start : span.end].casefold() for span in example.spans}
        texts = [hit.passage.text for hit in hits]
        without = [text for text in texts if not any(each in text.casefold() for each in answers)]
        yield from holding
        yield from (Example(example.question, text, (), "beside") for text in without[:_BESIDE])

    def _hits(self, example: Example) -> list[Hit]:
        """Return the passages of the text, if it has several, the nearest to the question first."""
        among = self._of_text.get(example.text, [])
        if len(among) <= 1:
            return []
        return self._retriever.retrieve(example.question, len(among), np.array(among))


def _part(example: Example, passage: Passage) -> Example:
    """Return the question with a passage of its text, and the answers that stand there whole."""
    within = Span(passage.start, passage.end)
    spans = tuple(
        Span(span.start - within.start, span.end - within.start)
        for span in example.spans
        if within.start <= span.start and span.end <= within.end
    )
    return Example(example.question, passage.text, spans, "cut")

"""Stretches: what is read of each document, joined where its passages touch."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.documents import parse
from rag.reading.stretches import Stretch, stretches
from rag.types import Document, Hit, Passage, Span

TEXT = "Abc def. 😀 Ghi jkl.\n\nMno pqr. Stu e\u0301 vwx.\r\nYz. The end of it all. 語。"
DOCUMENTS = {name: parse(name, TEXT) for name in ("a.txt", "b#1.txt")}


def hit(start: int, end: int, *, document: str = "a.txt", score: float = 0) -> Hit:
    """Make a hit whose sentences are its words."""
    text = DOCUMENTS[document].text
    edges = [start, *(place for place in range(start + 1, end) if text[place].isspace()), end]
    words = tuple(Span(*pair) for pair in pairwise(edges))
    passage = Passage(
        f"{document}@0a1b#{start}-{end}", document, start, end, text[start:end], words
    )
    return Hit(passage, score=score, dense=score / 2, lexical=score * 2)


def places(read: Sequence[Stretch]) -> list[tuple[str, int, int]]:
    return [(each.passage.document_id, each.passage.start, each.passage.end) for each in read]


@st.composite
def retrieved(draw: st.DrawFn) -> list[Hit]:
    """Draw different passages of two documents, in any order."""
    edges = st.integers(0, len(TEXT))
    drawn = st.tuples(st.sampled_from(sorted(DOCUMENTS)), edges, edges)
    found = draw(st.lists(drawn.filter(lambda it: it[1] < it[2]), max_size=6, unique=True))
    return [
        hit(start, end, document=name, score=float(-rank))
        for rank, (name, start, end) in enumerate(found)
    ]


def by_definition(hits: Sequence[Hit]) -> list[tuple[str, int, int]]:
    """Go through each document, joining what starts where the one before has just ended."""
    passages = [(each.passage, rank) for rank, each in enumerate(hits)]
    joined: list[tuple[int, str, int, int]] = []
    for passage, rank in sorted(passages, key=lambda each: (each[0].document_id, each[0].start)):
        best, name, start, end = joined[-1] if joined else (0, "", 0, 0)
        if name == passage.document_id and 0 <= passage.start - end <= 2:
            joined[-1] = (min(best, rank), name, start, passage.end)
        else:
            joined.append((rank, passage.document_id, passage.start, passage.end))
    return [(name, start, end) for _, name, start, end in sorted(joined)]


@given(retrieved())
def test_stretches_are_their_definition(hits: list[Hit]) -> None:
    assert places(stretches(hits, DOCUMENTS)) == by_definition(hits)


@given(retrieved())
def test_every_passage_stands_in_one_stretch_at_its_offsets(hits: list[Hit]) -> None:
    read = stretches(hits, DOCUMENTS)
    for each in hits:
        (stretch,) = [stretch for stretch in read if each in stretch.hits]
        passage, whole = each.passage, stretch.passage
        start, end = passage.start - whole.start, passage.end - whole.start
        assert whole.document_id == passage.document_id
        assert 0 <= start <= end <= len(whole.text)
        assert whole.text[start:end] == passage.text
        assert set(passage.sentences) <= set(whole.sentences)


@given(retrieved())
def test_a_stretch_is_a_part_of_its_document(hits: list[Hit]) -> None:
    for stretch in stretches(hits, DOCUMENTS):
        whole = stretch.passage
        assert whole.text == DOCUMENTS[whole.document_id].text[whole.start : whole.end]
        assert whole.id == f"{whole.document_id}@0a1b#{whole.start}-{whole.end}"
        assert list(whole.sentences) == sorted(set(whole.sentences))
        assert stretch.hits[-1].passage == whole
        kept = [each for each in hits if each in stretch.hits]
        assert list(stretch.hits[: len(kept)]) == kept  # best first


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ((0, 8), (8, 19), (0, 19)),  # no gap
        ((0, 8), (9, 19), (0, 19)),  # a space between
        ((0, 19), (21, 29), (0, 29)),  # a blank line between
    ],
)
def test_passages_that_touch_become_one_stretch(
    one: tuple[int, int], other: tuple[int, int], joined: tuple[int, int]
) -> None:
    for first, second in ((hit(*one), hit(*other)), (hit(*other), hit(*one))):
        (stretch,) = stretches([first, second], DOCUMENTS)
        assert places([stretch]) == [("a.txt", *joined)]
        assert stretch.hits[:2] == (first, second)


@pytest.mark.parametrize(
    ("start", "end"),
    [(11, 19), (4, 19), (2, 6)],
    ids=["a gap", "shared sentences", "one inside the other"],
)
def test_passages_that_do_not_touch_stay_apart(start: int, end: int) -> None:
    one, other = hit(0, 8), hit(start, end)
    assert stretches([other, one], DOCUMENTS) == [
        Stretch((other,), other.passage),
        Stretch((one,), one.passage),
    ]


def test_passages_of_different_documents_stay_apart() -> None:
    one, other = hit(0, 8), hit(4, 19, document="b#1.txt")
    assert places(stretches([one, other], DOCUMENTS)) == [("a.txt", 0, 8), ("b#1.txt", 4, 19)]


def test_one_between_joins_those_at_its_sides() -> None:
    left, right, between = hit(0, 8), hit(21, 29), hit(8, 21)
    assert len(stretches([left, right], DOCUMENTS)) == 2
    assert places(stretches([left, right, between], DOCUMENTS)) == [("a.txt", 0, 29)]


def test_the_stretch_of_the_best_hit_is_first() -> None:
    hits = [hit(40, 48), hit(0, 4, document="b#1.txt"), hit(0, 8), hit(48, 55)]
    assert places(stretches(hits, DOCUMENTS)) == [
        ("a.txt", 40, 55),
        ("b#1.txt", 0, 4),
        ("a.txt", 0, 8),
    ]


def test_the_last_hit_of_a_joined_stretch_is_the_whole_as_good_as_the_best() -> None:
    better, worse = hit(9, 19, score=3), hit(0, 8, score=1)
    (stretch,) = stretches([better, worse], DOCUMENTS)
    whole = Passage(
        id="a.txt@0a1b#0-19",
        document_id="a.txt",
        start=0,
        end=19,
        text="Abc def. 😀 Ghi jkl.",
        sentences=(*worse.passage.sentences, *better.passage.sentences),
    )
    assert stretch.passage == whole
    assert stretch.hits == (better, worse, Hit(whole, score=3, dense=1.5, lexical=6))


def test_without_hits_there_is_nothing_to_read() -> None:
    nothing: Mapping[str, Document] = {}
    assert stretches([], nothing) == []

"""Span decoding against the definition, written out as loops."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rag.reading import decode
from rag.seams import SpanLogits
from rag.types import Hit, Passage, Span

Found = tuple[float, str, Span]


def hit(document: str, number: int, units: int) -> Hit:
    """Make a hit of units 10 characters long, which starts at the given unit of its document."""
    start = number * 10
    sentences = tuple(Span(start + 10 * i, start + 10 * i + 9) for i in range(units))
    end = start + 10 * units
    text = "x" * (end - start)
    passage = Passage(f"{document}#{start}-{end}", document, start, end, text, sentences)
    return Hit(passage, score=0, dense=0, lexical=0)


def logits(
    of: Hit, start: Sequence[float], end: Sequence[float], *, null: float = 0, longest: int = 1
) -> SpanLogits:
    return SpanLogits(
        of.passage.sentences,
        np.array(start, dtype=np.float32),
        np.array(end, dtype=np.float32),
        null,
        longest,
    )


def by_definition(scored: Sequence[SpanLogits], hits: Sequence[Hit], n: int) -> list[Found]:
    """Score every allowed span; keep the best of each place; sort by score, rank and place."""
    best: dict[tuple[str, Span], tuple[float, int]] = {}
    for rank, (each, of) in enumerate(zip(scored, hits, strict=True)):
        for i, first in enumerate(each.spans):
            for j in range(i, min(i + each.longest, len(each.spans))):
                key = of.passage.document_id, Span(first.start, each.spans[j].end)
                score = float(each.start[i] + each.end[j] - np.float32(each.null))
                best[key] = max(best.get(key, (-np.inf, 0)), (score, -rank))
    ordered = sorted(best.items(), key=lambda item: (-item[1][0], -item[1][1], item[0][1]))
    return [(score, document, span) for (document, span), (score, _) in ordered[:n]]


def found(scored: Sequence[SpanLogits], hits: Sequence[Hit], n: int) -> list[Found]:
    return [(c.score, c.hit.passage.document_id, c.span) for c in decode(scored, hits, n)]


@st.composite
def readings(draw: st.DrawFn) -> tuple[list[SpanLogits], list[Hit]]:
    """Draw overlapping passages of two documents, with scores so coarse that many tie."""
    places = draw(
        st.lists(
            st.tuples(st.sampled_from("ab"), st.integers(0, 4), st.integers(0, 6)),
            max_size=5,
            unique=True,
        )
    )
    hits = [hit(*place) for place in places]
    scores = st.integers(-3, 3)
    longest = draw(st.integers(1, 4))
    scored = []
    for each in hits:
        units = len(each.passage.sentences)
        start, end = (draw(st.lists(scores, min_size=units, max_size=units)) for _ in range(2))
        scored.append(logits(each, start, end, null=draw(scores), longest=longest))
    return scored, hits


@given(readings(), st.integers(1, 12))
def test_decoding_is_its_definition(reading: tuple[list[SpanLogits], list[Hit]], n: int) -> None:
    scored, hits = reading
    assert found(scored, hits, n) == by_definition(scored, hits, n)


@given(readings(), st.integers(1, 12))
def test_every_candidate_lies_in_its_passage(
    reading: tuple[list[SpanLogits], list[Hit]], n: int
) -> None:
    candidates = decode(*reading, n)
    assert len(candidates) <= n
    for candidate in candidates:
        passage = candidate.hit.passage
        assert passage.start <= candidate.span.start < candidate.span.end <= passage.end
    places = [(c.hit.passage.document_id, c.span) for c in candidates]
    assert len(set(places)) == len(places)


def test_the_score_is_start_plus_end_minus_null() -> None:
    one = hit("a", 0, 2)
    scored = [logits(one, [1, 4], [2, 8], null=0.5, longest=2)]
    assert found(scored, [one], 9) == [
        (11.5, "a", Span(10, 19)),
        (8.5, "a", Span(0, 19)),
        (2.5, "a", Span(0, 9)),
    ]


def test_no_answer_is_longer_than_allowed_nor_ends_before_it_starts() -> None:
    one = hit("a", 0, 3)
    end_first = [logits(one, [0, 0, 9], [9, 0, 0], longest=2)]
    spans = {span for _, _, span in found(end_first, [one], 99)}
    assert spans == {Span(0, 9), Span(10, 19), Span(20, 29), Span(0, 19), Span(10, 29)}


def test_a_place_in_two_passages_counts_once_with_its_better_score() -> None:
    better, worse = hit("a", 0, 2), hit("a", 1, 1)
    scored = [logits(better, [1, 3], [0, 0]), logits(worse, [7], [0])]
    candidates = decode(scored, [better, worse], 9)
    assert [(c.score, c.span, c.hit) for c in candidates] == [
        (7, Span(10, 19), worse),
        (1, Span(0, 9), better),
    ]


def test_the_same_offsets_in_another_document_are_another_place() -> None:
    one, other = hit("a", 0, 1), hit("b", 0, 1)
    scored = [logits(one, [1], [0]), logits(other, [1], [0])]
    assert found(scored, [one, other], 9) == [(1, "a", Span(0, 9)), (1, "b", Span(0, 9))]


def test_ties_fall_to_the_better_ranked_passage_then_to_the_earlier_place() -> None:
    first, second = hit("b", 5, 2), hit("a", 0, 2)
    scored = [logits(first, [2, 2], [0, 0]), logits(second, [2, 2], [0, 0])]
    assert [span for _, _, span in found(scored, [first, second], 3)] == [
        Span(50, 59),
        Span(60, 69),
        Span(0, 9),
    ]


def test_passages_with_nothing_to_quote_give_no_candidates() -> None:
    empty, full = hit("a", 0, 0), hit("a", 3, 1)
    assert decode([], [], 5) == []
    assert decode([logits(empty, [], [])], [empty], 5) == []
    scored = [logits(empty, [], []), logits(full, [1], [0])]
    assert found(scored, [empty, full], 5) == [(1, "a", Span(30, 39))]

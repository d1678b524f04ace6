"""Span decoding against the definition, written out as loops."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading import decode
from rag.reading.trimming import trim
from rag.seams import SpanLogits
from rag.types import Candidate, Hit, Passage, Span

UNITS = ["gold ", "Gold ", "gold, ", "a ", "Mr. ", "ing", "ing ", "— ", ", ", "東", "“", "” "]


@dataclass(frozen=True)
class Text:
    """A document as a reader sees it: its units, and the sentence that each belongs to."""

    id: str
    units: tuple[str, ...]
    segments: tuple[int, ...] = ()

    def place(self, first: int, last: int) -> Span:
        """Return the place of some units, without the space after them."""
        start = len("".join(self.units[:first]))
        return Span(start, start + len("".join(self.units[first : last + 1]).rstrip()))

    def hit(self, first: int, last: int) -> Hit:
        place = self.place(first, last)
        text = "".join(self.units)[place.start : place.end]
        name = f"{self.id}#{place.start}-{place.end}"
        passage = Passage(name, self.id, place.start, place.end, text, (place,))
        return Hit(passage, score=(7 * place.start + place.end) % 3, dense=0, lexical=0)

    def logits(  # the scores of the units from ``first`` on, as many as are given
        self,
        start: Sequence[float],
        end: Sequence[float],
        *,
        first: int = 0,
        hits: Sequence[Hit] = (),
        null: float = 0,
        longest: int = 1,
    ) -> SpanLogits:
        read = range(first, first + len(start))
        places = [self.place(unit, unit) for unit in read]
        return SpanLogits(
            hits=tuple(hits) or (self.hit(0, len(self.units) - 1),),
            offsets=np.array([(p.start, p.end) for p in places], dtype=np.int64).reshape(-1, 2),
            segments=np.array([self.segments[u] if self.segments else 0 for u in read], dtype=int),
            start=np.array(start, dtype=np.float32),
            end=np.array(end, dtype=np.float32),
            null=null,
            longest=longest,
        )


def text(content: str, *segments: int) -> Text:
    """Make a document whose units are its words."""
    return Text("a", tuple(f"{word} " for word in content.split()), segments)


@dataclass(frozen=True)
class Proposed:
    """A span that may answer; the smallest is the best."""

    minus_score: float
    source: int
    first: int
    last: int
    place: Span


def allowed(each: SpanLogits, source: int) -> list[Proposed]:
    found = []
    for i in range(len(each.start)):
        for j in range(i, min(i + each.longest, len(each.start))):
            if {int(segment) for segment in each.segments[i : j + 1]} != {int(each.segments[i])}:
                continue
            if each.segments[i] < 0:
                continue
            score = float(each.start[i] + each.end[j] - np.float32(each.null))
            place = Span(int(each.offsets[i, 0]), int(each.offsets[j, 1]))
            found.append(Proposed(-score, source, i, j, place))
    return found


def quoted(proposed: Proposed, scored: Sequence[SpanLogits]) -> Candidate:
    place, document = proposed.place, scored[proposed.source].hits[0].passage.document_id
    holding = [
        hit
        for hit in (hit for each in scored for hit in each.hits)
        if hit.passage.document_id == document
        and hit.passage.start <= place.start
        and place.end <= hit.passage.end
    ]
    best = sorted(holding, key=lambda hit: -hit.score)[0]
    start = best.passage.start
    span = trim(best.passage.text, Span(place.start - start, place.end - start))
    said = tuple(re.findall(r"\w+", best.passage.text[span.start : span.end].casefold()))
    return Candidate(best, Span(span.start + start, span.end + start), -proposed.minus_score, said)


def touches(one: Span, other: Span) -> bool:
    return any(place in range(other.start, other.end) for place in range(one.start, one.end))


def by_definition(scored: Sequence[SpanLogits], n: int) -> list[Candidate]:
    """Take the best span, pass over what overlaps it or its quote; count what says the same."""
    left = [p for source, each in enumerate(scored) for p in allowed(each, source)]
    left.sort(key=lambda p: (p.minus_score, p.source, p.first, p.last))
    kept: list[Candidate] = []
    while left and len({each.said for each in kept}) < n:
        best = left[0]
        found = quoted(best, scored)
        left = [
            p
            for p in left
            if scored[p.source].hits[0].passage.document_id != found.hit.passage.document_id
            or not (touches(p.place, best.place) or touches(p.place, found.span))
        ]
        kept += [found] if found.said else []
    return [
        replace(each, agreeing=sum(other.said == each.said for other in kept) - 1) for each in kept
    ]


@st.composite
def documents(draw: st.DrawFn, name: str) -> Text:
    """Draw up to three sentences, some of them furniture, which never answers."""
    sentences = draw(st.lists(st.lists(st.sampled_from(UNITS), min_size=1, max_size=4), max_size=3))
    silent = draw(st.lists(st.booleans(), min_size=3, max_size=3))
    segments = [
        -1 if silent[number] else number for number, units in enumerate(sentences) for _ in units
    ]
    units = [unit for sentence in sentences for unit in (*sentence[:-1], f"{sentence[-1]} ")]
    return Text(name, tuple(units), tuple(segments))


def passages(document: Text) -> list[tuple[int, int]]:
    """Return the first and last unit of whatever may be a passage: it cuts no word."""
    last = [place for place, unit in enumerate(document.units) if unit.endswith(" ")]
    first = [0, *(place + 1 for place in last)]
    return [(i, j) for i in first for j in last if i <= j]


@st.composite
def readings(draw: st.DrawFn) -> list[SpanLogits]:
    """Draw overlapping windows of two documents, with scores so coarse that many tie."""
    made = [document for name in "ab" if (document := draw(documents(name))).units]
    longest = draw(st.integers(1, 4))
    scores = st.integers(-3, 3)
    read = []
    for document in draw(st.lists(st.sampled_from(made), max_size=4)) if made else []:
        edges = st.integers(0, len(document.units) - 1)
        first, last = sorted((draw(edges), draw(edges)))
        parts = draw(st.lists(st.sampled_from(passages(document)), max_size=2))
        hits = [document.hit(*part) for part in (*parts, (0, len(document.units) - 1))]
        start, end = (
            draw(st.lists(scores, min_size=last - first + 1, max_size=last - first + 1))
            for _ in range(2)
        )
        null = draw(scores)
        read.append(document.logits(start, end, first=first, hits=hits, null=null, longest=longest))
    return read


@given(readings(), st.integers(0, 12))
def test_decoding_is_its_definition(read: list[SpanLogits], n: int) -> None:
    assert decode(read, n) == by_definition(read, n)


@given(readings(), st.integers(1, 12))
def test_candidates_lie_in_their_passages_and_apart(read: list[SpanLogits], n: int) -> None:
    candidates = decode(read, n)
    assert len({each.said for each in candidates}) <= n
    assert [c.score for c in candidates] == sorted((c.score for c in candidates), reverse=True)
    for place, candidate in enumerate(candidates):
        passage = candidate.hit.passage
        assert passage.start <= candidate.span.start < candidate.span.end <= passage.end
        for other in candidates[:place]:
            same_document = other.hit.passage.document_id == passage.document_id
            assert not (same_document and touches(other.span, candidate.span))


def quotes(read: Sequence[SpanLogits], n: int = 9) -> list[tuple[float, str, int]]:
    """Return score, quote and number of agreeing places of each candidate."""
    found = []
    for each in decode(read, n):
        passage = each.hit.passage
        quote = passage.text[each.span.start - passage.start : each.span.end - passage.start]
        found.append((each.score, quote, each.agreeing))
    return found


def test_the_score_is_start_plus_end_minus_null() -> None:
    read = text("red gold").logits([1, 4], [2, 8], null=0.5, longest=2)
    assert quotes([read]) == [(11.5, "gold", 0), (2.5, "red", 0)]


def test_what_overlaps_a_better_span_is_passed_over() -> None:
    read = text("red gold coins").logits([5, 1, 0], [0, 4, 1], longest=3)
    assert quotes([read]) == [(9, "red gold", 0), (1, "coins", 0)]


def test_no_answer_is_longer_than_allowed_nor_ends_before_it_starts() -> None:
    scores = [9, 0, 0], [-9, 0, 9]
    assert quotes([text("a b c").logits(*scores, longest=3)])[0] == (18, "a b c", 0)
    assert quotes([text("a b c").logits(*scores, longest=2)]) == [(9, "a b", 0), (9, "c", 0)]
    backwards = text("a b").logits([0, 9], [9, 0], longest=2)
    assert quotes([backwards]) == [(9, "a", 0), (9, "b", 0)]


def test_no_answer_crosses_sentences_or_stands_outside_of_them() -> None:
    document = text("red gold | blue", 0, 0, -1, 1)
    read = document.logits([9, 0, 9, 0], [0, 8, 9, 9], longest=4)
    assert quotes([read]) == [(17, "red gold", 0), (9, "blue", 0)]


def test_a_place_in_two_windows_counts_once_with_its_better_score() -> None:
    document = text("red gold blue")
    windows = [document.logits([1, 3], [0, 0]), document.logits([7, 2], [0, 0], first=1)]
    assert quotes(windows) == [(7, "gold", 0), (2, "blue", 0), (1, "red", 0)]


def test_what_two_documents_say_agrees_and_counts_as_one() -> None:
    one, other = Text("a", ("Gold, ", "red ")), Text("b", ("“gold” ", "blue "))
    read = [one.logits([1, 0], [0, 0]), other.logits([2, 3], [0, 0])]
    places = [(3, "blue", 0), (2, "“gold”", 1), (1, "Gold", 1), (0, "red", 0)]
    assert quotes(read) == places
    assert [each.hit.passage.document_id for each in decode(read, 9)] == ["b", "b", "a", "a"]
    assert quotes(read, 3) == places
    assert quotes(read, 2) == [(3, "blue", 0), (2, "“gold”", 0)]


@pytest.mark.parametrize(
    ("one", "other", "agreeing"),
    [
        ("Zoë", "Zoe\u0308", 1),
        ("STRASSE", "straße", 1),
        ("Zoë", "Zoe", 0),
        ("की", "का", 0),  # they differ in a vowel sign alone
        ("3.5", "35", 0),
    ],
)
def test_what_is_spelled_alike_but_for_case_says_the_same(
    one: str, other: str, agreeing: int
) -> None:
    read = text(f"{one} {other}").logits([2, 1], [0, 0])
    assert quotes([read]) == [(2, one, agreeing), (1, other, agreeing)]


def test_ties_fall_to_the_earlier_stretch_then_to_the_earlier_and_shorter_span() -> None:
    first, second = Text("b", ("red ", "gold ")), Text("a", ("blue ", "grey "))
    read = [each.logits([2, 2], [0, 0], longest=2) for each in (first, second)]
    assert [quote for _, quote, _ in quotes(read, 3)] == ["red", "gold", "blue"]


def test_the_first_hit_that_holds_a_span_is_cited() -> None:
    document = text("red gold blue")
    better, worse, whole = document.hit(1, 2), document.hit(0, 1), document.hit(0, 2)
    read = document.logits([9, 0, 5], [0, 8, 0], hits=(better, worse, whole), longest=2)
    assert [(c.hit, c.span) for c in decode([read], 9)] == [
        (worse, Span(0, 8)),
        (better, Span(9, 13)),
    ]
    across = replace(read, longest=3, end=np.array([0, 0, 9], dtype=np.float32))
    assert [(c.hit, c.span) for c in decode([across], 9)] == [(whole, Span(0, 13))]


def test_the_rest_of_a_word_does_not_agree_with_it() -> None:
    read = Text("a", ("walk", "ing ", "fast ")).logits([3, 2, 1], [0, 0, 0])
    assert quotes([read]) == [(3, "walking", 0), (1, "fast", 0)]


def test_a_span_without_a_word_is_no_answer() -> None:
    read = text("— gold , …").logits([9, 1, 8, 7], [0, 0, 0, 0])
    assert quotes([read]) == [(1, "gold", 0)]


def test_a_unit_without_extent_is_no_answer() -> None:
    read = Text("a", ("", "gold ")).logits([9, 1], [0, 0], longest=1)
    assert quotes([read]) == [(1, "gold", 0)]


def test_where_nothing_was_read_there_are_no_candidates() -> None:
    document = text("red gold")
    nothing = document.logits([], [])
    assert decode([], 5) == []
    assert decode([nothing], 5) == []
    assert quotes([nothing, document.logits([1], [0])]) == [(1, "red", 0)]
    assert decode([document.logits([1], [0])], 0) == []

"""Evidence: what speaks for a candidate, held against its definition on real passages."""

import math
from dataclasses import fields, replace
from pathlib import Path

import pytest

from rag.engine import Engine
from rag.index import Index
from rag.models import OnnxEncoder, load_encoder
from rag.reading import FEATURES, Evidence, Weigher
from rag.retrieval import Retriever
from rag.settings import Settings
from rag.types import Candidate, Hit, Passage, Span

QUESTION = "Who is the press secretary of Japan's Foreign Ministry?"


@pytest.fixture(scope="module")
def encoder(models: Path) -> OnnxEncoder:
    return load_encoder("all-MiniLM-L6-v2", models, 1)


@pytest.fixture(scope="module")
def retriever(settings: Settings, encoder: OnnxEncoder) -> Retriever:
    return Retriever(Index.open(settings.index), encoder)


@pytest.fixture(scope="module")
def hits(retriever: Retriever) -> list[Hit]:
    return retriever.retrieve(QUESTION, 5)


def every_sentence(hits: list[Hit]) -> list[Candidate]:
    return [
        Candidate(hit, sentence, score=float(-number), said=(f"{number}",), agreeing=number)
        for number, (hit, sentence) in enumerate((h, s) for h in hits for s in h.passage.sentences)
    ]


def share(retriever: Retriever, span: Span, passage: Passage) -> float:
    """Return the share of the question's idf whose stems stand in a sentence, in plain loops."""
    query = retriever.query(QUESTION)
    stems = retriever.stems(passage.text[span.start - passage.start : span.end - passage.start])
    idf = list(query.idf.values())
    return sum(w for w, stem in zip(idf, query.stems, strict=True) if stem in stems) / sum(idf)


def test_each_feature_is_what_it_says(retriever: Retriever, hits: list[Hit]) -> None:
    candidates = every_sentence(hits)[:6]
    held = [share(retriever, each.span, each.hit.passage) for each in candidates]
    assert len(set(held)) > 2
    found = Weigher(retriever).weigh(QUESTION, hits, candidates)
    for number, (each, evidence) in enumerate(zip(candidates, found, strict=True)):
        expected = Evidence(
            score=-number,
            lead=1 if number == 0 else -number,
            agreeing=math.log(1 + number),
            similarity=each.hit.dense,
            standing=each.hit.score - hits[0].score,
            sentence=held[number] - max(held),
        )
        for field in fields(Evidence):
            assert getattr(evidence, field.name) == pytest.approx(
                getattr(expected, field.name), abs=1e-4
            ), field.name


def test_a_candidate_alone_has_no_lead_and_none_have_no_evidence(
    retriever: Retriever, hits: list[Hit]
) -> None:
    weigher = Weigher(retriever)
    (alone,) = weigher.weigh(QUESTION, hits, every_sentence(hits)[:1])
    assert alone.lead == alone.sentence == 0
    assert weigher.weigh(QUESTION, hits, []) == []


def test_what_says_the_same_is_no_rival(retriever: Retriever, hits: list[Hit]) -> None:
    best, same, other = every_sentence(hits)[:3]
    same = replace(same, said=best.said)
    found = Weigher(retriever).weigh(QUESTION, hits, [best, same, other])
    assert [each.lead for each in found] == [2, 1, -2]


def test_a_part_of_a_sentence_holds_what_all_of_it_holds(
    retriever: Retriever, hits: list[Hit]
) -> None:
    everything = sorted(
        every_sentence(hits), key=lambda each: share(retriever, each.span, each.hit.passage)
    )
    least, whole = everything[0], everything[-1]
    part = Candidate(whole.hit, Span(whole.span.start + 2, whole.span.end - 2), 0)
    one, other, last = Weigher(retriever).weigh(QUESTION, hits, [whole, part, least])
    assert one.sentence == other.sentence == 0 > last.sentence


def test_the_engine_weighs_every_candidate(engine: Engine) -> None:
    hits = engine.search(QUESTION)
    candidates, evidence = engine.weigh(QUESTION, hits)
    assert len(candidates) == len(evidence) > 1
    assert all(math.isfinite(getattr(each, name)) for each in evidence for name in FEATURES)

"""Evidence: what speaks for a candidate, held against its definition on real passages."""

import math
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from rag.engine import Engine
from rag.index import Index
from rag.models import OnnxEncoder, load_encoder
from rag.reading import FEATURES, Evidence, Weigher
from rag.retrieval import Retriever
from rag.settings import Settings
from rag.types import Candidate, Hit, Span

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
        Candidate(hit, sentence, score=float(-number), agreeing=number)
        for number, (hit, sentence) in enumerate((h, s) for h in hits for s in h.passage.sentences)
    ]


def alignment(encoder: OnnxEncoder, retriever: Retriever, hits: list[Hit], span: Span) -> float:
    """Align each question token with the sentence token most like it, in plain loops."""
    query = retriever.query(QUESTION)
    (asked,) = encoder.encode_tokens([query.text])
    shares = np.zeros(len(asked.spans))
    for word, idf in query.idf.items():
        pieces = [i for i, s in enumerate(asked.spans) if word.start <= s.start < s.end <= word.end]
        for piece in pieces:
            shares[piece] = idf / len(pieces)
    best = []
    for passage in (hit.passage for hit in hits):
        if span in passage.sentences:
            (tokens,) = encoder.encode_tokens([passage.text])
            inside = [
                vector
                for vector, place in zip(tokens.vectors, tokens.spans, strict=True)
                if span.start <= place.start + passage.start
                and place.end + passage.start <= span.end
            ]
            pairs = [max(float(v @ w) for w in inside) for v in asked.vectors]
            best.append(float(np.dot(pairs, shares) / shares.sum()))
    return max(best)


def test_each_feature_is_what_it_says(
    encoder: OnnxEncoder, retriever: Retriever, hits: list[Hit]
) -> None:
    candidates = every_sentence(hits)[:6]
    aligned = [alignment(encoder, retriever, hits, each.span) for each in every_sentence(hits)]
    query = retriever.query(QUESTION)
    found = Weigher(encoder, retriever).weigh(QUESTION, hits, candidates)
    for number, (each, evidence) in enumerate(zip(candidates, found, strict=True)):
        stems = set(retriever.stems(each.hit.passage.text))
        expected = Evidence(
            score=-number,
            lead=1 if number == 0 else -number,
            agreeing=math.log(1 + number),
            similarity=each.hit.dense,
            coverage=query.coverage(stems),
            standing=each.hit.score - hits[0].score,
            alignment=aligned[number],
            alignment_lead=aligned[number] - max(aligned),
        )
        for field in fields(Evidence):
            assert getattr(evidence, field.name) == pytest.approx(
                getattr(expected, field.name), abs=1e-4
            ), field.name


def test_a_candidate_alone_has_no_lead_and_none_have_no_evidence(
    encoder: OnnxEncoder, retriever: Retriever, hits: list[Hit]
) -> None:
    weigher = Weigher(encoder, retriever)
    (alone,) = weigher.weigh(QUESTION, hits, every_sentence(hits)[:1])
    assert alone.lead == 0
    assert weigher.weigh(QUESTION, hits, []) == []


def test_a_part_of_a_sentence_has_the_alignment_of_all_of_it(
    encoder: OnnxEncoder, retriever: Retriever, hits: list[Hit]
) -> None:
    whole = every_sentence(hits)[0]
    part = Candidate(whole.hit, Span(whole.span.start + 2, whole.span.end - 2), 0)
    one, other = Weigher(encoder, retriever).weigh(QUESTION, hits, [whole, part])
    assert one.alignment == other.alignment > 0


def test_the_engine_weighs_every_candidate(engine: Engine) -> None:
    hits = engine.search(QUESTION)
    candidates, evidence = engine.weigh(QUESTION, hits)
    assert len(candidates) == len(evidence) > 1
    assert all(math.isfinite(getattr(each, name)) for each in evidence for name in FEATURES)

"""An evaluation made by hand: eight questions about a bridge, with texts that look like markup."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from rag.documents import parse
from rag.evaluation.blame import attribute
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.run import Evaluation
from rag.evaluation.scoring import Asked, score
from rag.evaluation.summary import summarise
from rag.types import (
    Alternative,
    Answer,
    Citation,
    Hit,
    IndexIdentity,
    Passage,
    Reason,
    Span,
    Timings,
)

BRIDGE = parse(
    "the bridge/50%.txt",
    'The bridge opened in 1932. <script>alert("x")</script> It cost £4 million 🌉 & more.',
)
RANKING = ("hit@1", "hit@5", "recall@5", "recall@20", "mrr@10", "ndcg@10", "map")

Make = Callable[[Sequence[Asked]], Evaluation]


def _span(quote: str) -> Span:
    start = BRIDGE.text.index(quote)
    return Span(start, start + len(quote))


def _gold(key: str, question: str, *answers: str, kind: str | None = None) -> GoldQuestion:
    spans = tuple(_span(answer) for answer in answers)
    return GoldQuestion(key, question, answers, BRIDGE.id, spans, type=kind)


def _hit() -> Hit:
    end = len(BRIDGE.text)
    key = f"{BRIDGE.id}@{BRIDGE.sha256[:8]}#0-{end}"
    passage = Passage(key, BRIDGE.id, 0, end, BRIDGE.text, (Span(0, 26),))
    return Hit(passage, score=1.5, dense=0.5, lexical=3.0)


def _cited(quote: str) -> Citation:
    span, passage = _span(quote), _hit().passage
    return Citation(
        id=1,
        document_id=BRIDGE.id,
        title=BRIDGE.title,
        quote=quote,
        start=span.start,
        end=span.end,
        start_utf16=span.start,
        end_utf16=span.end,
        answer_start=0,
        answer_end=len(quote),
        sentence=Span(0, len(BRIDGE.text)),
        sentence_text=BRIDGE.text,
        passage=passage,
        document_sha256=BRIDGE.sha256,
    )


def _answer(question: str, given: str | None, withheld: str | None, confidence: float) -> Answer:
    return Answer(
        question=question,
        resolved_question=question,
        answer=given,
        reason=None if given else Reason.LOW_CONFIDENCE,
        confidence=confidence,
        unknown_words=(),
        citations=(_cited(given),) if given else (),
        alternatives=(Alternative(withheld, confidence, (_cited(withheld),)),) if withheld else (),
        passages=(_hit(),),
        index=IndexIdentity("1", "f"),
        timings_ms=Timings(retrieve=2.0, read=18.0, total=10.0 + 10.0 * confidence),
    )


def _asked(
    gold: GoldQuestion, given: str | None = None, withheld: str | None = None, sure: float = 0.0
) -> Asked:
    return Asked(gold, _answer(gold.question, given, withheld, sure), (_hit(), _hit()))


@pytest.fixture(scope="session")
def asked() -> tuple[Asked, ...]:
    """Return questions: right, wrong, withheld, false, rightly refused, failed twice, false."""
    return (
        _asked(_gold("q1", "When did it open?", "1932", kind="when"), "1932", sure=0.9),
        _asked(_gold("q2", "What is <b>the cost</b>?", "£4 million"), "opened", sure=0.8),
        _asked(_gold("q3", "Its “cost” 🌉?", "£4 million"), None, "£4 million 🌉", sure=0.3),
        _asked(_gold("q4", "Who built it?"), "<script>", sure=0.7),
        _asked(_gold("q5", "Who painted it?"), sure=0.1),
        Asked(_gold("q 6%", "Open\x00ed?", "1932"), None, (), "RemoteFailure: timed\x00 out"),
        Asked(_gold("q7", "\ud800?", "1932"), None, (), "InvalidQuestion: a lone surrogate"),
        _asked(_gold("q8", "Who sold it?", kind="$who$ 🌉"), "The bridge", sure=0.95),
    )


@pytest.fixture(scope="session")
def make() -> Make:
    """Return what turns asked questions into an evaluation, as a run would."""
    return _make


@pytest.fixture(scope="session")
def ranking_only(asked: Sequence[Asked]) -> Evaluation:
    """Return an evaluation of judged documents, where nothing was answered."""
    judged = [
        Asked(GoldQuestion(each.gold.id, each.gold.question, (), type="judged"), None, each.hits)
        for each in asked
    ]
    made = _make(judged)
    scored = tuple(replace(each, values=dict.fromkeys(RANKING, 0.5)) for each in made.scored)
    return replace(made, scored=scored, figures=summarise(scored, 0), blames={})


def _make(asked: Sequence[Asked]) -> Evaluation:
    documents = {BRIDGE.id: BRIDGE}
    plain = [score(each, documents) for each in asked]
    ranks = {key: dict.fromkeys(RANKING, 1.0) for key in ("q1", "q2", "q3")}
    scored = tuple(replace(e, values={**ranks.get(e.id, {}), **e.values}) for e in plain)
    return Evaluation(
        name="bridges & <more>",
        corpus="0123456789abcdef" * 4,
        settings={"encoder": "a “model”"},
        seed=0,
        asked=tuple(asked),
        scored=scored,
        figures=summarise(scored, 0),
        seconds=2.0,
        blames=attribute(asked, scored, [_hit().passage]),
        ablation={},
    )

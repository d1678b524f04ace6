"""Fits the sentence reader and its calibration on public questions, by logistic regression.

The reader's weights: is this sentence, of the passages retrieved, one that holds a gold answer?
The calibration, on other articles: does the best sentence hold one, given its score and lead?
The threshold, on the development half of a gold file: where are most decisions right?
"""

import json
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.linear_model import LogisticRegression

from rag.answering import Calibration, lead
from rag.engine import indexer
from rag.evaluation.gold import GoldQuestion, read_gold
from rag.evaluation.importers import QuestionSet, squad
from rag.index import Index
from rag.indexing import Progress, read
from rag.models import RememberingEncoder
from rag.reading import CANDIDATES, SentenceScorer, decode
from rag.reading.sentences import FEATURES, SentenceModel
from rag.retrieval import Retriever
from rag.seams import Floats, TokenEncoder
from rag.settings import Settings
from rag.types import Hit, Span

_READER_QUESTIONS = 2_500
_CALIBRATION_QUESTIONS = 3_000
_READ = 5
_REMEMBERED = 3_000


@dataclass(frozen=True, slots=True)
class Sources:
    """What is fitted on what: two SQuAD files on different articles, a gold file, its documents."""

    reader: Path
    calibration: Path
    gold: Path
    documents: Path


@dataclass(frozen=True, slots=True)
class Bench:
    """A collection indexed for training, and the questions asked of it."""

    retriever: Retriever
    encoder: TokenEncoder
    questions: tuple[GoldQuestion, ...]

    @classmethod
    def set_up(cls, data: QuestionSet, settings: Settings, folder: Path) -> "Bench":
        """Index the documents of ``data`` into ``folder``."""
        making = indexer(settings.apart(folder))
        making.update(data.documents, lambda *_: None)
        retriever = Retriever(Index.open(folder), making.encoder)
        return cls(retriever, RememberingEncoder(making.encoder, _REMEMBERED), data.questions)


def fit(settings: Settings, sources: Sources, out: Path, progress: Progress) -> float:
    """Fit reader, calibration and threshold, write them to ``out``, and return the right share.

    The share is that of right decisions on the development half, which chose the threshold.
    """
    documents, _ = read([sources.documents], progress)
    gold = read_gold(sources.gold, {d.id: d for d in documents}, split="dev")
    drawn = {
        "reader": _draw(squad(sources.reader, drop_misplaced=True), _READER_QUESTIONS),
        "calibration": _draw(squad(sources.calibration), _CALIBRATION_QUESTIONS),
        "gold": QuestionSet(tuple(documents), tuple(gold)),
    }
    with TemporaryDirectory() as folder:
        benches = {
            name: Bench.set_up(data, settings, Path(folder) / name) for name, data in drawn.items()
        }
        model = fit_reader(benches["reader"], progress)
        calibration = fit_calibration(benches["calibration"], model, progress)
        calibration, share = choose_threshold(benches["gold"], model, calibration)
    provenance = {
        "reader": _described(sources.reader, drawn["reader"]),
        "fitted_on": _described(sources.calibration, drawn["calibration"]),
        "threshold_chosen_on": f"{sources.gold.name}, development half, {len(gold)} questions",
    }
    write(model, calibration, out, provenance)
    return share


def _draw(data: QuestionSet, limit: int) -> QuestionSet:
    """Draw up to ``limit`` questions, and keep the documents they are about as the collection."""
    drawn = list(data.questions)
    Random(0).shuffle(drawn)  # noqa: S311  # a draw of questions, not a secret
    kept = tuple(drawn[:limit])
    about = {question.document_id for question in kept}
    return QuestionSet(tuple(d for d in data.documents if d.id in about), kept)


def _described(file: Path, data: QuestionSet) -> str:
    return f"{file.name}, {len(data.questions)} questions on {len(data.documents)} paragraphs"


def fit_reader(bench: Bench, progress: Progress) -> SentenceModel:
    """Fit the weights of the sentence features on every sentence retrieved for each question."""
    scorer = SentenceScorer(bench.encoder, bench.retriever, SentenceModel((0,) * len(FEATURES), 0))
    rows: list[Floats] = []
    labels: list[bool] = []
    for done, question in enumerate(bench.questions, start=1):
        if question.is_answerable:
            hits = bench.retriever.retrieve(question.question, _READ)
            rows += scorer.features(question.question, hits)
            labels += [_holds(hit, s, question) for hit in hits for s in hit.passage.sentences]
        progress("reading", done, len(bench.questions))
    fitted = LogisticRegression(C=10.0, max_iter=1000).fit(np.concatenate(rows), labels)
    return SentenceModel(
        tuple(round(float(w), 4) for w in fitted.coef_[0]), round(float(fitted.intercept_[0]), 4)
    )


def fit_calibration(bench: Bench, model: SentenceModel, progress: Progress) -> Calibration:
    """Fit the probability that the best sentence is right, from its score and its lead."""
    scorer = SentenceScorer(bench.encoder, bench.retriever, model)
    rows, labels = [], []
    for done, question in enumerate(bench.questions, start=1):
        if found := _best(bench, scorer, question):
            rows.append((found.score, found.lead))
            labels.append(found.is_right)
        progress("calibrating", done, len(bench.questions))
    fitted = LogisticRegression(C=1e6, max_iter=1000).fit(np.array(rows), labels)
    score, margin = (round(float(w), 4) for w in fitted.coef_[0])
    return Calibration(score, margin, round(float(fitted.intercept_[0]), 4), threshold=0.5)


def choose_threshold(
    bench: Bench, model: SentenceModel, calibration: Calibration
) -> tuple[Calibration, float]:
    """Return the calibration with the threshold of most right decisions, and their share.

    A decision is right if an answer given is right, or if nothing was given where the documents
    hold no answer. Between two equally good thresholds the middle is taken.
    """
    scorer = SentenceScorer(bench.encoder, bench.retriever, model)
    outcomes = []
    for question in bench.questions:
        found = _best(bench, scorer, question)
        confidence = calibration.confidence(found.score, found.lead) if found else 0.0
        is_right = found.is_right if found else False
        outcomes.append((confidence, is_right, not question.is_answerable))
    cuts = sorted({0.0, 1.0, *(confidence for confidence, _, _ in outcomes)})
    middles = [(low + high) / 2 for low, high in pairwise(cuts)]
    shares = [
        sum(right if confidence >= cut else refused for confidence, right, refused in outcomes)
        for cut in middles
    ]
    best_share = max(shares)
    ties = [cut for cut, share in zip(middles, shares, strict=True) if share == best_share]
    threshold = round(ties[len(ties) // 2], 4)
    return replace(calibration, threshold=threshold), best_share / len(outcomes)


def write(
    model: SentenceModel, calibration: Calibration, folder: Path, provenance: dict[str, str]
) -> None:
    """Write ``sentences.json`` and ``calibration.json`` with where their numbers come from."""
    weights = dict(zip(FEATURES, model.weights, strict=True))
    reader = {"weights": weights, "intercept": model.intercept, "fitted_on": provenance["reader"]}
    calibrated = {name: getattr(calibration, name) for name in Calibration.__slots__}
    calibrated |= {key: provenance[key] for key in ("fitted_on", "threshold_chosen_on")}
    for name, content in (("sentences", reader), ("calibration", calibrated)):
        text = json.dumps(content, indent=2) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Best:
    """The best sentence found for a question: its score, its lead over the next, its truth."""

    score: float
    lead: float
    is_right: bool


def _best(bench: Bench, scorer: SentenceScorer, question: GoldQuestion) -> _Best | None:
    """Read for one question; None where no sentence can answer."""
    hits = bench.retriever.retrieve(question.question, _READ)
    candidates = decode(scorer.score(question.question, hits), hits, CANDIDATES)
    if not candidates:
        return None
    first = candidates[0]
    scores = [candidate.score for candidate in candidates]
    return _Best(first.score, lead(scores, 0), _holds(first.hit, first.span, question))


def _holds(hit: Hit, span: Span, question: GoldQuestion) -> bool:
    return hit.passage.document_id == question.document_id and any(
        span.start <= gold.start and gold.end <= span.end for gold in question.spans
    )

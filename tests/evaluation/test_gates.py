"""The regression gate: quiet where nothing changed, loud where a part is broken on purpose."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag.engine import Engine
from rag.errors import InvalidInput
from rag.evaluation.compare import below, compare, write_baseline
from rag.evaluation.gold import GoldQuestion, read_gold
from rag.evaluation.run import Evaluation, evaluate
from rag.evaluation.subject import InProcess, Subject
from rag.models import load_encoder, load_reader
from rag.reading import SpanReader
from rag.seams import SpanLogits
from rag.settings import Settings
from rag.types import Answer, Hit, Turn

GOLD = Path(__file__).parents[2] / "eval/gold/article.jsonl"
SEED = 0

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def questions(engine: Engine) -> list[GoldQuestion]:
    return read_gold(GOLD, engine.index.documents, split="dev")


@pytest.fixture(scope="module")
def healthy(engine: Engine, questions: Sequence[GoldQuestion]) -> Evaluation:
    return run(InProcess(engine), questions)


@pytest.fixture(scope="module")
def baseline(healthy: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("baseline") / "article.json"
    write_baseline(healthy, file)
    return file


def run(subject: Subject, questions: Sequence[GoldQuestion]) -> Evaluation:
    return evaluate(subject, questions, {}, "article", SEED, lambda *_: None)


class ContraryScorer:
    """A reader that prefers what the real one likes least."""

    def __init__(self, real: SpanReader) -> None:
        self._real = real

    def score(self, question: str, hits: Sequence[Hit]) -> list[SpanLogits]:
        return [replace(each, start=-each.start) for each in self._real.score(question, hits)]


class ShiftedOffsets(InProcess):
    """A server that cites one character too far to the right."""

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        answer = super().ask(question, history)
        shifted = tuple(replace(c, start=c.start + 1, end=c.end + 1) for c in answer.citations)
        return replace(answer, citations=shifted)


class ReversedRanking(InProcess):
    """A server that returns the passages worst first."""

    def search(self, question: str, k: int) -> tuple[Hit, ...]:
        worst_first = reversed(super().search(question, k))
        return tuple(replace(hit, score=float(-rank)) for rank, hit in enumerate(worst_first))


def test_the_same_system_passes_its_own_baseline(
    engine: Engine, questions: Sequence[GoldQuestion], healthy: Evaluation, baseline: Path
) -> None:
    again = run(InProcess(engine), questions)
    comparison = compare(again, baseline)
    assert comparison.regressions == ()
    assert {delta.delta for delta in comparison.deltas} == {0.0}
    assert {name: f.value for name, f in again.figures.items()} == {
        name: f.value for name, f in healthy.figures.items()
    }


def test_a_broken_reader_fails_the_gate(
    settings: Settings,
    models: Path,
    engine: Engine,
    questions: Sequence[GoldQuestion],
    baseline: Path,
) -> None:
    encoder = load_encoder(settings.encoder, models, 1)
    real = SpanReader(load_reader(settings.reader, models, 1), engine.index.documents)
    broken = Engine(settings, engine.index, encoder, ContraryScorer(real))
    assert "f1" in compare(run(InProcess(broken), questions), baseline).regressions


def test_shifted_offsets_fail_the_gate(
    engine: Engine, questions: Sequence[GoldQuestion], baseline: Path
) -> None:
    shifted = run(ShiftedOffsets(engine), questions)
    assert "citation_exactness" in compare(shifted, baseline).regressions
    assert below(shifted, "citation_exactness=1")


def test_a_reversed_ranking_fails_the_gate(
    engine: Engine, questions: Sequence[GoldQuestion], baseline: Path
) -> None:
    assert "hit@1" in compare(run(ReversedRanking(engine), questions), baseline).regressions


def test_a_limit_names_the_figure_that_is_under_it(healthy: Evaluation) -> None:
    assert below(healthy, "hit@5=0.5, citation_exactness=1") == []
    (fault,) = below(healthy, "hit@5=0.5,em=0.99")
    assert fault.startswith("em is ")


@pytest.mark.parametrize("limits", ["f1", "f1=high", "accuracy=0.9"])
def test_limits_that_mean_nothing_are_refused(healthy: Evaluation, limits: str) -> None:
    with pytest.raises(InvalidInput):
        below(healthy, limits)


def test_baselines_of_another_corpus_or_other_questions_are_refused(
    healthy: Evaluation, baseline: Path, tmp_path: Path
) -> None:
    content = json.loads(baseline.read_text(encoding="utf-8"))
    other_corpus, fewer = tmp_path / "corpus.json", tmp_path / "fewer.json"
    other_corpus.write_text(json.dumps({**content, "corpus": "0" * 64}), encoding="utf-8")
    shorter = {name: column[1:] for name, column in content["values"].items()}
    fewer.write_text(
        json.dumps({**content, "ids": content["ids"][1:], "values": shorter}), encoding="utf-8"
    )
    with pytest.raises(InvalidInput, match="another corpus"):
        compare(healthy, other_corpus)
    with pytest.raises(InvalidInput, match="lacks 1 of the questions"):
        compare(healthy, fewer)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "x", "version": 1}', "\x00"])
def test_files_that_are_no_baseline_are_refused(
    healthy: Evaluation, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput):
        compare(healthy, file)

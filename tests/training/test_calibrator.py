"""Fitting confidence: what evidence tells, confidence tells, and too little is refused."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from rag.cli import main
from rag.confidence import Calibration
from rag.engine import Engine
from rag.errors import InvalidGold
from rag.evaluation.sets import Source
from rag.reading import FEATURES, Evidence
from rag.settings import Settings
from rag.training.calibrator import fit
from rag.types import Candidate, Document, Hit, Span
from tests.quiet import quiet

pytestmark = pytest.mark.slow  # scikit-learn takes seconds to import, and a fit to read for

ROOT = Path(__file__).parents[2]
GOLD = ROOT / "eval" / "gold" / "article.jsonl"
SEEDS = ROOT / "seeds"
QUESTIONS = 10
"""Questions on each synthetic paragraph, of which half have an answer."""

Draw = Callable[[bool, np.random.Generator], Evidence]


@dataclass(frozen=True)
class Case:
    """A SQuAD file, and each question in it with the place of its answer, or None."""

    source: Source
    places: Mapping[str, tuple[str, Span] | None]


def made_case(folder: Path, articles: int, *, answered: int | None = None) -> Case:
    """Write a file of articles of two paragraphs; only the first ``answered`` have answers."""
    data, places = [], dict[str, tuple[str, Span] | None]()
    for article in range(articles):
        paragraphs = []
        for paragraph in range(2):
            lamps = [f"{article}-{paragraph}-{number}" for number in range(QUESTIONS)]
            text = " ".join(f"Lamp {lamp} is {n * 7} feet tall." for n, lamp in enumerate(lamps))
            qas = []
            for number, lamp in enumerate(lamps):
                question, answer = f"How tall is lamp {lamp}?", f"{number * 7} feet"
                start = text.index(f"{lamp} is ") + len(f"{lamp} is ")
                known = number % 2 == 0 and (answered is None or article < answered)
                span = Span(start, start + len(answer))
                places[question] = (f"lamps {article}/{paragraph}", span) if known else None
                answers = [{"text": answer, "answer_start": start}] if known else []
                qas.append({"id": lamp, "question": question, "answers": answers})
            paragraphs.append({"context": text, "qas": qas})
        data.append({"title": f"lamps {article}", "paragraphs": paragraphs})
    file = folder / "lamps.json"
    file.write_text(json.dumps({"data": data}), encoding="utf-8")
    return Case(Source(file), places)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return made_case(tmp_path, 6)


def observing(
    case: Case, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[Evidence, bool]]:
    """Let an engine find the gold answer where there is one, with evidence drawn; return it."""
    generator = np.random.default_rng(0)
    observed: list[tuple[Evidence, bool]] = []

    def weigh(
        engine: Engine, question: str, _hits: Sequence[Hit]
    ) -> tuple[list[Candidate], list[Evidence]]:
        place = case.places[question]
        passage = next(
            each
            for each in engine.index.passages.values()
            if place is None
            or (each.document_id == place[0] and each.start <= place[1].start < each.end)
        )
        span = place[1] if place else passage.sentences[0]
        evidence = draw(place is not None, generator)
        observed.append((evidence, place is not None))
        return [Candidate(Hit(passage, 0, 0, 0), span, evidence.score)], [evidence]

    monkeypatch.setattr(Engine, "weigh", weigh)
    return observed


def separable(right: bool, generator: np.random.Generator) -> Evidence:
    noise = generator.normal(size=len(FEATURES))
    return Evidence(*(float(each) for each in [noise[0] + (6 if right else -6), *noise[1:]]))


def overlapping(right: bool, generator: np.random.Generator) -> Evidence:
    drawn = 20 + 3 * generator.normal(size=len(FEATURES))
    drawn[:2] += (right * 4.0, right * 2.0)
    return Evidence(*map(float, drawn))


def telling_nothing(_right: bool, generator: np.random.Generator) -> Evidence:
    return Evidence(*(float(each) for each in generator.normal(size=len(FEATURES))))


class TestSyntheticEvidence:
    def test_evidence_that_separates_is_found_to(
        self, case: Case, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        observed = observing(case, separable, monkeypatch)
        settings = settings.model_copy(update={"target_precision": 0.9})
        fitted = fit(settings, [case.source], tmp_path / "fitted.json", quiet)
        (worth,) = fitted.files
        assert (worth.questions, worth.articles) == (6 * 2 * QUESTIONS, 6)
        assert worth.auroc is not None
        assert worth.auroc > 0.99
        assert worth.ece < 0.05
        assert fitted.precision >= 0.9
        assert fitted.coverage == pytest.approx(0.5, abs=0.06)
        calibration = Calibration.read((tmp_path / "fitted.json").read_text("utf-8"))
        threshold = calibration.threshold(settings.target_precision)
        assert threshold == fitted.threshold
        for evidence, right in observed:
            assert (calibration.confidence(evidence) >= threshold) == right

    def test_evidence_that_tells_nothing_is_found_to(
        self, case: Case, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        observing(case, telling_nothing, monkeypatch)
        fitted = fit(settings, [case.source], tmp_path / "fitted.json", quiet)
        (worth,) = fitted.files
        assert worth.auroc is not None
        assert worth.auroc < 0.65
        assert fitted.precision < 0.9

    def test_what_is_written_weighs_evidence_in_its_own_units(
        self, case: Case, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        observed = observing(case, overlapping, monkeypatch)
        fit(settings, [case.source], tmp_path / "fitted.json", quiet)
        calibration = Calibration.read((tmp_path / "fitted.json").read_text("utf-8"))
        found = np.array([calibration.confidence(evidence) for evidence, _ in observed])
        right = np.array([right for _, right in observed])
        assert found.mean() == pytest.approx(right.mean(), abs=0.01)  # sure as often as right ...
        assert found[right].mean() > found[~right].mean() + 0.2  # ... and of what is
        assert calibration.weights["score"] > calibration.weights["lead"] > 0
        idle = [calibration.weights[name] for name in FEATURES[2:]]
        assert np.abs(idle).max() < calibration.weights["score"] / 2

    def test_the_curve_rises_to_what_the_most_confident_answers_reach(
        self, case: Case, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        observing(case, overlapping, monkeypatch)
        fitted = fit(settings, [case.source], tmp_path / "fitted.json", quiet)
        content = json.loads((tmp_path / "fitted.json").read_text("utf-8"))
        thresholds, precisions = zip(*content["curve"], strict=True)
        assert list(thresholds) == sorted(set(thresholds))
        assert precisions[0] == pytest.approx(0.5)  # all are answered, and half of them right
        assert precisions[-1] > 0.8
        assert all(0 <= each <= 1 for each in precisions)
        assert content["weights"].keys() == set(FEATURES)
        (told,) = content["fitted_on"]
        assert told["file"] == "lamps.json"
        assert told["articles"] == fitted.files[0].articles
        assert 0.5 < told["auroc"] < 1

    def test_files_are_fitted_on_together_and_told_of_apart(
        self, case: Case, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "all").mkdir()
        known = made_case(tmp_path / "all", 3, answered=3)
        answerable = known.source.gold.rename(tmp_path / "answerable.json")
        content = json.loads(answerable.read_text("utf-8"))
        for paragraph in (p for article in content["data"] for p in article["paragraphs"]):
            paragraph["qas"] = [each for each in paragraph["qas"] if each["answers"]]
        answerable.write_text(json.dumps(content), encoding="utf-8")
        observed = observing(case, overlapping, monkeypatch)
        sources = [case.source, Source(answerable)]
        fitted = fit(settings, sources, tmp_path / "fitted.json", quiet)
        both, one = fitted.files
        assert (both.file, one.file) == ("lamps.json", "answerable.json")
        assert (both.questions, one.questions) == (6 * 2 * QUESTIONS, 3 * QUESTIONS)
        assert len(observed) == both.questions + one.questions
        assert both.auroc is not None
        assert both.auroc > 0.6
        assert one.auroc is None  # there is nothing to tell apart

    def test_paragraphs_of_one_article_are_too_little(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = made_case(tmp_path, 1)
        observing(case, separable, monkeypatch)
        with pytest.raises(InvalidGold, match=r"lamps\.json is too small"):
            fit(settings, [case.source], tmp_path / "fitted.json", quiet)
        assert not (tmp_path / "fitted.json").exists()

    @pytest.mark.parametrize("answered", [0, 1])
    def test_right_answers_on_one_article_alone_are_too_few(
        self, answered: int, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = made_case(tmp_path, 3, answered=answered)
        observing(case, separable, monkeypatch)
        with pytest.raises(InvalidGold, match=r"lamps\.json is too small"):
            fit(settings, [case.source], tmp_path / "fitted.json", quiet)


class TestTheArticle:
    def test_questions_on_the_article_alone_are_refused(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        source = Source(GOLD, SEEDS, split="dev")
        with pytest.raises(InvalidGold, match=r"article\.jsonl is too small"):
            fit(settings, [source], tmp_path / "fitted.json", quiet)

    def test_a_calibration_fitted_on_its_parts_is_read_and_used(
        self, article: Document, settings: Settings, tmp_path: Path
    ) -> None:
        gold, folder = in_parts(article, tmp_path)
        out = tmp_path / "fitted.json"
        flags = ["--gold", gold, "--collection", folder, "--split", "dev", "--out", out]
        ran = CliRunner().invoke(
            main, ["train", "calibrator", *map(str, [*flags, "--index", settings.index])]
        )
        assert ran.exit_code == 0, ran.output
        assert "parts.jsonl: " in ran.output.replace("\n", " ")
        calibration = Calibration.read(out.read_text("utf-8"))
        assert calibration.weights.keys() == set(FEATURES)
        content = json.loads(out.read_text("utf-8"))
        (told,) = content["fitted_on"]
        assert told["split"] == "dev"
        assert 2 < told["articles"] <= told["questions"]
        engine = Engine.open(settings.model_copy(update={"calibration": out}))
        question = "Which minerals do the Central Asian countries hold?"  # which is put to both
        answer = engine.ask(question, top_k=2)
        _, evidence = engine.weigh(question, engine.search(question, top_k=2))
        assert answer.confidence == max(map(calibration.confidence, evidence))


def in_parts(article: Document, folder: Path) -> tuple[Path, Path]:
    """Cut the article into four documents, and its questions with it; return gold and folder."""
    parts, rows = folder / "parts", []
    parts.mkdir()
    size = len(article.text) // 4 + 1
    for number in range(4):
        part = article.text[number * size : (number + 1) * size]
        (parts / f"part{number}.txt").write_text(part, encoding="utf-8")
    for row in map(json.loads, GOLD.read_text("utf-8").splitlines()):
        place = row["spans"][0]["start"] // size if row["spans"] else None
        document_id = None if place is None else f"part{place}.txt"
        rows.append({**row, "document_id": document_id, "spans": []})
    gold = folder / "parts.jsonl"
    gold.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return gold, parts

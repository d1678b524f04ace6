"""The questions written to train the reader are composed with texts that are not kept here."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rag.evaluation.importers import squad
from training.compose import QUESTIONS, compose

SHARED = Path(__file__).parents[3] / "shared" / "data"
LIMA = "Ada Hill came to Lima in 1921."


def row(passage: str, /, *answers: str, **more: Any) -> dict[str, Any]:
    places = [[passage.index(each), passage.index(each) + len(each)] for each in answers]
    asked = [
        {"question": "When did she come?", "answers": places},
        {"question": "Who left?", "answers": []},
    ]
    return {"split": "train-1", "questions": asked} | more


def kept() -> list[dict[str, Any]]:
    with QUESTIONS.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder with one set of one paragraph, laid out as the real ones are."""
    (tmp_path / "train").mkdir()
    content = {"data": [{"title": "Lima", "paragraphs": [{"context": LIMA, "qas": []}]}]}
    (tmp_path / "train" / "set.json").write_text(json.dumps(content), encoding="utf-8")
    return tmp_path


def test_each_split_is_a_squad_file_of_own_and_public_texts(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "Tomé sailed in 1498."
    named = {"file": "set.json", "sha256": hashlib.sha256(LIMA.encode()).hexdigest()}
    rows = [row(LIMA, "1921", **named), row(own, "1498", text=own, split="test")]
    questions = tmp_path / "questions.jsonl"
    questions.write_text("".join(f"{json.dumps(each)}\n" for each in rows), encoding="utf-8")
    monkeypatch.setattr("training.compose.QUESTIONS", questions)
    assert compose(data, tmp_path / "out") == {"test": 2, "train-1": 2}
    train, test = (squad(tmp_path / "out" / f"{split}.json") for split in ("train-1", "test"))
    assert [each.text for each in (*train.documents, *test.documents)] == [LIMA, own]
    assert [each.title for each in (*train.documents, *test.documents)] == ["Lima", own]
    assert [each.answers for each in train.questions] == [("1921",), ()]
    assert [each.answers for each in test.questions] == [("1498",), ()]


def test_without_its_sources_nothing_is_composed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"\.json"):
        compose(tmp_path, tmp_path / "out")


def test_the_questions_are_whole_and_hold_no_public_text() -> None:
    rows = kept()
    assert {each["split"] for each in rows} == {"test", *(f"train-{turn}" for turn in range(1, 8))}
    assert all(("text" in each) != ("sha256" in each) for each in rows)
    for each in rows:
        places = [place for asked in each["questions"] for place in asked["answers"]]
        assert all(0 <= start < end for start, end in places)
        assert all(asked["question"].strip() for asked in each["questions"])


def test_what_is_tested_is_not_learned_from_and_own_texts_hold_their_answers() -> None:
    learned, tested = Counter[str](), Counter[str]()
    for each in kept():
        name = each.get("sha256") or hashlib.sha256(each["text"].encode()).hexdigest()
        (tested if each["split"] == "test" else learned)[name] += 1
        answers = [place for asked in each["questions"] for place in asked["answers"]]
        if "text" in each:
            assert all(
                (said := each["text"][start:end]) == said.strip() != "" for start, end in answers
            )
    assert learned.keys().isdisjoint(tested)
    assert max(tested.values()) == 1
    assert max(learned.values()) == 2  # asked once more in the fifth turn


def test_no_question_is_asked_twice_on_a_passage() -> None:
    asked = Counter(
        (each.get("sha256") or each["text"], question["question"].casefold())
        for each in kept()
        for question in each["questions"]
    )
    assert max(asked.values()) == 1


def test_answers_stand_where_they_are_said_to(tmp_path: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip("the public sets are not here")
    counts = compose(SHARED, tmp_path)
    for split, count in counts.items():
        read = squad(tmp_path / f"{split}.json")  # which refuses misplaced answers
        assert len(read.questions) == count
        assert all(said == said.strip() for each in read.questions for said in each.answers)

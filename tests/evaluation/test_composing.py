"""Conversations are composed of what was written here and of texts that are not."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from eval.conversations import GOLD, compose
from rag.evaluation.gold import read_gold
from rag.types import Role

SHARED = Path(__file__).parents[3] / "shared" / "data"
TEXT = "Lima\n\nAda Hill came to Lima in 1921.\n\nShe left in 1930."


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder with a text of each source, laid out as the real ones are."""
    paragraphs = [{"context": " Ada Hill came to Lima in 1921. "}, {"context": "She left in 1930."}]
    articles = {"data": [{"title": "Lima", "paragraphs": paragraphs}]}
    (tmp_path / "eval").mkdir()
    (tmp_path / "text").mkdir()
    for name in ("squad1-public.json", "squad2-public.json"):
        (tmp_path / "eval" / name).write_text(json.dumps(articles), encoding="utf-8")
    news = {"id": "sport/001.txt", "title": "Cup", "body": "Peru won.\n\nChile lost."}
    with gzip.open(tmp_path / "text" / "bbc_news.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps(news))
    return tmp_path


def row(document: str, text: str, answers: list[str], **more: Any) -> dict[str, Any]:
    places = [[text.index(each), text.index(each) + len(each)] for each in answers]
    asked = {"question": "When?", "resolved_question": "When did she come?", "type": "ellipsis"}
    return {"document": document, "answers": places, "split": "dev", **asked, **more}


def test_answers_come_out_of_the_texts(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = ["Who came?", [TEXT.index("Ada"), TEXT.index(" came")]]
    cup = "Cup\n\nPeru won.\n\nChile lost."
    rows = [
        row("Lima.txt", TEXT, ["1921", "in 1921"], id="1", history=[who, ["Why?", None]]),
        row("bbc-sport-001.txt", cup, ["Chile"], id="2", history=[["Who won?", [5, 9]]]),
    ]
    gold = tmp_path / "conversations.jsonl"
    gold.write_text("".join(f"{json.dumps(each)}\n" for each in rows), encoding="utf-8")
    monkeypatch.setattr("eval.conversations.GOLD", gold)
    out = tmp_path / "composed"
    assert compose(data, out) == 2
    assert (out / "documents" / "Lima.txt").read_text(encoding="utf-8") == TEXT
    assert (out / "documents" / "bbc-sport-001.txt").read_text(encoding="utf-8") == cup
    first, second = read_gold(out / "gold.jsonl")
    assert (first.answers, second.answers) == (("1921", "in 1921"), ("Chile",))
    assert [turn.content for turn in first.history][:3] == ["Who came?", "Ada Hill", "Why?"]
    assert first.history[3].content.startswith("No answer")
    assert [turn.role for turn in second.history] == [Role.USER, Role.ASSISTANT]


def test_without_its_sources_nothing_is_composed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="squad1-public"):
        compose(tmp_path, tmp_path / "composed")


def test_the_conversations_are_whole_and_hold_no_text() -> None:
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    assert len({each["id"] for each in rows}) == len(rows) > 600
    assert {each["split"] for each in rows} == {"dev", "test"}
    for each in rows:
        places = [*each["answers"], *(place for _, place in each["history"] if place)]
        assert all(0 <= start < end for start, end in places)
        assert each["history"]
        assert bool(each["answers"]) == (each["type"] != "unanswerable")


def test_answers_stand_where_they_are_said_to(tmp_path: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip("the public sets are not here")
    compose(SHARED, tmp_path)
    questions = read_gold(tmp_path / "gold.jsonl")
    assert all(answer == answer.strip() != "" for each in questions for answer in each.answers)

"""SQuAD files -> documents and gold questions, every answer at its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag.errors import InvalidGold
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.importers import squad
from rag.types import Span

SHARED = Path(__file__).parent.parent.parent.parent / "shared" / "data"
CONTEXT = "Kobe is old.\r\n👩\u200d👧 Kobe is deep."


def question(number: int, *answers: tuple[str, int], **more: Any) -> dict[str, Any]:
    placed = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": str(number), "question": f"Question {number}?", "answers": placed, **more}


def data(*questions: Any, title: str = "Kobe") -> dict[str, Any]:
    return {"title": title, "paragraphs": [{"context": CONTEXT, "qas": list(questions)}]}


def write(folder: Path, *articles: Any) -> Path:
    file = folder / "squad.json"
    file.write_text(json.dumps({"version": "v2.0", "data": articles}), encoding="utf-8")
    return file


def refusal(file: Path) -> str:
    with pytest.raises(InvalidGold) as caught:
        squad(file)
    assert str(caught.value).startswith(f"{file} cannot be read as SQuAD JSON: ")
    return str(caught.value)


def test_a_small_file_is_read_whole(tmp_path: Path) -> None:
    plausible = {"plausible_answers": [{"text": "old", "answer_start": 8}], "is_impossible": True}
    kobe = data(question(1, ("Kobe", 0), ("Kobe", 18), ("Kobe", 0), ("old", 8)))
    kobe["paragraphs"].append({"context": "It rains.", "qas": []})
    found = squad(write(tmp_path, kobe, data(question(2, **plausible), title="Other")))
    assert [(d.id, d.text) for d in found.documents] == [
        ("Kobe/0", CONTEXT),
        ("Kobe/1", "It rains."),
        ("Other/0", CONTEXT),
    ]
    assert found.questions == (
        GoldQuestion(
            id="1",
            question="Question 1?",
            answers=("Kobe", "Kobe", "old"),
            document_id="Kobe/0",
            spans=(Span(0, 4), Span(18, 22), Span(8, 11)),
        ),
        GoldQuestion(id="2", question="Question 2?", answers=(), document_id="Other/0"),
    )


MISPLACED = [("Kobe", 1), ("Kobe", -4), ("Kobe is deep.!", 18), ("", 3), ("deep.", -5)]


@pytest.mark.parametrize("answer", MISPLACED)
def test_an_answer_that_does_not_stand_where_it_says_is_refused(
    tmp_path: Path, answer: tuple[str, int]
) -> None:
    message = refusal(write(tmp_path, data(question(7, ("old", 8), answer))))
    assert f"answer of question 7 does not stand at {answer[1]}" in message


@pytest.mark.parametrize("answer", MISPLACED)
def test_misplaced_answers_can_be_dropped_and_questions_without_others(
    tmp_path: Path, answer: tuple[str, int]
) -> None:
    questions = [question(1, ("old", 8), answer), question(2, answer), question(3)]
    found = squad(write(tmp_path, data(*questions)), drop_misplaced=True)
    assert [(q.id, q.answers) for q in found.questions] == [("1", ("old",)), ("3", ())]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"data": 5}',
        b'{"data": ["a"]}',
        b'{"data": [{"title": "a"}]}',
        b'{"data": [{"title": "a", "paragraphs": [{"qas": []}]}]}',
        b'{"data": [{"title": "a", "paragraphs": [{"context": null, "qas": []}]}]}',
        b'{"data": [{"title": "a", "paragraphs": [{"context": "a", "qas": [{"id": 1}]}]}]}',
        b'{"data": "\xff"}',
        b'{"data": ' + b"[" * 200_000,
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "squad.json"
    file.write_bytes(content)
    refusal(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "squad.json")


def test_two_questions_or_documents_of_one_id_are_refused(tmp_path: Path) -> None:
    twice = write(tmp_path, data(question(1), question(1)))
    assert "2 have the id '1'" in refusal(twice)
    same = write(tmp_path, data(question(1)), data(question(2)))
    assert "2 have the id 'Kobe/0'" in refusal(same)


@pytest.mark.skipif(not SHARED.exists(), reason=f"the public data is not here: {SHARED}")
def test_the_public_part_of_squad_2_is_read_whole() -> None:
    found = squad(SHARED / "eval" / "squad2-public.json")
    assert len(found.documents) == 223
    assert len(found.questions) == 2281
    assert sum(not question.is_answerable for question in found.questions) == 1215
    texts = {document.id: document.text for document in found.documents}
    for each in found.questions:
        text = texts[str(each.document_id)]
        assert tuple(text[span.start : span.end] for span in each.spans) == each.answers

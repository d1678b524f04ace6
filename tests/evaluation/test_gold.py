"""Gold files: the one that is shipped holds, and every kind of bad line is named."""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rag.documents import parse
from rag.errors import InvalidGold
from rag.evaluation.gold import GoldQuestion, read_gold
from rag.types import Document, Role, Span, Turn

GOLD = Path(__file__).parent.parent.parent / "eval" / "gold" / "article.jsonl"
TEXT = "It began in Kobe. 👩\u200d👧 It ended in Kobe."
DOCUMENTS = {"a.txt": parse("a.txt", TEXT)}
GOOD = {"id": "1", "question": "Where?", "answers": ["Kobe"], "document_id": "a.txt"}


@pytest.fixture(scope="module")
def gold(article: Document) -> list[GoldQuestion]:
    return read_gold(GOLD, {"article.txt": article})


def write(folder: Path, *lines: Any) -> Path:
    """Write a gold file, a line each: text and bytes as they are, all else as JSON."""
    file = folder / "gold.jsonl"
    encoded = [
        line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()
        for line in lines
    ]
    file.write_bytes(b"\n".join(encoded))
    return file


def refusal(file: Path, documents: Mapping[str, Document] | None = None) -> str:
    with pytest.raises(InvalidGold) as caught:
        read_gold(file, DOCUMENTS if documents is None else documents)
    return str(caught.value)


def test_the_shipped_gold_asks_enough_of_both_kinds(gold: list[GoldQuestion]) -> None:
    assert len(gold) >= 60
    assert sum(not question.is_answerable for question in gold) >= 20
    assert len({question.question for question in gold}) == len(gold)


def test_the_shipped_gold_has_both_splits_of_every_type(gold: list[GoldQuestion]) -> None:
    splits = defaultdict(set)
    for question in gold:
        splits[question.type].add(question.split)
    assert len(splits) >= 10
    assert set(map(frozenset, splits.values())) == {frozenset({"dev", "test"})}


def test_every_shipped_answer_stands_in_the_article_where_it_says(
    gold: list[GoldQuestion], article: Document
) -> None:
    for question in gold:
        found = {article.text[span.start : span.end] for span in question.spans}
        assert found == set(question.answers)
        assert len(question.spans) == len(question.answers) == len(set(question.spans))
        assert all(answer == answer.strip() for answer in question.answers)


def test_a_split_is_read_alone(gold: list[GoldQuestion]) -> None:
    dev, test = read_gold(GOLD, split="dev"), read_gold(GOLD, split="test")
    assert sorted(dev + test, key=lambda q: q.id) == sorted(gold, key=lambda q: q.id)
    assert {question.split for question in dev} == {"dev"}


def test_every_field_is_read(tmp_path: Path) -> None:
    full = GOOD | {
        "answers": ["Kobe", "Kobe."],
        "spans": [{"start": 12, "end": 16}, {"start": 34, "end": 39}],
        "history": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}],
        "resolved_question": "Where did it begin?",
        "type": "where",
        "split": "dev",
    }
    least = {"id": "2", "question": "Who?", "answers": []}
    assert read_gold(write(tmp_path, full, b"", least, b""), DOCUMENTS) == [
        GoldQuestion(
            id="1",
            question="Where?",
            answers=("Kobe", "Kobe."),
            document_id="a.txt",
            spans=(Span(12, 16), Span(34, 39)),
            history=(Turn(Role.USER, "Hi"), Turn(Role.ASSISTANT, "Yes?")),
            resolved_question="Where did it begin?",
            type="where",
            split="dev",
        ),
        GoldQuestion(id="2", question="Who?", answers=()),
    ]


def test_lines_may_end_as_on_windows_and_hold_any_separator(tmp_path: Path) -> None:
    question = "Where\u2028is\u0085it?"
    lines = [json.dumps(GOOD).encode() + b"\r", GOOD | {"id": "2", "question": question}, b"\r"]
    assert [q.question for q in read_gold(write(tmp_path, *lines))] == ["Where?", question]


BAD = {
    "broken JSON": (b'{"id": "2",', "expecting property name"),
    "two objects": (b"{} {}", "extra data"),
    "no object": ([GOOD], "the line: "),
    "a mark at its start": (b"\xef\xbb\xbf{}", "bom"),
    "not UTF-8": (b'{"id": "caf\xe9"}', "utf-8"),
    "deeply nested JSON": (b"[" * 200_000, "recursion"),
    "an unknown field": (GOOD | {"id": "2", "anwser": "Kobe"}, "anwser: extra inputs"),
    "a missing field": ({"id": "2", "question": "Where?"}, "answers: field required"),
    "an id of another type": (GOOD | {"id": 2}, "id: input should be a valid string"),
    "answers of another type": (GOOD | {"id": "2", "answers": "Kobe"}, "answers: input should be"),
    "an offset of another type": (
        GOOD | {"id": "2", "spans": [{"start": "12", "end": 16}]},
        "spans.0.start: input should be a valid integer",
    ),
    "a history of another shape": (
        GOOD | {"id": "2", "history": [{"role": "system", "content": ""}]},
        "history.0.role: input should be 'user' or 'assistant'",
    ),
    "a resolved question that follows nothing": (
        GOOD | {"id": "2", "resolved_question": "Where did it begin?"},
        "a resolved_question without a history",
    ),
    "an unknown split": (GOOD | {"id": "2", "split": "train"}, "split: input should be"),
    "an empty id": (GOOD | {"id": ""}, "id: string should have at least 1 character"),
    "an empty question": (GOOD | {"id": "2", "question": ""}, "question: string should have"),
    "an empty answer": (GOOD | {"id": "2", "answers": [""]}, "answers.0: string should have"),
    "a duplicate id": (GOOD, "the id '1' stands on an earlier line too"),
    "an unknown document": (GOOD | {"id": "2", "document_id": "b.txt"}, "has the id 'b.txt'"),
    "a span that does not match": (
        GOOD | {"id": "2", "spans": [{"start": 11, "end": 15}]},
        "the span 11-15 holds ' kob', none of the answers",
    ),
    "a span of an unanswerable question": (
        GOOD | {"id": "2", "answers": [], "spans": [{"start": 12, "end": 16}]},
        "the span 12-16 holds 'kobe', none of the answers",
    ),
    "a span beyond the end": (
        GOOD | {"id": "2", "answers": ["Kobe."], "spans": [{"start": 34, "end": 40}]},
        "the span 34-40 holds 'kobe.'",
    ),
    "a span before the start": (
        GOOD | {"id": "2", "spans": [{"start": -5, "end": -1}]},
        "spans.0.start: input should be greater than or equal to 0",
    ),
    "a span turned round": (GOOD | {"id": "2", "spans": [{"start": 16, "end": 12}]}, "16-12"),
    "spans without a document": (
        {"id": "2", "question": "?", "answers": ["Kobe"], "spans": [{"start": 12, "end": 16}]},
        "spans without a document_id",
    ),
}


@pytest.mark.parametrize(("line", "complaint"), BAD.values(), ids=BAD)
def test_a_bad_line_is_refused_by_file_and_number(
    tmp_path: Path, line: Any, complaint: str
) -> None:
    file = write(tmp_path, GOOD, b"", line, GOOD | {"id": "3"})
    message = refusal(file)
    assert message.startswith(f"{file}, line 3: ")
    assert complaint in message.lower()
    assert len(message) < 300 + len(str(file))


def test_offsets_count_code_points(tmp_path: Path) -> None:
    spans = [{"start": TEXT.rindex("Kobe"), "end": TEXT.rindex("Kobe") + 4}]
    (question,) = read_gold(write(tmp_path, GOOD | {"spans": spans}), DOCUMENTS)
    assert question.spans == (Span(34, 38),)


@pytest.mark.parametrize("content", [b"", b"\n \r\n\n"])
def test_a_file_without_a_question_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(write(tmp_path, content)) == (
        f"{tmp_path}/gold.jsonl holds no question: write one JSON object a line."
    )


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    assert f"The gold file {tmp_path} cannot be read" in refusal(tmp_path)
    assert "no such file" in refusal(tmp_path / "gold.jsonl").lower()


def test_without_documents_no_span_is_checked(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD | {"spans": [{"start": 0, "end": 1}]})
    assert read_gold(file)[0].spans == (Span(0, 1),)

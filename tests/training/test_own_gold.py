"""Gold of one's own as examples to learn from: JSON Lines, as `rag eval` takes them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from rag.engine import index
from rag.errors import IndexMissing, InvalidGold
from rag.evaluation.sets import Source
from rag.settings import Settings
from rag.training.course import prepare
from rag.training.examples import Example
from tests.quiet import quiet

LIGHT = (
    "The light on Kell Point was lit in 1871. Ada Brandt kept it for nineteen years, and her "
    "sister Ida kept it after her. In a storm of 1902 the sea took the stairs; Ida Brandt stayed "
    "above for six days. The lamp burned rape oil until 1923, and is electric today."
)
FERRY = (
    "The ferry to Kell Point leaves Ostby twice a day, at eight and at five. It carries forty "
    "people and no cars. In winter, when the sound freezes, it does not sail, and the mail is "
    "brought over the ice by a woman on skis, who has never once been late."
)

Write = Callable[[Sequence[dict[str, Any]]], Source]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "light.txt").write_text(LIGHT, encoding="utf-8")
    (folder / "ferry.txt").write_text(FERRY, encoding="utf-8")
    return folder


@pytest.fixture
def gold(texts: Path, tmp_path: Path) -> Write:
    """Return a function that writes a gold file on the texts."""

    def write(rows: Sequence[dict[str, Any]]) -> Source:
        file = tmp_path / "gold.jsonl"
        numbered = [{"id": str(number), **row} for number, row in enumerate(rows)]
        file.write_text("".join(f"{json.dumps(row)}\n" for row in numbered), encoding="utf-8")
        return Source(file, texts)

    return write


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """Return settings over an index that is yet to be made."""
    return settings.apart(tmp_path / "index")


@pytest.fixture
def asked(own: Settings, tmp_path: Path) -> Callable[[Source], list[tuple[str, str, str]]]:
    """Return a function that gives what is asked: question, document, and words of the answers."""

    def learn(source: Source) -> list[tuple[str, str, str]]:
        out = tmp_path / "out"
        out.mkdir()
        return list(map(shown, prepare(own, [source], out, quiet)[0]))

    return learn


def shown(example: Example) -> tuple[str, str, str]:
    document = "light" if example.text == LIGHT else "ferry" if example.text == FERRY else "?"
    words = "|".join(example.text[span.start : span.end] for span in example.spans)
    return example.question, document, words


Asked = Callable[[Source], list[tuple[str, str, str]]]


def test_an_answer_is_learned_at_its_place_in_its_document(gold: Write, asked: Asked) -> None:
    place = LIGHT.rindex("Ida")
    row = {
        "question": "Who stayed?",
        "answers": ["Ida"],
        "document_id": "light.txt",
        "spans": [{"start": place, "end": place + 3}],
    }
    assert asked(gold([row])) == [("Who stayed?", "light", "Ida")]


def test_an_answer_without_a_place_is_learned_wherever_it_stands(gold: Write, asked: Asked) -> None:
    kept = {"question": "Who kept it?", "answers": ["Ida", "Ada"], "document_id": "light.txt"}
    absent = {"question": "Who paid?", "answers": ["the king"], "document_id": "light.txt"}
    assert asked(gold([kept, absent])) == [("Who kept it?", "light", "Ida|Ida|Ada")]


def test_what_nothing_answers_is_put_to_the_passages_found_for_it(
    gold: Write, asked: Asked
) -> None:
    near = {"question": "Does the ferry carry dogs?", "answers": []}
    other = {"question": "Who owns it?", "answers": [], "document_id": "light.txt"}
    named = {"question": "When does the ferry leave?", "answers": ["at eight"]}
    row = {**named, "document_id": "ferry.txt"}
    assert sorted(asked(gold([near, other, row, named]))) == [
        ("Does the ferry carry dogs?", "ferry", ""),
        ("Does the ferry carry dogs?", "light", ""),
        ("When does the ferry leave?", "ferry", "at eight"),
        ("Who owns it?", "light", ""),
    ]


def test_a_follow_up_is_learned_in_full_or_not_at_all(gold: Write, asked: Asked) -> None:
    history = [
        {"role": "user", "content": "Who kept the light?"},
        {"role": "assistant", "content": "Ada Brandt"},
    ]
    row = {"answers": ["nineteen years"], "document_id": "light.txt", "history": history}
    rows = [
        {**row, "question": "For how long?", "resolved_question": "How long did Ada keep it?"},
        {**row, "question": "And how long?"},
    ]
    assert asked(gold(rows)) == [("How long did Ada keep it?", "light", "nineteen years")]


def test_one_half_can_be_learned_from_and_the_other_kept(gold: Write, asked: Asked) -> None:
    row = {"answers": ["1871"], "document_id": "light.txt"}
    rows = [
        {**row, "question": "When was it lit?", "split": "dev"},
        {**row, "question": "Since when has it shone?", "split": "test"},
    ]
    source = gold(rows)
    half = Source(source.gold, source.collection, split="dev")
    assert [question for question, _, _ in asked(half)] == ["When was it lit?"]


def test_without_a_collection_questions_are_about_the_index_in_use(
    gold: Write, asked: Asked, own: Settings
) -> None:
    row = {"question": "When was it lit?", "answers": ["1871"], "document_id": "light.txt"}
    source = gold([row])
    assert source.collection
    index(own, [source.collection], quiet)
    assert asked(Source(source.gold)) == [("When was it lit?", "light", "1871")]


def test_without_a_collection_or_an_index_it_is_said_what_is_missing(
    gold: Write, asked: Asked
) -> None:
    row = {"question": "When was it lit?", "answers": ["1871"], "document_id": "light.txt"}
    with pytest.raises(IndexMissing, match="rag index"):
        asked(Source(gold([row]).gold))


def test_gold_at_odds_with_the_documents_is_refused(gold: Write, asked: Asked) -> None:
    row = {"question": "When was it lit?", "answers": ["1871"], "document_id": "lamp.txt"}
    with pytest.raises(InvalidGold, match=r"line 1: no document has the id 'lamp\.txt'"):
        asked(gold([row]))

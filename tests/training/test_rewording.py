"""Asking in other words: what changes, what must stay, and where the other words come from."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import InvalidGold
from rag.training.examples import Example
from rag.training.rewording import Rewording, keywords, mistyped
from rag.training.synonyms import Synonyms
from rag.types import Span

TEXT = "The minister met the mayors of two cities in Lyon, and paid for the meal."
EXAMPLE = Example("In which town did the minister pay for the meal?", TEXT, (Span(45, 49),))
SYNONYMS = Synonyms({"minister": ("secretary",), "meal": ("repast",), "city": ("metropolis",)})


def asked(example: Example, synonyms: Synonyms = SYNONYMS, draws: int = 300) -> set[str]:
    """Return every question that so many draws make of an example."""
    reword = Rewording(synonyms)
    random = Random(0)
    return {reword(example, random).question for _ in range(draws)}


def test_half_of_the_questions_stay_as_they_were_asked() -> None:
    reword, random = Rewording(SYNONYMS), Random(1)
    same = sum(reword(EXAMPLE, random) == EXAMPLE for _ in range(2000))
    assert 900 < same < 1200  # half are not touched, and a few of the others come out the same


def test_only_the_question_changes() -> None:
    reword, random = Rewording(SYNONYMS), Random(2)
    for _ in range(200):
        assert replace(reword(EXAMPLE, random), question=EXAMPLE.question) == EXAMPLE


def test_words_that_the_text_has_are_said_otherwise_or_not_at_all() -> None:
    random, reword = Random(3), Rewording(SYNONYMS)
    said = {reword.otherwise(EXAMPLE, random) for _ in range(200)}
    assert "In which town did the secretary pay for the repast?" in said
    assert "In which town did the pay for the ?" in said
    for question in said:
        assert question.startswith("In which town did the ")
        assert "pay for the" in question  # the text says "paid", so that word is no giveaway


def test_names_and_function_words_are_never_replaced() -> None:
    example = replace(EXAMPLE, question="Who met the mayors in Lyon?")
    every_word = Synonyms(dict.fromkeys(("who", "met", "the", "in", "lyon"), ("other",)))
    for _ in range(50):
        said = Rewording(every_word).otherwise(example, Random(4))
        assert said.startswith("Who ")
        assert said.endswith(" in Lyon?")


def test_a_question_that_turns_on_one_word_keeps_its_words() -> None:
    for hard in (replace(EXAMPLE, spans=()), replace(EXAMPLE, spans=(), kind="changed")):
        for question in asked(hard):
            assert len(question.split()) == len(EXAMPLE.question.split())
            assert "secretary" not in question
            assert "repast" not in question


def test_a_passage_found_for_another_question_may_be_asked_in_other_words() -> None:
    found = replace(EXAMPLE, spans=(), kind="retrieved")
    assert any("secretary" in question for question in asked(found))


def test_keywords_are_what_one_types_into_a_search_box() -> None:
    said = {keywords(EXAMPLE, Random(seed)) for seed in range(20)}
    assert said == {"which town minister pay meal"}


@given(st.text(max_size=60), st.integers())
def test_any_question_survives_typing(question: str, seed: int) -> None:
    example = replace(EXAMPLE, question=question)
    slips = mistyped(example, Random(seed))
    assert abs(len(slips) - len(question)) <= 4
    Rewording(SYNONYMS)(example, Random(seed))


def test_equal_seeds_ask_equally() -> None:
    reword = Rewording(SYNONYMS)
    one, other = Random(7), Random(7)
    for _ in range(50):
        assert reword(EXAMPLE, one) == reword(EXAMPLE, other)


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    """A WordNet database of two nouns and a verb, in the format of wndb(5WN)."""
    header = "  1 This is the head of a database file, which readers pass over.\n"
    car = "02958343 06 n 02 car 0 auto 0 000 | a motor vehicle\n"
    land = "08168978 14 n 03 country 0 nation 0 body_politic 0 000 | a people\n"
    begin = "00345761 30 v 03 begin 0 get_down 0 start 1 000 00 | take the first step\n"
    nouns = header + car + land
    verbs = header + begin
    at = {line: nouns.encode().index(line.encode()) for line in (car, land)}
    start = verbs.encode().index(begin.encode())
    files = {
        "data.noun": nouns,
        "index.noun": f"{header}car n 1 1 @ 1 1 {at[car]:08d}  \nauto n 1 0 1 1 {at[car]:08d}  \n"
        f"country n 2 1 @ 2 1 {at[land]:08d} {at[car]:08d}  \n",
        "data.verb": verbs,
        "index.verb": f"{header}begin v 1 2 @ ~ 1 1 {start:08d}  \n",
        "data.adj": header,
        "index.adj": header,
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="ascii")
    return tmp_path


def test_synonyms_are_those_of_the_most_frequent_sense(wordnet: Path) -> None:
    synonyms = Synonyms.read(wordnet)
    assert synonyms.of("car") == ("auto",)
    assert synonyms.of("auto") == ("car",)
    assert synonyms.of("country") == ("nation",)  # in its first sense, and single words alone
    assert synonyms.of("begin") == ("start",)
    assert synonyms.of("unheard") == ()


def test_plurals_have_plural_synonyms(wordnet: Path) -> None:
    synonyms = Synonyms.read(wordnet)
    assert synonyms.of("cars") == ("autos",)
    assert synonyms.of("countries") == ("nations",)


def test_a_folder_without_wordnet_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(InvalidGold, match="wordnet-base"):
        Synonyms.read(tmp_path)

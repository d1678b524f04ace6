"""BM25 against an oracle of a few lines, and what counts as a word."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.index import LexicalIndex
from rag.seams import Ints

WORDS = ("gold", "fox", "tree", "book", "salt", "wind", "tokyo", "1964")
"""Words that are their own stems, so that the oracle needs no stemmer."""

LONGEST = 40
"""Up to this many terms, tantivy holds the length of a text exactly."""


def bm25(texts: Sequence[Sequence[str]], question: Sequence[str]) -> list[float]:
    """Score each text: Robertson and Zaragoza (2009), with tantivy's k1, b and idf."""
    mean = sum(map(len, texts)) / len(texts)
    scores = []
    for text in texts:
        counts = Counter(text)
        total = 0.0
        for term in set(question) & counts.keys():
            n = sum(term in other for other in texts)
            idf = math.log(1 + (len(texts) - n + 0.5) / (n + 0.5))
            damped = 1.2 * (1 - 0.75 + 0.75 * len(text) / mean)
            total += idf * 2.2 * counts[term] / (counts[term] + damped)
        scores.append(total)
    return scores


def every(index: LexicalIndex) -> Ints:
    return np.arange(len(index), dtype=np.int64)


def built(folder: Path, *texts: str) -> LexicalIndex:
    return changed(folder, dict(enumerate(texts)))


def changed(folder: Path, added: dict[int, str], *removed: int) -> LexicalIndex:
    folder.mkdir(exist_ok=True)
    LexicalIndex.write(folder, added.items(), np.array(removed, dtype=np.int64))
    return LexicalIndex.open(folder)


def found(index: LexicalIndex, question: str, k: int = 10) -> list[int]:
    return [int(ordinal) for ordinal in index.search(index.terms(question), k)]


@settings(max_examples=25)
@given(
    texts=st.lists(st.lists(st.sampled_from(WORDS), max_size=LONGEST), min_size=1, max_size=12),
    question=st.lists(st.sampled_from((*WORDS, "absent")), max_size=5),
)
def test_scores_are_those_of_the_oracle(texts: list[list[str]], question: list[str]) -> None:
    with TemporaryDirectory() as folder:
        index = built(Path(folder), *(" ".join(text) for text in texts))
        scores = index.score(question, every(index))
        expected = bm25(texts, question) if any(texts) else [0.0] * len(texts)
        np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)
        ranked = sorted(np.flatnonzero(scores).tolist(), key=lambda i: (-scores[i], i))
        assert index.search(question, 100).tolist() == ranked


def test_the_oracle_agrees_with_a_sum_done_by_hand() -> None:
    (score, other) = bm25([["gold", "fox"], ["tree", "book"]], ["gold"])
    assert score == pytest.approx(math.log(2) * 2.2 / 2.2)
    assert other == 0


def test_idf_and_document_frequency_count_passages(tmp_path: Path) -> None:
    index = built(tmp_path, "gold gold fox", "gold", "tree")
    assert [index.document_frequency(term) for term in ("gold", "fox", "absent")] == [2, 1, 0]
    assert index.idf("gold") == pytest.approx(math.log(1 + 1.5 / 2.5))
    assert index.idf("absent") == pytest.approx(math.log(1 + 3.5 / 0.5))


def test_given_ordinals_have_the_scores_that_all_together_have(tmp_path: Path) -> None:
    index = built(tmp_path, "gold fox", "tree", "gold", "fox fox tree")
    whole = index.score(["gold", "tree"], every(index))
    ordinals = np.array([3, 0, 3, 1], dtype=np.int64)
    np.testing.assert_array_equal(index.score(["gold", "tree"], ordinals), whole[ordinals])
    assert index.score(["gold"], np.empty(0, dtype=np.int64)).tolist() == []


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("leading", "He leads the country."),
        ("LEADERS", "a leader"),
        ("cafe", "Café Müller"),
        ("Café", "the CAFE"),
        ("Muller", "Café Müller"),
        ("Tokayev", "Tokayev’s visit"),
        ("Tokayev's", "President Tokayev."),
        ("summit", "“summit”"),
        ("multibillion", "multibillion-dollar deals"),
        ("東京", "東京、日本"),
        ("Казахстан", "Президент КАЗАХСТАН"),
        ("2025", "Dec 18, 2025."),
    ],
)
def test_a_word_is_found_in_another_form(question: str, text: str, tmp_path: Path) -> None:
    assert found(built(tmp_path, "nothing alike", text), question) == [1]


@pytest.mark.parametrize(
    "question", ["the and of", "Who is it?", "Isn't it you?", "", " ", "?!", "🇯🇵"]
)
def test_a_question_without_content_words_finds_nothing(question: str, tmp_path: Path) -> None:
    index = built(tmp_path, "the and of who is it", "Isn't it you? 🇯🇵", "")
    assert index.terms(question) == []
    assert found(index, question) == []
    assert index.score([], every(index)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "question",
    [
        "gold AND fox",
        "gold OR fox",
        "gold NOT fox",
        "+gold -fox",
        '"gold fox',
        "(gold fox",
        "gold) fox]",
        "text:gold fox",
        "ordinal:0 gold fox",
        "gold* fox~2",
        "gold^5 fox",
        r"gold\ fox",
        "gold TO [fox",
        "gold && fox || {",
    ],
)
def test_the_syntax_of_query_languages_means_nothing(question: str, tmp_path: Path) -> None:
    index = built(tmp_path, "tree tree tree", "gold gold fox", "gold")
    plain = index.score(["gold", "fox"], every(index))
    terms = [term for term in index.terms(question) if term in {"gold", "fox"}]
    assert terms == ["gold", "fox"]
    assert found(index, question) == [1, 2]
    np.testing.assert_array_equal(index.score(index.terms(question), every(index)), plain)


@settings(max_examples=200)
@given(question=st.text(max_size=60))
def test_no_question_does_harm(question: str, harmless: LexicalIndex) -> None:
    terms = harmless.terms(question)
    ordinals = harmless.search(terms, 10)
    scores = harmless.score(terms, every(harmless))
    assert sorted(ordinals.tolist()) == np.flatnonzero(scores).tolist()
    words = harmless.words(question)
    assert [stem for _, stem in words] == terms
    assert sorted(place for place, _ in words) == [place for place, _ in words]
    assert all(question[place.start : place.end].strip() for place, _ in words)


def test_words_say_where_each_stem_stands(tmp_path: Path) -> None:
    text = "😀 The Café’s LEADERS, naïve"
    words = built(tmp_path).words(text)
    assert [(text[place.start : place.end], stem) for place, stem in words] == [
        ("Café", "cafe"),
        ("LEADERS", "leader"),
        ("naïve", "naiv"),
    ]


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    return built(tmp_path_factory.mktemp("lexical"), "a0 b1 c2 é ß 東京", "0 1 2 A B C", "")


def test_ties_fall_to_the_earlier_passage(tmp_path: Path) -> None:
    index = built(tmp_path, *["fox", "gold fox"] * 20)
    assert found(index, "gold", 5) == [1, 3, 5, 7, 9]
    assert found(index, "fox", 50) == [*range(0, 40, 2), *range(1, 40, 2)]


def test_a_repeated_word_of_a_question_counts_once(tmp_path: Path) -> None:
    index = built(tmp_path, "gold fox", "fox")
    once = index.score(["gold"], every(index))
    np.testing.assert_array_equal(index.score(["gold", "gold"], every(index)), once)


def test_passages_with_a_stem_like_it_are_near(tmp_path: Path) -> None:
    index = built(tmp_path, "Kazakhstan", "Uzbekistan", "Tokyo")
    assert index.near("kazakstan", 1, 10).tolist() == [0]
    assert index.near("osaka", 1, 10).tolist() == []


def test_an_empty_collection_finds_nothing(tmp_path: Path) -> None:
    made = built(tmp_path)
    for index in (made, LexicalIndex.open(tmp_path)):
        assert len(index) == 0
        assert found(index, "gold") == []
        assert index.score(["gold"], every(index)).tolist() == []
        assert index.near("gold", 1, 10).tolist() == []
        assert index.document_frequency("gold") == 0


def test_an_index_opened_again_scores_as_before(tmp_path: Path) -> None:
    texts = [f"gold {'fox ' * number} tree{number}" for number in range(30)]
    made = built(tmp_path, *texts)
    opened = LexicalIndex.open(tmp_path)
    terms = ["gold", "fox", "tree7"]
    np.testing.assert_array_equal(opened.search(terms, 30), made.search(terms, 30))
    np.testing.assert_array_equal(opened.score(terms, every(made)), made.score(terms, every(made)))


def test_texts_added_in_turns_score_as_those_added_at_once(tmp_path: Path) -> None:
    texts = [f"gold {'fox ' * (number % 7)} tree{number}" for number in range(30)]
    whole = built(tmp_path / "whole", *texts)
    for number, text in enumerate(texts):
        turns = changed(tmp_path / "turns", {number: text})
    terms = ["gold", "fox", "tree7"]
    np.testing.assert_array_equal(turns.search(terms, 30), whole.search(terms, 30))
    np.testing.assert_array_equal(
        turns.score(terms, every(whole)), whole.score(terms, every(whole))
    )


def test_what_was_removed_is_found_and_counted_no_more(tmp_path: Path) -> None:
    built(tmp_path, "gold fox", "gold", "tree", "gold tree")
    index = changed(tmp_path, {7: "gold book"}, 0, 3)
    assert len(index) == 3
    assert found(index, "gold") == [1, 7]
    assert found(index, "fox") == []
    assert [index.document_frequency(term) for term in ("gold", "fox", "tree")] == [2, 0, 1]
    assert index.idf("gold") == pytest.approx(math.log(1 + 1.5 / 2.5))
    gone = np.array([0, 3, 1], dtype=np.int64)
    scores = index.score(["gold"], gone)
    assert (scores > 0).tolist() == [False, False, True]
    assert index.near("fax", 1, 10).tolist() == []


def test_only_of_those_asked_for_are_the_best_found(tmp_path: Path) -> None:
    index = built(tmp_path, "gold", "gold gold", "fox", "gold gold gold", "gold fox")
    among = np.array([0, 1, 2, 4], dtype=np.int64)
    assert index.search(["gold"], 2, among).tolist() == [1, 0]
    assert index.search(["gold"], 9, among).tolist() == [1, 0, 4]
    assert index.search(["gold"], 9, among[:0]).tolist() == []

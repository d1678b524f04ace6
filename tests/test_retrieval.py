"""Hybrid retrieval: the formula by hand, the values by recomputation, the order by rule."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import engine as engines
from rag.engine import Engine
from rag.index import Index
from rag.models import OnnxEncoder, load_encoder
from rag.proximity import proximity
from rag.retrieval import DENSE_WEIGHT, Retriever, fuse
from rag.seams import Floats
from rag.settings import Settings

QUESTIONS = [
    "Who is the press secretary of Japan’s Foreign Ministry?",
    "minerals gold uranium",
    "When did Vladimir Putin attend a summit?",
    "How do I bake sourdough bread?",
]


@pytest.fixture(scope="module")
def encoder(models: Path) -> OnnxEncoder:
    return load_encoder("all-MiniLM-L6-v2", models, threads=1)


@pytest.fixture(scope="module")
def index(settings: Settings) -> Index:
    return Index.open(settings.index)


@pytest.fixture(scope="module")
def retriever(index: Index, encoder: OnnxEncoder) -> Retriever:
    return Retriever(index, encoder)


def floats(*values: float) -> Floats:
    return np.array(values, dtype=np.float32)


def standardised(scores: Floats) -> Floats:
    return np.asarray((scores - scores.mean()) / (scores.std() or 1), dtype=np.float32)


def test_fusion_is_the_weighted_sum_of_standardised_scores() -> None:
    # dense: mean 2, deviation sqrt(2/3); lexical: mean 4, deviation sqrt(32)
    fused = fuse(floats(1, 2, 3), floats(12, 0, 0))
    dense, lexical = np.sqrt(3 / 2), np.sqrt(32)
    expected = [
        -0.4 * dense + 0.6 * 8 / lexical,
        -0.6 * 4 / lexical,
        0.4 * dense - 0.6 * 4 / lexical,
    ]
    assert DENSE_WEIGHT == 0.4
    np.testing.assert_allclose(fused, expected, rtol=1e-6)


def test_a_side_whose_scores_are_all_equal_decides_nothing() -> None:
    np.testing.assert_array_equal(fuse(floats(5, 5), floats(0, 0)), [0, 0])
    np.testing.assert_allclose(fuse(floats(5, 5), floats(1, 3)), [-0.6, 0.6], rtol=1e-6)
    assert fuse(floats(), floats()).tolist() == []
    assert fuse(floats(0.3), floats(7)).tolist() == [0]


@given(
    st.lists(st.tuples(st.integers(-100, 100), st.integers(0, 100)), min_size=1, max_size=20),
    st.integers(1, 50),
    st.integers(-50, 50),
)
def test_fusion_does_not_depend_on_the_scale_of_either_side(
    scores: list[tuple[int, int]], scale: int, shift: int
) -> None:
    dense, lexical = (floats(*side) for side in zip(*scores, strict=True))
    moved = fuse(dense * scale + shift, lexical)
    np.testing.assert_allclose(moved, fuse(dense, lexical), atol=2e-4)
    np.testing.assert_allclose(fuse(dense, lexical * scale), fuse(dense, lexical), atol=2e-4)


@pytest.mark.parametrize("question", QUESTIONS)
def test_hits_are_what_scoring_every_passage_gives(
    question: str, retriever: Retriever, index: Index, encoder: OnnxEncoder
) -> None:
    hits = retriever.retrieve(question, 100)
    everything = np.arange(len(index.passages))
    passages = encoder.encode([passage.text for passage in index.passages.values()])
    dense = passages @ encoder.encode([question])[0]
    lexical = index.lexical.score(index.lexical.terms(question), everything)
    fused = fuse(dense, lexical)
    order = sorted(everything.tolist(), key=lambda i: -fused[i])
    asked = index.lexical.terms(question)
    idf = {stem: index.lexical.idf(stem) for stem in asked}
    score = 0.35 * standardised(dense) + 0.14 * standardised(lexical)
    for i in order[:20]:
        beside, together = proximity(asked, idf, index.lexical.terms(index.passages[i].text))
        score[i] += 1.05 * beside + 1.65 * together
    best = [*sorted(order[:20], key=lambda i: -score[i]), *order[20:]]
    assert [hit.passage for hit in hits] == [index.passages[i] for i in best]
    for found, expected in (
        ([hit.dense for hit in hits], dense[best]),
        ([hit.lexical for hit in hits], lexical[best]),
        ([hit.score for hit in hits], [min(score[best[: n + 1]]) for n in range(len(best))]),
    ):
        np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("k", [1, 2, 5, 100])
def test_k_hits_are_the_first_k_of_all(k: int, retriever: Retriever, index: Index) -> None:
    everything = retriever.retrieve(QUESTIONS[0], 100)
    assert len(everything) == len(index.passages)
    assert retriever.retrieve(QUESTIONS[0], k) == everything[:k]


def test_a_question_that_shares_no_word_is_ranked_by_sense_alone(retriever: Retriever) -> None:
    hits = retriever.retrieve("東京でキルギス人は何をする?", 5)
    assert [hit.lexical for hit in hits] == [0] * 5
    assert [hit.dense for hit in hits] == sorted((hit.dense for hit in hits), reverse=True)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("who is the presdent of Kazakstan", "President Kassym-Jomart Tokayev"),
        ("wich minrals are in the regoin", "gold, rare earth elements and uranium"),
        ("Toshihiro Kitamra", "Toshihiro Kitamura"),
        ("emporer of japan", "Emperor Naruhito"),
        ("URANUM", "uranium"),
    ],
)
def test_typing_errors_are_forgiven(question: str, words: str, retriever: Retriever) -> None:
    assert any(words in hit.passage.text for hit in retriever.retrieve(question, 2))


def test_a_corrected_question_finds_what_the_right_spelling_finds(retriever: Retriever) -> None:
    misspelled = retriever.retrieve("Who is Toshihiro Kitamra?", 5)
    assert misspelled == retriever.retrieve("Who is Toshihiro Kitamura?", 5)


@pytest.mark.parametrize("question", ["*?+[(\\ (Kitamra", "a\tb\nsummmit", "$& \\1 Kitamra"])
def test_signs_of_regular_expressions_in_a_question_do_no_harm(
    question: str, retriever: Retriever
) -> None:
    assert len(retriever.retrieve(question, 3)) == 3


def test_equal_scores_rank_in_the_order_of_the_passages(index_folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("d", "a", "c", "b", "e"):
        (source / f"{name}.txt").write_text("Gold was found in 1848.", encoding="utf-8")
    (source / "f.txt").write_text("Foxes hunt at night.", encoding="utf-8")
    settings = Settings(index=index_folder)
    engines.index(settings, [source], lambda *_: None)
    engine = Engine.open(settings)
    for _ in range(3):
        for k in (2, 6):
            hits = engine.search("When was gold found?", top_k=k)
            expected = ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt", "f.txt"][:k]
            assert [hit.passage.document_id for hit in hits] == expected
            assert len({hit.score for hit in hits[:5]}) == 1


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("How old is the Zambezi railway?", ("Zambezi", "railway")),
        ("how often, and how far, did Putin attend?", ()),
        ("Is the old summit how Putin attended?", ("old",)),
    ],
)
def test_what_asks_for_a_measure_is_not_told_as_unknown(
    question: str, unknown: tuple[str, ...], retriever: Retriever
) -> None:
    assert retriever.unknown(question) == unknown

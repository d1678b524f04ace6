"""Dense search: exact against numpy, HNSW against exact, in one share or several."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.index import VectorIndex
from rag.index.vectors import Share, Vectors
from rag.seams import Bools, Floats, Ints

CENTRES, MEMBERS, DIMENSION = 100, 50, 64


def unit(rows: npt.NDArray[Any]) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def one(index: VectorIndex) -> Vectors:
    """Return a collection of one share, all of it alive."""
    return Vectors([Share(np.arange(len(index)), np.ones(len(index), dtype=np.bool_), index)])


@pytest.fixture(scope="module")
def vectors() -> Floats:
    """5,000 unit vectors in clusters, as sentences on the same subjects lie."""
    random = np.random.default_rng(20261122)
    centres = random.normal(size=(CENTRES, 1, DIMENSION))
    around = centres + 0.7 * random.normal(size=(CENTRES, MEMBERS, DIMENSION))
    return unit(random.permutation(around.reshape(-1, DIMENSION)))


@pytest.fixture(scope="module")
def questions(vectors: Floats) -> Floats:
    random = np.random.default_rng(7)
    near = vectors[random.choice(len(vectors), 200, replace=False)]
    return unit(near + 0.08 * random.normal(size=near.shape).astype(np.float32))


@pytest.fixture(scope="module")
def exact(vectors: Floats) -> VectorIndex:
    return VectorIndex.build(vectors, exact=True)


@pytest.fixture(scope="module")
def approximate(vectors: Floats) -> VectorIndex:
    return VectorIndex.build(vectors, exact=False)


def test_exact_search_gives_the_inner_products_of_brute_force(
    exact: VectorIndex, vectors: Floats, questions: Floats
) -> None:
    for question in questions:
        products = vectors @ question
        found = exact.search(question, 10)
        assert len(set(found.tolist())) == 10
        np.testing.assert_allclose(products[found], np.sort(products)[::-1][:10], atol=1e-6)


def test_small_collections_are_searched_exactly_by_default(
    vectors: Floats, exact: VectorIndex, questions: Floats
) -> None:
    by_default = VectorIndex.build(vectors)
    for question in questions[:20]:
        np.testing.assert_array_equal(by_default.search(question, 10), exact.search(question, 10))


def test_hnsw_recalls_at_least_95_percent_of_the_ten_nearest(
    exact: VectorIndex, approximate: VectorIndex, vectors: Floats, questions: Floats
) -> None:
    recalled = [
        (vectors[approximate.search(question, 10)] @ question)
        >= (vectors[exact.search(question, 10)] @ question).min() - 1e-6
        for question in questions
    ]
    assert np.mean(recalled) >= 0.95


def test_hnsw_returns_what_it_finds_nearest_first(
    approximate: VectorIndex, vectors: Floats, questions: Floats
) -> None:
    for question in questions:
        products = vectors[approximate.search(question, 10)] @ question
        assert np.all(np.diff(products) <= 1e-6)


@pytest.mark.parametrize("exactly", [True, False])
def test_scores_are_exact_inner_products(
    exactly: bool,
    vectors: Floats,
    questions: Floats,
) -> None:
    index = one(VectorIndex.build(vectors[:500], exact=exactly))
    ordinals = np.array([0, 499, 3, 3, 250])
    for question in questions[:20]:
        expected = vectors[ordinals] @ question
        np.testing.assert_allclose(index.score(question, ordinals), expected, atol=1e-6)
    np.testing.assert_array_equal(index.vectors(ordinals), vectors[ordinals])


@pytest.mark.parametrize("exactly", [True, False])
@pytest.mark.parametrize("k", [0, 1, 7, 8, 100])
def test_no_more_are_found_than_there_are(
    exactly: bool,
    k: int,
    vectors: Floats,
    questions: Floats,
) -> None:
    index = VectorIndex.build(vectors[:7], exact=exactly)
    found = index.search(questions[0], k)
    assert sorted(set(found.tolist()) & set(range(7))) == sorted(found.tolist())
    assert len(found) == min(k, 7) == len(set(found.tolist()))


@pytest.mark.parametrize("exactly", [True, False])
def test_an_empty_index_finds_nothing(
    exactly: bool,
    questions: Floats,
    tmp_path: Path,
) -> None:
    nothing = np.empty(0, dtype=np.int64)
    built = VectorIndex.build(np.empty((0, DIMENSION), dtype=np.float32), exact=exactly)
    built.save(tmp_path / "vectors")
    for index in (built, VectorIndex.open(tmp_path / "vectors")):
        assert len(index) == len(one(index)) == 0
        assert index.search(questions[0], 10).tolist() == []
        assert one(index).search(questions[0], 10).tolist() == []
        assert one(index).score(questions[0], nothing).tolist() == []


@pytest.mark.parametrize("exactly", [True, False])
def test_an_index_read_from_its_file_answers_as_the_one_written(
    exactly: bool,
    vectors: Floats,
    questions: Floats,
    tmp_path: Path,
) -> None:
    written = VectorIndex.build(vectors[:1000], exact=exactly)
    written.save(tmp_path / "vectors")
    opened = VectorIndex.open(tmp_path / "vectors")
    everything = np.arange(1000)
    assert len(opened) == len(written) == 1000
    np.testing.assert_array_equal(opened.vectors(everything), vectors[:1000])
    for question in questions:
        np.testing.assert_array_equal(opened.search(question, 20), written.search(question, 20))
        np.testing.assert_array_equal(
            one(opened).score(question, everything), one(written).score(question, everything)
        )


@pytest.mark.parametrize("exactly", [True, False])
def test_the_same_vectors_give_the_same_results(
    exactly: bool,
    vectors: Floats,
    questions: Floats,
) -> None:
    doubled = np.concatenate([vectors[:500], vectors[:500]])  # so that every score is a tie
    first, second = (VectorIndex.build(doubled, exact=exactly) for _ in range(2))
    for question in questions:
        np.testing.assert_array_equal(first.search(question, 15), second.search(question, 15))


def test_equal_vectors_score_equally_to_the_last_bit(vectors: Floats, questions: Floats) -> None:
    for n in (5, 7, 50, 100):
        index = one(VectorIndex.build(np.repeat(vectors[:1], n, axis=0)))
        for question in questions[:50]:
            assert len(set(index.score(question, np.arange(n)).tolist())) == 1


@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_exact_search_is_brute_force_on_any_vectors(n: int, k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = unit(random.integers(-2, 3, size=(n, 8)) + 0.5)
    question = unit(random.normal(size=(1, 8)))[0]
    products = vectors @ question
    found = VectorIndex.build(vectors).search(question, k)
    np.testing.assert_allclose(products[found], np.sort(products)[::-1][:k], atol=1e-6)
    assert len(set(found.tolist())) == min(n, k)


# Several shares


def shared(vectors: Floats, ordinals: Ints, alive: Bools, *places: int) -> Vectors:
    """Return a collection cut into shares at the places."""
    cuts = zip([0, *places], [*places, len(vectors)], strict=True)
    return Vectors(
        [Share(ordinals[a:b], alive[a:b], VectorIndex.build(vectors[a:b])) for a, b in cuts]
    )


@given(
    st.integers(1, 40),
    st.integers(1, 50),
    st.lists(st.integers(0, 40), max_size=4),
    st.integers(0, 2**32 - 1),
)
def test_shares_are_searched_as_one_wherever_the_cuts(
    n: int, k: int, places: list[int], seed: int
) -> None:
    random = np.random.default_rng(seed)
    vectors = unit(random.integers(-1, 2, size=(n, 3)) + 0.5)  # so few that many are equal
    ordinals = np.sort(random.choice(3 * n, n, replace=False)).astype(np.int64)
    alive = random.random(n) < 0.7
    question = unit(random.normal(size=(1, 3)))[0]
    cut = shared(vectors, ordinals, alive, *sorted(min(place, n) for place in places))
    scores = (vectors * question).sum(axis=1)

    def check(found: Ints, open_to: Bools) -> None:
        rows = np.searchsorted(ordinals, found)
        assert open_to[rows].all()
        np.testing.assert_allclose(scores[rows], np.sort(scores[open_to])[::-1][:k], atol=1e-6)
        assert found.tolist() == found[np.lexsort((found, -scores[rows]))].tolist()
        assert len({*found.tolist()}) == len(found)

    check(cut.search(question, k), alive)
    assert len(cut) == alive.sum()
    np.testing.assert_array_equal(cut.score(question, ordinals), scores)
    shuffled = random.permutation(n)
    np.testing.assert_array_equal(cut.vectors(ordinals[shuffled]), vectors[shuffled])
    wanted = random.random(n) < 0.5
    check(cut.search(question, k, ordinals[wanted]), alive & wanted)


@pytest.mark.parametrize("living", [0.95, 0.8, 0.5, 0.12, 0.05, 0.01])
def test_hnsw_finds_what_is_alive_among_much_that_is_not(
    living: float, approximate: VectorIndex, vectors: Floats, questions: Floats
) -> None:
    everything = np.arange(len(vectors))
    alive = np.random.default_rng(3).random(len(vectors)) < living
    masked = Vectors([Share(everything, alive, approximate)])
    recalled = []
    for question in questions:
        found = masked.search(question, 10)
        assert alive[found].all()
        assert len(found) == 10
        tenth = np.sort((vectors @ question)[alive])[-10]
        recalled.append(((vectors[found] @ question) >= tenth - 1e-6).mean())
    assert np.mean(recalled) >= 0.95

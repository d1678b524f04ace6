"""Ranking measures: the library against the reference formulas, and both against hand values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import InvalidInput
from rag.evaluation.measures.ranking import average_precision, measure, ndcg, reciprocal_rank

NAMES = [f"{name}@{k}" for name in ("hit", "recall", "mrr", "ndcg") for k in (1, 3, 10)] + ["map"]

documents = st.sampled_from(["a", "b", "B", "é", "東", "x y", "\ud800", "0\0a", "0\0b", ""])
queries = st.sampled_from(["q1", "q2", "q 3", "ü", "\udfff"])
runs = st.dictionaries(
    queries, st.dictionaries(documents, st.sampled_from([-1.5, 0.0, 0.5, 0.5 + 1e-15, 7e40]))
)
judgements = st.dictionaries(queries, st.dictionaries(documents, st.integers(-1, 3)))


def oracle(name: str, scores: dict[str, float], relevances: dict[str, int]) -> float:
    """Return a measure by the reference formulas, from a run with ties and its judgements."""
    order = sorted(sorted(scores), key=lambda document: scores[document], reverse=True)
    ranked = [relevances.get(document, 0) for document in order]
    kind, _, at = name.partition("@")
    k = int(at or 0)
    found = sum(relevance > 0 for relevance in ranked[:k])
    values = {
        "hit": float(found > 0),
        "recall": found / sum(relevance > 0 for relevance in relevances.values()),
        "mrr": reciprocal_rank(ranked, k),
        "ndcg": ndcg(ranked, relevances.values(), k),
        "map": average_precision(ranked, relevances.values()),
    }
    return values[kind]


@given(runs, judgements)
def test_the_library_agrees_with_the_reference_on_any_run(
    run: dict[str, dict[str, float]], qrels: dict[str, dict[str, int]]
) -> None:
    measured = measure(run, qrels, NAMES)
    answerable = {query for query, of in qrels.items() if any(r > 0 for r in of.values())}
    assert list(measured) == NAMES
    for name, values in measured.items():
        assert values.keys() == answerable
        for query, value in values.items():
            expected = oracle(name, run.get(query, {}), qrels[query])
            assert value == pytest.approx(expected, rel=1e-12, abs=0.0)


def test_values_worked_by_hand() -> None:
    run = {"q": {"a": 3.0, "b": 2.0, "c": 1.0}}
    measured = measure(run, {"q": {"b": 1, "c": 2, "z": 1}}, NAMES)
    ideal = 2 + 1 / math.log2(3) + 1 / 2
    expected = {
        "hit@1": 0.0,
        "hit@3": 1.0,
        "recall@3": 2 / 3,
        "mrr@1": 0.0,
        "mrr@3": 1 / 2,
        "ndcg@3": (1 / math.log2(3) + 2 / 2) / ideal,
        "map": (1 / 2 + 2 / 3) / 3,
    }
    assert {name: measured[name]["q"] for name in expected} == pytest.approx(expected, abs=1e-15)


def test_the_reference_formulas_by_hand() -> None:
    assert reciprocal_rank([0, 0, 2, 1], 4) == 1 / 3
    assert reciprocal_rank([0, 0, 2, 1], 2) == 0.0
    assert reciprocal_rank([], 5) == 0.0
    # Järvelin and Kekäläinen: gains 3, 2, 3 at ranks 1 to 3 of judged 3, 3, 2
    ideal = 3 + 3 / math.log2(3) + 2 / 2
    assert ndcg([3, 2, 3], [3, 3, 2], 3) == pytest.approx((3 + 2 / math.log2(3) + 3 / 2) / ideal)
    assert ndcg([3, 0, 3], [3, 3, 2], 1) == 1.0
    assert ndcg([0, 0], [0, 0], 2) == 0.0
    assert ndcg([], [1], 10) == 0.0
    assert average_precision([1, 0, 1], [1, 1]) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([1], [1, 1]) == 0.5
    assert average_precision([0], [0]) == 0.0


def test_equal_scores_rank_by_document_id() -> None:
    run = {"q": {"b": 1.0, "a": 1.0, "c": 2.0}}
    assert measure(run, {"q": {"a": 1}}, ["mrr@10", "hit@2"]) == {
        "mrr@10": {"q": 0.5},
        "hit@2": {"q": 1.0},
    }
    assert measure(run, {"q": {"b": 1}}, ["mrr@10"])["mrr@10"]["q"] == pytest.approx(1 / 3)


def test_a_query_that_the_run_lacks_scores_zero() -> None:
    qrels = {"asked": {"a": 1}, "missing": {"a": 1}, "empty": {"a": 1}}
    measured = measure({"asked": {"a": 1.0}, "empty": {}, "stray": {"a": 1.0}}, qrels, NAMES)
    for values in measured.values():
        assert values == {"asked": 1.0, "missing": 0.0, "empty": 0.0}
    assert all(set(v.values()) == {0.0} for v in measure({}, qrels, NAMES).values())


def test_a_query_without_relevant_document_is_left_out() -> None:
    qrels: dict[str, dict[str, int]] = {"none": {}, "irrelevant": {"a": 0}, "asked": {"a": 2}}
    run = {query: {"a": 1.0} for query in qrels}
    assert measure(run, qrels, ["ndcg@5"]) == {"ndcg@5": {"asked": 1.0}}
    assert measure(run, {}, ["map"]) == {"map": {}}
    assert measure(run, qrels, []) == {}


@pytest.mark.parametrize(
    "name", ["", "mrr", "map@5", "hit@0", "hit@01", "hit@-1", "hit@1.5", "ndcg@x", "P@5", "AP"]
)
def test_an_unknown_measure_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"hit@k, recall@k, mrr@k or ndcg@k .* or map"):
        measure({}, {}, ["map", name])

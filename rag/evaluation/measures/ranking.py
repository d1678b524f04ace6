"""Ranking measures of a run against relevance judgements, by ir-measures, and their oracles.

A run maps a query id to documents and scores, qrels map it to documents and relevances: small
whole numbers, where 1 and more are relevant.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from rag.errors import InvalidInput

Run = Mapping[str, Mapping[str, float]]
Qrels = Mapping[str, Mapping[str, int]]

_LIBRARY_NAMES = {"hit": "Success", "recall": "R", "mrr": "RR", "ndcg": "nDCG"}
_FORM = re.compile(r"(hit|recall|mrr|ndcg)@([1-9][0-9]{0,5})")


def measure(run: Run, qrels: Qrels, names: Iterable[str]) -> dict[str, dict[str, float]]:
    """Return name -> query id -> value for every query with a relevant document.

    ``hit@k``, ``recall@k``, ``mrr@k``, ``ndcg@k`` and ``map`` are Success@k, R@k, RR@k, nDCG@k and
    AP of ir-measures (MacAvaney, Macdonald and Ounis 2022), as trec_eval defines them. Equal scores
    rank by document id, ascending. A query that the run lacks scores 0 in everything.

    Raises:
        InvalidInput: a name of another form.
    """
    import ir_measures

    wanted = {ir_measures.parse_measure(_library_name(name)): name for name in names}
    # ids are escaped because the library crashes on lone surrogates and cuts ids at NUL
    queries = {
        ascii(query): query for query, of in qrels.items() if any(r > 0 for r in of.values())
    }
    judged = {
        key: {ascii(document): relevance for document, relevance in qrels[query].items()}
        for key, query in queries.items()
    }
    ranked = {key: _untied(run[query]) for key, query in queries.items() if query in run}
    values: dict[str, dict[str, float]] = {name: {} for name in wanted.values()}
    for metric in ir_measures.iter_calc(wanted, judged, ranked) if wanted else ():
        values[wanted[metric.measure]][queries[metric.query_id]] = float(metric.value)
    return {name: {query: of[query] for query in queries.values()} for name, of in values.items()}


def reciprocal_rank(ranked: Sequence[float], k: int) -> float:
    """Return 1 / rank of the first relevant document among the first k, 0.0 if there is none.

    ``ranked`` holds the relevances in rank order. Source: Voorhees 1999, the TREC-8 QA track.
    """
    return next((1.0 / rank for rank, r in enumerate(ranked[:k], start=1) if r > 0), 0.0)


def ndcg(ranked: Sequence[float], relevances: Iterable[float], k: int) -> float:
    """Return the discounted cumulative gain at k over that of the best ranking, in 0..1.

    DCG = sum of relevance / log2(rank + 1). ``ranked`` holds the relevances in rank order,
    ``relevances`` those of all judged documents; 0.0 if none is relevant. Source: Järvelin and
    Kekäläinen 2002, with gain and discount as trec_eval's ndcg_cut computes them.
    """
    ideal = _dcg(sorted(relevances, reverse=True)[:k])
    return _dcg(ranked[:k]) / ideal if ideal > 0 else 0.0


def average_precision(ranked: Sequence[float], relevances: Iterable[float]) -> float:
    """Return the sum of the precisions at each relevant rank over the number of relevant documents.

    Arguments as for ``ndcg``; 0.0 if none is relevant. Source: Buckley and Voorhees 2000, as
    trec_eval's map computes it.
    """
    ranks = [rank for rank, relevance in enumerate(ranked, start=1) if relevance > 0]
    precisions = (found / rank for found, rank in enumerate(ranks, start=1))
    return math.fsum(precisions) / max(sum(relevance > 0 for relevance in relevances), 1)


def _dcg(ranked: Sequence[float]) -> float:
    return math.fsum(max(r, 0) / math.log2(rank + 1) for rank, r in enumerate(ranked, start=1))


def _library_name(name: str) -> str:
    if name == "map":
        return "AP"
    form = _FORM.fullmatch(name)
    if form is None:
        raise InvalidInput(
            f"There is no measure {name!r}: write hit@k, recall@k, mrr@k or ndcg@k with k from "
            "1 to 999999, or map."
        )
    return f"{_LIBRARY_NAMES[form[1]]}@{form[2]}"


def _untied(scores: Mapping[str, float]) -> dict[str, float]:
    """Return strictly decreasing scores in the order score descending, document id ascending."""
    order = sorted(scores, key=lambda document: (-scores[document], document))
    return {ascii(document): float(-rank) for rank, document in enumerate(order)}

"""Filters: which metadata they let through, and which filters are refused."""

from typing import Any

import pytest

from rag.errors import InvalidFilter
from rag.filtering import Filter
from rag.types import Metadata

METADATA: Metadata = {
    "language": "en",
    "year": 1848,
    "length": 2.5,
    "draft": False,
    "date": "2025-12-18",
    "topics": ("trade", "energy"),
    "scores": (1, 9),
}


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"language": "en"},
        {"language": {"eq": "en"}},
        {"language": {"in": ["fr", "en"]}},
        {"year": 1848},
        {"year": 1848.0},
        {"year": {"gte": 1848, "lt": 1849}},
        {"year": {"gt": 1847.5}},
        {"length": {"lte": 2.5}},
        {"draft": False},
        {"draft": {"in": [False]}},
        {"date": {"gte": "2025-01-01", "lte": "2025-12-31"}},
        {"topics": "energy"},
        {"topics": {"in": ["energy", "sport"]}},
        {"scores": {"gt": 5}},
        {"scores": {"lt": 5, "gt": 5}},  # 1 is the one, 9 the other
        {"language": "en", "year": {"gt": 1800}, "topics": "trade"},
    ],
)
def test_what_fits_is_let_through(content: dict[str, Any]) -> None:
    assert Filter.of(content).holds(METADATA)


@pytest.mark.parametrize(
    "content",
    [
        {"language": "fr"},
        {"language": {"in": []}},
        {"author": "Ada"},
        {"year": "1848"},
        {"year": True},
        {"draft": 0},
        {"year": {"gt": 1848}},
        {"year": {"gte": "1800"}},  # a text is neither over nor under a number
        {"date": {"lt": "2025-12-18"}},
        {"topics": {"in": ["sport"]}},
        {"language": "en", "year": 1849},
    ],
)
def test_what_does_not_fit_is_kept_back(content: dict[str, Any]) -> None:
    assert not Filter.of(content).holds(METADATA)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"year": {"above": 3}}, "'above', and known are: eq, in, gt"),
        ({"year": {}}, "'year' is empty"),
        ({"year": {"in": 3}}, "takes a list"),
        ({"year": {"in": [{}]}}, "takes a list"),
        ({"year": {"in": [None]}}, "takes a list"),
        ({"year": None}, "takes one text or number"),
        ({"year": [1, 2]}, "takes one text or number"),
        ({"year": {"gt": True}}, "takes one text or number"),
        ({"year": {"eq": {"eq": 1}}}, "takes one text or number"),
    ],
)
def test_what_is_no_filter_is_refused(content: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidFilter, match=told):
        Filter.of(content)


def test_nothing_fits_a_document_without_metadata_but_the_empty_filter() -> None:
    assert Filter.of({}).holds({})
    assert not Filter.of({"language": "en"}).holds({})

"""Conditions on the metadata of documents -> which of them a question is put to."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rag.errors import InvalidFilter
from rag.types import Metadata, Scalar

_RANGE: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_OPERATORS = ("eq", "in", *_RANGE)
_EXAMPLE = '{"language": "en", "topic": {"in": ["trade"]}, "date": {"gte": "2025-01-01"}}'


@dataclass(frozen=True, slots=True)
class Condition:
    """One requirement: that a value of ``key`` stands in a relation to ``operand``."""

    key: str
    relation: str
    operand: Scalar | tuple[Scalar, ...]

    def holds(self, metadata: Metadata) -> bool:
        """Say whether it holds; of several values of the key, one is enough."""
        if self.key not in metadata:
            return False
        found = metadata[self.key]
        return any(self._holds(each) for each in (found if isinstance(found, tuple) else (found,)))

    def _holds(self, value: Scalar) -> bool:
        if isinstance(self.operand, tuple):
            return any(_equal(value, each) for each in self.operand)
        if self.relation == "eq":
            return _equal(value, self.operand)
        return _kind(value) is _kind(self.operand) and _RANGE[self.relation](value, self.operand)


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that all must hold."""

    conditions: tuple[Condition, ...]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Filter":
        """Read a filter: ``{key: value}`` or ``{key: {"eq" | "in" | "gt" | …: operand}}``.

        Text compares as text, so dates of ISO 8601 compare as dates.

        Raises:
            InvalidFilter: it is none.
        """
        conditions = []
        for key, wanted in content.items():
            relations = wanted if isinstance(wanted, Mapping) else {"eq": wanted}
            if not relations:
                raise InvalidFilter(f"The filter on {key!r} is empty: write it as in {_EXAMPLE}.")
            conditions += [_condition(key, name, each) for name, each in relations.items()]
        return cls(tuple(conditions))

    def holds(self, metadata: Metadata) -> bool:
        """Say whether all conditions hold."""
        return all(condition.holds(metadata) for condition in self.conditions)


def _condition(key: str, relation: str, operand: Any) -> Condition:
    if relation not in _OPERATORS:
        known = ", ".join(_OPERATORS)
        raise InvalidFilter(f"The filter on {key!r} has {relation!r}, and known are: {known}.")
    if relation == "in":
        if isinstance(operand, list) and all(_is_scalar(each) for each in operand):
            return Condition(key, relation, tuple(operand))
        raise InvalidFilter(f"The filter on {key!r} takes a list of values after 'in'.")
    is_ordered = relation == "eq" or not isinstance(operand, bool)
    if not (_is_scalar(operand) and is_ordered):
        raise InvalidFilter(
            f"The filter on {key!r} takes one text or number after {relation!r}: write it as in "
            f"{_EXAMPLE}."
        )
    return Condition(key, relation, operand)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _kind(value: Scalar) -> type:
    """Return what a value is to be compared as: numbers with numbers, truth with truth."""
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)


def _equal(one: Scalar, other: Scalar) -> bool:
    return _kind(one) is _kind(other) and one == other

"""Rows of cells -> lines that read by themselves: "Harbour: Kobe; Depth: 18 m"."""

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from rag.documents.draft import Draft, cleaned
from rag.types import BlockKind

_VALUE = re.compile(r"[\d\s.,:;/%+()€$£¥<>=~-]+\Z")
"""What numbers, dates and amounts are made of; no name of a column is."""
_PAIR = 2


def write(draft: Draft, rows: Iterable[Sequence[str]], *, is_headed: bool | None = None) -> None:
    """Add each row as a block of its own, with the names of its columns if there are any.

    ``is_headed`` says whether the first row names the columns; None: where its cells are names.
    Single cells above the first whole row are paragraphs, as titles of tables are.
    """
    names: Sequence[str] | None = None
    first: Sequence[str] = ()
    for row in rows:
        cells = [" ".join(cleaned(cell).split()) for cell in row]
        if not any(cells):
            continue
        if names is None and is_headed is None and _filled(cells) == 1:
            draft.add("".join(cells))
        elif names is None:
            headed = _names_columns(cells) if is_headed is None else is_headed
            names, first = (cells, cells) if headed else ((), ())
            if not headed:
                draft.add(_line((), cells), BlockKind.TABLE)
        else:
            draft.add(_line(names, cells), BlockKind.TABLE)
            first = ()
    draft.add("; ".join(filter(None, first)), BlockKind.TABLE)  # names alone, without a row


def _filled(cells: Sequence[str]) -> int:
    return sum(map(bool, cells))


def _names_columns(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    are_different = len(set(filled)) == len(filled)
    return len(filled) > 1 and are_different and not any(map(_VALUE.match, filled))


def _line(names: Sequence[str], cells: Sequence[str]) -> str:
    if not names and len(cells) == _PAIR and all(cells) and not _VALUE.match(cells[0]):
        return f"{cells[0].rstrip(':')}: {cells[1]}"
    pairs = zip_longest(names[: len(cells)], cells, fillvalue="")
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)

"""Excel workbooks (.xlsx) -> a document of rows; the name of each sheet heads its rows."""

import warnings
from collections.abc import Iterator
from datetime import datetime, time
from io import BytesIO
from typing import Any

from rag.documents import rows
from rag.documents.draft import Draft
from rag.documents.limits import MAX_CELLS
from rag.errors import UnreadableDocument
from rag.types import BlockKind


def read(data: bytes, draft: Draft) -> None:
    """Draft the sheets in order, with the values that formulas had when the file was saved.

    Raises:
        UnreadableDocument: there are too many cells.
    """
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and rules that bear no text
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        draft.title = " ".join((book.properties.title or "").split())
        left = MAX_CELLS
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what a sheet says of its own size may be wrong
            values = list(_values(sheet, left))
            left -= sum(len(row) + 1 for row in values)
            if any(map(any, values)):
                draft.add(sheet.title, BlockKind.HEADING, 1)
                rows.write(draft, values)


def _values(sheet: Any, left: int) -> Iterator[list[str]]:
    for row in sheet.iter_rows(values_only=True):
        left -= len(row) + 1
        if left < 0:
            raise UnreadableDocument(f"it has more than {MAX_CELLS:,} cells: split it")
        if row:
            yield [_said(value) for value in row]


def _said(value: object) -> str:
    """Return a value as people write it: no trailing zeros, no midnight behind a date."""
    if value is None:
        return ""
    if isinstance(value, float):
        return format(value, ".15g")
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time() else value.replace(microsecond=0))
    return str(value)

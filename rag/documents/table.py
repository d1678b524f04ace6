"""Comma- or tab-separated values (RFC 4180) -> a document of rows."""

import csv
import re
from collections import deque
from io import StringIO

from rag.documents import rows
from rag.documents.decoding import decode
from rag.documents.draft import Draft
from rag.errors import UnreadableDocument

_OTHERS = ",;|"
_QUOTED = re.compile(r'"[^"]*"')
_UNCLOSED = "unexpected end of data"
"""What the library says of a quote that is not closed."""
_LONGEST_CELL = 2**20
"""Characters: a quote that is never closed swallows the rest of the file into one cell."""


def read(data: bytes, draft: Draft) -> None:
    """Draft a table, row by row; the first row names the columns if it looks like names.

    Cells are parted by tabs if the first line has one, else by whichever of comma, semicolon
    and bar it has most of.

    Raises:
        UnreadableDocument: it is no text, or a quote is not closed.
    """
    text, notes = decode(data)
    draft.notes += notes
    first = _QUOTED.sub("", text.lstrip().partition("\n")[0])
    delimiter = "\t" if "\t" in first else max(_OTHERS, key=first.count)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        _check_quotes(text, delimiter)
        rows.write(draft, csv.reader(StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableDocument(f"{error}: look for a quote that is not closed") from error


def _check_quotes(text: str, delimiter: str) -> None:
    """Raise an error where a quote is never closed: the rest of the table would be one cell."""
    try:
        deque(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True), maxlen=0)
    except csv.Error as error:
        if str(error) == _UNCLOSED:
            raise

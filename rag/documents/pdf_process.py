"""Reads a PDF in a process of its own: bytes on stdin, lines of text with their looks on stdout.

PDFium is fast and tested by every browser built on it, but it is native code that trusts no limit
of ours: a broken file can end the process, a small one can ask for gigabytes. So it gets its own
process, with limits that the system holds it to. It is run by path and imports nothing of this
package, so that it starts in a tenth of a second.

Arguments: pages, characters, seconds and bytes of memory at most. Output: one JSON array a page,
of ``[text, size, is_bold, left, top, bottom]`` a line, the last two being baselines: PDFium joins
the lines that a hyphen parts. Or one JSON string, what is wrong.
"""

import ctypes
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any

import pypdfium2
from pypdfium2 import raw

_BOLD = 600
_NAME = 128
_PER_LINE = 10
"""Characters that a line counts for besides its own: a million lines of one each are no text."""


def main() -> None:
    """Read the PDF on stdin."""
    most_pages, most_characters, seconds, memory = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    if sys.platform != "darwin":  # where it cannot be set
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
        count = len(document)
    except pypdfium2.PdfiumError as error:
        _put("password" if "password" in str(error).lower() else str(error))
        return
    if count > most_pages:
        _put("pages")
        return
    for number in range(count):
        lines = _page(document, number, most_characters)
        most_characters -= sum(len(line[0]) + _PER_LINE for line in lines)
        if most_characters < 0:
            _put("characters")
            return
        _put(lines)


def _page(document: Any, number: int, most: int) -> list[Any]:
    try:
        page = document[number]
        text = page.get_textpage()
    except pypdfium2.PdfiumError:
        return []  # one page that cannot be read is as one without text
    try:
        count = text.count_chars()
        return [[" " * count, 0, 0, 0, 0, 0]] if count > most else list(_lines(text))
    finally:
        text.close()
        page.close()


def _lines(page: Any) -> Iterator[list[Any]]:
    """Yield each line of a page; PDFium counts in UTF-16 code units, and ends lines by CRLF."""
    place = 0
    for line in page.get_text_range(errors="replace").split("\r\n"):
        units = len(line.encode("utf-16-le", "surrogatepass")) // 2
        if line.strip():
            first = raw.FPDFText_GetCharIndexFromTextIndex(page.raw, place)
            last = raw.FPDFText_GetCharIndexFromTextIndex(page.raw, place + units - 1)
            left, top = _origin(page, first)
            _, bottom = _origin(page, last)
            is_bold = _is_bold(page, first) and _is_bold(page, last)
            size = round(_size(page, first), 1)
            yield [line, size, is_bold, round(left, 1), round(top, 1), round(bottom, 1)]
        place += units + 2


def _size(page: Any, index: int) -> float:
    """Return the height of a character, as its matrix scales its font."""
    matrix = raw.FS_MATRIX()
    is_known = raw.FPDFText_GetMatrix(page.raw, index, matrix)
    scale = (matrix.c**2 + matrix.d**2) ** 0.5 if is_known else 1.0
    return float(raw.FPDFText_GetFontSize(page.raw, index)) * scale


def _origin(page: Any, index: int) -> tuple[float, float]:
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(page.raw, index, x, y)
    return x.value, y.value


def _is_bold(page: Any, index: int) -> bool:
    name = ctypes.create_string_buffer(_NAME)
    raw.FPDFText_GetFontInfo(page.raw, index, name, _NAME, ctypes.c_int())
    return b"bold" in name.value.lower() or raw.FPDFText_GetFontWeight(page.raw, index) >= _BOLD


def _put(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


if __name__ == "__main__":
    main()

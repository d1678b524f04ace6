"""A span as a reader scored it -> the span that is worth quoting.

Whole words, numbers and addresses; no white space, stray punctuation or markup at its edges, nor
half a pair of quotes or brackets anywhere; without a courtesy title before a name, but with others;
without the place that news begins with ("TOKYO – Japan will host …").
"""

import re
import unicodedata

from rag.types import Span

_CLOSES = {
    **{"`": "`", '"': '"', "'": "'", "“": "”", "„": "“”", "‘": "’", "‚": "‘’", "«": "»", "»": "«"},
    **{"(": ")", "[": "]", "{": "}", "（": "）", "「": "」", "『": "』", "《": "》"},
}
"""What may close what each mark opens."""
_CLOSING = frozenset("".join(_CLOSES.values()))
_LOOSE = frozenset(",;:–—-….!?。，、；：！？*")
_SIGNED = re.compile(r"(?<!\w)[-–.]\d")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_JOINERS = frozenset("\u00ad\u200c\u200d")
"""Soft hyphen, zero-width non-joiner and joiner: they stand within a word or a sign."""
_COURTESY = re.compile(r"(?:Mr|Mrs|Ms|Miss|Mx|Messrs)\b\.?\s+(?!and\b)(?=\w)")
_DATELINE = re.compile(
    r"(?<![^\n])[A-Z]{3,}[A-Z ,.'’-]*(?:, [^–—\n]{1,20}?)?(?: ?\([^)\n]{2,20}\))? [–—-] (?=\w)"
)
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff]")
"""Scripts that put no space between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese, Yi."""
_ABBREVIATION = re.compile(
    r"(?:\b[A-Za-z]|\b(?:Jr|Sr|Inc|Ltd|Co|Corp|etc|al|St|No|vs|Prof|Dr|Sen|Gov|[ap]\.m))\.\Z"
)
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"“”|]*[^\s<>\"“”|.,:;!?)\]}'’]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
)
"""Of a web page, or of a mailbox."""
_CODE = re.compile(r"`[^`\n]{1,80}`")
"""As Markdown marks it within a line."""
_IN_NUMBERS = frozenset(".,:")
"""What stands between the digits of one number or time."""
_CUTTING = frozenset("([{（「『《“„«)]}）」』》”»")
"""Marks of which half a pair ends an answer; not the apostrophe of "the workers' union"."""
_MARKER = re.compile(r"(?:^|(?<=[\s(]))\w{1,3}\)")
"""Number or letter of an item in a list, as in "a) gold"."""


def trim(text: str, span: Span) -> Span:
    """Return the span to quote instead of ``span``; it never becomes empty if it holds a word."""
    start, end = _whole_words(text, span)
    before = None
    while start < end and (start, end) != before:
        before = start, end
        start, end = _without_spaces(text, start, end)
        if start < end:
            start, end = _without_loose_ends(text, start, end)
        if unasked := _DATELINE.match(text, start, end) or _COURTESY.match(text, start, end):
            start = unasked.end()
        if start < end:
            end = _without_halves(text, start, end)
    return Span(start, end) if start < end else span


def is_mark(character: str) -> bool:
    """Say whether a character, such as an accent or a vowel sign, is part of the one before it."""
    return unicodedata.category(character).startswith("M")


def _whole_words(text: str, span: Span) -> tuple[int, int]:
    start, end = span.start, span.end
    while _is_torn(text, start):
        start -= 1
    while _is_torn(text, end):
        end += 1
    for address in _ADDRESS.finditer(text):
        if address.start() < end and start < address.end():
            start, end = min(start, address.start()), max(end, address.end())
    for code in _CODE.finditer(text):
        if start <= code.start() < end < code.end():
            end = code.end()
        elif code.start() < start < code.end() <= end:
            start = code.start()
    return start, end


def _is_torn(text: str, place: int) -> bool:
    """Whether a cut at a place parts a sign from its marks, a word or a number."""
    before, after = text[place - 1 : place], text[place : place + 1]
    if not before.strip() or not after.strip():
        return False
    if is_mark(after) or not _JOINERS.isdisjoint(before + after):
        return True
    if _parts_number(text, place - 1) or _parts_number(text, place):
        return True
    base = place - 1
    while base > 0 and is_mark(text[base]):
        base -= 1
    return all(c.isalnum() and not _UNSPACED.match(c) for c in (text[base], after))


def _parts_number(text: str, place: int) -> bool:
    """Whether the sign at a place stands between two digits of one number."""
    around = text[place - 1 : place] + text[place + 1 : place + 2]
    return text[place] in _IN_NUMBERS and len(around) == 2 and around.isdecimal()  # noqa: PLR2004


def _without_spaces(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _without_loose_ends(text: str, start: int, end: int) -> tuple[int, int]:
    """Drop one mark at an edge: a loose one, or a quote or bracket whose partner is not there.

    Of what is nothing but code both marks go.
    """
    if _CODE.fullmatch(text, start, end):
        return start + 1, end - 1
    unpaired = _unpaired(text, start, end)
    is_loose = text[start] in _LOOSE and not _SIGNED.match(text, start, end)
    if (is_loose or start in unpaired) and not _is_torn(text, start + 1):
        return start + 1, end
    last = end - 1
    is_loose = text[last] in _LOOSE and not _ABBREVIATION.search(text[start:end])
    if (is_loose or last in unpaired) and not _is_torn(text, last):
        return start, last
    return start, end


def _unpaired(text: str, start: int, end: int) -> set[int]:
    """Return the places of the quotes and brackets that have no partner in ``text[start:end]``."""
    unpaired: list[int] = []
    for place in range(start, end):
        mark = text[place]
        if start < place and _APOSTROPHE.match(text, place, end):
            continue
        opening = [other for other in unpaired if mark in _CLOSES.get(text[other], "")]
        if opening:
            unpaired.remove(opening[-1])
        elif mark in _CLOSES or mark in _CLOSING:
            unpaired.append(place)
    return set(unpaired)


def _without_halves(text: str, start: int, end: int) -> int:
    """Return where to end a span that holds half a pair: after the other half, or before it."""
    halves = sorted(place for place in _unpaired(text, start, end) if text[place] in _CUTTING)
    for place in halves:
        if any(marker.end() == place + 1 for marker in _MARKER.finditer(text, start, end)):
            continue
        if text[end : end + 1] and text[end] in _CLOSES.get(text[place], ""):
            return end + 1
        return place if any(map(str.isalnum, text[start:place])) else end
    return end

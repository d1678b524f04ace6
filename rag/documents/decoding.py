"""Bytes -> text: by byte order mark, by what the file declares, as UTF-8, else by a guess.

What was not plain UTF-8 is said in a note.
"""

import codecs
import re

from rag.errors import UnreadableDocument

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_CHARSETS = re.compile(
    r"utf|cp\d|iso8859|iso2022|koi8|gb|big5|euc|shift_jis|mac|tis|hz|ascii|johab"
)
"""What may be declared, as Python names it: "punycode" and the like take quadratic time."""
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
"""As browsers read them: what is declared is often a subset of what is meant
(WHATWG Encoding Standard, section 4.2)."""
_WESTERN = ["cp1252", "cp1250", "cp1254", "cp1257", "iso8859_2"]
_OTHERS = [
    *("cp1251", "koi8_r", "koi8_u", "iso8859_5", "cp866", "cp1253", "cp1255", "cp1256", "cp1258"),
    *("cp874", "cp932", "euc_jp", "gb18030", "big5", "cp949"),
]
"""With those above, the legacy encodings of the web; a wider choice makes short texts exotic."""
_COMMONEST = "cp1252"
_ALONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")
_SAMPLE = 2**16
_FEWEST = 8
"""Bytes beyond ASCII, side by side: fewer are letters in any alphabet."""
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def decode(data: bytes, declared: str = "") -> tuple[str, tuple[str, ...]]:
    """Return the text of ``data``, and notes on how it was read.

    Raises:
        UnreadableDocument: it is no text in any encoding that can be told.
    """
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            notes = (f"dropped the byte order mark of {encoding}",)
            return _without_nul(_strict(data[len(bom) :], encoding)), notes
    text = _as_declared(data, declared) if declared else None
    if text is not None:
        return _without_nul(text), (f"decoded as {declared.lower()}, as it declares",)
    try:
        return _without_nul(data.decode("utf-8")), ()
    except UnicodeDecodeError:
        return _guessed(data)


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocument(
            f"it is no valid {encoding} (at byte {error.start}): save it as UTF-8"
        ) from error


def _as_declared(data: bytes, declared: str) -> str | None:
    """Decode as declared; None for UTF-8, and where the declaration is unknown or wrong."""
    try:
        name = codecs.lookup(declared).name
        if name in {"utf-8", "utf-7"} or not _CHARSETS.match(name):
            return None
        return data.decode(_WIDER.get(name, name))
    except (LookupError, ValueError):
        return None


def _guessed(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode by the likeliest legacy encoding, told from the lines that are not ASCII.

    Where half of the bytes beyond ASCII stand alone, they are accents and signs of Latin letters.
    """
    sample = b"\n".join(line for line in data.split(b"\n") if not line.isascii())[:_SAMPLE]
    beyond = sum(byte > 127 for byte in sample)  # noqa: PLR2004  # ASCII ends there
    is_western = 2 * len(_ALONE.findall(sample)) >= beyond
    encoding = _western(sample) if is_western else _other(sample) if beyond >= _FEWEST else None
    if encoding is None:
        raise UnreadableDocument("its bytes are no text in any known encoding: save it as UTF-8")
    text = data.decode(encoding, "replace")
    if _CONTROLS.search(text):
        raise UnreadableDocument("it holds control characters, as binary files do: is it text?")
    return text, (f"decoded as {encoding}, a guess: save it as UTF-8 to be sure",)


def _western(sample: bytes) -> str:
    """Return the encoding of a text in Latin letters: the commonest, if no other fits better."""
    from charset_normalizer import from_bytes

    letters = filter(str.isalpha, sample.decode(_COMMONEST, "replace"))
    matches = from_bytes(sample, cp_isolation=_WESTERN)
    best = matches.best()
    if best is None or all(map(str.isascii, letters)):
        return _COMMONEST
    alike = [each for each in matches if _COMMONEST in each.could_be_from_charset]
    is_as_good = any(each.coherence >= best.coherence for each in alike)
    return _COMMONEST if is_as_good else best.encoding


def _other(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_WESTERN + _OTHERS).best()
    return best.encoding if best else None


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise UnreadableDocument("it holds NUL characters, as binary files do: is it text?")
    return text

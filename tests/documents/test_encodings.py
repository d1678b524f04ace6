"""Bytes -> text in the encoding they are in, with a note where that is no plain UTF-8."""

import pytest

from rag.documents.decoding import decode
from rag.errors import UnreadableDocument

FRENCH = "Hier soir, à Paris, une forte pluie est tombée et de nombreuses rues ont été inondées."
POLISH = "Wczoraj wieczorem w Łodzi spadł silny deszcz i wiele ulic znalazło się pod wodą."
RUSSIAN = "Вчера вечером в Москве прошёл сильный дождь, и многие улицы оказались под водой."
JAPANESE = "東京は日本の首都です。昨日の夜、強い雨が降り、多くの道路が水没しました。"
CHINESE = "北京是中国的首都，人口很多。昨天晚上，下了一场大雨，许多街道被水淹没。居民抱怨。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "cp1252"),
        ("Café", "latin-1"),
        ("Über", "latin-1"),
        ("The hall in Köln was built by José Núñez.", "latin-1"),
        ("“It’s – £5”", "cp1252"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859-2"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc-jp"),
        (CHINESE, "gb18030"),
    ],
)
def test_legacy_encodings_are_told_from_their_letters(text: str, encoding: str) -> None:
    data = f"{'An ASCII line. ' * 5_000}\n{text}".encode(encoding)
    decoded, notes = decode(data)
    assert decoded.endswith(f"\n{text}")
    assert notes[0].endswith("a guess: save it as UTF-8 to be sure")


@pytest.mark.parametrize("declared", ["", "ascii", "utf-8", "iso-8859-1", "no-such", "utf-16-be-x"])
def test_ascii_is_itself_whatever_is_declared(declared: str) -> None:
    text, notes = decode(b"Kobe, 18 m", declared)
    assert text == "Kobe, 18 m"
    assert [note for note in notes if "as it declares" not in note] == []


def test_a_declared_encoding_that_does_not_fit_is_passed_over() -> None:
    for declared in ("euc-jp", "utf-32", "big5"):
        assert decode("Tōkyō ist schön".encode(), declared) == ("Tōkyō ist schön", ())


@pytest.mark.parametrize("data", [bytes(range(128, 256)), b"\xff\xff", b"a\0b", b"\xff\xfea"])
def test_junk_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableDocument):
        decode(data)

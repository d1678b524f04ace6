"""What of a span is quoted: whole words, without loose ends. ⟦ and ⟧ mark spans in a text."""

import re
import unicodedata
from itertools import takewhile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.reading.trimming import trim
from rag.types import Span

TITLES = re.compile(r"(?:Mrs?|Ms|Miss)\b")
PIECES = [
    *("a", "B", "Tokyo", "語", "東京", "ไทย", "9", "1948", "U.S.", "p.m.", "and", "_"),
    *("Mr. ", "Mr ", "Mrs. ", "Ms ", "Miss ", "Dr. ", "’s ", "'s", "’", "'", '"', "“", "”", "„"),
    *(
        "(",
        ")",
        "[",
        "]",
        "«",
        "»",
        ",",
        ".",
        "…",
        "-",
        "–",
        ":",
        "!",
        " ",
        "\n",
        "\u00a0",
        "\u3000",
    ),
    *("e\u0301", "\u0301", "कि", "\u200d", "\u200c", "👩\u200d👧", "❤\ufe0f"),
]
HALVES = set("([{“”„«»)]}‘’")
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=12)


def marked(text: str, span: Span) -> str:
    return f"{text[: span.start]}⟦{text[span.start : span.end]}⟧{text[span.end :]}"


def trimmed(source: str) -> str:
    """Trim the span that is marked in a text, and mark what became of it."""
    before, _, rest = source.partition("⟦")
    quoted, _, after = rest.partition("⟧")
    text = before + quoted + after
    return marked(text, trim(text, Span(len(before), len(before + quoted))))


@st.composite
def places(draw: st.DrawFn) -> tuple[str, Span]:
    text = draw(texts)
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    return text, Span(start, end)


@st.composite
def worded(draw: st.DrawFn) -> tuple[str, Span]:
    """Draw a text and a span in it that holds a letter or a digit."""
    return draw(places().filter(lambda it: any(map(str.isalnum, it[0][it[1].start : it[1].end]))))


@pytest.mark.parametrize(
    "kept",
    [
        "He flew to ⟦Tokyo⟧ on Monday.",
        "It took ⟦9 p.m.⟧ as its end.",
        "The ⟦U.S.⟧ signed it.",
        "He lives in ⟦Washington, D.C.⟧ now.",
        "It was ⟦Acme Inc.⟧ that paid.",
        "They met ⟦Martin Luther King Jr.⟧ there.",
        "It fell to ⟦-5 degrees⟧ there.",
        "It fell to ⟦−5⟧ there.",
        "It rose by ⟦.5⟧ there.",
        "It cost ⟦$3.50⟧ more.",
        "It cost ⟦5%⟧ more.",
        "It ran ⟦1990-1995⟧ there.",
        "He met ⟦Dr. Jones⟧ there.",
        "He met ⟦President Bush⟧ there.",
        "He met ⟦Mr. and Mrs. Smith⟧ there.",
        "He met ⟦Msgr. Ito⟧ there.",
        "He said ⟦“war”⟧ and left.",
        'He said ⟦"war"⟧ and left.',
        "He said ⟦„Krieg“⟧ and left.",
        "He said ⟦« guerre »⟧ and left.",
        "He said ⟦»Krieg«⟧ and left.",
        "He said ⟦‘Japan’s capital’⟧ and left.",
        "He said ⟦'Japan's capital'⟧ and left.",
        "The ⟦(old) war⟧ ended.",
        "The ⟦war (of 1914)⟧ ended.",
        "The ⟦f(x)⟧ is odd.",
        "It is ⟦Japan’s⟧ and ours.",
        "It is ⟦Japan⟧’s and ours.",
        "It is ⟦O’Brien⟧ again.",
        "It is ⟦rock ’n’ roll⟧ again.",
        "会议在⟦东京⟧举行。",
        "彼は⟦トヨタ⟧で働く。",
        "เขาไป⟦กรุงเทพ⟧แล้ว",
        "在⟦2024年⟧举行。",
        "She wrote 👩\u200d👧 ⟦👩\u200d👧⟧ twice.",
    ],
)
def test_a_good_quote_stays_as_it_is(kept: str) -> None:
    assert trimmed(kept) == kept


@pytest.mark.parametrize(
    ("read", "quoted"),
    [
        # whole words
        ("The pi⟦lot⟧s left.", "The ⟦pilots⟧ left."),
        ("In 19⟦48⟧ it ended.", "In ⟦1948⟧ it ended."),
        ("The ⟦press secre⟧tary left.", "The ⟦press secretary⟧ left."),
        ("It is 서⟦울⟧ there.", "It is ⟦서울⟧ there."),
        ("An ⟦e⟧\u0301lan!", "An ⟦e\u0301lan⟧!"),
        ("An e⟦\u0301lan⟧!", "An ⟦e\u0301lan⟧!"),
        ("An e\u0301⟦lan⟧!", "An ⟦e\u0301lan⟧!"),
        ("यह हि⟦न्दी⟧ है", "यह ⟦हिन्दी⟧ है"),
        ("यह ⟦ह⟧िन्दी है", "यह ⟦हिन्दी⟧ है"),
        ("او می\u200c⟦خواهد⟧ برود", "او ⟦می\u200cخواهد⟧ برود"),
        ("A 👩⟦\u200d👧⟧ left.", "A ⟦👩\u200d👧⟧ left."),
        ("A ⟦👩⟧\u200d👧 left.", "A ⟦👩\u200d👧⟧ left."),
        ("A ⟦❤⟧\ufe0f left.", "A ⟦❤\ufe0f⟧ left."),
        # white space and loose punctuation
        ("In⟦ Tokyo\n⟧he left.", "In ⟦Tokyo⟧\nhe left."),
        ("In ⟦Tokyo.⟧ He left.", "In ⟦Tokyo⟧. He left."),
        ("In ⟦Tokyo,⟧ he left.", "In ⟦Tokyo⟧, he left."),
        ("In ⟦Tokyo …⟧", "In ⟦Tokyo⟧ …"),
        ("In ⟦Tokyo...⟧", "In ⟦Tokyo⟧..."),
        ("In ⟦— Tokyo —⟧", "In — ⟦Tokyo⟧ —"),
        ("In ⟦the U.S.,⟧ he left.", "In ⟦the U.S.⟧, he left."),
        ("会议在⟦东京。⟧", "会议在⟦东京⟧。"),
        ("At ⟦, 5⟧ left.", "At , ⟦5⟧ left."),
        # numbers and addresses
        ("At 10⟦:30⟧ he left.", "At ⟦10:30⟧ he left."),
        ("It cost $⟦4⟧.2 million.", "It cost $⟦4.2⟧ million."),
        ("It has 1,⟦250⟧ beds.", "It has ⟦1,250⟧ beds."),
        ("Write to a.b⟦@example⟧.org.", "Write to ⟦a.b@example.org⟧."),
        ("See ⟦www.example⟧.org/a, please.", "See ⟦www.example.org/a⟧, please."),
        ("See ⟦https⟧://example.org/a(b).", "See ⟦https://example.org/a(b)⟧."),
        # markup
        ("It is **⟦bold**⟧ here.", "It is **⟦bold⟧** here."),
        ("It is ⟦`code⟧` here.", "It is `⟦code⟧` here."),
        ("It is `⟦code`⟧ here.", "It is `⟦code⟧` here."),
        ("It is ⟦`code`⟧ here.", "It is `⟦code⟧` here."),
        ("It ⟦runs `rag serve⟧ --port 0` now.", "It ⟦runs `rag serve --port 0`⟧ now."),
        ("With `rag ⟦ask` you ask⟧.", "With ⟦`rag ask` you ask⟧."),
        ("Type `rag ⟦serve⟧ now`.", "Type `rag ⟦serve⟧ now`."),
        ("Type ⟦`a` or `b`⟧.", "Type ⟦`a` or `b`⟧."),
        ("It is a ⟦` mark⟧.", "It is a ` ⟦mark⟧."),
        ("It ran 1914⟦–1918⟧ there.", "It ran 1914–⟦1918⟧ there."),
        # half a pair
        ("He said ⟦“war⟧”.", "He said “⟦war⟧”."),
        ("He said “⟦war”⟧.", "He said “⟦war⟧”."),
        ("He said “⟦war.”⟧", "He said “⟦war⟧.”"),
        ('He said "⟦war"⟧.', 'He said "⟦war⟧".'),
        ("He said ⟦'Japan's capital⟧'.", "He said '⟦Japan's capital⟧'."),
        ("He said ‘⟦Japan’s capital’⟧.", "He said ‘⟦Japan’s capital⟧’."),
        ("He said ⟦„Krieg⟧“.", "He said „⟦Krieg⟧“."),
        ("The war (⟦of 1914)⟧.", "The war (⟦of 1914⟧)."),
        ("The war ⟦(of [1914]⟧).", "The war (⟦of [1914]⟧)."),
        ("The ⟦)war(⟧.", "The )⟦war⟧(."),
        ("In the ⟦’90s⟧.", "In the ’⟦90s⟧."),
        ("It is O⟦’Brien⟧ again.", "It is O’⟦Brien⟧ again."),
        ("It is the ⟦Smiths’⟧ house.", "It is the ⟦Smiths⟧’ house."),
        ("The ⟦(a) and (b⟧) ended.", "The ⟦(a) and (b)⟧ ended."),
        ("The ⟦reed warbler), also a “piper⟧”.", "The ⟦reed warbler⟧), also a “piper”."),
        ("It cost ⟦€19 (€437 in⟧ all).", "It cost ⟦€19⟧ (€437 in all)."),
        ("He called it ⟦a “war⟧”.", "He called it ⟦a “war”⟧."),
        ("They are ⟦a) gold, b) salt⟧.", "They are ⟦a) gold, b) salt⟧."),
        ("It is ⟦the workers’ union⟧.", "It is ⟦the workers’ union⟧."),
        # the place that news begins with
        ("⟦TOKYO – Japan⟧ will host it", "TOKYO – ⟦Japan⟧ will host it"),
        ("First\n\n⟦NEW YORK (AP) — Mr Sato⟧ said", "First\n\nNEW YORK (AP) — Mr ⟦Sato⟧ said"),
        ("⟦PARIS, Dec 18 - France⟧ won", "PARIS, Dec 18 - ⟦France⟧ won"),
        ("⟦TOKYO⟧ – Japan will host it", "⟦TOKYO⟧ – Japan will host it"),
        ("The ⟦MIR – Soyuz⟧ docking", "The ⟦MIR – Soyuz⟧ docking"),
        # courtesy titles
        ("He met ⟦Mr. Smith⟧.", "He met Mr. ⟦Smith⟧."),
        ("He met ⟦Mr Smith⟧.", "He met Mr ⟦Smith⟧."),
        ("He met ⟦Mrs. Ito⟧.", "He met Mrs. ⟦Ito⟧."),
        ("He met ⟦Ms. Ito⟧.", "He met Ms. ⟦Ito⟧."),
        ("He met ⟦, Ms Ito,⟧", "He met , Ms ⟦Ito⟧,"),
        ("He met ⟦Mr. Mr. Smith⟧.", "He met Mr. Mr. ⟦Smith⟧."),
        ("He met ⟦Mr.⟧ Smith.", "He met ⟦Mr⟧. Smith."),
        # nothing to quote
        ("He left ⟦ — ⟧ late.", "He left ⟦ — ⟧ late."),
        ("He left⟦⟧ late.", "He left⟦⟧ late."),
    ],
)
def test_a_span_becomes_its_quote(read: str, quoted: str) -> None:
    assert trimmed(read) == quoted


@given(places())
def test_a_quote_lies_in_its_text(place: tuple[str, Span]) -> None:
    text, span = place
    quoted = trim(text, span)
    assert 0 <= quoted.start <= quoted.end <= len(text)


@given(worded())
def test_a_quote_has_words_and_no_white_space_at_its_edges(place: tuple[str, Span]) -> None:
    text, span = place
    quoted = trim(text, span)
    quote = text[quoted.start : quoted.end]
    assert any(character.isalnum() or character == "_" for character in quote)
    assert quote == quote.strip()


@given(places())
@example(("Mr. Mr. Smith", Span(0, 13)))
@example(("'Japan's capital'", Span(0, 17)))
def test_trimming_again_changes_nothing(place: tuple[str, Span]) -> None:
    text, span = place
    once = trim(text, span)
    assert marked(text, trim(text, once)) == marked(text, once)


@given(worded())
def test_only_titles_and_what_follows_half_a_pair_are_lost(place: tuple[str, Span]) -> None:
    text, span = place
    quoted = trim(text, span)
    untitled = TITLES.sub(lambda title: " " * len(title[0]), text)
    dropped = "".join(takewhile(lambda c: not c.isalnum(), text[quoted.end :]))
    is_cut = not HALVES.isdisjoint(dropped)
    lost = untitled[span.start : quoted.start] + ("" if is_cut else text[quoted.end : span.end])
    assert not any(character.isalnum() for character in lost)


@given(worded())
@example(("a\u200d“", Span(0, 1)))
def test_a_quote_tears_neither_words_nor_signs(place: tuple[str, Span]) -> None:
    text, span = place
    quoted = trim(text, span)
    for edge in (quoted.start, quoted.end):
        before, after = text[:edge][-1:], text[edge:][:1]
        assert not (before + after).isascii() or not (before.isalnum() and after.isalnum())
        if before.strip() and after.strip():
            joins = HALVES.isdisjoint(before + after)  # half of a pair is joined to nothing
            assert not joins or "\u200d" not in {before, after}
            assert not unicodedata.combining(after)

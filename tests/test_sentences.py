"""Blocks -> sentences: where one ends, what of it may be quoted, and what never answers."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.documents import parse
from rag.sentences import cut, trim, units
from rag.types import BlockKind, Document

PLAIN, MARKDOWN = "text/plain", "text/markdown"
SPACES = [" ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "\x85", "\u2028", "\u200b", "\n\n", " " * 50]
WORDS = ["a", "B. ", "Mr. ", "it ended. ", "(", ")", "“", "”", '"', "...", "…", "?", "1. ", "- "]
OTHER = ["语。", "e\u0301", "👩\u200d👧", "# ", "|", "> ", "`", "x" * 700]
texts = st.text() | st.lists(st.sampled_from([*SPACES, *WORDS, *OTHER])).map("".join)


def sentences(text: str, media_type: str = PLAIN) -> list[str]:
    found = (unit.sentence for unit in units(parse("a", text, media_type)))
    return [text[span.start : span.end] for span in found if span]


@pytest.mark.parametrize(
    "sentence",
    [
        "Mr. Smith met Dr. Jones and Mrs. Ito.",
        "The U.S. and the U.K. signed it at 9 a.m. on Monday.",
        "She thanked Ms. Ortega, Dr. Who and Mx. Roe for approx. 40 letters.",
        "J. R. R. Tolkien wrote it in Oxford.",
        "It cost 3.14 yen, i.e. nearly nothing.",
        "It was signed on Jan. 5 in St. Petersburg.",
        "See www.example.org or ask e.g. the pilot.",
        "He waited... and left.",
        "He waited… and left.",
        "“Go home!” he said.",
        '"Is it late?" she asked.',
        "“It was late. Nobody came,” he said.",
        "It ended (nobody knew. why) at noon.",
        "Number 12 won, and No. 7 lost.",
        "这是第一句。",
        "No full stop at the end",
    ],
)
def test_a_sentence_is_not_broken(sentence: str) -> None:
    before, after = "The talks were long.", "Then they ended."
    assert sentences(f"{before} {sentence}") == [before, sentence]
    assert sentences(f"{sentence}\n\n{after}") == [sentence, after]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four.", ["One.", "Two!", "Three?", "Four."]),
        ("It ended... Then he left.", ["It ended...", "Then he left."]),
        ("It ended… Then he left.", ["It ended…", "Then he left."]),
        ("“It ended…” Then he left.", ["“It ended…”", "Then he left."]),
        ("“It ended.” He left.", ["“It ended.”", "He left."]),
        ("这是第一句。这是第二句！", ["这是第一句。", "这是第二句！"]),
        (
            "They weigh 190–230 g. The span is 1 m. It is long.",
            ["They weigh 190–230 g.", "The span is 1 m.", "It is long."],
        ),
        ("It ends with Ms.", ["It ends with Ms."]),
        ("It cost 5 yen. 3 were paid.", ["It cost 5 yen.", "3 were paid."]),
        ("One ends\nhere. Two\nends there.", ["One ends\nhere.", "Two\nends there."]),
        ("One ends\r\nhere.\r\nTwo ends.", ["One ends\r\nhere.", "Two ends."]),
        ("It ended.\u00a0Then\u3000he left.", ["It ended.", "Then\u3000he left."]),
    ],
)
def test_sentences_are_parted(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\x85"])
def test_white_space_of_several_bytes_before_a_full_stop_is_taken(space: str) -> None:
    # sentencex 1.0.32 panics on it
    assert sentences(f"It was B{space}. He left.") == [f"It was B{space}.", "He left."]


def test_the_sentence_of_the_article_that_links_broke_comes_out_whole(article: Document) -> None:
    assert (
        "Beijing, angered by recent comments from Ms Takaichi\n\nsuggesting Japan could intervene "
        "militarily\n\nif China were to attack Taiwan, has been seeking diplomatic backing from "
        "European and South-east Asian governments."
    ) in sentences(article.text)


def test_the_article_has_a_sentence_for_each_of_its_sentences(article: Document) -> None:
    found = sentences(article.text)
    assert len(found) == 20
    assert found[0] == "Japan eyes bigger role in central Asia with first leaders’ summit"
    assert found[-1].endswith("for meetings with Emperor Naruhito and Ms Takaichi.")
    assert all(sentence[-1] in ".”" or sentence.endswith("he added.") for sentence in found[1:])


@pytest.mark.parametrize("furniture", ["See more on", "PHOTO: AFP", "Follow topic:"])
def test_furniture_yields_no_sentence(furniture: str) -> None:
    assert sentences(f"It ended.\n\n{furniture}\n\nHe left.") == ["It ended.", "He left."]


@pytest.mark.parametrize(
    "silent",
    ["```\nIt is. Code.\n```", "    indented code", "<p>\nIt is HTML.\n</p>", "[a]: b", "***"],
)
def test_code_and_markup_yield_no_sentence(silent: str) -> None:
    assert sentences(f"It ended.\n\n{silent}\n\nHe left.", MARKDOWN) == ["It ended.", "He left."]


@pytest.mark.parametrize("wordless", ["...", "* * *", "–", "_____", "🎉", "“”", "1."])
def test_what_holds_no_word_yields_no_sentence(wordless: str) -> None:
    assert sentences(f"It ended.\n\n{wordless}\n\nHe left.")[-1] == "He left."
    assert wordless not in sentences(f"It ended.\n\n{wordless}\n\nHe left.", MARKDOWN)


@pytest.mark.parametrize("marker", [*"-*+•‣◦–—", "1.", "12)", "(3)", "a)", "(b)"])
def test_list_markers_are_no_part_of_a_sentence(marker: str) -> None:
    assert sentences(f"Bring:\n{marker} bread\n{marker}\twine, red. And salt.") == [
        "Bring:",
        "bread",
        "wine, red.",
        "And salt.",
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("## Harbours", "Harbours"),
        ("## Harbours ##", "Harbours"),
        ("# Learn C#", "Learn C#"),
        ("Harbours\n========", "Harbours"),
        ("Harbours\r\n--\r\n", "Harbours"),
        ("> It ended.", "It ended."),
        ("> > - It ended.", "It ended."),
        ("* 1. It ended.", "It ended."),
        ("The *end* of [it](a).", "The *end* of [it](a)."),
        ("–5 degrees were measured.", "–5 degrees were measured."),
        ("-5 degrees were measured.", "-5 degrees were measured."),
        ("3.14 is pi.", "3.14 is pi."),
    ],
)
def test_markup_around_a_sentence_is_no_part_of_it(source: str, expected: str) -> None:
    assert sentences(source, MARKDOWN) == [expected]


def test_a_heading_and_a_table_are_one_unit_each() -> None:
    table = "| a. B. | c |\n| --- | --- |\n| D. E. | f |"
    source = f"# It ended. He left.\n\n{table}\n"
    assert sentences(source, MARKDOWN) == ["It ended. He left.", table]


def test_a_bracket_that_never_closes_swallows_no_more_than_a_sentence_can_be() -> None:
    text = "It began (so they say. " + "The sea was deep and calm. " * 500 + "It ended here)."
    assert len(sentences(text)) > 450
    assert all(len(sentence) <= 1024 for sentence in sentences(text))


def test_a_megabyte_of_sentences_without_spaces_is_parted() -> None:
    # sentencex alone takes minutes for it
    assert sentences("这是一句。" * 200_000) == ["这是一句。"] * 200_000


@pytest.mark.parametrize("unit", ["word ", "x", "语", "👩\u200d👧", "(", "“", "Mr. "])
def test_very_long_text_without_a_full_stop_is_parted_anyhow(unit: str) -> None:
    found = sentences(f"The text: {unit * 50_000}the end")
    assert all(len(sentence) <= 1024 for sentence in found)


@pytest.mark.parametrize("media_type", [PLAIN, MARKDOWN])
@given(text=texts)
@example(text="B\u3000.")
def test_units_partition_each_block_and_sentences_lie_in_their_unit(
    media_type: str, text: str
) -> None:
    document = parse("a", text, media_type)
    found = list(units(document))
    assert [u.start for u in found[1:]] == [
        after.start if after.start in {b.start for b in document.blocks} else before.end
        for before, after in pairwise(found)
    ]
    assert {b.start for b in document.blocks} <= {u.start for u in found}
    assert {b.end for b in document.blocks} <= {u.end for u in found}
    for unit in found:
        if unit.sentence:
            quoted = text[unit.sentence.start : unit.sentence.end]
            assert unit.start <= unit.sentence.start < unit.sentence.end <= unit.end
            assert quoted == quoted.strip().strip("\ufeff\u200b")
            assert any(character.isalnum() for character in quoted)
            assert unit.kind not in {BlockKind.FURNITURE, BlockKind.CODE}


@given(texts, st.integers(0, 50), st.integers(1, 50))
def test_trimming_takes_nothing_but_edges(text: str, start: int, length: int) -> None:
    span = trim(text, start := min(start, len(text)), end := min(start + length, len(text)))
    assert start <= span.start <= span.end <= end
    assert all(edge.isspace() or edge in "\ufeff\u200b" for edge in text[span.end : end])
    assert not re.search(r"[^\W\d_]{2}", text[start : span.start])  # a), but no word


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("one two, three four five", "one two, three "),
        ("one two three, four five six", "one two three,"),
        ("one two three\nfour, five", "one two three\n"),
        ("one two three 3.141592", "one two three "),
        ("一二三四五六七八九十，一二三四五六七八九十", "一二三四五六七八九十，"),
        ("xxxxxxxxxxxxxxxxe\u0301xxx", "xxxxxxxxxxxxxxxx"),
        ("xxxxxxxxxxxxxxx👩\u200d👧xxx", "xxxxxxxxxxxxxxx"),
        ("xxxxxxxxxxxxxxxx👍🏽xxx", "xxxxxxxxxxxxxxxx"),
        ("xxxxxxxxxxxxxxxx\r\nxx", "xxxxxxxxxxxxxxxx"),
        ("xxxxxxxxxxxxxxxxकि", "xxxxxxxxxxxxxxxx"),
        ("xxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxx"),
    ],
)
def test_an_over_long_sentence_is_cut_where_it_hurts_least(text: str, piece: str) -> None:
    assert text[: cut(text, 0, 17)] == piece


@given(texts.filter(bool), st.data())
def test_a_cut_always_gets_on(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert start < cut(text, start, end) <= end

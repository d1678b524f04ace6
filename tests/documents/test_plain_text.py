"""Plain text -> blocks: what the layout of lines says of paragraphs, headings and lists."""

import textwrap

import pytest

from rag.documents import parse
from rag.types import BlockKind

HEADING, PARAGRAPH, ITEM = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM
LONG = "The harbour was built by hand over eleven winters, and nobody alive remembers why."


def blocks(text: str) -> list[tuple[BlockKind, str]]:
    document = parse("a.txt", text, "text/plain")
    return [(block.kind, text[block.start : block.end]) for block in document.blocks]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028", "\u2029"])
def test_every_kind_of_line_break_parts_lines_and_paragraphs(newline: str) -> None:
    lines = ["Harbours", "", "Ships come in.", "Ships go out.", "", "", "  The end.  ", ""]
    assert blocks(newline.join(lines)) == [
        (HEADING, "Harbours"),
        (PARAGRAPH, f"Ships come in.{newline}Ships go out."),
        (PARAGRAPH, "The end."),
    ]


@pytest.mark.parametrize("text", ["", " ", "\n", "\r\n\t\r\n", "\u3000\u2028\u00a0"])
def test_white_space_alone_has_no_blocks(text: str) -> None:
    assert blocks(text) == []


def test_a_line_of_white_space_is_a_blank_line() -> None:
    assert blocks("One ends.\n \t\u00a0\nTwo ends.") == [
        (PARAGRAPH, "One ends."),
        (PARAGRAPH, "Two ends."),
    ]


@pytest.mark.parametrize("width", [40, 72, 100])
def test_a_wrapped_paragraph_is_one_block(width: int) -> None:
    first, second = (textwrap.fill(f"{LONG} " * 5 + end, width) for end in ("So it goes.", "Ha!"))
    assert blocks(f"{first}\n\n{second}\n") == [(PARAGRAPH, first), (PARAGRAPH, second)]


def test_a_line_ended_early_and_on_purpose_stands_alone() -> None:
    assert blocks(f"Tokyo, Monday\n{LONG}\n{LONG}\n") == [
        (HEADING, "Tokyo, Monday"),
        (PARAGRAPH, f"{LONG}\n{LONG}"),
    ]


@pytest.mark.parametrize("heading", ["Harbours", "2 Methods", "Why Cats Sleep", "第一章", "A" * 99])
def test_a_short_line_without_a_stop_before_other_text_is_a_heading(heading: str) -> None:
    assert blocks(f"{heading}\n\n{LONG}") == [(HEADING, heading), (PARAGRAPH, LONG)]


@pytest.mark.parametrize(
    "line",
    [
        "It was late.",
        "Who goes there?",
        "It was late.”",
        "As follows:",
        "这是句子。",
        "one two three four five six seven eight nine ten eleven twelve 13 14 15 16 17",
    ],
)
def test_a_line_that_ends_or_is_long_is_no_heading(line: str) -> None:
    assert blocks(f"{line}\n\n{LONG}") == [(PARAGRAPH, line), (PARAGRAPH, LONG)]


def test_the_last_line_of_a_text_heads_nothing() -> None:
    assert blocks(f"{LONG}\n\nThe editors")[-1] == (PARAGRAPH, "The editors")


@pytest.mark.parametrize("marker", [*"-*+•‣◦–—", "1.", "12)", "(3)", "a)", "(b)"])
def test_every_marker_starts_a_list_item(marker: str) -> None:
    assert blocks(f"Bring with you:\n{marker} bread\n{marker} wine\n") == [
        (PARAGRAPH, "Bring with you:"),
        (ITEM, f"{marker} bread"),
        (ITEM, f"{marker} wine"),
    ]


def test_a_list_item_goes_on_over_lines() -> None:
    assert blocks("- bread that is\n  a day old\n- wine") == [
        (ITEM, "- bread that is\n  a day old"),
        (ITEM, "- wine"),
    ]


def test_a_dash_within_a_line_starts_no_list() -> None:
    assert blocks("TOKYO – Japan will host a summit.") == [
        (PARAGRAPH, "TOKYO – Japan will host a summit.")
    ]


def test_a_quotation_over_several_paragraphs_is_several_paragraphs() -> None:
    quotation = ["“It was late.", "“Nobody came.", "“So I left,” he said."]
    assert blocks("\n\n".join(quotation)) == [(PARAGRAPH, each) for each in quotation]


@pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\n \n\n"])
def test_a_sentence_broken_by_blank_lines_is_one_paragraph(gap: str) -> None:
    broken = f"Beijing, angered by comments{gap}suggesting{gap}that Japan could act, protested."
    assert blocks(f"{LONG}\n\n{broken}\n\nThat leaves Tokyo looking.") == [
        (PARAGRAPH, LONG),
        (PARAGRAPH, broken),
        (PARAGRAPH, "That leaves Tokyo looking."),
    ]


@pytest.mark.parametrize("before", ["It ended.", "It ended.”", "It ended (here!)", "As follows:"])
def test_what_follows_a_full_stop_is_a_paragraph_of_its_own(before: str) -> None:
    assert blocks(f"{before}\n\niPhones were sold.") == [
        (PARAGRAPH, before),
        (PARAGRAPH, "iPhones were sold."),
    ]


def test_a_list_after_an_unfinished_line_stays_a_list() -> None:
    assert blocks("Bring with you\n\na) bread") == [
        (HEADING, "Bring with you"),
        (ITEM, "a) bread"),
    ]


@pytest.mark.parametrize("unit", ["word ", "x", "语", ".", "’", "👩\u200d👧"])
def test_very_long_text_without_punctuation_is_one_paragraph(unit: str) -> None:
    text = (unit * 200_000).rstrip()
    assert blocks(text) == [(PARAGRAPH, text)]


def test_a_very_long_run_of_broken_lines_is_one_paragraph() -> None:
    text = "\n\n".join(["a"] * 100_000)  # quadratic joining would take minutes
    assert blocks(text) == [(PARAGRAPH, text)]

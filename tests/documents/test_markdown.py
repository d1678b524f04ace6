"""Markdown -> blocks over the raw source: what each construct is, markers included."""

import pytest

from rag.documents import parse
from rag.types import BlockKind

HEADING, PARAGRAPH, ITEM = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM
TABLE, CODE, FURNITURE = BlockKind.TABLE, BlockKind.CODE, BlockKind.FURNITURE

SOURCE = """\
# Harbours

Ships come in.
Ships go out.

Tides
-----

- bread
- wine
  1. red
  2. white

> The sea
> is deep.

```python
print("# no heading")
```

    indented code

| harbour | depth |
| ------- | ----- |
| Kobe    | 18 m  |

***

<div class="note">
<p>raw</p>
</div>

[kobe]: https://example.org "Kobe"

The end.
"""

BLOCKS = [
    (HEADING, "# Harbours"),
    (PARAGRAPH, "Ships come in.\nShips go out."),
    (HEADING, "Tides\n-----"),
    (ITEM, "- bread"),
    (ITEM, "- wine"),
    (ITEM, "  1. red"),
    (ITEM, "  2. white"),
    (PARAGRAPH, "> The sea\n> is deep."),
    (CODE, '```python\nprint("# no heading")\n```'),
    (CODE, "    indented code"),
    (TABLE, "| harbour | depth |\n| ------- | ----- |\n| Kobe    | 18 m  |"),
    (FURNITURE, "***"),
    (FURNITURE, '<div class="note">\n<p>raw</p>\n</div>'),
    (FURNITURE, '[kobe]: https://example.org "Kobe"'),
    (PARAGRAPH, "The end."),
]


def blocks(text: str) -> list[tuple[BlockKind, str]]:
    """Return kind and source of each block, without the line breaks around it."""
    document = parse("a.md", text, "text/markdown")
    return [(block.kind, text[block.start : block.end].strip("\r\n")) for block in document.blocks]


def test_every_construct_is_the_kind_of_block_that_it_is() -> None:
    assert blocks(SOURCE) == BLOCKS


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_other_line_breaks_change_no_block(newline: str) -> None:
    expected = [(kind, source.replace("\n", newline)) for kind, source in BLOCKS]
    assert blocks(SOURCE.replace("\n", newline)) == expected


@pytest.mark.parametrize("end", ["---", "..."])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_front_matter_is_furniture(end: str, newline: str) -> None:
    front = newline.join(["---", "title: Harbours", "# a comment", "", "tags: [sea]", end])
    assert blocks(f"{front}{newline}# Title{newline}{newline}Text.") == [
        (FURNITURE, front),
        (HEADING, "# Title"),
        (PARAGRAPH, "Text."),
    ]


def test_offsets_behind_front_matter_are_those_of_the_whole_source() -> None:
    document = parse("a.md", "---\na: b\n---\n\nText.\n", "text/markdown")
    assert [(b.start, b.end) for b in document.blocks] == [(0, 13), (14, 20)]


def test_rules_within_a_text_are_no_front_matter() -> None:
    assert blocks("Text.\n\n---\n\nMore.\n\n---\n") == [
        (PARAGRAPH, "Text."),
        (FURNITURE, "---"),
        (PARAGRAPH, "More."),
        (FURNITURE, "---"),
    ]


def test_front_matter_that_never_ends_is_text() -> None:
    assert blocks("---\ntitle: Harbours\n\nText.") == [
        (FURNITURE, "---"),
        (PARAGRAPH, "title: Harbours"),
        (PARAGRAPH, "Text."),
    ]


def test_items_of_nested_lists_are_items_each_and_keep_their_paragraphs() -> None:
    assert blocks("1. one\n   - two\n     - three\n\n       more of three\n2. four\n\nOut.") == [
        (ITEM, "1. one"),
        (ITEM, "   - two"),
        (ITEM, "     - three"),
        (ITEM, "       more of three"),
        (ITEM, "2. four"),
        (PARAGRAPH, "Out."),
    ]


def test_code_in_a_list_is_code() -> None:
    assert blocks("- run\n\n  ```\n  make test\n  ```\n- rest") == [
        (ITEM, "- run"),
        (CODE, "  ```\n  make test\n  ```"),
        (ITEM, "- rest"),
    ]


def test_quotes_may_hold_lists_headings_and_quotes() -> None:
    assert blocks("> # Sea\n>\n> deep\n>\n> - salt\n>\n> > said she") == [
        (HEADING, "> # Sea"),
        (FURNITURE, ">"),
        (PARAGRAPH, "> deep"),
        (FURNITURE, ">"),
        (ITEM, "> - salt"),
        (FURNITURE, ">"),
        (PARAGRAPH, "> > said she"),
    ]


def test_a_fence_that_never_ends_is_code_to_the_end() -> None:
    assert blocks("Text.\n\n~~~\n# no heading\n\nno text") == [
        (PARAGRAPH, "Text."),
        (CODE, "~~~\n# no heading\n\nno text"),
    ]


def test_a_paragraph_may_hold_html_and_links() -> None:
    text = "The <b>port</b> of [Kobe][kobe] ![map](map.png)."
    assert blocks(text) == [(PARAGRAPH, text)]


def test_a_comment_is_furniture() -> None:
    assert blocks("<!-- TODO\n\nmend -->\n\nText.") == [
        (FURNITURE, "<!-- TODO\n\nmend -->"),
        (PARAGRAPH, "Text."),
    ]


def test_an_empty_source_has_no_blocks() -> None:
    assert blocks("") == blocks(" \r\n\t\n") == []


@pytest.mark.parametrize("text", ["[" * 200_000, "*a " * 70_000, "`a" * 100_000, "<a" * 100_000])
def test_very_long_lines_of_open_markup_are_one_paragraph(text: str) -> None:
    assert blocks(text) == [(PARAGRAPH, text)]

"""Word, PowerPoint and Excel files -> blocks; what their libraries' own accessors would lose."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime

import docx
import openpyxl
import pptx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx.util import Inches

from rag.documents import load_bytes, sheets, slides
from rag.errors import UnreadableDocument
from rag.types import BlockKind, Document

HEADING, PARAGRAPH, ITEM = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM
TABLE = BlockKind.TABLE
Packer = Callable[..., bytes]


def load(made: object, name: str) -> Document:
    out = io.BytesIO()
    made.save(out)  # type: ignore[attr-defined]
    (document,) = load_bytes(name, name, out.getvalue()).documents
    return document


def blocks(document: Document) -> list[tuple[BlockKind, int, str]]:
    return [(b.kind, b.level, document.text[b.start : b.end]) for b in document.blocks]


def test_word_headings_lists_and_tables() -> None:
    made = docx.Document()
    made.add_heading("Harbours of Japan", 0)
    made.add_heading("Kobe", 1)
    made.add_heading("Depth", 2)
    paragraph = made.add_paragraph("It is ")
    paragraph.add_run("18 m").bold = True
    paragraph.add_run(" deep.\tVery.")
    made.add_paragraph("bread", style="List Bullet")
    for rows in ([["Depth", "18 m"]], [["A", "B", "C"], ["1", "2", "3"]], [["In a frame."]]):
        table = made.add_table(len(rows), len(rows[0]))
        for y, row in enumerate(rows):
            for x, text in enumerate(row):
                table.cell(y, x).text = text
    document = load(made, "a.docx")
    assert document.title == "Harbours of Japan"
    assert blocks(document) == [
        (HEADING, 1, "Harbours of Japan"),
        (HEADING, 1, "Kobe"),
        (HEADING, 2, "Depth"),
        (PARAGRAPH, 0, "It is 18 m deep. Very."),
        (ITEM, 0, "bread"),
        (TABLE, 0, "Depth: 18 m"),
        (TABLE, 0, "A: 1; B: 2; C: 3"),
        (PARAGRAPH, 0, "In a frame."),
    ]


def test_word_styles_of_ones_own_are_headings_by_what_they_build_on() -> None:
    made = docx.Document()
    style = made.styles.add_style("Kapitel", 1)
    style.base_style = made.styles["Heading 3"]
    made.add_paragraph("Tides", style="Kapitel")
    assert blocks(load(made, "a.docx")) == [(HEADING, 3, "Tides")]


def test_word_changes_are_accepted_and_content_controls_read() -> None:
    made = docx.Document()
    run = "<w:r><w:t>{}</w:t></w:r>"
    made.element.body.insert(
        0,
        parse_xml(
            f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>It is </w:t></w:r>"
            f'<w:del w:id="1" w:author="x"><w:r><w:delText>17</w:delText></w:r></w:del>'
            f'<w:ins w:id="2" w:author="x">{run.format("18")}</w:ins>'
            f'<w:moveFrom w:id="3" w:author="x">{run.format("gone")}</w:moveFrom>'
            f"<w:hyperlink>{run.format(' m')}</w:hyperlink>{run.format(' deep.')}"
            "</w:p></w:sdtContent></w:sdt>"
        ),
    )
    assert load(made, "a.docx").text == "It is 18 m deep."


def test_word_cells_that_span_rows_are_said_in_each() -> None:
    made = docx.Document()
    table = made.add_table(3, 3)
    for y, row in enumerate((["Harbour", "Pier", "Depth"], ["Kobe", "1", "18"], ["", "2", "16"])):
        for x, text in enumerate(row):
            table.cell(y, x).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    assert load(made, "a.docx").text.splitlines() == [
        "Harbour: Kobe; Pier: 1; Depth: 18",
        "Harbour: Kobe; Pier: 2; Depth: 16",
    ]


def test_word_tables_within_frames_are_said_once() -> None:
    made = docx.Document()
    frame = made.add_table(1, 1).cell(0, 0)
    frame.text = "Before."
    inner = frame.add_table(2, 3)
    for y, row in enumerate((["A", "B", "C"], ["1", "2", "3"])):
        for x, text in enumerate(row):
            inner.cell(y, x).text = text
    assert load(made, "a.docx").text == "Before.\n\nA: 1; B: 2; C: 3"


def test_word_footnotes_come_last() -> None:
    made, out = docx.Document(), io.BytesIO()
    made.add_paragraph("It is deep.")
    note = "<w:footnote {}><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:footnote>"
    notes = f"<w:footnotes {nsdecls('w')}>{note.format('', 'Since 1868.')}" + note.format(
        'w:type="separator"', "no"
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    blob = f"{notes}</w:footnotes>".encode()
    part = Part(PackURI("/word/footnotes.xml"), kind, blob, made.part.package)
    made.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    made.save(out)
    (document,) = load_bytes("a.docx", "a.docx", out.getvalue()).documents
    assert document.text == "It is deep.\n\nSince 1868."


def test_slides_have_pages_titles_points_tables_groups_and_notes() -> None:
    made = pptx.Presentation()
    first = made.slides.add_slide(made.slide_layouts[1])
    first.shapes.title.text = "Harbours"
    first.placeholders[1].text = "Kobe\nOsaka"
    group = first.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 99, 99).text_frame.text = "In a group."
    first.notes_slide.notes_text_frame.text = "Say this aloud."
    made.slides.add_slide(made.slide_layouts[6])
    last = made.slides.add_slide(made.slide_layouts[5])
    last.shapes.title.text = "Depths"
    table = last.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(1)).table
    for (y, x), text in {(0, 0): "Port", (0, 1): "Depth", (1, 0): "Kobe", (1, 1): "18"}.items():
        table.cell(y, x).text = text
    document = load(made, "a.pptx")
    assert blocks(document) == [
        (HEADING, 1, "Harbours"),
        (ITEM, 0, "Kobe"),
        (ITEM, 0, "Osaka"),
        (PARAGRAPH, 0, "In a group."),
        (PARAGRAPH, 0, "Say this aloud."),
        (HEADING, 1, "Depths"),
        (TABLE, 0, "Port: Kobe; Depth: 18"),
    ]
    start = document.text.index("Depths")
    assert document.pages == (0, start, start)
    assert document.title == "Harbours"


def test_too_many_slides_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slides, "MAX_PAGES", 1)
    made = pptx.Presentation()
    for _ in range(2):
        made.slides.add_slide(made.slide_layouts[6])
    with pytest.raises(UnreadableDocument, match="more than 1 slides: split it"):
        load(made, "a.pptx")


def test_sheets_are_rows_under_the_name_of_their_sheet() -> None:
    made = openpyxl.Workbook()
    first = made.active
    assert first is not None
    first.title = "Ports"
    first.append(["All ports of Japan"])
    first.append([])
    first.append(["Port", "Depth", "Since", "Seen"])
    moment = datetime(2025, 1, 2, 3, 4, 5, 6, tzinfo=UTC).replace(tzinfo=None)
    first.append(["Kobe", 18.0, date(1868, 1, 1), moment])
    first.append(["Osaka", 0.1, None, True])
    made.create_sheet("Empty")
    made.create_sheet("Numbers").append([1, 2])
    assert blocks(load(made, "a.xlsx")) == [
        (HEADING, 1, "Ports"),
        (PARAGRAPH, 0, "All ports of Japan"),
        (TABLE, 0, "Port: Kobe; Depth: 18; Since: 1868-01-01; Seen: 2025-01-02 03:04:05"),
        (TABLE, 0, "Port: Osaka; Depth: 0.1; Seen: True"),
        (HEADING, 1, "Numbers"),
        (TABLE, 0, "1; 2"),
    ]


def test_a_workbook_without_values_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match="holds no text"):
        load(openpyxl.Workbook(), "a.xlsx")


def test_a_cell_at_the_far_end_is_read_and_a_million_of_them_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.cell(1000, 300, "far")
    assert load(made, "a.xlsx").text == "Sheet\n\nfar"
    monkeypatch.setattr(sheets, "MAX_CELLS", 999)
    with pytest.raises(UnreadableDocument, match="more than 999 cells: split it"):
        load(made, "a.xlsx")


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("name", "part"),
    [("a.docx", "word/document.xml"), ("a.xlsx", "xl/styles.xml"), ("a.pptx", "ppt/x.xml.rels")],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_before_anything_is_unfolded(
    name: str, part: str, encoding: str, packed: Packer
) -> None:
    data = packed({"[Content_Types].xml": "<Types/>", part: BOMB.encode(encoding)})
    with pytest.raises(UnreadableDocument, match=f"{part} declares XML entities"):
        load_bytes(name, name, data)


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx"])
def test_a_package_without_its_parts_is_damaged(name: str, packed: Packer) -> None:
    folder = {"a.docx": "word", "a.xlsx": "xl", "a.pptx": "ppt"}[name]
    data = packed({"[Content_Types].xml": "<Types/>", f"{folder}/main.xml": "<x>"})
    with pytest.raises(UnreadableDocument, match="it is damaged"):
        load_bytes(name, name, data)


def test_an_open_document_file_says_what_to_save_it_as(packed: Packer) -> None:
    data = packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"})
    with pytest.raises(UnreadableDocument, match=r"OpenDocument file: save it as \.docx"):
        load_bytes("a.docx", "a.docx", data)

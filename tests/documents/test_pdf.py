"""PDF -> pages, paragraphs, headings; scans, locks and bombs are refused."""

import io
import zlib
from collections.abc import Callable

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import ListFlowable, Paragraph, SimpleDocTemplate

from rag.documents import load_bytes, pdf
from rag.errors import UnreadableDocument
from rag.types import BlockKind, Document

HEADING, PARAGRAPH, ITEM = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM
FURNITURE = BlockKind.FURNITURE
STORY = "The harbour was built by hand over many winters, and nobody alive remembers why. "
OTHER = "Ships of many nations come in at night, unload by lamplight, and leave at dawn. "


def load(data: bytes) -> Document:
    (document,) = load_bytes("a.pdf", "a.pdf", data).documents
    return document


def drawn(*pages: Callable[[Canvas], None], **settings: object) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, **settings)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def lines(*texts: str, size: int = 11, font: str = "Helvetica") -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        canvas.setFont(font, size)
        for number, text in enumerate(texts):
            canvas.drawString(72, 750 - number * 1.2 * size, text)

    return draw


def blocks(document: Document) -> list[tuple[BlockKind, int, str]]:
    return [(b.kind, b.level, document.text[b.start : b.end]) for b in document.blocks]


def test_paragraphs_headings_and_lists_are_told_by_how_they_are_set() -> None:
    styles, out = getSampleStyleSheet(), io.BytesIO()
    story = [
        Paragraph("Harbours", styles["Title"]),
        Paragraph("1 Japan", styles["Heading2"]),
        Paragraph(STORY * 5, styles["BodyText"]),
        Paragraph(OTHER * 3, styles["BodyText"]),
        Paragraph("1.1 Depth", styles["Heading3"]),
        Paragraph("<b>Kobe bay</b>", styles["BodyText"]),
        Paragraph("It is 18 m deep.", styles["BodyText"]),
        ListFlowable([Paragraph("bread", styles["BodyText"])], bulletType="bullet"),
    ]
    SimpleDocTemplate(out).build(story)
    document = load(out.getvalue())
    assert blocks(document) == [
        (HEADING, 1, "Harbours"),
        (HEADING, 2, "1 Japan"),
        (PARAGRAPH, 0, (STORY * 5).strip()),
        (PARAGRAPH, 0, (OTHER * 3).strip()),
        (HEADING, 3, "1.1 Depth"),
        (HEADING, 4, "Kobe bay"),
        (PARAGRAPH, 0, "It is 18 m deep."),
        (ITEM, 0, "• bread"),
    ]
    assert document.title == "Harbours"


def test_pages_start_where_their_text_does() -> None:
    document = load(drawn(lines("One."), lines(), lines("Three."), lines()))
    assert document.text == "One.\n\nThree."
    assert document.pages == (0, 6, 6, 12)
    assert document.notes == ("2 page(s) without text, perhaps scanned: 2, 4",)


def test_words_broken_at_line_ends_are_mended() -> None:
    text = load(drawn(lines("Infor-", "mation on state-", "of-the-art X-", "Rays it is."))).text
    assert text == "Information on state-of-the-art X-Rays it is."


def test_running_heads_and_page_numbers_are_furniture_and_sums_are_not() -> None:
    sums = (41, 7, 93, 12)
    document = load(
        drawn(
            *(
                lines("Harbour Report", "Ships", *"abc", f"Sum: {s}", f"- {n} -")
                for n, s in enumerate(sums, start=1)
            )
        )
    )
    silent = [text for kind, _, text in blocks(document) if kind is FURNITURE]
    assert silent == [x for n in range(1, 5) for x in ("Harbour Report", "Ships", f"- {n} -")]
    assert "Sum: 93" in document.text


def test_columns_go_on_mid_sentence() -> None:
    def draw(canvas: Canvas) -> None:
        for x, texts in (
            (72, ["Ships of many", "nations come"]),
            (300, ["in at night.", "They go."]),
        ):
            for number, text in enumerate(texts):
                canvas.drawString(x, 750 - 14 * number, text)

    assert "nations come in at night." in load(drawn(draw)).text


def test_a_scan_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnreadableDocument, match=r"2 page\(s\) holds text.*OCR"):
        load(drawn(lambda c: c.rect(9, 9, 99, 99), lines()))


def test_a_password_is_named() -> None:
    data = drawn(lines("Secret."), encrypt=StandardEncryption("word"))
    with pytest.raises(UnreadableDocument, match="protected by a password: save it without"):
        load(data)


def test_what_may_be_read_without_a_password_is() -> None:
    data = drawn(lines("Open."), encrypt=StandardEncryption("", ownerPassword="o", canPrint=0))
    assert load(data).text == "Open."


def raw(contents: bytes, filters: bytes, pages: int = 1) -> bytes:
    """Return a PDF whose pages share one stream, packed as it is."""
    kids = b" ".join(b"%d 0 R" % (4 + n) for n in range(pages))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 3 0 R>>"
    stream = b"<</Filter[%s]/Length %d>>stream\n%s\nendstream" % (filters, len(contents), contents)
    tree = b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, pages)
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", tree, stream, *[page] * pages]
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj%sendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return out + head + table + tail


def test_too_many_pages_are_refused_at_once() -> None:
    with pytest.raises(UnreadableDocument, match="more than 5,000 pages: split it"):
        load(raw(b"", b"", pages=10_000))


def test_a_bomb_ends_its_own_process_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "PDF_MEMORY", 2**28)
    once = zlib.compress(bytes(300 * 2**20), 1)
    with pytest.raises(UnreadableDocument, match="too much memory or time"):
        load(raw(zlib.compress(once), b"/FlateDecode/FlateDecode"))


def test_too_much_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_CHARACTERS", 50)
    with pytest.raises(UnreadableDocument, match="its text exceeds"):
        load(drawn(lines("A line of text.", "Another line of text."), lines("And more of it all.")))


def test_a_process_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_PATIENCE", 1e-9)
    with pytest.raises(UnreadableDocument, match="takes too long"):
        load(drawn(lines("Text.")))


def test_the_process_prints_nothing_but_what_it_is_asked(capfd: pytest.CaptureFixture[str]) -> None:
    load(drawn(lines("Text.")))
    assert capfd.readouterr() == ("", "")

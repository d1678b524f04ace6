"""A real file of every kind, made by the library that people make them with."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from email.message import EmailMessage

import docx
import openpyxl
import pptx
import pytest
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

SENTENCE = "The harbour of Kobe is 18 m deep."


def pdf() -> bytes:
    styles, out = getSampleStyleSheet(), io.BytesIO()
    story = [
        Paragraph("Harbours of Japan", styles["Title"]),
        Paragraph(f"{SENTENCE} Nobody alive remembers why. " * 4, styles["BodyText"]),
        Paragraph("Ships of many nations come in at night, and leave. ", styles["BodyText"]),
        PageBreak(),
        Paragraph("Tides", styles["Heading2"]),
        Paragraph("The tide of Osaka rises by one metre. " * 3, styles["BodyText"]),
    ]
    SimpleDocTemplate(out, invariant=1).build(story)
    return out.getvalue()


def word() -> bytes:
    document, out = docx.Document(), io.BytesIO()
    document.add_heading("Harbours", 1)
    document.add_paragraph(SENTENCE)
    document.add_paragraph("bread", style="List Bullet")
    table = document.add_table(rows=2, cols=3)
    for cell, text in zip(
        [each for row in table.rows for each in row.cells],
        ["Harbour", "Depth", "Since", "Kobe", "18 m", "1868"],
        strict=True,
    ):
        cell.text = text
    document.save(out)
    return out.getvalue()


def slides() -> bytes:
    presentation, out = pptx.Presentation(), io.BytesIO()
    for title in ("Harbours", "Tides"):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = f"{SENTENCE}\nShips come in."
    presentation.save(out)
    return out.getvalue()


def sheets() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Ports"
    for row in (["Harbour", "Depth"], ["Kobe", 18], ["Osaka", 14.5]):
        sheet.append(row)
    book.save(out)
    return out.getvalue()


def packed(members: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return out.getvalue()


def epub(chapters: Mapping[str, str] | None = None, **more: str) -> bytes:
    chapters = chapters or {"one": f"<h1>Harbours</h1><p>{SENTENCE}</p>", "two": "<h1>Tides</h1>"}
    items = "".join(
        f'<item id="{each}" href="text/{each}.xhtml" media-type="application/xhtml+xml"/>'
        for each in chapters
    )
    spine = "".join(f'<itemref idref="{each}"/>' for each in chapters)
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{}</body></html>'
    return packed(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
            'container"><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
            "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Sea Book</dc:title></metadata>'
            f"<manifest>{items}</manifest><spine>{spine}</spine></package>",
            **{f"OEBPS/text/{each}.xhtml": page.format(body) for each, body in chapters.items()},
            **more,
        }
    )


def mail(attachments: Mapping[str, bytes] | None = None) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Ann <ann@example.org>", "bob@example.org"
    message["Subject"], message["Date"] = "Harbour dues", "Mon, 1 Dec 2025 09:00:00 +0000"
    message.set_content(f"Dear Bob,\n\n{SENTENCE}\n")
    for name, content in (attachments or {}).items():
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


HTML = f"<!DOCTYPE html><title>Ports</title><h1>Harbours</h1><p>{SENTENCE}</p><ul><li>bread</ul>"


@pytest.fixture(scope="session")
def samples() -> Mapping[str, bytes]:
    """Return a file of each kind, by name."""
    return {
        "a.txt": f"Harbours\n\n{SENTENCE}".encode(),
        "a.md": f"# Harbours\n\n{SENTENCE}".encode(),
        "a.html": HTML.encode(),
        "a.pdf": pdf(),
        "a.docx": word(),
        "a.pptx": slides(),
        "a.xlsx": sheets(),
        "a.csv": b"Harbour,Depth\nKobe,18\n",
        "a.tsv": b"Harbour\tDepth\nKobe, Japan\t18\n",
        "a.epub": epub(),
        "a.eml": mail(),
        "a.json": json.dumps({"text": SENTENCE}).encode(),
        "a.jsonl": json.dumps({"id": "x", "text": SENTENCE}).encode(),
        "a.zip": packed({"in/a.txt": SENTENCE}),
    }


@pytest.fixture(scope="session", name="packed")
def packer() -> Callable[..., bytes]:
    """Return what packs members into a zip archive."""
    return packed


@pytest.fixture(scope="session", name="epub")
def book_maker() -> Callable[..., bytes]:
    """Return what makes a book of chapters."""
    return epub


@pytest.fixture(scope="session", name="mail")
def mail_maker() -> Callable[..., bytes]:
    """Return what makes a mail with attachments."""
    return mail

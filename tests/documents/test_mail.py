"""Mail -> headers, body, and attachments as documents of their own."""

import sys
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from rag.documents import load_bytes
from rag.errors import UnreadableDocument

Maker = Callable[..., bytes]


def message(body: str, subtype: str = "plain", charset: str = "utf-8") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["Subject"] = "Ann <ann@example.org>", "Harbour dues"
    made.set_content(body, subtype=subtype, charset=charset)
    return made


def text(made: EmailMessage) -> str:
    (document,) = load_bytes("a.eml", "a.eml", made.as_bytes()).documents
    return document.text


def test_subject_headers_and_body_are_the_text() -> None:
    assert text(message("Dear Bob,\n\nIt is 18 m deep.\n")) == (
        "Harbour dues\n\nFrom: Ann <ann@example.org>\n\nDear Bob,\n\nIt is 18 m deep."
    )


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "shift_jis"])
def test_the_body_is_decoded_as_declared(charset: str) -> None:
    body = "港は深いです。" if charset == "shift_jis" else "Café à Kobe."
    assert text(message(f"{body}\n", charset=charset)).endswith(body)


def test_plain_text_goes_before_html_and_html_is_read_where_it_is_alone() -> None:
    both = message("As plain text.\n")
    both.add_alternative("<p>As HTML.</p>", subtype="html")
    assert text(both).endswith("As plain text.")
    assert text(message("<h1>Hi</h1><p>As HTML.</p>", "html")).endswith("Hi\n\nAs HTML.")


def test_a_mail_in_html_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lxml", None)
    with pytest.raises(UnreadableDocument, match=r"pip install 'rag\[html\]'"):
        text(message("<p>As HTML.</p>", "html"))
    assert text(message("Plain.\n")).endswith("Plain.")


def test_attachments_are_documents_and_their_names_lead_nowhere(mail: Maker) -> None:
    inner = message("Inner.\n").as_bytes()
    attached = {
        "../../etc/passwd.txt": b"Kobe.",
        "c:\\x\\dues.csv": b"Port,Depth\nKobe,18",
        "picture.png": b"\x89PNG",
        "old.eml": inner,
        "broken.pdf": b"\x00",
    }
    loaded = load_bytes("in/a.eml", "in/a.eml", mail(attached))
    assert [document.id for document in loaded.documents] == [
        "in/a.eml",
        "in/a.eml/passwd.txt",
        "in/a.eml/dues.csv",
        "in/a.eml/old.eml",
    ]
    assert loaded.documents[0].notes == ("passed over the attachment picture.png",)
    (failure,) = loaded.failed
    assert failure.startswith("in/a.eml/broken.pdf cannot be read: its name says PDF")


def test_attachments_of_one_name_are_told_apart_and_mails_are_mails() -> None:
    made = message("Body.\n")
    for content in ("One.", "Two."):
        made.add_attachment(content, filename="note.txt")
    made.add_attachment(message("Inner.\n"))
    made.add_attachment("Nameless.")
    loaded = load_bytes("a.eml", "a.eml", made.as_bytes())
    assert loaded.failed == ()
    assert [document.id for document in loaded.documents][1:] == [
        "a.eml/note.txt",
        "a.eml/2-note.txt",
        "a.eml/attachment-3.eml",
        "a.eml/attachment-4.txt",
    ]
    assert loaded.documents[3].text.endswith("Inner.")


@pytest.mark.parametrize(
    "data", [b"Just a text.", b"\n\nbody", b"X-Odd: header\n\nbody", b"\x01\x02"]
)
def test_what_has_no_headers_is_no_mail(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match="no headers of a mail"):
        load_bytes("a.eml", "a.eml", data)


def test_mails_within_mails_end_at_some_depth() -> None:
    made = message("Body.\n")
    for _ in range(5):
        outer = message("Body.\n")
        outer.add_attachment(made)
        made = outer
    loaded = load_bytes("a.eml", "a.eml", made.as_bytes())
    assert len(loaded.documents) == 4
    assert "nested more than 3 deep: unpack it first" in loaded.failed[0]


def test_parts_nested_without_end_are_one_error() -> None:
    head = b"From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n"
    part = b"--b\nContent-Type: multipart/mixed; boundary=b\n\n"
    deep = b"".join(
        part.replace(b"--b\n", b"--%d\n" % n).replace(b"=b", b"=%d" % (n + 1)) for n in range(5_000)
    )
    with pytest.raises(UnreadableDocument, match=r"a\.eml cannot be read as mail: it is damaged"):
        load_bytes("a.eml", "a.eml", head.replace(b"=b", b"=0") + deep)
    with pytest.raises(UnreadableDocument, match="more than 20,000 parts"):
        load_bytes("a.eml", "a.eml", head + part * 20_001)


def test_headers_without_end_are_cut() -> None:
    data = b"From: " + b"a@b.c, " * 20_000 + b"\nSubject: " + b"x " * 300_000 + b"\n\nBody."
    (document,) = load_bytes("a.eml", "a.eml", data).documents
    assert document.text.endswith("Body.")
    assert len(document.text) < 30_000


PDF = "Content-Disposition: attachment; filename=dues.txt\nContent-Type: text/plain\n\nKobe: 18 m."
PLAIN = "Content-Type: text/plain\n\nThe body."
WEB = "Content-Type: text/html\n\n<p>The body.</p>"


def parts(subtype: str, *within: str) -> str:
    """Return a part that holds others."""
    mark = f"{subtype}-{len(''.join(within))}"
    joined = "".join(f"--{mark}\n{each}\n" for each in within)
    return f"Content-Type: multipart/{subtype}; boundary={mark}\n\n{joined}--{mark}--\n"


@pytest.mark.parametrize(
    "made",
    [
        parts("alternative", PLAIN, parts("mixed", WEB, PDF)),
        parts("alternative", PLAIN, parts("related", WEB, PDF)),
        parts("signed", parts("mixed", PLAIN, PDF)),
        parts("mixed", parts("mixed", PLAIN, PDF)),
        parts("mixed", parts("alternative", PLAIN, WEB), PDF),
        parts("mixed", parts("related", parts("alternative", PLAIN, WEB), PDF)),
    ],
)
def test_an_attachment_is_found_wherever_it_lies(made: str) -> None:
    loaded = load_bytes("a.eml", "a.eml", f"From: a@b.org\n{made}".encode())
    assert loaded.failed == ()
    assert [(each.id, each.text.splitlines()[-1]) for each in loaded.documents] == [
        ("a.eml", "The body."),
        ("a.eml/dues.txt", "Kobe: 18 m."),
    ]


def test_a_mail_that_is_an_attachment_alone_has_it() -> None:
    loaded = load_bytes("a.eml", "a.eml", f"From: a@b.org\n{PDF}".encode())
    assert loaded.documents[-1].text.endswith("Kobe: 18 m.")


def test_a_mail_whose_parts_cannot_be_told_apart_keeps_its_text() -> None:
    data = b"From: a@b.org\nContent-Type: multipart/mixed\n\nThe harbour is deep."
    assert load_bytes("a.eml", "a.eml", data).documents[0].text.endswith("The harbour is deep.")


@pytest.mark.parametrize(
    "address", ["a@[", "x <a@[1.2>", "Foo [bar] <a@b.org>", "a@b.org; c@d.org", "a@b..org"]
)
def test_an_odd_address_stands_as_it_is(address: str) -> None:
    data = f"From: {address}\nSubject: =?utf-8?q?D=C3=BCes?=\n\nBody.".encode()
    (document,) = load_bytes("a.eml", "a.eml", data).documents
    assert document.text == f"Dües\n\nFrom: {address}\n\nBody."

"""The table of the kinds of files that are read: name, media type, suffixes, library."""

from dataclasses import dataclass
from importlib.util import find_spec

from rag.errors import MissingExtra

_OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file. ``library`` reads it, and the extra ``extra`` of this package brings it.

    A ``packed`` kind is a zip archive of parts; a ``binary`` one never passes for text.
    """

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    library: str = ""
    extra: str = ""
    packed: bool = False
    binary: bool = False

    def require(self) -> None:
        """Check that the library of this kind is there.

        Raises:
            MissingExtra: it is not installed.
        """
        if self.library and find_spec(self.library) is None:
            raise MissingExtra(
                f"the library for {self.name} is not installed: pip install 'rag[{self.extra}]'"
            )


TEXT = Kind("text", "text/plain", (".txt", ".text"))
MARKDOWN = Kind("Markdown", "text/markdown", (".md", ".markdown"))
HTML = Kind("HTML", "text/html", (".html", ".htm", ".xhtml"), "lxml", "html")
PDF = Kind("PDF", "application/pdf", (".pdf",), "pypdfium2", "pdf", binary=True)
WORD = Kind(
    "a Word document",
    f"{_OFFICE}.wordprocessingml.document",
    (".docx",),
    library="docx",
    extra="office",
    packed=True,
    binary=True,
)
SLIDES = Kind(
    "PowerPoint slides",
    f"{_OFFICE}.presentationml.presentation",
    (".pptx",),
    library="pptx",
    extra="office",
    packed=True,
    binary=True,
)
SHEETS = Kind(
    "an Excel workbook",
    f"{_OFFICE}.spreadsheetml.sheet",
    (".xlsx",),
    library="openpyxl",
    extra="office",
    packed=True,
    binary=True,
)
TABLE = Kind("a table", "text/csv", (".csv", ".tsv"))
EPUB = Kind("EPUB", "application/epub+zip", (".epub",), "lxml", "html", packed=True, binary=True)
MAIL = Kind("mail", "message/rfc822", (".eml",))
JSON = Kind("JSON", "application/json", (".json",))
JSON_LINES = Kind("JSON Lines", "application/jsonl", (".jsonl", ".ndjson"))
ARCHIVE = Kind("a zip archive", "application/zip", (".zip",), packed=True, binary=True)

KINDS = (
    *(TEXT, MARKDOWN, HTML, PDF, WORD, SLIDES, SHEETS),
    *(TABLE, EPUB, MAIL, JSON, JSON_LINES, ARCHIVE),
)
SUFFIXES = {suffix: kind for kind in KINDS for suffix in kind.suffixes}
"""The kind that a file's name claims, by suffix in lower case."""
SUPPORTED = ", ".join(SUFFIXES)

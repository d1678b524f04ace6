"""How much one file may be, unpacked, in text and in parts; each number says why it is that.

A hostile file is small and unpacks to something huge. What goes beyond a limit is refused whole,
by a message that says so, before memory or time run out.
"""

from dataclasses import dataclass
from typing import Final

from rag.errors import UnreadableDocument

MEBIBYTE: Final = 2**20
MAX_FILE: Final = 256 * MEBIBYTE
"""Bytes of a file: it is held in memory whole, and with it what is made of it."""
MAX_UNPACKED: Final = 512 * MEBIBYTE
"""Bytes that all members of a file unpack to, archives within archives counted too."""
MAX_XML: Final = 128 * MEBIBYTE
"""Bytes of one XML part: its tree takes about ten times as much memory."""
MAX_TAGS: Final = 4_000_000
"""Tags of a web page: each becomes an object or two; no page that people read comes near."""
MAX_RATIO: Final = 200
"""Unpacked over packed: text packs to a tenth or so, a bomb to a thousandth."""
RATIO_FROM: Final = 16 * MEBIBYTE
"""Bytes that may unpack at any ratio: a short log of equal lines is no bomb."""
MAX_MEMBERS: Final = 10_000
"""Files in an archive: their list alone costs memory, and each becomes a document."""
MAX_DEPTH: Final = 3
"""Archives and mails within one another: people nest them twice, bombs without end."""
MAX_CHARACTERS: Final = 20_000_000
"""Characters of one document: four Bibles; the chunker and the browser page take it whole."""
MAX_ALL_CHARACTERS: Final = 200_000_000
"""Characters of all documents of one file: they wait in memory for the index together."""
MAX_PAGES: Final = 5_000
"""Pages or slides: more than a bound volume has."""
MAX_CELLS: Final = 5_000_000
"""Cells of a workbook, empty ones between others too: a few bytes can name a million."""
PDF_MEMORY: Final = 1536 * MEBIBYTE
"""Address space of the process that reads a PDF; a 3 KB file can ask for more than 2 GiB."""
PDF_SECONDS: Final = 120
"""Processor time for one PDF: 5,000 full pages take some 15 seconds."""


class TooMuch(UnreadableDocument):
    """A file beyond a limit for the file as a whole: no part of it is read on."""


@dataclass(slots=True)
class Allowance:
    """What is left of the limits that all parts of one file share."""

    members: int = MAX_MEMBERS
    unpacked: int = MAX_UNPACKED
    characters: int = MAX_ALL_CHARACTERS

    def unpack(self, size: int, members: int) -> None:
        """Take from the allowance what an archive is going to unpack.

        Raises:
            TooMuch: nothing is left.
        """
        self.members -= members
        self.unpacked -= size
        if self.members < 0:
            raise TooMuch(f"it holds more than {MAX_MEMBERS:,} files: split it")
        if self.unpacked < 0:
            most = MAX_UNPACKED // MEBIBYTE
            raise TooMuch(f"it unpacks to more than {most} MiB: split it, or index its files")

    def write(self, characters: int) -> None:
        """Take from the allowance the text of a document.

        Raises:
            TooMuch: nothing is left.
        """
        if characters > MAX_CHARACTERS:
            raise UnreadableDocument(f"its text exceeds {MAX_CHARACTERS:,} characters: split it")
        self.characters -= characters
        if self.characters < 0:
            raise TooMuch(f"its texts exceed {MAX_ALL_CHARACTERS:,} characters: split it")

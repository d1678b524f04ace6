"""Opens what is packed as zip: refused before a byte is unpacked if it is broken or a bomb.

Members are read into memory only; nothing is ever extracted to disk.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from rag.documents.limits import (
    MAX_MEMBERS,
    MAX_RATIO,
    MAX_XML,
    MEBIBYTE,
    RATIO_FROM,
    Allowance,
    TooMuch,
)
from rag.errors import UnreadableDocument

_ENTRY = b"PK\1\2"
"""What each entry of the list of members starts with (APPNOTE.TXT, section 4.3.12)."""
_ENCRYPTED = 0x1
_METHODS = {ZIP_STORED, ZIP_DEFLATED}
"""The others unpack without any bound, and no program packs by them unasked."""
_XML = (".xml", ".rels", ".opf", ".ncx", ".vml")


@contextmanager
def opened(data: bytes) -> Iterator[ZipFile]:
    """Open an archive whose list of members is sound and not endless.

    Raises:
        UnreadableDocument: it is damaged, or it has too many members.
    """
    if data.count(_ENTRY) > MAX_MEMBERS:
        raise TooMuch(f"it holds more than {MAX_MEMBERS:,} files: split it")
    try:
        archive = ZipFile(BytesIO(data))
    except (BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise UnreadableDocument(
            f"the archive is damaged ({error}): copy or pack it anew"
        ) from error
    with archive:
        yield archive


def check(data: bytes, allowance: Allowance) -> None:
    """Take from the allowance what the archive declares to unpack; no more than that is read.

    Raises:
        UnreadableDocument: it is protected by a password, damaged, or a bomb.
    """
    with opened(data) as archive:
        infos = archive.infolist()
        size = sum(info.file_size for info in infos)
        packed = sum(info.compress_size for info in infos)
        if any(info.flag_bits & _ENCRYPTED for info in infos):
            raise UnreadableDocument("it is protected by a password: save it without one")
        if any(info.compress_type not in _METHODS for info in infos):
            raise UnreadableDocument("it is packed by another method than deflate: pack it anew")
        if size > RATIO_FROM and size > MAX_RATIO * min(packed, len(data)):
            raise TooMuch(f"it unpacks to {size / len(data):.0f} times its size, as bombs do")
        allowance.unpack(size, len(infos))


def repacked(data: bytes) -> bytes:
    """Return the archive made anew, of parts that are what they say: safe for any library.

    No Office file declares an XML entity, which may unfold to gigabytes: their format forbids it
    (ECMA-376, part 2, section 8.2.5).

    Raises:
        UnreadableDocument: a part is damaged, huge, or declares an entity.
    """
    out = BytesIO()
    with opened(data) as archive, ZipFile(out, "w") as clean:
        for name in dict.fromkeys(archive.namelist()):
            part = content(archive, name)
            if name.lower().endswith(_XML) and declares_entity(part):
                raise UnreadableDocument(
                    f"{name} declares XML entities, as attacks do: save the file anew"
                )
            clean.writestr(name, part)
    return out.getvalue()


def declares_entity(xml: bytes) -> bool:
    """Say whether an XML text declares an entity, in UTF-8 or UTF-16."""
    return b"<!ENTITY" in (xml.replace(b"\0", b"") if b"\0" in xml[:4] else xml)


def content(archive: ZipFile, member: ZipInfo | str) -> bytes:
    """Return the bytes of a member.

    Raises:
        UnreadableDocument: it is missing, damaged, or a huge XML part.
    """
    try:
        info = archive.getinfo(member) if isinstance(member, str) else member
        if not info.filename.lower().endswith(_XML) or info.file_size <= MAX_XML:
            with archive.open(info) as stream:  # read() alone unpacks what was not declared too
                return stream.read(info.file_size)
    except Exception as error:  # zlib, bz2, lzma and zipfile raise each their own
        raise UnreadableDocument(f"a part of it is damaged ({error}): copy it anew") from error
    raise UnreadableDocument(f"{info.filename} exceeds {MAX_XML // MEBIBYTE} MiB: split the file")

"""Nothing of a backup is seen before all of it is verified; what is no backup changes nothing."""

import fcntl
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from rag.backup import back_up
from rag.documents import parse
from rag.errors import CollectionExists, IndexLocked, InvalidBackup, PathNotFound
from rag.index import Index, generations
from rag.indexing import Indexer
from rag.restore import restore

Answers = Callable[[Index], list[object]]
Indexing = Callable[[Path], Indexer]
Member = tuple[tarfile.TarInfo, bytes]
Change = Callable[[list[Member]], object]

SEALED = ("backup.json", "manifest.json", "manifest.copy.json")


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


@pytest.fixture
def file(damaged: Path, indexing: Indexing, swift: Path) -> Path:
    """Return a backup of an index with a named collection."""
    indexing(damaged / "collections" / "west").update([parse("gold.txt", "Gold!")], silent)
    back_up(damaged, swift / "all.tar", silent)
    return swift / "all.tar"


@pytest.fixture
def other(swift: Path, indexing: Indexing) -> Path:
    """Return another index, with a document and two named collections."""
    folder = swift / "other"
    for place, text in (
        (".", "Salt."),
        ("collections/west", "Silver."),
        ("collections/north", "Ice."),
    ):
        indexing(folder / place).update([parse("a.txt", text)], silent)
    return folder


def texts(folder: Path) -> dict[str, str]:
    return {name: each.text for name, each in Index.open(folder).documents.items()}


def read(file: Path) -> list[Member]:
    with tarfile.open(file) as archive:
        members = archive.getmembers()
        held = [archive.extractfile(each) for each in members]
        return [(m, f.read() if f else b"") for m, f in zip(members, held, strict=True)]


def write(file: Path, members: list[Member], mode: Any = "w") -> None:
    with tarfile.open(file, mode) as archive:
        for member, content in members:
            if member.isreg():
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def plain(name: str, content: bytes = b"") -> Member:
    return tarfile.TarInfo(name), content


def refused(file: Path, folder: Path, *said: str) -> None:
    """Check that a file is no backup to be restored, and leaves no trace."""
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(InvalidBackup) as caught:
        restore(file, folder, silent, force=True)
    assert all(each in str(caught.value) for each in (str(file), *said))
    assert str(caught.value).endswith(".")
    assert sorted(folder.parent.rglob("*")) == before


# What is there already


def test_documents_are_replaced_only_if_that_is_said(
    file: Path, other: Path, damaged: Path, answers: Answers
) -> None:
    before = answers(Index.open(other))
    with pytest.raises(CollectionExists, match=r"other/ holds 1 document\(s\).*--force"):
        restore(file, other, silent)
    assert answers(Index.open(other)) == before
    held = restore(file, other, silent, force=True)
    assert answers(Index.open(other)) == answers(Index.open(damaged))
    assert texts(other / "collections" / "west") == {"gold.txt": "Gold!"}
    assert texts(other / "collections" / "north") == {"a.txt": "Ice."}  # which no one named
    assert [each.generation for each in held.values()] == ["000002", "000002"]
    assert (other / "generations" / "000001").is_dir()  # for readers of what was


def test_a_collection_that_holds_documents_is_enough_to_refuse(
    file: Path, swift: Path, indexing: Indexing
) -> None:
    west = swift / "new" / "collections" / "west"
    indexing(west).update([parse("a.txt", "Silver.")], silent)
    with pytest.raises(CollectionExists, match="west/ holds 1"):
        restore(file, swift / "new", silent)
    assert texts(west) == {"a.txt": "Silver."}
    assert not (swift / "new" / "CURRENT").exists()


def test_an_index_of_no_document_is_replaced_unasked(
    file: Path, swift: Path, indexing: Indexing
) -> None:
    indexing(swift / "new").update([], silent)
    reader = Index.open(swift / "new")
    restore(file, swift / "new", silent)
    assert "plain.txt" in Index.open(swift / "new", reader).documents


def test_a_damaged_index_is_replaced_only_if_that_is_said(file: Path, other: Path) -> None:
    (other / "CURRENT").write_bytes(b"junk")
    with pytest.raises(CollectionExists, match="damaged"):
        restore(file, other, silent)
    restore(file, other, silent, force=True)
    assert "plain.txt" in texts(other)


def test_while_another_process_writes_nothing_is_restored(
    file: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "_PATIENCE", 0.1)
    with (other / "collections" / "west" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(IndexLocked):
            restore(file, other, silent, force=True)
    assert texts(other) == {"a.txt": "Salt."}


def test_a_file_that_is_not_there_is_not_found(swift: Path) -> None:
    with pytest.raises(PathNotFound):
        restore(swift / "nothing.tar", swift / "new", silent)
    assert not (swift / "new").exists()


# What is damaged


def test_every_altered_byte_is_seen_or_means_nothing(
    file: Path, other: Path, damaged: Path, swift: Path, answers: Answers
) -> None:
    content = file.read_bytes()
    with tarfile.open(file) as archive:
        members = archive.getmembers()
    places = [offset for m in members for offset in (m.offset, m.offset + 124, m.offset + 148)]
    places += [m.offset_data + part * (m.size - 1) // 2 for m in members for part in range(3)]
    for place in places:
        altered = bytearray(content)
        altered[place] ^= 1
        (swift / "altered.tar").write_bytes(altered)
        refused(swift / "altered.tar", other)
    assert texts(other) == {"a.txt": "Salt."}
    last = members[-1]
    padding = last.offset_data + last.size  # which no one reads
    assert padding % 512
    altered = bytearray(content)
    altered[padding] ^= 1
    (swift / "altered.tar").write_bytes(altered)
    restore(swift / "altered.tar", other, silent, force=True)
    assert answers(Index.open(other)) == answers(Index.open(damaged))


def test_what_was_cut_short_is_refused(file: Path, swift: Path) -> None:
    content = file.read_bytes()
    with tarfile.open(file) as archive:
        last = archive.getmembers()[-1]
    end = last.offset_data + last.size
    for length in (0, 1, 511, 512, 700, *range(1024, end, 4096), end - 1):
        (swift / "cut.tar").write_bytes(content[:length])
        refused(swift / "cut.tar", swift / "new")


# What is hostile


def is_in(members: list[Member], name: str) -> int:
    """Return the place of the first member whose name ends so."""
    return next(place for place, (m, _) in enumerate(members) if m.name.endswith(name))


def renamed(name: str) -> Change:
    def change(members: list[Member]) -> None:
        members[is_in(members, "texts.jsonl")][0].name = name

    return change


def typed(kind: bytes, target: str = "") -> Change:
    def change(members: list[Member]) -> None:
        member = members[is_in(members, "texts.jsonl")][0]
        member.type, member.linkname, member.size = kind, target, 0

    return change


def resealed(part: str, told: Callable[[dict[str, Any]], object]) -> Change:
    """Change the header or a manifest, with its copy, and seal it as we would."""

    def change(members: list[Member]) -> None:
        for place, (member, content) in enumerate(members):
            if member.name.startswith(part) and member.name.endswith(SEALED):
                held = json.loads(content)
                told(held)
                held.pop("sha256")
                held["sha256"] = sha256(json.dumps(held).encode()).hexdigest()
                members[place] = member, json.dumps(held).encode()

    return change


def also(of: str, name: str) -> Callable[[dict[str, Any]], object]:
    """Return what adds a file of a name, and a hash that fits it, to a manifest."""
    return lambda told: told["files"].update({name: told["files"].pop(of)})


HOSTILE: Mapping[str, Change] = {
    "a path that leads out": renamed("../../../evil"),
    "an absolute path": renamed("/evil"),
    "a path below another": renamed("generations/000002/segments/000001/x/../texts.jsonl"),
    "a symbolic link": typed(tarfile.SYMTYPE, "/etc/passwd"),
    "a hard link": typed(tarfile.LNKTYPE, "CURRENT"),
    "a folder": typed(tarfile.DIRTYPE),
    "a pipe": typed(tarfile.FIFOTYPE),
    "a device": typed(tarfile.CHRTYPE),
    "a sparse file": typed(tarfile.GNUTYPE_SPARSE),
    "one missing": lambda members: members.pop(is_in(members, "ordinals.npy")),
    "the last one missing": lambda members: members.pop(),
    "one more at the end": lambda members: members.append(plain("evil", b"more")),
    "one more between": lambda members: members.insert(5, plain("generations/000002/evil")),
    "one twice": lambda members: members.insert(5, members[4]),
    "another order": lambda members: members.insert(1, members.pop()),
    "no header": lambda members: members.pop(0),
    "a generation that leads out": lambda members: members.__setitem__(
        1, plain("CURRENT", b"../../x\n")
    ),
    "another copy": lambda members: members.__setitem__(3, plain(members[3][0].name, b"{}")),
    "a collection that leads out": resealed(
        "backup.json", lambda told: told.update(collections=[None, "../west"])
    ),
    "a collection twice": resealed(
        "backup.json", lambda told: told.update(collections=[None, "west", "west"])
    ),
    "no default collection": resealed(
        "backup.json", lambda told: told.update(collections=["west"])
    ),
    "collections of no kind": resealed("backup.json", lambda told: told.update(collections=7)),
    "a file that leads out": resealed(
        "generations", also("segments/000001/texts.jsonl", "../../evil")
    ),
    "segments that lead out": resealed(
        "generations", lambda told: told.update(segments={"../../x": []})
    ),
    "rows that are none": resealed(
        "generations", lambda told: told["segments"].update({"000001": [99]})
    ),
    "counts that are wrong": resealed("generations", lambda told: told.update(documents=1)),
    "a manifest of no kind": resealed("generations", lambda told: told.update(files=[])),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_no_trace(
    how: str, file: Path, swift: Path
) -> None:
    members = read(file)
    HOSTILE[how](members)
    write(swift / "hostile.tar", members)
    refused(swift / "hostile.tar", swift / "inner" / "new")


def test_what_is_of_a_later_release_is_said_to_be(file: Path, swift: Path) -> None:
    for name in ("backup.json", "generations"):
        members = read(file)
        resealed(name, lambda told: told.update(version=9))(members)
        write(swift / "newer.tar", members)
        refused(swift / "newer.tar", swift / "new", "upgrade")


def test_what_is_no_backup_is_said_to_be_none(file: Path, swift: Path) -> None:
    write(swift / "packed.tar", read(file), "w:gz")
    write(swift / "another.tar", [plain("backup.json", b'{"format": "tar", "version": 1}')])
    write(swift / "odd.tar", [plain("backup.json", b"[" * 100_000)])
    (swift / "text.tar").write_bytes(b"This is a text." * 100)
    (swift / "empty.tar").write_bytes(b"")
    for name in ("packed.tar", "another.tar", "odd.tar", "text.tar", "empty.tar"):
        refused(swift / name, swift / "new", "is no backup")

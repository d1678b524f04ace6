"""Zip archives -> their files; hostile ones are one error each, and write nothing anywhere."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.documents import limits, load_bytes, loading, package
from rag.errors import UnreadableDocument

Packer = Callable[..., bytes]


def ids(data: bytes) -> list[str]:
    loaded = load_bytes("a.zip", "a.zip", data)
    assert loaded.failed == ()
    return [document.id for document in loaded.documents]


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableDocument) as caught:
        load_bytes("a.zip", "in/a.zip", data)
    return str(caught.value)


def test_files_are_documents_by_their_path_and_others_are_passed_over(packed: Packer) -> None:
    names = ["b.txt", "in/a.md", "in\\c.csv", "x.png", ".git/d.txt", "__MACOSX/e.txt", "in/"]
    data = packed(dict.fromkeys(names, "a,b"))
    assert ids(data) == ["a.zip/b.txt", "a.zip/in/a.md", "a.zip/in/c.csv"]


def test_archives_within_archives_are_opened_to_some_depth(packed: Packer) -> None:
    data = packed({"deep.txt": "Deep."})
    for number in range(4):
        data = packed({f"{number}.zip": data, f"{number}.txt": "Text."})
    loaded = load_bytes("a.zip", "a.zip", data)
    assert [document.id for document in loaded.documents] == [
        "a.zip/3.zip/2.zip/1.txt",
        "a.zip/3.zip/2.txt",
        "a.zip/3.txt",
    ]
    (failure,) = loaded.failed
    assert failure == (
        "a.zip/3.zip/2.zip/1.zip cannot be read as a zip archive: it is nested more than 3 deep: "
        "unpack it first."
    )


def test_one_broken_file_does_not_keep_the_others_from_it(packed: Packer) -> None:
    data = packed({"a.pdf": b"\x00", "b.txt": "Text.", "c.docx": b"PK\3\4"})
    loaded = load_bytes("a.zip", "in/a.zip", data)
    assert [document.id for document in loaded.documents] == ["a.zip/b.txt"]
    assert [each.split(" cannot")[0] for each in loaded.failed] == [
        "in/a.zip/a.pdf",
        "in/a.zip/c.docx",
    ]


@pytest.mark.parametrize(
    "name", ["../x.txt", "in/../../x.txt", "/etc/x.txt", "c:/x.txt", "..\\x.txt"]
)
def test_a_path_that_leads_out_is_refused_and_nothing_is_written(
    name: str, packed: Packer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    loaded = load_bytes("a.zip", "a.zip", packed({name: "Evil.", "b.txt": "Good."}))
    assert [document.text for document in loaded.documents] == ["Good."]
    assert "its name leads out of the archive" in loaded.failed[0]
    assert list(tmp_path.rglob("*")) == [tmp_path / "in"]


def test_a_link_is_passed_over() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("b.txt", "Text.")
    assert ids(out.getvalue()) == ["a.zip/b.txt"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_named() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("b.txt", "One.")
        archive.writestr("b.txt", "Two.")
    loaded = load_bytes("a.zip", "a.zip", out.getvalue())
    assert len(loaded.documents) == 1
    assert "the archive holds it twice" in loaded.failed[0]


def test_an_archive_without_documents_is_refused(packed: Packer) -> None:
    for data in (packed({}), packed({"x.png": "x"})):
        assert "it holds no file of a supported kind" in refusal(data)


def test_a_password_is_named(packed: Packer) -> None:
    data = bytearray(packed({"b.txt": "Text."}))
    entry = data.index(b"PK\1\2")
    data[6] |= 1
    data[entry + 8] |= 1
    assert "it is protected by a password" in refusal(bytes(data))


def test_a_bomb_is_refused_unopened(packed: Packer) -> None:
    bomb = packed({"a.txt": bytes(17 * limits.MEBIBYTE)})
    assert refusal(bomb).startswith("in/a.zip cannot be read as a zip archive: it unpacks to ")
    assert "as bombs do" in refusal(packed({"b.txt": "Text.", "bomb.zip": bomb}))


def test_what_all_archives_unpack_to_is_counted_together(
    packed: Packer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "Allowance", lambda: limits.Allowance(unpacked=5_000, members=5))
    inner = packed({"a.txt": "x" * 3_000})
    assert ids(packed({"1.zip": inner})) == ["a.zip/1.zip/a.txt"]
    assert "unpacks to more than" in refusal(packed({"1.zip": inner, "2.zip": inner}))
    many = packed({f"{n}.txt": "x" for n in range(6)})
    assert "it holds more than 10,000 files: split it" in refusal(many)


def test_texts_are_counted_together(packed: Packer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "Allowance", lambda: limits.Allowance(characters=10))
    assert "its texts exceed" in refusal(packed({"a.txt": "x" * 9, "b.txt": "x" * 9}))


def test_an_endless_list_of_members_is_refused_unread(
    packed: Packer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "MAX_MEMBERS", 3)
    assert "holds more than 3 files: split it" in refusal(packed(dict.fromkeys("abcd", "x")))


def test_a_member_that_is_not_what_the_list_says_fails_alone(packed: Packer) -> None:
    data = bytearray(packed({"b.txt": "Text. " * 99, "c.txt": "Good."}))
    data[37:45] = b"\xff" * 8
    loaded = load_bytes("a.zip", "a.zip", bytes(data))
    assert [document.id for document in loaded.documents] == ["a.zip/c.txt"]
    assert "a part of it is damaged" in loaded.failed[0]


def test_a_member_reads_no_more_than_it_declares(packed: Packer) -> None:
    data = bytearray(packed({"b.txt": "x" * 100_000}))
    entry = data.index(b"PK\1\2")
    struct.pack_into("<L", data, entry + 24, 10)
    loaded = load_bytes("a.zip", "a.zip", bytes(data))
    assert loaded.documents == ()
    assert "a part of it is damaged" in loaded.failed[0]


def test_a_member_that_hides_a_bomb_behind_a_small_size_unpacks_no_more(packed: Packer) -> None:
    data = bytearray(packed({"b.txt": bytes(b"x" * 10) + bytes(10**6)}))
    entry = data.index(b"PK\1\2")
    struct.pack_into("<L", data, entry + 16, zlib.crc32(b"x" * 10))
    struct.pack_into("<L", data, entry + 24, 10)
    (document,) = load_bytes("a.zip", "a.zip", bytes(data)).documents
    assert document.text == "x" * 10


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_bound_are_refused(method: int, packed: Packer) -> None:
    assert "another method than deflate" in refusal(packed({"b.txt": "Text."}, method))


def test_a_file_beyond_measure_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "MAX_FILE", 2 * limits.MEBIBYTE)
    file = tmp_path / "a.txt"
    with file.open("wb") as stream:
        stream.truncate(3 * limits.MEBIBYTE)
    with pytest.raises(UnreadableDocument, match="is larger than 2 MiB: split it"):
        loading.load("a", file)
    with pytest.raises(UnreadableDocument, match="is larger than 2 MiB: split it"):
        load_bytes("a", "a.txt", bytes(2**22))

"""Paths -> files: what a folder, a file and a pattern find, under which ids."""

from pathlib import Path

import pytest

from rag.documents import find, fixed
from rag.errors import PathNotFound

FILES = (
    "notes/a.md",
    "notes/b.txt",
    "notes/2025/c.md",
    "notes/2025/deep/d.md",
    "notes/2026/c.md",
    "notes/picture.png",
    "notes/.hidden.md",
    "notes/.git/e.md",
    "other [1].txt",
    "in [2]/f.md",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("Gold.", encoding="utf-8")
    (tmp_path / "notes/round").symlink_to(tmp_path / "notes", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("notes", ["2025/c.md", "2025/deep/d.md", "2026/c.md", "a.md", "b.txt"]),
        ("notes/a.md", ["a.md"]),
        ("notes/*.md", ["a.md"]),
        ("notes/*", ["2025/c.md", "2025/deep/d.md", "2026/c.md", "a.md", "b.txt"]),
        ("notes/**/*.md", ["2025/c.md", "2025/deep/d.md", "2026/c.md", "a.md"]),
        ("notes/**", ["2025/c.md", "2025/deep/d.md", "2026/c.md", "a.md", "b.txt"]),
        ("notes/202?/c.md", ["2025/c.md", "2026/c.md"]),
        ("notes/202[56]", ["2025/c.md", "2025/deep/d.md", "2026/c.md"]),
        ("*/c.md", None),
        ("**/c.md", ["notes/2025/c.md", "notes/2026/c.md"]),
        ("other [1].txt", ["other [1].txt"]),
        ("in [2]/*.md", ["f.md"]),
        ("notes/*.png", None),
        ("nowhere/*.md", None),
        ("notes/**.md", None),
    ],
)
def test_a_pattern_finds_what_a_folder_would_of_what_it_matches(
    path: str, ids: list[str] | None, folder: Path
) -> None:
    for each in (Path(path), folder / path):
        if ids is None:
            with pytest.raises(
                PathNotFound, match=r"(No supported file matches|is no pattern).*: "
            ):
                list(find(each))
        else:
            found = dict(find(each))
            assert list(found) == ids
            assert all(file.is_file() for file in found.values())


@pytest.mark.parametrize(
    ("path", "within"),
    [
        ("notes", "notes"),
        ("notes/a.md", "notes"),
        ("notes/gone.md", "notes"),
        ("notes/*/c.md", "notes"),
        ("*.md", "."),
        ("in [2]/*.md", "in [2]"),
        ("gone/**/*.md", "gone"),
    ],
)
def test_the_folder_that_a_path_is_looked_for_in(path: str, within: str, folder: Path) -> None:
    assert fixed(Path(path)) == Path(within)
    assert fixed(folder / path) == folder / within


def test_a_path_where_nothing_lies_is_told(folder: Path) -> None:
    with pytest.raises(PathNotFound, match=r"No file or folder at .*gone\.md: check"):
        list(find(folder / "gone.md"))

"""Pruning: what is no longer among the files goes, unless a file cannot be read."""

from pathlib import Path

from click.testing import CliRunner

from rag.cli import main
from rag.index import Index
from rag.settings import Settings


def test_pruning_removes_what_is_gone_but_not_where_a_file_fails(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(f"This is {name}.", encoding="utf-8")
    flags = ["--index", str(tmp_path / "index"), "--models", str(settings.models_folder)]

    def ran(*more: str) -> str:
        return CliRunner().invoke(main, ["index", str(folder), *flags, *more]).output

    assert "2 added" in " ".join(ran().split())
    (folder / "b.txt").unlink()
    assert "0 removed" in " ".join(ran().split())
    (folder / "c.pdf").write_bytes(b"\x00\x01")
    assert "0 removed, 1 failed" in " ".join(ran("--prune").split())
    (folder / "c.pdf").unlink()
    assert "1 removed, 0 failed" in " ".join(ran("--prune").split())
    assert list(Index.open(tmp_path / "index").documents) == ["a.txt"]

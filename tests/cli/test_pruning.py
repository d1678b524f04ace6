"""Pruning: what is no longer among the files goes, unless a file cannot be read."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
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


@pytest.mark.parametrize("mode", [0o000, 0o644])
def test_a_folder_that_may_not_be_looked_into_keeps_its_documents(
    mode: int, settings: Settings, environment: Mapping[str, str], tmp_path: Path
) -> None:
    mortal: list[str] = []
    if os.geteuid() == 0:  # who may look into any folder
        if shutil.which("setpriv") is None:
            pytest.skip("root, and no setpriv to give up its rights with")
        mortal = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    closed = tmp_path / "texts" / "closed"
    closed.mkdir(parents=True)
    for file in (closed / "a.txt", closed.parent / "b.txt"):
        file.write_text("Gold was found.", encoding="utf-8")
    places = ["--index", str(tmp_path / "index"), "--models", str(settings.models_folder)]
    given = ["index", str(closed.parent), *places, "--prune"]
    command = [*mortal, sys.executable, "-m", "rag", *given]

    def pruned() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert pruned().returncode == 0
    closed.chmod(mode)
    try:
        ran = pruned()
    finally:
        closed.chmod(0o755)
    assert ran.returncode == 1, ran.stderr
    assert "0 removed, 1 failed" in " ".join(ran.stdout.split())
    assert sorted(Index.open(tmp_path / "index").documents) == ["b.txt", "closed/a.txt"]

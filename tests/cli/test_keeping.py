"""Keeping an index: what ``rag doctor --mend``, ``rag backup`` and ``rag restore`` do and say."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.documents import parse
from rag.engine import Engine, indexer
from rag.index import Index, remove
from rag.settings import Settings

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"

Rag = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def kept(settings: Settings, tmp_path: Path) -> Path:
    """Return a copy of the index of the seeds, with a named collection beside."""
    folder = tmp_path / "kept"
    shutil.copytree(settings.index, folder, symlinks=True)
    west = settings.apart(folder / "collections" / "west")
    documents = [
        parse("gold.txt", "Gold was found in 1848."),
        parse("fox.txt", "A fox lives here."),
    ]
    indexer(west).update(documents, lambda *_: None)
    return folder


def current(folder: Path) -> Path:
    return folder / "generations" / Index.current(folder)


def asked(rag: Rag, folder: Path) -> dict[str, object]:
    answer: dict[str, object] = json.loads(rag("ask", PRESS, "--json", "--index", folder).stdout)
    return {k: v for k, v in answer.items() if k not in {"timings_ms", "index"}}


def test_doctor_tells_what_is_damaged_and_mends_it(rag: Rag, kept: Path) -> None:
    before, west = asked(rag, kept), kept / "collections" / "west"
    next(current(kept).rglob("vectors.faiss")).write_bytes(b"junk")
    remove(current(west) / "lexical")
    (kept / "generations" / ".draft-killed").mkdir()
    told = rag("doctor", "--port", "0", "--index", kept)
    assert told.returncode == 1
    failed = {line.split(":")[0] for line in told.stdout.splitlines() if line.startswith("FAIL")}
    assert failed == {"FAIL index", "FAIL collection west", "FAIL leftovers", "FAIL answer"}
    assert "damaged, and nothing lost: 'rag doctor --mend' mends it." in told.stdout
    assert "vectors.faiss was altered or cut short → 1 document(s) cut and" in told.stdout
    mended = rag("doctor", "--mend", "--port", "0", "--index", kept)
    assert mended.returncode == 0
    assert f"{kept}: generation 000002 serves." in mended.stdout
    assert f"{west}: generation 000002 serves." in mended.stdout
    assert f"{kept}/generations/.draft-killed: removed." in mended.stdout
    assert asked(rag, kept) == before
    assert "nothing to mend" in rag("doctor", "--mend", "--port", "0", "--index", kept).stdout


def test_doctor_drops_what_is_lost_only_if_told_to(rag: Rag, kept: Path) -> None:
    west = kept / "collections" / "west"
    texts = next(current(west).rglob("texts.jsonl"))
    texts.write_bytes(texts.read_bytes().replace(b"Gold was", b"Salt was"))
    told = rag("doctor", "--port", "0", "--index", kept)
    assert told.returncode == 1
    assert "lost is gold.txt: 'rag doctor --mend --drop-lost'" in told.stdout
    refused = rag("doctor", "--mend", "--port", "0", "--index", kept)
    assert refused.returncode == 1
    assert f"{west}: not mended. Of {current(west)} is lost: gold.txt." in refused.stdout
    assert Index.current(west) == "000001"
    dropped = rag("doctor", "--mend", "--drop-lost", "--port", "0", "--index", kept)
    assert dropped.returncode == 0
    assert f"{west}: dropped gold.txt, which was lost." in dropped.stdout
    assert list(Index.open(west).documents) == ["fox.txt"]


def test_a_backup_is_restored_elsewhere_and_over_what_is_there_if_told_to(
    rag: Rag, kept: Path, tmp_path: Path, engine: Engine
) -> None:
    file, new = tmp_path / "all.tar", tmp_path / "new"
    backed_up = rag("backup", file, "--index", kept)
    assert backed_up.returncode == 0
    manifest = engine.index.manifest
    assert f"generation 000001, {manifest.documents} document(s)" in backed_up.stdout
    assert "collection west: generation 000001, 2 document(s), 2 passage(s)" in backed_up.stdout
    restored = rag("restore", file, "--index", new, RAG_MODELS=str(kept / "models"))
    assert (restored.returncode, f"restored {file} to {new}/" in restored.stdout) == (0, True)
    assert Index.open(new).identity == engine.index.identity
    again = rag("restore", file, "--index", new)
    assert again.returncode == 2
    assert "'rag restore --force' replaces them" in again.stderr
    shutil.copytree(new / "collections" / "west", new / "collections" / "east")
    forced = rag("restore", file, "--force", "--index", new)
    assert forced.returncode == 0
    assert f"collection east: not in {file}, so it stays as it was" in forced.stdout
    file.write_bytes(file.read_bytes()[:5000])
    cut = rag("restore", file, "--force", "--index", new)
    assert cut.returncode == 2
    assert "was altered or cut short" in cut.stderr
    assert Index.current(new) == "000002"


def test_documents_that_are_gone_are_compacted_away_by_the_command(
    rag: Rag, index_folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(8):
        (source / f"{number}.txt").write_text(f"Gold was found at place {number}.")
    rag("index", "source", "--index", index_folder)
    for number in range(2):
        (source / f"{number}.txt").unlink()
    kept = rag("index", "source", "--prune", "--index", index_folder, RAG_COMPACT_AT="0.5")
    assert "generation 000002 made 6 document(s)" in kept.stdout
    assert Index.open(index_folder).manifest.wear == 2 / 6
    compacted = rag("index", "source", "--index", index_folder)
    assert "000003" in compacted.stdout
    manifest = Index.open(index_folder).manifest
    assert (manifest.wear, manifest.documents, len(manifest.segments)) == (0, 6, 1)

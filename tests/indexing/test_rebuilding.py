"""What was indexed by other settings, or is damaged: refused, until it is indexed anew."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.errors import IndexDamaged, IndexMismatch
from rag.index import Index
from rag.indexing import Indexer, Report
from rag.models import OnnxEncoder

IndexerAt = Callable[..., Indexer]
Update = Callable[..., Report]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


def test_other_settings_are_refused_until_the_stored_texts_are_indexed_anew(
    source: Path, tmp_path: Path, encoder: OnnxEncoder, indexer_at: IndexerAt, update: Update
) -> None:
    long = "".join(f"This is sentence {n} of the long text. " for n in range(60))
    (source / "long.txt").write_text(long, encoding="utf-8")
    update(indexer_at(tmp_path / "index"), [source], silent)
    before = Index.open(tmp_path / "index")
    (source / "long.txt").unlink()
    shorter = indexer_at(tmp_path / "index", passage=40)
    with pytest.raises(IndexMismatch, match=r"passage_tokens 160 -> 40.*'rag index --rebuild'"):
        update(shorter, [source / "gold.txt"], silent)
    report = shorter.remake(silent)
    after = Index.open(tmp_path / "index")
    assert report.is_new
    assert (report.added, report.changed) == ((), ())
    assert sorted(report.unchanged) == sorted(before.documents)
    assert dict(after.documents) == dict(before.documents)
    assert after.manifest.recipe.passage_tokens == 40
    assert after.manifest.passages > before.manifest.passages
    texts = [p.text for p in after.passages.values()]
    np.testing.assert_allclose(
        after.vectors.vectors(np.arange(len(texts))), encoder.encode(texts), atol=1e-5
    )


def test_another_encoder_has_every_vector_made_anew(
    indexer: Indexer, source: Path, update: Update
) -> None:
    update(indexer, [source], silent)
    steps = []
    other = replace(indexer, recipe=replace(indexer.recipe, encoder_fingerprint="other"))
    report = other.remake(lambda *step: steps.append(step))
    passages = report.manifest.passages
    assert ("encoding", passages, passages) in steps
    assert report.manifest.recipe.encoder_fingerprint == "other"


def test_a_rebuild_holds_what_is_named_and_nothing_else(
    indexer: Indexer, source: Path, update: Update
) -> None:
    update(indexer, [source], silent)
    report = update(indexer, [source / "gold.txt"], silent, rebuild=True)
    assert (report.added, report.changed, report.unchanged) == (("gold.txt",), (), ())
    assert list(Index.open(indexer.folder).documents) == ["gold.txt"]


def test_a_damaged_index_is_touched_by_a_rebuild_alone(
    indexer: Indexer, source: Path, update: Update
) -> None:
    manifest = update(indexer, [source], silent).manifest
    (segment,) = manifest.segments
    generation = indexer.folder / "generations" / manifest.generation
    damaged = generation / "segments" / segment / "passages.jsonl"
    damaged.write_bytes(b"")
    with pytest.raises(IndexDamaged, match="rag doctor --mend"):
        update(indexer, [source], silent)
    assert damaged.read_bytes() == b""
    update(indexer, [source], silent, rebuild=True)
    assert len(Index.open(indexer.folder).documents) == 3

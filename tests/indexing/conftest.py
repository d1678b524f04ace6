"""What tests of indexing share: the real encoder, indexers with it, and files to index."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from rag.chunking import CHUNKER, Budget
from rag.index import Recipe
from rag.indexing import Indexer, Progress, Report, Source
from rag.models import OnnxEncoder, load_encoder
from rag.tokens import TiktokenTokenizer

IndexerAt = Callable[..., Indexer]
Update = Callable[..., Report]


@pytest.fixture(scope="session")
def encoder(models: Path) -> OnnxEncoder:
    return load_encoder("all-MiniLM-L6-v2", models, threads=1)


@pytest.fixture(scope="session")
def indexer_at(encoder: OnnxEncoder) -> IndexerAt:
    """Return what gives an indexer of a folder, with passages of so many tokens."""

    def made(folder: Path, passage: int = 160) -> Indexer:
        tokenizer = TiktokenTokenizer.named("rag16k")
        budget = Budget(tokenizer, passage, 16, encoder.tokenizer, encoder.max_tokens)
        recipe = Recipe("any", encoder.fingerprint, CHUNKER, "rag16k", passage, 16)
        return Indexer(folder, encoder, budget, recipe)

    return made


@pytest.fixture
def indexer(tmp_path: Path, indexer_at: IndexerAt) -> Indexer:
    return indexer_at(tmp_path / "index")


@pytest.fixture(scope="session")
def update() -> Update:
    """Return what indexes files, as ``rag index`` does."""

    def run(
        indexer: Indexer, paths: Sequence[Path], progress: Progress, *, rebuild: bool = False
    ) -> Report:
        loaded = Source.at(paths).loaded(progress)
        return indexer.rebuild(loaded, progress) if rebuild else indexer.run(loaded, progress)

    return run


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for name, text in {
        "gold.txt": "Gold was found in the river in 1848. Thousands of people came.",
        "deep/fox.md": "# Foxes\n\nA fox lives in the wood. It hunts at night.",
        "empty.txt": "",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder

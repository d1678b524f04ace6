"""What tests of generations share: texts that are hard to keep, an index published of them."""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from rag.chunking import Budget, chunk
from rag.documents import parse
from rag.index import Manifest, Recipe, publish, writing
from rag.seams import Floats
from rag.tokens import TiktokenTokenizer
from rag.types import Passage

RECIPE = Recipe("any", "0" * 64, 1, "rag16k", 160, 48)
TEXTS = {
    "plain.txt": "The summit opens on Friday. Five leaders attend it.",
    "crlf.txt": "First line.\r\nSecond line.\r\n\r\nA paragraph.\rAn old Mac line.",
    "emoji.txt": "👩‍👩‍👧‍👦 A family 🇯🇵 went to Tōkyō. It was कज़ाख़स्तान’s e\u0301lan.",
    "separators.txt": "One\u2028two\u2029three\x85four\x0bfive\x0csix\x1cseven. End.",
    "quotes.txt": 'He said "no" \\ and {"id": 1}\n\ttabbed. \ufeff Zero\u200bwidth.',
    "cjk.txt": "東京は日本の首都です。中亚五国峰会在东京举行。",
    "odd id\u2028with “quotes”/é.txt": "An odd name is fine.",
    "empty.txt": "",
    "blank.txt": " \r\n\t ",
    "long.txt": "".join(f"Sentence {n} of a long text says {n * n}. " for n in range(25_000)),
}

VectorsFor = Callable[[Sequence[Passage]], Floats]
Published = Callable[[Path, Mapping[str, str], Budget], Manifest]


@pytest.fixture(scope="session")
def hard_texts() -> Mapping[str, str]:
    """Return texts that are hard to keep as they are, by the names of their documents."""
    return TEXTS


@pytest.fixture(scope="session")
def budget() -> Budget:
    tokenizer = TiktokenTokenizer.named("rag16k")
    return Budget(tokenizer, 160, 48, tokenizer, 160)


@pytest.fixture(scope="session")
def vectors_for() -> VectorsFor:
    """Return what gives passages their vectors."""
    return _vectors_for


@pytest.fixture(scope="session")
def published() -> Published:
    """Return what publishes texts as the next generation of an index."""
    return _published


@pytest.fixture(scope="session")
def pristine(
    tmp_path_factory: pytest.TempPathFactory, budget: Budget, hard_texts: Mapping[str, str]
) -> Path:
    folder = tmp_path_factory.mktemp("store") / "index"
    _published(folder, {**hard_texts, "long.txt": "Short."}, budget)
    return folder


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    """Return a copy of a published index, free to be damaged."""
    return shutil.copytree(pristine, tmp_path / "index")


def _vectors_for(passages: Sequence[Passage]) -> Floats:
    """Return a unit vector a passage, made of its text alone."""
    seeds = [int(hashlib.sha256(p.text.encode()).hexdigest()[:8], 16) for p in passages]
    rows = [np.random.default_rng(seed).normal(size=16) for seed in seeds]
    made = np.array(rows, dtype=np.float32).reshape(-1, 16)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)


def _published(folder: Path, texts: Mapping[str, str], budget: Budget) -> Manifest:
    documents = [parse(name, text) for name, text in texts.items()]
    passages = [passage for document in documents for passage in chunk(document, budget)]
    with writing(folder):
        return publish(folder, documents, passages, _vectors_for(passages), RECIPE)

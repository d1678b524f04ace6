"""What tests of generations share: texts that are hard to keep, ways to publish and change them.

The encoder costs nothing: it makes a vector of the hash of a text.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from rag.chunking import Budget, chunk
from rag.documents import parse
from rag.index import Addition, Index, Maker, Manifest, Mended, Recipe, Writer, mend, point, writing
from rag.indexing import Indexer
from rag.seams import Encoder, Floats, Tokenizer
from rag.tokens import TiktokenTokenizer

RECIPE = Recipe("any", "0" * 64, 1, "rag16k", 160, 48)
DIMENSION = 16
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

Adding = Callable[[Mapping[str, str]], Addition]
Published = Callable[[Path, Mapping[str, str]], Manifest]
Indexing = Callable[[Path], Indexer]
Sound = Callable[[Index, Mapping[str, str]], None]
Answers = Callable[[Index], list[object]]
Mending = Callable[..., Mended]
Damage = Callable[[Path], None]
Doing = Callable[..., Iterator[Any]]
Killing = Callable[..., Callable[..., int]]


@pytest.fixture(scope="session")
def hard_texts() -> Mapping[str, str]:
    """Return texts that are hard to keep as they are, by the names of their documents."""
    return TEXTS


@pytest.fixture(scope="session")
def budget() -> Budget:
    tokenizer = TiktokenTokenizer.named("rag16k")
    return Budget(tokenizer, 160, 48, tokenizer, 160)


@pytest.fixture(scope="session")
def encoder(budget: Budget) -> Encoder:
    return HashEncoder(budget.tokenizer)


@pytest.fixture(scope="session")
def adding(budget: Budget, encoder: Encoder) -> Adding:
    """Return what makes texts ready to be added."""

    def made(texts: Mapping[str, str]) -> Addition:
        documents = [parse(name, text) for name, text in texts.items()]
        entries = [(document, chunk(document, budget)) for document in documents]
        return Addition(entries, encoder.encode([p.text for _, cut in entries for p in cut]))

    return made


@pytest.fixture(scope="session")
def published(adding: Adding) -> Published:
    """Return what publishes texts, and nothing else, as the next generation of an index."""

    def publish(folder: Path, texts: Mapping[str, str]) -> Manifest:
        with writing(folder):
            index = Writer(folder, RECIPE).write(None, adding(texts))
            point(folder, index.manifest.generation)
        return index.manifest

    return publish


@pytest.fixture(scope="session")
def indexing(budget: Budget, encoder: Encoder) -> Indexing:
    """Return what gives an indexer of a folder."""
    return lambda folder: Indexer(folder, encoder, budget, RECIPE)


@pytest.fixture(scope="session")
def pristine(
    tmp_path_factory: pytest.TempPathFactory,
    indexing: Indexing,
    hard_texts: Mapping[str, str],
) -> Path:
    """Return an index of two segments, with documents of the first replaced and removed."""
    folder = tmp_path_factory.mktemp("store") / "index"
    ours = indexing(folder)
    more = {f"more {number}.txt": f"Gold was found {number} times." for number in range(6)}
    early = {**hard_texts, **more, "long.txt": "Sho.", "gone.txt": "It goes."}
    ours.update([parse(name, text) for name, text in early.items()], lambda *_: None)
    ours.update([parse("long.txt", "Short.")], lambda *_: None, removed=["gone.txt"])
    assert len(Index.open(folder).manifest.segments) == 2
    return folder


@pytest.fixture(scope="session")
def sound(encoder: Encoder) -> Sound:
    """Return what checks that an index holds texts, and finds each of them in every way."""

    def check(index: Index, texts: Mapping[str, str]) -> None:
        assert {name: document.text for name, document in index.documents.items()} == texts
        passages = index.passages
        cut = [record.passages for record in index.documents.records()]
        assert sum(cut) == len(passages) == len(index.vectors) == len(index.lexical)
        for ordinal, passage in passages.items():
            assert texts[passage.document_id][passage.start : passage.end] == passage.text
            (near,) = index.vectors.search(encoder.encode([passage.text])[0], 1)
            assert passages[int(near)].text == passage.text
            terms = index.lexical.terms(passage.text)
            found = {*index.lexical.search(terms, 1000).tolist()}
            assert found <= passages.keys()
            assert ordinal in found or not terms

    return check


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    """Return a copy of a published index, free to be damaged."""
    return shutil.copytree(pristine, tmp_path / "index")


@pytest.fixture(scope="session")
def answers() -> Answers:
    """Return what asks an index some questions; scores of terms, which may be stale, come last."""

    def told(index: Index) -> list[object]:
        ordinals = np.array(list(index.passages), dtype=np.int64)
        terms = index.lexical.terms("gold found five leaders")
        question = np.full(16, 0.25, dtype=np.float32)
        passages = [passage.id for passage in index.passages.values()]
        name = dict(zip(ordinals.tolist(), passages, strict=True))
        return [
            dict(index.documents),
            passages,
            index.vectors.score(question, ordinals).tolist(),
            [name[each] for each in index.vectors.search(question, 9).tolist()],
            [name[each] for each in index.lexical.search(terms, 9).tolist()],
            [index.lexical.document_frequency(term) for term in terms],
            index.lexical.score(terms, ordinals).tolist(),
        ]

    return told


@pytest.fixture
def mending(indexing: Indexing) -> Mending:
    """Return what mends an index."""

    def made(folder: Path, *, drop_lost: bool = False, recipe: Recipe = RECIPE) -> Mended:
        ours = indexing(folder)
        maker = Maker(ours.encoder, ours.budget, recipe)
        return mend(folder, lambda: maker, lambda *_: None, drop_lost=drop_lost)

    return made


@pytest.fixture
def damaged(pristine: Path, swift: Path) -> Path:
    """Return a copy of a published index, in memory, free to be damaged."""
    return shutil.copytree(pristine, swift / "index")


@pytest.fixture
def swift(tmp_path: Path) -> Iterator[Path]:
    """Return an empty folder, in memory where there is such: what is flushed costs nothing."""
    memory = Path("/dev/shm")  # noqa: S108  # where Linux has it
    where = memory if os.access(memory, os.W_OK) else tmp_path
    with TemporaryDirectory(dir=where, prefix="rag-tests-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def damage(request: pytest.FixtureRequest) -> Damage:
    """Return what damages a file; a test says how, by parametrising it with names, indirectly."""

    def alter(file: Path) -> None:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)

    ways: Mapping[str, Damage] = {
        "truncate": lambda file: os.truncate(file, file.stat().st_size // 2),
        "alter": alter,
        "empty": lambda file: os.truncate(file, 0),
        "unlink": Path.unlink,
    }
    return ways[request.param]


@pytest.fixture
def forking() -> Iterator[Callable[..., Doing]]:
    """Return what starts a script that calls ``in_children``, and returns what gives it tasks.

    The script may import what lies in this folder. For each task what its child says is yielded,
    and at last the child's exit status.
    """
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with ExitStack() as running:

        def started(script: str, *arguments: object) -> Doing:
            command = [sys.executable, "-c", script, *map(str, arguments)]
            process = running.enter_context(
                subprocess.Popen(command, env=here, stdin=PIPE, stdout=PIPE, text=True)
            )

            def do(*task: object) -> Iterator[Any]:
                assert process.stdin is not None
                assert process.stdout is not None
                print(json.dumps(task, default=str), file=process.stdin, flush=True)
                for what in map(json.loads, process.stdout):
                    if isinstance(what, dict):
                        yield what["ended"]
                        return
                    yield what

            return do

        yield started


@pytest.fixture
def killing(forking: Callable[..., Doing]) -> Killing:
    """Return what starts a script that calls ``crashing``, and returns what gives it tasks.

    A task begins with the number of the file operation at which it is killed, or 0: then it is
    done, and the number of its operations returned.
    """

    def started(script: str, *arguments: object) -> Callable[..., int]:
        do = forking(script, *arguments)

        def killed(operation: int, *given: object) -> int:
            *done, status = do(operation, *given)
            assert status == (137 if operation else 0)
            return sum(done)

        return killed

    return started


class HashEncoder:
    """Makes a unit vector of the hash of a text, so that equal texts alone are near."""

    fingerprint = RECIPE.encoder_fingerprint
    dimension = DIMENSION
    max_tokens = RECIPE.passage_tokens

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return the vector of each text."""
        seeds = [int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) for text in texts]
        rows = [np.random.default_rng(seed).normal(size=DIMENSION) for seed in seeds]
        made = np.array(rows, dtype=np.float32).reshape(-1, DIMENSION)
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)

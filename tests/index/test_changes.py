"""However a collection came to be, it answers as one that was made of its documents at once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from math import log2
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from rag.chunking import Budget, chunk
from rag.documents import parse
from rag.index import Addition, Index, Writer, check, compact, is_due
from rag.indexing import Indexer
from rag.types import Document

WORDS = ("gold", "fox", "tree", "book", "salt", "wind", "harbour", "bridge", "river", "stone")
NAMES = ("a.txt", "b.txt", "c/d.txt", "é f.txt")

names = st.sampled_from(NAMES)
sentences = st.lists(st.sampled_from(WORDS), min_size=2, max_size=6).map(" ".join)
filled = st.lists(sentences, max_size=9).map(lambda each: "".join(f"The {s}. " for s in each))
texts = st.sampled_from(["", " "]) | filled
values = st.integers(-2, 2) | st.booleans() | st.sampled_from(["x", ""]) | st.just(("x", 1))
metadata = st.dictionaries(st.sampled_from(["kind", "year"]), values, max_size=1)
given = st.builds(lambda name, text, told: replace(parse(name, text), metadata=told),
                  names, texts, metadata)  # fmt: skip

Adding = Callable[[Mapping[str, str]], Addition]
Indexing = Callable[[Path], Indexer]


class Changing(RuleBasedStateMachine):
    """Changes a collection at random, and holds it against one made anew."""

    def __init__(self, folder: Path, indexer: Callable[[Path], Indexer]) -> None:
        super().__init__()
        self.indexer = indexer(folder / "index")
        self.scratch = (folder / f"scratch-{number}" for number in count())
        self.live: dict[str, Document] = {}
        self.indexer.update([], silent)
        self.index = Index.open(self.indexer.folder)
        self.reader, self.told = self.index, answers(self.index)

    @rule(document=given)
    def add_or_replace(self, document: Document) -> None:
        self.change([document])

    @rule(documents=st.lists(given, min_size=2, max_size=6))
    def add_many(self, documents: list[Document]) -> None:
        self.change(documents)

    @rule(name=names)
    def remove(self, name: str) -> None:
        self.change([], [name])

    @rule(gone=st.lists(names, min_size=2, max_size=5), document=given)
    def remove_and_add(self, gone: list[str], document: Document) -> None:
        self.change([document], gone)

    @rule(name=names)
    def remove_and_add_again(self, name: str) -> None:
        known = self.live.get(name)
        self.change([], [name])
        self.change([known] if known else [])

    @rule()
    def open_again(self) -> None:
        self.index = Index.open(self.indexer.folder)

    @rule()
    def compact(self) -> None:
        self.reader, self.told = self.index, answers(self.index)
        before = self.index.manifest
        manifest = compact(self.indexer.folder, 0, self.index)
        assert manifest.fingerprint == before.fingerprint
        assert manifest.stale == 0
        if before.stale:
            assert len(manifest.segments) == min(1, len(self.live))
        self.index = Index.open(self.indexer.folder, self.index)
        assert not is_due(self.index, 0)

    @rule()
    def rebuild(self) -> None:
        report = self.indexer.update(self.live.values(), silent, rebuild=True)
        assert len(report.manifest.segments) == min(1, len(self.live))
        self.index = Index.open(self.indexer.folder, self.index)

    def change(self, documents: list[Document], removed: list[str] = []) -> None:  # noqa: B006
        self.reader, self.told = self.index, answers(self.index)
        self.indexer.update(documents, silent, removed=removed)
        self.index = Index.open(self.indexer.folder, self.index)
        for name in removed:
            self.live.pop(name, None)
        for document in {document.id: document for document in documents}.values():
            if document != self.live.get(document.id):
                self.live.pop(document.id, None)  # what is replaced goes to the end
            self.live[document.id] = document

    @invariant()
    def holds_the_documents(self) -> None:
        assert dict(self.index.documents) == self.live
        assert [each.id for each in self.index.documents.records()] == list(self.index.documents)
        for record in self.index.documents.records():
            document = self.live[record.id]
            told = (record.title, record.sha256, record.metadata, record.characters)
            assert told == (
                document.title,
                document.sha256,
                document.metadata,
                len(document.text),
            )
        assert all(self.index.documents.record(name) is None for name in {*NAMES} - {*self.live})

    @invariant()
    def holds_their_passages(self) -> None:
        budget = self.indexer.budget
        expected = {p.id: p for document in self.live.values() for p in chunk(document, budget)}
        passages = self.index.passages
        assert {passage.id: passage for passage in passages.values()} == expected
        assert list(passages) == sorted(passages)
        sizes = {len(passages), len(self.index.vectors), len(self.index.lexical), len(expected)}
        assert len(sizes) == 1
        assert len(self.index.manifest.segments) <= log2(max(1, len(expected))) + 2

    @invariant()
    def answers_as_one_made_at_once(self) -> None:
        entries = [(each, chunk(each, self.indexer.budget)) for each in self.live.values()]
        vectors = self.indexer.encoder.encode([p.text for _, cut in entries for p in cut])
        (scratch := next(self.scratch)).mkdir()
        writer = Writer(scratch, self.indexer.recipe)
        other = writer.write(None, Addition(entries, vectors))
        assert self.index.manifest.fingerprint == other.manifest.fingerprint
        for word in [*WORDS, "absent"]:
            for of in (self.index.lexical.document_frequency, self.index.lexical.idf):
                assert of(word) == getattr(other.lexical, of.__name__)(word)
        if not self.index.manifest.stale:
            assert bm25(self.index) == bm25(other)

    @invariant()
    def finds_by_sense_what_is_nearest_of_all(self) -> None:
        ordinals = np.array(list(self.index.passages), dtype=np.int64)
        held = [passage.text for passage in self.index.passages.values()]
        vectors = self.indexer.encoder.encode(held)
        for question in self.indexer.encoder.encode(["anything", *held[:2]]):
            scores = (vectors * question).sum(axis=1)
            np.testing.assert_array_equal(self.index.vectors.score(question, ordinals), scores)
            by_ordinal = dict(zip(ordinals.tolist(), scores.tolist(), strict=True))
            ranked = sorted(by_ordinal, key=lambda ordinal: (-by_ordinal[ordinal], ordinal))
            for k in (1, 3, len(held) + 1):
                found = self.index.vectors.search(question, k).tolist()
                assert [by_ordinal[i] for i in found] == [by_ordinal[i] for i in ranked[:k]]
                assert found == [i for i in ranked if i in found]

    @invariant()
    def finds_by_words_each_passage_and_none_that_is_gone(self) -> None:
        lexical, passages = self.index.lexical, self.index.passages
        for ordinal, passage in passages.items():
            found = lexical.search(lexical.terms(passage.text), 1000).tolist()
            assert ordinal in found
            assert {*found} <= passages.keys()
        for word in WORDS:
            assert {*lexical.near(word, 1, 1000).tolist()} <= passages.keys()

    @invariant()
    def leaves_readers_of_the_generation_before_as_they_were(self) -> None:
        assert answers(self.reader) == self.told

    @invariant()
    def leaves_nothing_about(self) -> None:
        folder = self.indexer.folder
        found = check(folder)
        assert (found.faults, found.lost, found.leftovers) == ((), (), [])
        assert self.index.manifest.wear <= 1
        kept = sorted(each.name for each in (folder / "generations").iterdir())
        assert len(kept) <= 2
        assert kept[-1] == Index.current(folder)


def silent(_stage: str, _done: int, _total: int) -> None:
    """Take the place of a progress bar."""


def bm25(index: Index) -> dict[str, list[float]]:
    """Return the scores of each passage for each word, by the passage's id."""
    ordinals = np.array(list(index.passages), dtype=np.int64)
    scores = [index.lexical.score([word, "gold"], ordinals).tolist() for word in WORDS]
    passages = [passage.id for passage in index.passages.values()]
    return dict(zip(passages, map(list, zip(*scores, strict=True)), strict=True))


def answers(index: Index) -> tuple[dict[str, list[float]], list[str], list[int]]:
    """Return what an index says, as a whole."""
    passages = [passage.text for passage in index.passages.values()]
    nearest = index.vectors.search(np.full(16, 0.25, dtype=np.float32), 5)
    return bm25(index), passages, nearest.tolist()


@pytest.fixture
def small(indexing: Indexing) -> Indexing:
    """Return what gives an indexer that cuts short texts into several passages."""

    def made(folder: Path) -> Indexer:
        whole = indexing(folder)
        tokens = whole.budget.tokenizer
        return replace(whole, budget=Budget(tokens, 24, 8, tokens, 24))

    return made


def test_a_collection_that_changed_is_as_one_made_at_once(small: Indexing, swift: Path) -> None:
    folders = (swift / str(number) for number in count())

    class Here(Changing):
        def __init__(self) -> None:
            super().__init__(next(folders), small)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=25,
            stateful_step_count=12,
            suppress_health_check=list(HealthCheck),
        ),
    )

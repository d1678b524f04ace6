"""BM25 search with tantivy, on English stems."""

import math
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import tantivy
from tantivy import Filter, Occur, Query, TextAnalyzerBuilder

from rag.index.generations import discard
from rag.seams import Floats, Ints
from rag.types import Span

_WRITER_BYTES = 64_000_000
_ANALYZER = "english"
_LONGEST_TERM = 40
_FREQUENCIES = "freq"
_FUNCTION_WORDS = (
    "a about above after again against all am an and any are as at be because been before being "
    "below between both but by can could d did do does doing down during each few for from "
    "further had has have having he her here hers herself him himself his how i if in into is it "
    "its itself just ll m me more most my myself no nor not now of off on once only or other our "
    "ours ourselves out over own re s same shall she should so some such t than that the their "
    "theirs them themselves then there these they this those through to too under until up ve "
    "very was we were what when where which while who whom whose why will with would you your "
    "yours yourself yourselves "
    "ain aren couldn didn doesn hadn hasn isn mightn mustn needn shouldn wasn weren wouldn"
)
"""The closed-class words of English, and the halves that a split at the apostrophe leaves."""


def _build_analyzer() -> tantivy.TextAnalyzer:
    return (
        TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(Filter.remove_long(_LONGEST_TERM))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .filter(Filter.custom_stopword(_FUNCTION_WORDS.split()))
        .filter(Filter.stemmer("english"))
        .build()
    )


def _empty(folder: Path) -> tantivy.Index:
    schema = (
        tantivy.SchemaBuilder()
        .add_unsigned_field("ordinal", indexed=True, fast=True)
        .add_text_field("text", tokenizer_name=_ANALYZER, index_option=_FREQUENCIES)
        .build()
    )
    return tantivy.Index(schema, path=str(folder))


def _write(folder: Path, added: Iterable[tuple[int, str]], removed: Ints) -> None:
    exists = tantivy.Index.exists(str(folder))
    index = tantivy.Index.open(str(folder)) if exists else _empty(folder)
    index.register_tokenizer(_ANALYZER, _build_analyzer())
    writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
    if len(removed):
        writer.delete_documents_by_query(_among(index.schema, removed))
    for ordinal, text in added:
        document = tantivy.Document()
        document.add_unsigned("ordinal", ordinal)
        document.add_text("text", text)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


def _among(schema: tantivy.Schema, ordinals: Ints) -> Query:
    return Query.term_set_query(schema, "ordinal", [int(each) for each in ordinals])


class LexicalIndex:
    """Okapi BM25 (k1 = 1.2, b = 0.75, as tantivy has them) over the passages' stems."""

    def __init__(self, index: tantivy.Index) -> None:
        self._analyzer = _build_analyzer()
        index.register_tokenizer(_ANALYZER, self._analyzer)
        index.reload()
        self._schema = index.schema
        self._searcher = index.searcher()

    @staticmethod
    def write(folder: Path, added: Iterable[tuple[int, str]], removed: Ints) -> None:
        """Add (ordinal, text) pairs to the index in a folder, which may be empty, and remove some.

        Files that stand there are never changed in place, only replaced: hard links of them keep
        what they hold.

        Raises:
            OSError: the disk takes no more.
        """
        try:
            _write(folder, added, removed)
        except ValueError as error:  # which is all that tantivy raises
            raise OSError(str(error)) from error

    @classmethod
    def open(cls, folder: Path) -> "LexicalIndex":
        """Open an index for reading; tantivy locks it in passing, so a read-only one is copied."""
        if os.access(folder, os.W_OK):
            return cls(tantivy.Index.open(str(folder)))
        copy = mkdtemp(prefix="rag-")
        try:
            for file in folder.iterdir():  # without their modes: the copy is to be locked
                shutil.copyfile(file, Path(copy) / file.name)
            return cls(tantivy.Index.open(copy))
        finally:
            discard(Path(copy))  # it is mapped into memory

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def ordinals(self) -> Ints:
        """Return the ordinals of all passages, rising."""
        return np.sort(self._run(Query.all_query(), max(1, len(self)))[0])

    def terms(self, text: str) -> list[str]:
        """Return the stems of a text in order, function words left out."""
        return list(self._analyzer.analyze(text))

    def document_frequency(self, term: str) -> int:
        """Return in how many passages a stem occurs; those removed do not count."""
        query = Query.term_query(self._schema, "text", term, _FREQUENCIES)
        found: Any = self._searcher.search(query, limit=1, count=True)
        return int(found.count)

    def idf(self, term: str) -> float:
        """Return ln(1 + (N - n + 0.5) / (n + 0.5)), the weight BM25 gives a stem."""
        n = self.document_frequency(term)
        return math.log(1 + (len(self) - n + 0.5) / (n + 0.5))

    def search(self, terms: Sequence[str], k: int, among: Ints | None = None) -> Ints:
        """Return the ordinals of the (up to) k passages of highest BM25, highest first.

        Only of the ordinals ``among``, if given.
        """
        query = self._query(terms) if among is None else self._query_among(terms, among)
        ordinals, scores = self._run(query, k)
        return ordinals[np.lexsort((ordinals, -scores))]

    def score(self, terms: Sequence[str], ordinals: Ints) -> Floats:
        """Return the BM25 of each given passage; 0 where it shares no term."""
        found, scores = self._run(self._query_among(terms, ordinals), max(1, len(ordinals)))
        by_ordinal = dict(zip(found.tolist(), scores.tolist(), strict=True))
        return np.array([by_ordinal.get(int(i), 0.0) for i in ordinals], dtype=np.float32)

    def near(self, term: str, distance: int, k: int) -> Ints:
        """Return the ordinals of up to k passages with a stem within an edit distance of one."""
        fuzzy = Query.fuzzy_term_query(self._schema, "text", term, distance=distance)
        return self._run(fuzzy, k)[0]

    def words(self, text: str) -> list[tuple[Span, str]]:
        """Return (place in the text, stem) for each stem of ``terms``, in order."""
        tokens = self._analyzer.pre_tokenize(text).tokens
        return [(Span(t.char_offset_from, t.char_offset_to), t.text) for t in tokens]

    def _query_among(self, terms: Sequence[str], ordinals: Ints) -> Query:
        silent = Query.const_score_query(_among(self._schema, ordinals), 0.0)
        return Query.boolean_query([(Occur.Must, silent), (Occur.Must, self._query(terms))])

    def _query(self, terms: Sequence[str]) -> Query:
        return Query.boolean_query(
            [
                (Occur.Should, Query.term_query(self._schema, "text", term, _FREQUENCIES))
                for term in dict.fromkeys(terms)
            ]
        )

    def _run(self, query: Query, k: int) -> tuple[Ints, Floats]:
        found: list[tuple[Any, tantivy.DocAddress]] = self._searcher.search(
            query, limit=k, count=False
        ).hits
        addresses = [address for _, address in found]
        ordinals = self._searcher.fast_field_values("ordinal", addresses) if found else []
        return (
            np.array(ordinals, dtype=np.int64),
            np.array([score for score, _ in found], dtype=np.float32),
        )

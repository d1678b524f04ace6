"""The composition root: settings -> Engine, the one door to asking and searching."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from time import perf_counter
from typing import BinaryIO

from rag.answering import Verdict, abstain, decide, unread
from rag.chunking import CHUNKER, Budget
from rag.confidence import Calibration
from rag.conversation import resolve
from rag.errors import DocumentNotFound, InvalidSetting
from rag.filtering import Filter
from rag.index import Index, Recipe, compact
from rag.indexing import Indexer, Progress, Report, Source, all_missing, nothing
from rag.judging import Judge, Judged
from rag.models import OnnxEncoder, OnnxReader, load_encoder, load_reader
from rag.question import checked
from rag.reading import Evidence, SpanReader, parts
from rag.retrieval import Retriever
from rag.seams import Encoder, Ints, SpanScorer
from rag.settings import Settings
from rag.tokens import TiktokenTokenizer
from rag.types import Answer, Candidate, Document, Hit, Reason, Record, Timings, Turn


@dataclass(frozen=True, slots=True)
class Models:
    """What is loaded once and serves every generation of an index: encoder and reader."""

    encoder: OnnxEncoder
    reader: OnnxReader

    @classmethod
    def load(cls, settings: Settings) -> "Models":
        """Load the models that the settings name.

        Raises:
            ModelUnusable: no such encoder or reader, or not the one expected.
        """
        with ThreadPoolExecutor(1) as beside:  # both read and check many megabytes
            reader = beside.submit(_reader, settings)
            encoder = _encoder(settings)
        return cls(encoder, reader.result())

    def engine(self, settings: Settings, index: Index) -> "Engine":
        """Return an engine over a generation.

        Raises:
            IndexMismatch: it was made with other settings.
        """
        index.manifest.require(_recipe(settings, self.encoder))
        return Engine(settings, index, self.encoder, SpanReader(self.reader, index.documents))

    def indexer(self, settings: Settings, known: Index | None = None) -> Indexer:
        """Return what indexes as the settings say, from an index that is open, if any."""
        return replace(_indexer(settings, self.encoder), known=known)


class Engine:
    """Answers questions over one index generation. Safe to call from several threads."""

    def __init__(
        self,
        settings: Settings,
        index: Index,
        encoder: Encoder,
        scorer: SpanScorer,
    ) -> None:
        self._settings = settings
        self._index = index
        self._retriever = Retriever(index, encoder)
        self._calibration = _calibration(settings)
        self._judge = Judge(self._retriever, scorer, self._calibration)
        self._threshold = self._calibration.threshold(settings.target_precision)

    @classmethod
    def open(cls, settings: Settings) -> "Engine":
        """Open the index and load the models that the settings name.

        Raises:
            IndexUnusable: missing, damaged, foreign, newer, or made with other settings.
            ModelUnusable: no such encoder or reader, or not the one expected.
            InvalidSetting: the calibration cannot be read.
        """
        index = Index.open(settings.index)
        return Models.load(settings).engine(settings, index)

    @property
    def index(self) -> Index:
        """Return the generation that answers."""
        return self._index

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        top_k: int | None = None,
        min_confidence: float | None = None,
        among: Ints | None = None,
        on_retrieved: Callable[[str, Sequence[Hit]], None] | None = None,
    ) -> Answer:
        """Answer a question with a cited span, or abstain with a reason.

        ``history`` is what was said before it, oldest first, and may say what it leaves out;
        ``top_k`` passages are retrieved, and read as far as need be; ``min_confidence``
        replaces the fitted threshold; only the passages of the ordinals ``among`` are considered,
        if given. ``on_retrieved`` is called with the resolved question and the passages before
        they are read, or once they are where a history had to be resolved; what it raises ends the
        work.

        Raises:
            InvalidQuestion: it is blank, too long, or holds control characters.
        """
        started = perf_counter()
        question = checked(question)
        is_wordless = not any(character.isalnum() for character in question)
        limit = self._limit(min_confidence)
        asked, known = question, None
        if history and not is_wordless:
            asked, known = resolve(
                question,
                history,
                lambda each: self._judge.judge(each, self._retrieve(each, top_k, among), limit),
                enough=self._threshold,
            )
        resolved = perf_counter()
        hits = () if is_wordless else known.hits if known else self._retrieve(asked, top_k, among)
        retrieved = perf_counter()
        if on_retrieved is not None:
            on_retrieved(asked, hits)
        if is_wordless:
            verdict = abstain(Reason.NOT_A_QUESTION)
        else:
            said = known or self._judge.judge(asked, hits, limit)
            verdict = self._decide(asked, said, limit)
        done = perf_counter()
        return Answer(
            question=question,
            resolved_question=asked,
            answer=verdict.answer,
            reason=verdict.reason,
            confidence=verdict.confidence,
            unknown_words=() if is_wordless else self._retriever.unknown(asked),
            citations=verdict.citations,
            alternatives=verdict.alternatives,
            passages=hits,
            index=self._index.identity,
            timings_ms=Timings(
                retrieve=(retrieved - resolved) * 1e3,
                read=(done - retrieved + resolved - started) * 1e3,
                total=(done - started) * 1e3,
            ),
        )

    def among(self, conditions: Filter) -> Ints:
        """Return the ordinals of the passages of the documents that a filter lets through."""
        return self._index.documents.ordinals(lambda record: conditions.holds(record.metadata))

    def search(
        self, question: str, *, top_k: int | None = None, among: Ints | None = None
    ) -> tuple[Hit, ...]:
        """Return the passages nearest to a question, best first.

        Raises:
            InvalidQuestion: it is blank, too long, or holds control characters.
        """
        return self._retrieve(checked(question), top_k, among)

    def document(self, document_id: str) -> Document:
        """Return a document by id.

        Raises:
            DocumentNotFound: there is none of this id.
        """
        return self._index.documents[self.record(document_id).id]

    def record(self, document_id: str) -> Record:
        """Return what is listed of a document.

        Raises:
            DocumentNotFound: there is none of this id.
        """
        record = self._index.documents.record(document_id)
        if record is None:
            raise DocumentNotFound(
                f"No document has the id {document_id!r}: GET /v1/documents lists them."
            )
        return record

    def _retrieve(
        self, question: str, top_k: int | None, among: Ints | None = None
    ) -> tuple[Hit, ...]:
        return tuple(self._retriever.retrieve(question, top_k or self._settings.top_k, among))

    def weigh(self, question: str, hits: Sequence[Hit]) -> tuple[list[Candidate], list[Evidence]]:
        """Read all the hits; return the candidates, best first, and what speaks for each."""
        return self._judge.weigh(question, hits)

    def _limit(self, min_confidence: float | None) -> float:
        """Return the confidence below which nothing is answered."""
        limits = (min_confidence, self._settings.min_confidence, self._threshold)
        return next(each for each in limits if each is not None)

    def _decide(self, question: str, said: Judged, limit: float) -> Verdict:
        candidates, documents = said.candidates, self._index.documents
        if not candidates:
            return abstain(unread(said.hits, collection_is_empty=not self._index.passages))
        together = parts(self._retriever.query(question).text, candidates, documents)
        return decide(candidates, said.evidence, documents, self._calibration, limit, together)


def index(
    settings: Settings,
    paths: Sequence[Path],
    progress: Progress,
    *,
    lines: BinaryIO | None = None,
    rebuild: bool = False,
    prune: bool = False,
    upgrade: bool = False,
) -> Report:
    """Index the files at ``paths`` and a stream of JSON Lines; see ``Source`` and ``Indexer``."""
    source = Source.at(paths, settings.index, lines) if paths or lines else None
    progress("preparing", 0, 1)  # the first time, the encoder is exported now
    making = indexer(settings)
    progress("preparing", 1, 1)
    report = _run(making, source, progress, rebuild=rebuild, prune=prune, upgrade=upgrade)
    return replace(report, manifest=compact(settings.index, settings.compact_at))


def _run(
    making: Indexer,
    source: Source | None,
    progress: Progress,
    *,
    rebuild: bool,
    prune: bool,
    upgrade: bool,
) -> Report:
    if source is None:
        return making.remake(progress)
    if rebuild:
        return making.rebuild(source.some(progress), progress)
    if upgrade:
        making.upgrade(progress)
    if prune:
        return making.run(source.some(progress), progress, all_missing)
    return making.run(source.loaded(progress), progress, nothing)


def indexer(settings: Settings) -> Indexer:
    """Return what indexes as the settings say, each thread at a batch of its own."""
    encoder = _encoder(settings.model_copy(update={"threads": 1}))
    return replace(_indexer(settings, encoder), workers=settings.threads)


def _indexer(settings: Settings, encoder: OnnxEncoder) -> Indexer:
    budget = Budget(
        tokenizer=TiktokenTokenizer.named(settings.encoding),
        passage=settings.passage_tokens,
        overlap=settings.overlap_tokens,
        encoder=encoder.tokenizer,
        encoder_limit=encoder.max_tokens,
    )
    return Indexer(settings.index, encoder, budget, _recipe(settings, encoder))


def _encoder(settings: Settings) -> OnnxEncoder:
    return load_encoder(settings.encoder, settings.models_folder, settings.threads)


def _reader(settings: Settings) -> OnnxReader:
    return load_reader(settings.reader, settings.models_folder, settings.threads)


def _calibration(settings: Settings) -> Calibration:
    if settings.calibration is None:
        return Calibration.read(files("rag").joinpath("assets/calibration.json").read_text("utf-8"))
    try:
        return Calibration.read(settings.calibration.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"The calibration cannot be read: {error}.") from error


def _recipe(settings: Settings, encoder: Encoder) -> Recipe:
    return Recipe(
        encoder=settings.encoder,
        encoder_fingerprint=encoder.fingerprint,
        chunker=CHUNKER,
        encoding=settings.encoding,
        passage_tokens=settings.passage_tokens,
        overlap_tokens=settings.overlap_tokens,
    )

"""The composition root: settings -> Engine, the one door to asking and searching."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from time import perf_counter

from rag.answering import Verdict, abstain, decide, unread
from rag.chunking import CHUNKER, Budget
from rag.confidence import Calibration
from rag.errors import DocumentNotFound, InvalidQuestion, InvalidSetting
from rag.filtering import Filter
from rag.index import Index, Recipe, compact
from rag.indexing import Indexer, Progress, Report, read
from rag.models import OnnxEncoder, OnnxReader, RememberingEncoder, load_encoder, load_reader
from rag.reading import CANDIDATES, Evidence, SpanReader, Weigher, decode, parts
from rag.retrieval import Retriever
from rag.seams import Encoder, Ints, SpanScorer, TokenEncoder
from rag.settings import Settings
from rag.tokens import TiktokenTokenizer
from rag.types import Answer, Candidate, Document, Hit, Reason, Record, Timings, Turn

MAX_QUESTION = 4_000
"""Code points that a question may have."""

_REMEMBERED_PASSAGES = 128
_SPACES = "\t\n\r"


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
        reader = load_reader(settings.reader, settings.models_folder, settings.threads)
        return cls(_encoder(settings), reader)

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
        encoder: TokenEncoder,
        scorer: SpanScorer,
    ) -> None:
        self._settings = settings
        self._index = index
        self._retriever = Retriever(index, encoder)
        self._scorer = scorer
        remembering = RememberingEncoder(encoder, _REMEMBERED_PASSAGES)
        self._weigher = Weigher(remembering, self._retriever)
        self._calibration = _calibration(settings)
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
        history: Sequence[Turn] = (),  # noqa: ARG002  # resolved by the change after this one
        top_k: int | None = None,
        min_confidence: float | None = None,
        among: Ints | None = None,
    ) -> Answer:
        """Answer a question with a cited span, or abstain with a reason.

        ``history`` is what was said before it, oldest first; ``top_k`` passages are read; ``min_confidence`` replaces the fitted threshold;
        only the passages of the ordinals ``among`` are considered, if given.

        Raises:
            InvalidQuestion: it is blank, too long, or holds control characters.
        """
        started = perf_counter()
        question = checked(question)
        is_wordless = not any(character.isalnum() for character in question)
        hits = [] if is_wordless else self._retrieve(question, top_k, among)
        retrieved = perf_counter()
        if is_wordless:
            verdict = abstain(Reason.NOT_A_QUESTION)
        else:
            verdict = self._read(question, hits, min_confidence)
        done = perf_counter()
        return Answer(
            question=question,
            resolved_question=question,
            answer=verdict.answer,
            reason=verdict.reason,
            confidence=verdict.confidence,
            unknown_words=() if is_wordless else self._retriever.unknown(question),
            citations=verdict.citations,
            alternatives=verdict.alternatives,
            passages=tuple(hits),
            index=self._index.identity,
            timings_ms=Timings(
                retrieve=(retrieved - started) * 1e3,
                read=(done - retrieved) * 1e3,
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
        return tuple(self._retrieve(checked(question), top_k, among))

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

    def _retrieve(self, question: str, top_k: int | None, among: Ints | None = None) -> list[Hit]:
        return self._retriever.retrieve(question, top_k or self._settings.top_k, among)

    def weigh(self, question: str, hits: Sequence[Hit]) -> tuple[list[Candidate], list[Evidence]]:
        """Read the hits; return the candidates, best first, and what speaks for each.

        The reader sees the question without its typing errors, as the retriever does.
        """
        asked = self._retriever.query(question).text
        candidates = decode(self._scorer.score(asked, hits), CANDIDATES)
        return candidates, self._weigher.weigh(question, hits, candidates)

    def _read(self, question: str, hits: list[Hit], min_confidence: float | None) -> Verdict:
        documents = self._index.documents
        candidates, evidence = self._calibration.rank(*self.weigh(question, hits))
        if not candidates:
            return abstain(unread(hits, collection_is_empty=not self._index.passages))
        limits = (min_confidence, self._settings.min_confidence, self._threshold)
        limit = next(each for each in limits if each is not None)
        together = parts(self._retriever.query(question).text, candidates, documents)
        return decide(candidates, evidence, documents, self._calibration, limit, together)


def index(
    settings: Settings,
    paths: Iterable[Path],
    progress: Progress,
    *,
    rebuild: bool = False,
    prune: bool = False,
) -> Report:
    """Index the files at ``paths`` as the settings say; see ``Indexer.update``."""
    documents, failed = read(paths, progress)
    progress("preparing", 0, 1)  # the first time, the encoder is exported now
    made = indexer(settings)
    progress("preparing", 1, 1)
    report = made.update(documents, progress, failed=failed, rebuild=rebuild, prune=prune)
    return replace(report, manifest=compact(settings.index, settings.compact_at))


def indexer(settings: Settings) -> Indexer:
    """Return what indexes as the settings say."""
    return _indexer(settings, _encoder(settings))


def _indexer(settings: Settings, encoder: OnnxEncoder) -> Indexer:
    budget = Budget(
        tokenizer=TiktokenTokenizer.named(settings.encoding),
        passage=settings.passage_tokens,
        overlap=settings.overlap_tokens,
        encoder=encoder.tokenizer,
        encoder_limit=encoder.max_tokens,
    )
    return Indexer(settings.index, encoder, budget, _recipe(settings, encoder))


def checked(question: str) -> str:
    """Return the question without white space around it.

    Raises:
        InvalidQuestion: it is blank, too long, or holds control characters.
    """
    stripped = question.strip()
    if not stripped:
        raise InvalidQuestion("The question is blank: write one.")
    if len(stripped) > MAX_QUESTION:
        raise InvalidQuestion(
            f"The question has {len(stripped)} characters, and {MAX_QUESTION} are read: shorten it."
        )
    for place, character in enumerate(stripped):
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in _SPACES:
            raise InvalidQuestion(
                f"The question has the control character U+{ord(character):04X} at {place}: "
                "remove it."
            )
    return stripped


def _encoder(settings: Settings) -> OnnxEncoder:
    return load_encoder(settings.encoder, settings.models_folder, settings.threads)


def _calibration(settings: Settings) -> Calibration:
    if settings.calibration is None:
        return Calibration.read(files("rag").joinpath("assets/calibration.json").read_text("utf-8"))
    try:
        return Calibration.read(settings.calibration.read_text("utf-8"))
    except OSError as error:
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

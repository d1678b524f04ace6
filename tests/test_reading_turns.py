"""The best passage is read first, then as many rivals as its answer is in doubt; all once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from rag.engine import Engine
from rag.index import Index
from rag.models import load_encoder, load_reader
from rag.reading import SpanReader
from rag.seams import Encoder, SpanLogits, SpanScorer
from rag.settings import Settings
from rag.types import Hit

SURE = "Which leader went to Kazakhstan to push China's overseas investment scheme?"
DOUBTFUL = "Which nation is welcoming the five visiting delegations?"
UNSURE = "Who won the football world cup?"
SEVERAL = "Which countries are in Central Asia?"
UNLIKE = "How many days will the gathering last?"
WITHIN = 1.5


class Recording:
    """A reader that notes what it was given."""

    def __init__(self, reader: SpanScorer) -> None:
        self._reader = reader
        self.read: list[str] = []

    def score(self, question: str, hits: Sequence[Hit]) -> list[SpanLogits]:
        self.read += [hit.passage.id for hit in hits]
        return self._reader.score(question, hits)


@pytest.fixture(scope="module")
def reader(settings: Settings) -> Recording:
    loaded = load_reader(settings.reader, settings.models_folder, 1)
    return Recording(SpanReader(loaded, Index.open(settings.index).documents))


@pytest.fixture(scope="module")
def encoder(settings: Settings) -> Encoder:
    return load_encoder(settings.encoder, settings.models_folder, 1)


@pytest.fixture
def recorded(settings: Settings, encoder: Encoder, reader: Recording) -> Engine:
    reader.read.clear()
    return Engine(settings, Index.open(settings.index), encoder, reader)


@pytest.mark.parametrize(
    ("question", "min_confidence", "read"),
    [(SURE, None, 1), (SURE, 0.99, 5), (UNSURE, None, 5), (SEVERAL, None, 5)],
    ids=["sure", "not sure enough for the caller", "unsure", "several may answer"],
)
def test_what_is_read_goes_by_how_sure_the_first_answer_is(
    recorded: Engine,
    reader: Recording,
    question: str,
    min_confidence: float | None,
    read: int,
) -> None:
    answer = recorded.ask(question, min_confidence=min_confidence)
    assert reader.read == [hit.passage.id for hit in answer.passages][:read]
    assert len(answer.passages) == 5


def test_the_surer_an_answer_is_the_fewer_rivals_it_is_put_to(
    recorded: Engine, reader: Recording
) -> None:
    counts = []
    for question in (SURE, DOUBTFUL, UNSURE):
        reader.read.clear()
        recorded.ask(question)
        counts.append(len(reader.read))
    assert counts[0] == 1 < counts[1] < counts[2]


@pytest.mark.parametrize("question", [SURE, DOUBTFUL, UNSURE, UNLIKE])
def test_only_passages_that_score_near_the_best_are_read(
    recorded: Engine, reader: Recording, question: str
) -> None:
    best, *others = recorded.ask(question, min_confidence=0.99).passages
    near = [hit.passage.id for hit in others if best.score - hit.score < WITHIN]
    assert reader.read == [best.passage.id, *near]


def test_some_do_and_some_do_not(recorded: Engine) -> None:
    spread = [hits[0].score - hits[-1].score for hits in map(recorded.search, (UNSURE, UNLIKE))]
    assert spread[0] < WITHIN < spread[1]


def test_reading_all_finds_the_answer_that_the_first_passage_gave(recorded: Engine) -> None:
    first, everything = recorded.ask(SURE), recorded.ask(SURE, min_confidence=0.99)
    assert first.answer == everything.alternatives[0].answer is not None
    assert first.citations[0].start == everything.alternatives[0].citations[0].start


def test_a_question_asked_again_is_not_read_again(recorded: Engine, reader: Recording) -> None:
    first = recorded.ask(UNSURE)
    reader.read.clear()
    again = recorded.ask(UNSURE)
    assert replace(again, timings_ms=first.timings_ms) == first
    assert not reader.read


def test_a_question_asked_of_other_passages_is_read_again(
    recorded: Engine, reader: Recording
) -> None:
    recorded.ask(UNSURE)
    reader.read.clear()
    fewer = recorded.ask(UNSURE, top_k=3)
    assert reader.read == [hit.passage.id for hit in fewer.passages]
    reader.read.clear()
    others = np.arange(3, len(recorded.index.passages))
    elsewhere = recorded.ask(UNSURE, among=others)
    assert reader.read[0] == elsewhere.passages[0].passage.id
    assert set(reader.read) <= {hit.passage.id for hit in elsewhere.passages}

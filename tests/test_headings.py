"""Passages are found and read by what they stand under; quoted is their own text alone."""

from pathlib import Path

import pytest

from rag.documents import parse
from rag.engine import Engine, indexer
from rag.headings import Heads, headed
from rag.models import load_reader
from rag.reading import SpanReader
from rag.settings import Settings
from rag.types import Document, Passage

HANDBOOK = """\
# Handbook of Ropeway Staff

## Winter

### Parking

Nobody may stop there. It opens at six.

## Summer

It opens at five.
"""
SENTENCES = ("It opens at six.", "It opens at five.")


def passage(document: Document, text: str) -> Passage:
    start = document.text.index(text)
    return Passage("1", document.id, start, start + len(text), text, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SENTENCES[0], "Handbook of Ropeway Staff\nWinter\nParking\n"),
        (SENTENCES[1], "Handbook of Ropeway Staff\nSummer\n"),
        ("### Parking\n\nNobody may stop there.", "Handbook of Ropeway Staff\nWinter\n"),
        ("# Handbook of Ropeway Staff", ""),
    ],
)
def test_a_passage_stands_under_the_title_and_the_headings_that_it_does_not_hold(
    text: str, expected: str
) -> None:
    document = parse("handbook.md", HANDBOOK, "text/markdown")
    assert headed(document, [passage(document, text)]) == [expected + text]


@pytest.mark.parametrize(
    "line", ["The ropeway was built by two brothers in one summer.", f"A line {'of words ' * 30}"]
)
def test_a_first_line_of_prose_is_no_title(line: str) -> None:
    document = parse("1.txt", f"{line}\n\n{SENTENCES[0]} It closes at nine in the evening.")
    assert document.title
    assert headed(document, [passage(document, SENTENCES[0])]) == [SENTENCES[0]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SENTENCES[0], "Handbook of Ropeway Staff. Winter. Parking. "),
        ("# Handbook of Ropeway Staff", ""),
    ],
)
def test_a_passage_is_read_below_what_it_stands_under(text: str, expected: str) -> None:
    document = parse("handbook.md", HANDBOOK, "text/markdown")
    assert Heads({document.id: document}).of(passage(document, text)) == expected


def test_of_many_headings_the_nearest_are_read() -> None:
    ranks = "".join(f"{'#' * rank} {f'Part {rank} ' * 9}\n\n" for rank in range(2, 7))
    document = parse("deep.md", f"# Handbook\n\n{ranks}{SENTENCES[0]}", "text/markdown")
    head = Heads({document.id: document}).of(passage(document, SENTENCES[0]))
    assert [each[:6] for each in head.removesuffix(". ").split(". ")] == [
        "Part 4",
        "Part 5",
        "Part 6",
    ]


@pytest.fixture
def folders(index_folder: Path, models: Path) -> Engine:
    """An engine over three documents of one text, told apart by their titles alone."""
    settings = Settings(index=index_folder, models=models, passage_tokens=16, overlap_tokens=0)
    text = "The cabins hang on steel. They carry eight people.\n\nNobody may smoke in the cabins."
    documents = [parse(f"{n}.txt", text, title=n) for n in ("Fellhorn", "Nebelhorn", "Söllereck")]
    indexer(settings).update(documents, lambda *_: None)
    return Engine.open(settings)


@pytest.mark.parametrize("name", ["Fellhorn", "Nebelhorn", "Söllereck"])
def test_a_document_is_found_by_a_title_that_stands_nowhere_in_its_text(
    name: str, folders: Engine
) -> None:
    hits = folders.search(f"How many people do the cabins at {name} carry?")
    assert hits[0].passage.document_id == f"{name}.txt"
    assert name not in hits[0].passage.text
    answer = folders.ask(f"How many people do the cabins at {name} carry?", min_confidence=0.0)
    (citation,) = answer.citations
    assert citation.document_id == f"{name}.txt"
    text = folders.document(citation.document_id).text
    assert text[citation.start : citation.end] == citation.quote
    assert answer.unknown_words == ()


def test_a_passage_is_found_by_the_heading_above_it(index_folder: Path, models: Path) -> None:
    settings = Settings(index=index_folder, models=models, passage_tokens=16, overlap_tokens=0)
    document = parse("handbook.md", HANDBOOK, "text/markdown")
    indexer(settings).update([document], lambda *_: None)
    engine = Engine.open(settings)
    for season, sentence in zip(("winter", "summer"), SENTENCES, strict=True):
        hit, *_ = engine.search(f"When does it open in {season}?")
        assert sentence in hit.passage.text


def test_the_reader_sees_the_title_and_quotes_nothing_of_it(
    folders: Engine, settings: Settings
) -> None:
    reader = load_reader(settings.reader, settings.models_folder, 1)
    question = "How many people do the cabins at Nebelhorn carry?"
    hits = folders.search(question)
    (first, *_) = SpanReader(reader, folders.index.documents).score(question, hits[:1])
    text = hits[0].passage.text
    (below,) = reader.read(question, [text], ["Nebelhorn. "])
    (alone,) = reader.read(question, [text])
    assert (first.start.tolist(), first.null) == (below.start.tolist(), below.null)
    assert below.offsets.tolist() == alone.offsets.tolist()
    assert below.null != alone.null

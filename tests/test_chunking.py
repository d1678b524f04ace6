"""Passages: exact, complete, within both limits, of whole sentences, for any text."""

from itertools import pairwise
from pathlib import Path

import pytest
import tiktoken
from hypothesis import example, given
from hypothesis import strategies as st

from rag.chunking import Budget, chunk
from rag.documents import parse
from rag.models import OnnxEncoder, load_encoder
from rag.models.encoder import WordPieces
from rag.sentences import units
from rag.tokens import TiktokenTokenizer
from rag.types import BlockKind, Document, Passage

PLAIN, MARKDOWN = "text/plain", "text/markdown"
RAG16K = TiktokenTokenizer.named("rag16k")
BREAKS = ["\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\u2028", "\u3000", " ", " " * 700, "\n" * 700]
MARKUP = ["# ", "- ", "1. ", "> ", "```", "|", "[a]: b", "See more on", "PHOTO: ", ". BBC"]
WORDS = ["the ", "Tokyo ", "ended. ", "don’t ", "3.14", "international", "x" * 300, "-" * 300]
OTHER = ["语", "語。", "e\u0301", "कि", "👩\u200d👧", "🇯🇵", "\u200b", "\ufeff", "\u00ad", "\x1c"]
parts = st.sampled_from([*BREAKS, *MARKUP, *WORDS, *OTHER])
runs = st.tuples(parts, st.integers(1, 99)).map(lambda run: run[0] * run[1])
texts = st.text() | st.lists(parts | runs).map("".join)


@st.composite
def limits(draw: st.DrawFn) -> tuple[int, int, int]:
    """Draw (passage, overlap, encoder limit), now the one and now the other limit the narrower."""
    passage = draw(st.integers(16, 48))
    return passage, draw(st.integers(0, passage // 2)), draw(st.integers(8, 48))


@pytest.fixture(scope="module")
def encoder(models: Path) -> OnnxEncoder:
    return load_encoder("all-MiniLM-L6-v2", models, 1)


@pytest.fixture(scope="module")
def word_pieces(encoder: OnnxEncoder) -> WordPieces:
    return encoder.tokenizer


@pytest.fixture(scope="module")
def default(encoder: OnnxEncoder) -> Budget:
    return Budget(RAG16K, 160, 48, encoder.tokenizer, encoder.max_tokens)


def check(document: Document, passages: list[Passage], budget: Budget) -> None:
    """Assert all that holds of the passages of any document."""
    text = document.text
    covered = 0
    for passage in passages:
        assert not text[covered : passage.start].strip()
        assert text[passage.start : passage.end] == passage.text == passage.text.strip() != ""
        assert tiktoken.get_encoding("rag16k").encode_ordinary(passage.text)[budget.passage :] == []
        assert budget.encoder.count(passage.text) <= budget.encoder_limit
        assert passage.document_id == document.id
        assert passage.id == f"{document.id}@{document.sha256[:8]}#{passage.start}-{passage.end}"
        bounds = [edge for span in passage.sentences for edge in (span.start, span.end)]
        assert bounds == sorted(bounds)
        assert all(passage.start <= edge <= passage.end for edge in bounds)
        covered = passage.end
    assert not text[covered:].strip()
    for before, after in pairwise(passages):
        assert before.start < after.start
        assert before.end < after.end
        assert RAG16K.count(text[after.start : before.end]) <= budget.overlap


@pytest.mark.parametrize("media_type", [PLAIN, MARKDOWN])
@given(text=texts, numbers=limits())
@example(text="a" + " " * 9000 + "b", numbers=(16, 8, 48))
@example(text="one. Two\u3000", numbers=(16, 8, 48))
@example(text="x" * 99 + "e\u0301" * 99, numbers=(48, 0, 8))
@example(text="A\n\n" * 99, numbers=(16, 8, 16))
def test_passages_are_sound_for_any_text(
    word_pieces: WordPieces, media_type: str, text: str, numbers: tuple[int, int, int]
) -> None:
    document = parse("a/b.txt", text, media_type)
    budget = Budget(RAG16K, numbers[0], numbers[1], word_pieces, numbers[2])
    passages = chunk(document, budget)
    check(document, passages, budget)
    assert len({passage.id for passage in passages}) == len(passages)
    assert passages == chunk(parse("a/b.txt", text, media_type), budget)


@given(text=texts, numbers=limits())
def test_every_sentence_that_fits_may_answer_whole(
    word_pieces: WordPieces, text: str, numbers: tuple[int, int, int]
) -> None:
    document = parse("a.md", text, MARKDOWN)
    budget = Budget(RAG16K, numbers[0], numbers[1], word_pieces, numbers[2])
    fitting = {
        unit.sentence
        for unit in units(document)
        if unit.sentence and budget.fits(text[unit.start : unit.end].strip())
    }
    assert fitting <= {span for p in chunk(document, budget) for span in p.sentences}


@pytest.mark.parametrize("text", ["", " ", "\r\n\u2028\u3000\t" * 1000])
def test_white_space_alone_gives_no_passage(default: Budget, text: str) -> None:
    assert chunk(parse("a", text), default) == []
    assert chunk(parse("a", text, MARKDOWN), default) == []


def test_a_short_text_is_one_passage(default: Budget) -> None:
    (passage,) = chunk(parse("a", "\r\n Tides\n\nIt ended. He left.\n"), default)
    assert (passage.start, passage.end) == (3, 28)
    assert passage.text == "Tides\n\nIt ended. He left."
    quoted = [passage.text[s.start - 3 : s.end - 3] for s in passage.sentences]
    assert quoted == ["Tides", "It ended.", "He left."]


def test_the_article_is_cut_at_sentences_and_every_sentence_may_answer(
    default: Budget, article: Document
) -> None:
    passages = chunk(article, default)
    check(article, passages, default)
    assert 6 <= len(passages) <= 9
    expected = [unit.sentence for unit in units(article) if unit.sentence]
    assert sorted({span for p in passages for span in p.sentences}) == expected
    bounds = {unit.start for unit in units(article)}
    assert all(passage.start in bounds for passage in passages)


def test_neighbours_share_whole_sentences_up_to_the_overlap(word_pieces: WordPieces) -> None:
    sentence = "The harbour of Kobe is old and deep. "
    document = parse("a", sentence * 12)
    tokens = RAG16K.count(sentence.strip())
    shared = {}
    for overlap in (0, tokens - 1, tokens, 2 * tokens):
        passages = chunk(document, Budget(RAG16K, 4 * tokens, overlap, word_pieces, 254))
        pairs = [set(a.sentences) & set(b.sentences) for a, b in pairwise(passages)]
        (shared[overlap],) = {len(pair) for pair in pairs}
    assert list(shared.values()) == [0, 0, 1, 2]


def test_a_passage_is_as_long_as_it_may_be(word_pieces: WordPieces) -> None:
    document = parse("a", "The harbour of Kobe is old. " * 99)
    budget = Budget(RAG16K, 64, 0, word_pieces, 254)
    sentences = [unit.sentence for unit in units(document) if unit.sentence]
    for passage, following in pairwise(chunk(document, budget)):
        further = sentences[sentences.index(following.sentences[0])].end
        assert not budget.fits(document.text[passage.start : further])


def headings_at_the_end(document: Document, passages: list[Passage]) -> list[str]:
    ends = {b.end for b in document.blocks if b.kind is BlockKind.HEADING}
    return [passage.text for passage in passages[:-1] if passage.end in ends]


@pytest.mark.parametrize("heading", ["Harbours", "Kobe\n\nThe Port", "Kobe\n\nHarbours\n\nDepths"])
@pytest.mark.parametrize("words", range(1, 40, 3))
def test_a_heading_stays_with_what_it_heads(
    word_pieces: WordPieces, heading: str, words: int
) -> None:
    section = f"{heading}\n\nThe {'deep ' * words}sea ended here. It was late.\n\n"
    document = parse("a", section * 12)
    budget = Budget(RAG16K, 56, 28, word_pieces, 254)
    passages = chunk(document, budget)
    check(document, passages, budget)
    assert headings_at_the_end(document, passages) == []


def test_a_heading_parts_from_what_does_not_fit_beside_it(word_pieces: WordPieces) -> None:
    body = f"The {'deep ' * 30}sea."
    document = parse("a", f"Harbours of Kobe\n\n{body}\n\n" * 2)
    budget = Budget(RAG16K, RAG16K.count(body), 8, word_pieces, 254)
    assert headings_at_the_end(document, chunk(document, budget)) == ["Harbours of Kobe"] * 2


def test_a_long_list_of_short_lines_fills_passages(default: Budget) -> None:
    document = parse("a", "\n\n".join(f"Harbour {number}" for number in range(2000)))
    passages = chunk(document, default)
    check(document, passages, default)
    assert all(RAG16K.count(passage.text) > 120 for passage in passages[:-1])


def test_an_over_long_sentence_is_cut_between_words(default: Budget) -> None:
    document = parse("a", "harbour " * 2000)
    passages = chunk(document, default)
    check(document, passages, default)
    assert {word for passage in passages for word in passage.text.split()} == {"harbour"}


def test_what_is_cut_is_not_torn_within_a_character(default: Budget) -> None:
    for cluster in ("e\u0301", "👩\u200d👧", "👍🏽", "कि"):
        passages = chunk(parse("a", cluster * 5000), default)
        starts = {passage.text[: len(cluster)] for passage in passages}
        assert starts == {cluster}


UNITS = {
    "one letter": "a",
    "English": "The harbour of Kobe (Japan) is “old”, and 18 m deep. ",
    "no full stops": "the harbour of kobe ",
    "Chinese": "神户港很深。",
    "Chinese without full stops": "神户港",
    "emoji": "👩\u200d👧🇯🇵",
    "combining marks": "e\u0301o\u0308 ",
    "zero width": "\u200b",
    "short lines": "Kobe\n\n",
    "broken lines": "kobe\r\n\r\n",
    "list": "- kobe\n",
    "open brackets": "((It ended. ",
    "wide gaps": "It ended." + " " * 3000,
}


def of_length(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_long_texts_of_any_script_give_sound_passages(default: Budget, unit: str) -> None:
    document = parse("a", of_length(unit, 20_000))
    check(document, chunk(document, default), default)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["one letter", "English", "Chinese", "emoji", "short lines", "broken lines"]
)
def test_a_megabyte_of_any_script_gives_sound_passages(default: Budget, name: str) -> None:
    document = parse("a", of_length(UNITS[name], 1_000_000))
    check(document, chunk(document, default), default)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["one letter", "open brackets", "list"])
def test_a_megabyte_of_markdown_gives_sound_passages(default: Budget, name: str) -> None:
    document = parse("a", of_length(UNITS[name], 1_000_000), MARKDOWN)
    check(document, chunk(document, default), default)

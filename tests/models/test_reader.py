"""The reader that the package ships, and how readers are found by name."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rag.chunking import Budget, chunk
from rag.errors import ModelNotFound
from rag.models import OnnxReader, load_encoder, load_reader
from rag.models.loading import EMBEDDED_READER
from rag.models.reader import WindowLogits
from rag.models.source import EMBEDDED
from rag.tokens import TiktokenTokenizer
from rag.types import Document

QUESTIONS = ("Who is it?", "Where?", "When and where did the leaders of the five countries meet?")
TEXTS = {
    "one word": "Tokyo",
    "one sentence": "Mr Toshihiro Kitamura spoke in Tokyo on 20 December.",
    "empty": "",
    "emoji": "👩‍👩‍👧‍👦🇯🇵🏴‍☠️ in Tokyo",
    "CJK": "東京は日本の首都です。中亚五国峰会在东京举行。",
    "CRLF": "one\r\ntwo\r\n\r\nthree",
    "several windows": "The summit was held in Tokyo, and Zoë spoke there at length. " * 20,
}


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> OnnxReader:
    return load_reader(EMBEDDED_READER, tmp_path_factory.mktemp("cache"), threads=1)


@pytest.fixture(scope="module")
def passages(article: Document, models: Path) -> list[str]:
    encoder = load_encoder(EMBEDDED, models, threads=1)
    tokenizer = TiktokenTokenizer.named("rag16k")
    budget = Budget(tokenizer, 160, 48, encoder.tokenizer, encoder.max_tokens)
    return [passage.text for passage in chunk(article, budget)]


def assert_equal(found: list[WindowLogits], expected: list[WindowLogits]) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.offsets, other.offsets)
        np.testing.assert_array_equal(one.start, other.start)
        np.testing.assert_array_equal(one.end, other.end)
        assert one.null == other.null


def best(logits: list[WindowLogits], texts: list[str]) -> str:
    """Return the words of the best span of up to ten tokens."""
    spans = [
        (w.start[i] + w.end[j] - w.null, texts[w.text][w.offsets[i, 0] : w.offsets[j, 1]])
        for w in logits
        for i in range(len(w.start))
        for j in range(i, min(i + 10, len(w.end)))
    ]
    return max(spans)[1]


@pytest.mark.parametrize("name", ["/nowhere/reader", "./reader", "~/no-such-reader", "rag-raeder"])
def test_an_unknown_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="the setting 'reader'"):
        load_reader(name, tmp_path, threads=1)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"holds no model .* the setting 'reader'"):
        load_reader(str(tmp_path), tmp_path / "cache", threads=1)


def test_the_embedded_reader_is_whole_and_needs_no_cache(tmp_path: Path) -> None:
    reader = load_reader(EMBEDDED_READER, tmp_path / "cache", threads=1)
    assert len(reader.fingerprint) == 64
    assert not (tmp_path / "cache").exists()


def test_every_token_has_a_place_and_two_logits(embedded: OnnxReader, passages: list[str]) -> None:
    texts = [*passages, *TEXTS.values()]
    found = embedded.read("Who is the press secretary?", texts)
    assert {each.text for each in found} == {place for place, text in enumerate(texts) if text}
    for each in found:
        assert each.start.shape == each.end.shape == (len(each.offsets),)
        assert all(0 <= start < end <= len(texts[each.text]) for start, end in each.offsets)
        assert np.isfinite([*each.start, *each.end, each.null]).all()


def test_a_text_is_read_alike_alone_and_in_company(
    embedded: OnnxReader, passages: list[str]
) -> None:
    texts = [*passages, *TEXTS.values(), *passages[::-1]]
    for question in QUESTIONS:
        alone = [each for text in texts for each in embedded.read(question, [text])]
        assert_equal(embedded.read(question, texts), alone)


@pytest.mark.parametrize("text", TEXTS)
def test_a_window_that_two_threads_share_gets_the_logits_that_one_gives(
    text: str, embedded: OnnxReader, tmp_path: Path
) -> None:
    shared = load_reader(EMBEDDED_READER, tmp_path, threads=2)
    for question in QUESTIONS:
        assert_equal(shared.read(question, [TEXTS[text]]), embedded.read(question, [TEXTS[text]]))


def test_no_texts_have_no_logits(embedded: OnnxReader) -> None:
    assert embedded.read("Who?", []) == embedded.read("Who?", ["", " "]) == []


@pytest.mark.parametrize("texts", [1, 4])
@pytest.mark.parametrize("threads", [1, 2])
def test_several_who_ask_get_the_logits_that_one_gets(
    threads: int, texts: int, embedded: OnnxReader, passages: list[str], tmp_path: Path
) -> None:
    expected = embedded.read("Who?", passages[:texts])
    reader = load_reader(EMBEDDED_READER, tmp_path, threads)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(
            lambda question: reader.read(question, passages[:texts]), ["Who?"] * 8
        ):
            assert_equal(found, expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the capital of France?", "Paris"),
        ("How many people live in Lyon?", "520,000"),
        ("Who designed the tower?", "Gustave Eiffel"),
    ],
)
def test_the_embedded_reader_finds_a_plain_answer(
    question: str, expected: str, embedded: OnnxReader
) -> None:
    texts = [
        "Lyon lies where the Saône flows into the Rhône. About 520,000 people live in Lyon.",
        "Paris is the capital of France. Its tower was designed by Gustave Eiffel in 1889.",
    ]
    assert expected in best(embedded.read(question, texts), texts)

"""Counting with tiktoken: the embedded encoding, and prefixes that keep to their number."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiktoken
from hypothesis import example, given
from hypothesis import strategies as st

from rag.errors import InvalidSetting
from rag.tokens import LONGEST_PIECE, TiktokenTokenizer, rag16k

MB = 1_000_000
RAG16K = TiktokenTokenizer.named("rag16k")
ENGLISH = ["the ", "Tokyo", "international", " ", "\n\n", "2025", "don’t", "...", "<|endoftext|>"]
OTHER = ["e\u0301", "语", "東京", "👩\u200d👧", "🇯🇵", "\u200b", "x" * 40, " " * 40, "-" * 40, "\0"]
texts = st.text() | st.lists(st.sampled_from([*ENGLISH, *OTHER])).map("".join)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine that is taken, and where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_tiktoken_itself_finds_the_embedded_encoding() -> None:
    encoding = tiktoken.get_encoding("rag16k")
    assert encoding.name == "rag16k"
    assert encoding.n_vocab == 16_384
    assert encoding.decode(encoding.encode("Tōkyō 東京 👩\u200d👧")) == "Tōkyō 東京 👩\u200d👧"


def test_the_embedded_encoding_has_every_single_byte_first_and_no_token_twice() -> None:
    ranks = rag16k()["mergeable_ranks"]
    assert sorted(ranks.values()) == list(range(16_384))
    assert {rank for token, rank in ranks.items() if len(token) == 1} == set(range(256))


@given(texts)
def test_the_embedded_encoding_gives_any_text_back(text: str) -> None:
    encoding = tiktoken.get_encoding("rag16k")
    tokens = encoding.encode_ordinary(text)
    assert encoding.decode_bytes(tokens).decode() == text
    assert RAG16K.count(text) == len(tokens)


@given(texts)
def test_no_token_covers_more_than_the_longest_piece(text: str) -> None:
    encoding = tiktoken.get_encoding("rag16k")
    tokens = encoding.decode_tokens_bytes(encoding.encode_ordinary(text))
    assert all(len(token.decode(errors="ignore")) <= LONGEST_PIECE for token in tokens)


def test_common_english_words_are_one_token_each() -> None:
    assert RAG16K.count("The leaders of five countries met in Tokyo.") == 9


def test_what_looks_like_a_special_token_is_text() -> None:
    assert RAG16K.count("<|endoftext|>") > 1
    assert RAG16K.prefix("<|endoftext|>", 100) == 13


@pytest.mark.parametrize(
    ("unit", "repeats", "tokens"),
    [
        ("a", MB, MB // 2),  # "aa" is a token, and no longer run of a is
        (" ", MB, MB // 8),  # eight spaces are a token
        ("\n", MB, MB // 4),
        (".", MB, MB // 8),
        ("😀", MB // 4, MB),  # four bytes, none of them merged
        ("的 ", MB // 4, MB),
        ("the ", MB // 4, MB // 4 + 1),  # "the", " the" each, and the last space
    ],
)
def test_a_megabyte_of_one_thing_has_the_count_of_its_pieces(
    unit: str, repeats: int, tokens: int
) -> None:
    assert RAG16K.count(unit * repeats) == tokens


@given(texts, st.integers(0, 40))
@example("字" * 10, 1)
@example("a👩\u200d👧", 2)
def test_a_prefix_never_takes_more_tokens_than_asked(text: str, tokens: int) -> None:
    assert RAG16K.count(text[: RAG16K.prefix(text, tokens)]) <= tokens


@given(texts, st.integers(0, 40))
def test_a_prefix_grows_with_its_tokens_up_to_the_whole_text(text: str, tokens: int) -> None:
    prefix = RAG16K.prefix(text, tokens)
    assert 0 <= prefix <= RAG16K.prefix(text, tokens + 1) <= len(text)
    assert RAG16K.prefix(text, RAG16K.count(text)) == len(text)


def test_a_prefix_ends_between_code_points() -> None:
    assert [RAG16K.prefix("😀😀", tokens) for tokens in range(9)] == [0, 0, 0, 0, 1, 1, 1, 1, 2]


def test_a_prefix_looks_no_further_into_a_text_than_it_must() -> None:
    assert RAG16K.prefix("a" * 10 * MB, 10) == 20


def test_an_unknown_encoding_is_refused_with_the_name_of_one_that_works() -> None:
    with pytest.raises(InvalidSetting, match=r"'rag17k' cannot be loaded here.*'rag16k'"):
        TiktokenTokenizer.named("rag17k")


def test_an_encoding_that_cannot_be_fetched_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, closed_port: int
) -> None:
    """The proxy is this machine, so nothing is looked up or reached beyond it."""
    for variable in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{closed_port}")
    for variable in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    with pytest.raises(InvalidSetting, match=r"'cl100k_base' cannot be loaded here \(ProxyError\)"):
        TiktokenTokenizer.named("cl100k_base")

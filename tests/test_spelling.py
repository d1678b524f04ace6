"""Typing errors are mended towards what the collection and plain English know, and nothing else."""

from pathlib import Path

import pytest

from rag.index import Index
from rag.models import load_encoder
from rag.retrieval import Retriever
from rag.settings import Settings


@pytest.fixture(scope="module")
def retriever(settings: Settings, models: Path) -> Retriever:
    encoder = load_encoder("all-MiniLM-L6-v2", models, 1)
    return Retriever(Index.open(settings.index), encoder)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wich regoin is it, the Cntral one", "which region is it, the Central one"),
        ("Waht did the emporer do?", "what did the Emperor do?"),
        ("wehn, and whre, do they meet", "when, and where, do they meet"),
        ("Who is Toshihiro Kitamra?", "Who is Toshihiro Kitamura?"),
        ("Kitamra met Kitamra", "Kitamura met Kitamura"),
    ],
    ids=["letters left out", "letters exchanged", "words that ask", "a name", "twice"],
)
def test_a_typing_error_is_mended(typed: str, meant: str, retriever: Retriever) -> None:
    assert retriever.query(typed).text == meant


@pytest.mark.parametrize(
    "question",
    [
        "What was the price of wheat?",
        "Who ate the quince?",
        "How tall is he, hte and teh?",
        "Where were they when it began?",
    ],
    ids=["a word like one that asks", "a word like none", "short ones", "nothing wrong"],
)
def test_what_is_like_no_other_word_stays(question: str, retriever: Retriever) -> None:
    assert retriever.query(question).text == question

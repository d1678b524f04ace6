"""Asking and searching: every field is present and true, every quote an exact receipt."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
import pytest

from rag.engine import Engine
from rag.types import Document

ANSWERED = {
    "question", "resolved_question", "answer", "abstained", "reason", "confidence", "citations",
    "unknown_words", "alternatives", "passages", "index", "timings_ms",
}  # fmt: skip
CITATION = {
    "id", "document_id", "title", "url", "page", "headings", "quote", "start", "end", "unit",
    "start_utf16", "end_utf16", "answer_start", "answer_end", "sentence", "passage",
    "document_sha256", "href",
}  # fmt: skip
HIT = {"id", "document_id", "start", "end", "text", "score", "dense", "lexical"}
PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"
QUESTIONS = [
    PRESS,
    "Who is the prime minister of Japan?",
    "Which Russian travelled to Tajikistan for a summit?",
    "Who is Uzbekistan's president?",
    "Which country is Central Asia's biggest trading partner now?",
    "When does the summit in Japan open?",
    "In what year did Russian forces enter Ukraine?",
    "Where does Central Asia lie?",
    "How many days will the gathering last?",
    "Why is Beijing upset with Japan?",
    "Which minerals do the Central Asian countries hold?",
    "wat was Xi Jinpings tirp to Kazakstan ment to advanse",
    "summit cooperation areas",
]

Ask = Callable[..., dict[str, Any]]


def check_citation(citation: Mapping[str, Any], answer: str, document: Document) -> None:
    """Check every member of a citation against the document."""
    assert citation.keys() == CITATION
    start, end = citation["start"], citation["end"]
    utf16 = document.text.encode("utf-16-le")[2 * citation["start_utf16"] :]
    utf16 = utf16[: 2 * (citation["end_utf16"] - citation["start_utf16"])]
    sentence, passage = citation["sentence"], citation["passage"]
    assert document.text[start:end] == citation["quote"] == utf16.decode("utf-16-le")
    assert answer[citation["answer_start"] : citation["answer_end"]] == citation["quote"]
    assert sentence.keys() == {"start", "end", "text"}
    assert document.text[sentence["start"] : sentence["end"]] == sentence["text"]
    assert passage.keys() == {"id", "start", "end", "text"}
    assert document.text[passage["start"] : passage["end"]] == passage["text"]
    assert passage["start"] <= sentence["start"] <= start < end <= sentence["end"] <= passage["end"]
    assert passage["id"] == (
        f"{document.id}@{document.sha256[:8]}#{passage['start']}-{passage['end']}"
    )
    assert citation["href"] == f"/documents/article.txt?start={start}&end={end}"
    assert citation["unit"] == "codepoint"
    assert (citation["url"], citation["page"]) == (None, None)
    assert (citation["document_id"], citation["document_sha256"]) == (document.id, document.sha256)
    assert citation["title"] == document.title


def check_hits(hits: Sequence[Mapping[str, Any]], document: Document) -> None:
    for hit in hits:
        assert hit.keys() == HIT
        assert document.text[hit["start"] : hit["end"]] == hit["text"]
        assert hit["id"] == f"article.txt@{document.sha256[:8]}#{hit['start']}-{hit['end']}"
        assert -1 <= hit["dense"] <= 1
        assert hit["lexical"] >= 0
    scores = [hit["score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_and_alternative_is_a_receipt(
    question: str, ask: Ask, article: Document
) -> None:
    reply = ask(question, min_confidence=0)
    assert reply.keys() == ANSWERED
    assert (reply["question"], reply["resolved_question"]) == (question, question)
    assert (reply["abstained"], reply["reason"]) == (False, None)
    assert 0 < reply["confidence"] < 1
    for given in (reply, *reply["alternatives"]):
        for number, citation in enumerate(given["citations"], start=1):
            assert citation["id"] == number
            check_citation(citation, given["answer"], article)
    for alternative in reply["alternatives"]:
        assert alternative.keys() == {"answer", "confidence", "citations"}
        assert alternative["confidence"] <= reply["confidence"]
    check_hits(reply["passages"], article)
    assert len(reply["passages"]) == 5


def test_a_known_question_has_its_known_answer(ask: Ask) -> None:
    assert "Toshihiro Kitamura" in ask(PRESS)["answer"]


def test_abstaining_has_the_same_members_and_says_why(ask: Ask, article: Document) -> None:
    reply = ask(PRESS, min_confidence=1)
    assert reply.keys() == ANSWERED
    assert (reply["answer"], reply["abstained"], reply["citations"]) == (None, True, [])
    assert reply["reason"] == "low_confidence"
    check_hits(reply["passages"], article)
    assert len(reply["passages"]) == 5
    withheld = reply["alternatives"][0]
    assert withheld["confidence"] == reply["confidence"] < 1
    check_citation(withheld["citations"][0], withheld["answer"], article)


def test_what_is_not_a_question_is_not_an_error(ask: Ask) -> None:
    reply = ask("?!")
    assert reply.keys() == ANSWERED
    assert (reply["reason"], reply["confidence"], reply["passages"]) == ("not_a_question", 0, [])


def test_white_space_around_a_question_is_dropped(ask: Ask) -> None:
    assert ask(f" \t\r\n{PRESS}\n")["question"] == PRESS


def test_the_index_and_the_time_taken_are_named(ask: Ask, engine: Engine) -> None:
    reply = ask(PRESS)
    identity = engine.index.identity
    assert reply["index"] == {
        "generation": identity.generation,
        "fingerprint": identity.fingerprint,
    }
    times = reply["timings_ms"]
    assert times.keys() == {"retrieve", "read", "total"}
    assert times["total"] == pytest.approx(times["retrieve"] + times["read"], abs=0.02)
    assert min(times.values()) > 0


def test_the_same_question_has_the_same_answer(ask: Ask) -> None:
    first, second = ask(PRESS), ask(PRESS)
    assert first | {"timings_ms": None} == second | {"timings_ms": None}


@pytest.mark.parametrize("top_k", [1, 3, 100])
def test_top_k_bounds_the_passages(top_k: int, ask: Ask, engine: Engine) -> None:
    expected = min(top_k, len(engine.index.passages))
    assert len(ask(PRESS, top_k=top_k)["passages"]) == expected


def test_http_gives_what_the_engine_gives(ask: Ask, engine: Engine) -> None:
    reply, answer = ask(PRESS), engine.ask(PRESS)
    assert reply["answer"] == answer.answer
    assert reply["confidence"] == round(answer.confidence, 4)
    assert [hit["id"] for hit in reply["passages"]] == [h.passage.id for h in answer.passages]


def test_null_members_mean_the_defaults(ask: Ask) -> None:
    given = ask(PRESS, top_k=None, min_confidence=None)
    assert given | {"timings_ms": None} == ask(PRESS) | {"timings_ms": None}


def test_search_gives_the_passages_of_an_answer(
    server: httpx.Client, ask: Ask, article: Document
) -> None:
    reply = server.post("/v1/search", json={"question": PRESS, "top_k": 3}).json()
    assert reply.keys() == {"question", "passages", "index"}
    assert reply["question"] == PRESS
    check_hits(reply["passages"], article)
    answered = ask(PRESS, top_k=3)
    assert reply["passages"] == answered["passages"]
    assert reply["index"] == answered["index"]

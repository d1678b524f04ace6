"""A running server as the subject: the same figures as in process, and clear errors."""

from collections.abc import Iterator

import httpx
import pytest

from rag.engine import Engine
from rag.errors import RemoteFailure, Unreachable
from rag.evaluation.remote import Remote
from rag.evaluation.subject import InProcess


@pytest.fixture
def remote(server: httpx.Client) -> Iterator[Remote]:
    subject = Remote(str(server.base_url))
    yield subject
    subject.close()


def test_a_server_is_the_same_subject_as_its_engine(remote: Remote, engine: Engine) -> None:
    local = InProcess(engine)
    question = "When was the dialogue framework set up?"
    over_http, here = remote.ask(question), local.ask(question)
    assert remote.corpus == local.corpus
    assert (over_http.answer, over_http.reason) == (here.answer, here.reason)
    assert [(c.quote, c.start, c.end, c.sentence) for c in over_http.citations] == [
        (c.quote, c.start, c.end, c.sentence) for c in here.citations
    ]
    assert [hit.passage.id for hit in remote.search(question, 3)] == [
        hit.passage.id for hit in local.search(question, 3)
    ]


def test_documents_are_fetched_by_id(remote: Remote, engine: Engine) -> None:
    document = remote.get("article.txt")
    assert document is not None
    assert document.text == engine.document("article.txt").text
    assert remote.get("nowhere.txt") is None


def test_a_refused_question_is_a_failure_of_that_question(remote: Remote) -> None:
    with pytest.raises(RemoteFailure, match="422"):
        remote.ask("\x07")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9", "nonsense", "http://127.0.0.1:x", "ftp://127.0.0.1"]
)
def test_where_no_server_is_the_address_is_named(address: str) -> None:
    with pytest.raises(Unreachable, match="No ready server at"):
        Remote(address)

"""The real server process, asked over a real socket."""

import gc
import socket

import httpx

from rag.server.opening import begin, end
from rag.server.serving import bind
from rag.settings import Settings


def test_a_real_server_answers_with_a_receipt(server: httpx.Client) -> None:
    reply = server.post("/v1/ask", json={"question": "Who is the press secretary of Japan?"}).json()
    (citation,) = reply["citations"]
    text = server.get(f"/v1/documents/{citation['document_id']}").json()["text"]
    assert text[citation["start"] : citation["end"]] == citation["quote"] == reply["answer"]


def test_answers_are_sent_without_waiting_for_more_to_send() -> None:
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # else asyncio leaves Nagle's algorithm on


def test_garbage_is_collected_again_once_it_serves(settings: Settings) -> None:
    opening = begin(settings)
    try:
        assert not gc.isenabled()
        assert opening().engine.ask("Who is the press secretary of Japan?").citations
    finally:
        end()
        gc.unfreeze()
    assert gc.isenabled()

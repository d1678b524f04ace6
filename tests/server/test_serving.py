"""The real server process, asked over a real socket."""

import socket

import httpx

from rag.server.serving import bind


def test_a_real_server_answers_with_a_receipt(server: httpx.Client) -> None:
    reply = server.post("/v1/ask", json={"question": "Who is the press secretary of Japan?"}).json()
    (citation,) = reply["citations"]
    text = server.get(f"/v1/documents/{citation['document_id']}").json()["text"]
    assert text[citation["start"] : citation["end"]] == citation["quote"] == reply["answer"]


def test_answers_are_sent_without_waiting_for_more_to_send() -> None:
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # else asyncio leaves Nagle's algorithm on

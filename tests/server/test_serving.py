"""The real server process, asked over a real socket."""

import httpx


def test_a_real_server_answers_with_a_receipt(server: httpx.Client) -> None:
    reply = server.post("/v1/ask", json={"question": "Who is the press secretary of Japan?"}).json()
    (citation,) = reply["citations"]
    text = server.get(f"/v1/documents/{citation['document_id']}").json()["text"]
    assert text[citation["start"] : citation["end"]] == citation["quote"] == reply["answer"]

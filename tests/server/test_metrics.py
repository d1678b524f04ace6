"""What Prometheus reads: requests by route and status, how long they took, what was answered."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"

Counted = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def counted(client: httpx.Client) -> Counted:
    """Return each sample by its name and labels."""
    reply = client.get("/metrics")
    assert reply.status_code == 200
    assert reply.headers["Content-Type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


def risen(before: Counted, after: Counted) -> dict[str, float]:
    """Return by how much each sample rose that is no bucket and no date, by its labels in words."""
    return {
        " ".join([name, *(value for _, value in labels)]): value - before.get((name, labels), 0)
        for (name, labels), value in after.items()
        if value != before.get((name, labels), 0)
        and not name.endswith(("_bucket", "_created", "_sum"))
    }


def test_requests_are_counted_by_route_and_status_and_answers_by_outcome(
    server: httpx.Client,
) -> None:
    before = counted(server)
    server.post("/v1/ask", json={"question": PRESS})
    server.post("/v1/ask", json={"question": PRESS, "min_confidence": 1})
    server.post("/v1/ask", json={"question": "?!"}, headers={"Accept": "text/event-stream"})
    server.post("/v1/ask", json={"question": ""})
    server.post("/v1/responses", json={"model": "rag", "input": PRESS})
    server.post("/v1/search", json={"question": PRESS})
    server.get("/v1/documents/article.txt")
    server.get("/v1/documents/nowhere.txt")
    server.get("/nowhere")
    server.request("BREW", "/somewhere else")
    server.post("/v1/ask", content=b"x" * 300_000)
    rises = risen(before, counted(server))
    answers = {name: n for name, n in rises.items() if name.startswith("rag_answers_total")}
    assert answers == {
        "rag_answers_total answered": 2,
        "rag_answers_total low_confidence": 1,
        "rag_answers_total not_a_question": 1,
    }
    requests = {
        name.removeprefix("rag_http_requests_total "): n
        for name, n in rises.items()
        if name.startswith("rag_http_requests_total") and "/metrics" not in name
    }
    assert requests == {
        "POST /v1/ask 200": 3,
        "POST /v1/ask 422": 1,
        "POST /v1/responses 200": 1,
        "POST /v1/search 200": 1,
        "GET /v1/documents/{document_id:path} 200": 1,
        "GET /v1/documents/{document_id:path} 404": 1,
        "GET other 404": 1,
        "other other 404": 1,
        "POST other 413": 1,
    }
    assert rises["rag_http_request_seconds_count /v1/ask"] == 4

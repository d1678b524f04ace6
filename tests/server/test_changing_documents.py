"""Documents added, replaced and removed over HTTP: asked at once, on disk, and safe from others."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from rag.index import Index

JSON = {"Content-Type": "application/json"}
BASE = "Foxes hunt at night in the wood."
ODD = [
    "a b&c?d#e%2F.txt", "deep/é “q”.md", "東京/😀.txt", "/leading", "trailing/", "a//b", "CURRENT",
    "../../etc/passwd", "a\\b", "%00", "x" * 1000, " space around ", "<b>&amp;'\"",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    made = tmp_path_factory.mktemp("changing") / "index"
    made.mkdir()
    (made / "models").symlink_to(models, target_is_directory=True)
    return made


def rag(folder: Path, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "rag", *map(str, arguments), "--index", str(folder)]


@pytest.fixture(scope="module")
def served(folder: Path, environment: Mapping[str, str]) -> Iterator[httpx.Client]:
    """Serve a collection of one document, in a process of its own."""
    (base := folder.parent / "base.txt").write_text(BASE, encoding="utf-8")
    subprocess.run(rag(folder, "index", base), env=environment, check=True, capture_output=True)
    with subprocess.Popen(
        rag(folder, "serve", "--port", "0"),
        stdout=subprocess.PIPE,
        env={**environment, "RAG_COMPACT_AT": "1"},  # so that generations change by changes alone
        text=True,
    ) as process:
        assert process.stdout is not None
        address = next(word for word in process.stdout.readline().split() if "://" in word)
        with httpx.Client(base_url=address, timeout=60) as client:
            yield client
        process.terminate()
        process.stdout.close()


@pytest.fixture(autouse=True)
def as_it_was(served: httpx.Client, folder: Path) -> Iterator[None]:
    """Check after each test that disk and server agree, and remove what it added."""
    yield
    listed = served.get("/v1/documents", params={"limit": 1000}).json()["documents"]
    records = Index.open(folder).documents.records()
    assert sorted(record.id for record in records) == [each["id"] for each in listed]
    for each in listed:
        if each["id"] != "base.txt":
            assert delete(served, each["id"]).status_code == 200


def post(server: httpx.Client, *documents: Mapping[str, Any]) -> httpx.Response:
    content = json.dumps({"documents": documents})  # in ASCII, lone surrogates too
    return server.post("/v1/documents", content=content, headers=JSON)


def at(document_id: str) -> str:
    return f"/v1/documents/{quote(document_id, safe='')}"


def delete(server: httpx.Client, document_id: str) -> httpx.Response:
    return server.request("DELETE", "/", extensions={"target": at(document_id).encode()})


def names(server: httpx.Client) -> list[str]:
    return [each["id"] for each in server.get("/v1/documents").json()["documents"]]


def check_problem(reply: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    problem: dict[str, Any] = reply.json()
    assert (reply.status_code, problem["status"]) == (status, status)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert problem["type"] == kind
    assert problem["detail"].endswith(".")
    return problem


# What is right


def test_an_answer_cites_what_was_just_added(served: httpx.Client) -> None:
    text = "😀 A note.\r\n\r\nThe lighthouse was built in 1872 by Anna Berg.\u2028It stands.\n"
    reply = post(served, {"id": "light.txt", "text": text})
    assert reply.status_code == 201
    body = reply.json()
    (added,) = body["added"]
    assert (added["id"], added["status"], added["passages"]) == ("light.txt", "added", 1)
    assert body["removed"] == []
    asked = {"question": "Who built the lighthouse?", "min_confidence": 0}
    answer = served.post("/v1/ask", json=asked).json()
    assert answer["index"] == body["index"]
    citation = answer["citations"][0]
    assert "Anna Berg" in answer["answer"]
    assert citation["document_id"] == "light.txt"
    assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert served.get(at("light.txt")).json()["text"] == text
    assert "<mark" in served.get(citation["href"]).text


def test_one_of_the_same_id_is_replaced_and_the_same_text_changes_nothing(
    served: httpx.Client,
) -> None:
    first = post(served, {"id": "a.txt", "text": "Gold was found."}).json()
    again = post(served, {"id": "a.txt", "text": "Gold was found."}).json()
    changed = post(served, {"id": "a.txt", "text": "Salt was found."}).json()
    titled = post(served, {"id": "a.txt", "text": "Salt was found.", "title": "Salt"}).json()
    marked = post(
        served, {"id": "a.txt", "text": "Salt was found.", "media_type": "text/markdown"}
    ).json()
    replies = (first, again, changed, titled, marked)
    statuses = [reply["added"][0]["status"] for reply in replies]
    assert statuses == ["added", "unchanged", "changed", "changed", "changed"]
    assert again["index"] == first["index"]
    assert len({reply["index"]["fingerprint"] for reply in replies}) == 4
    held = served.get(at("a.txt")).json()
    assert (held["text"], held["media_type"]) == ("Salt was found.", "text/markdown")
    assert names(served) == ["a.txt", "base.txt"]


def test_many_are_added_at_once(served: httpx.Client) -> None:
    documents = [{"id": f"{n:03}.txt", "text": f"Item {n}." if n % 2 else ""} for n in range(6)]
    body = post(served, *documents).json()
    assert [each["id"] for each in body["added"]] == [each["id"] for each in documents]
    assert [each["passages"] for each in body["added"]] == [n % 2 for n in range(6)]
    assert len(names(served)) == 7


def test_what_is_removed_is_gone_everywhere(served: httpx.Client) -> None:
    post(served, {"id": "gone.txt", "text": "The whale sings in the sea."})
    reply = delete(served, "gone.txt")
    assert (reply.status_code, reply.json()["removed"]) == (200, ["gone.txt"])
    found = served.post("/v1/search", json={"question": "Who sings?", "top_k": 100}).json()
    assert {hit["document_id"] for hit in found["passages"]} == {"base.txt"}
    check_problem(delete(served, "gone.txt"), 404, "urn:rag:DocumentNotFound")
    for path in (at("gone.txt"), "/documents/gone.txt"):
        check_problem(served.get(path), 404, "urn:rag:DocumentNotFound")


@pytest.mark.parametrize("name", ODD)
def test_any_name_can_be_added_found_and_removed(name: str, served: httpx.Client) -> None:
    reply = post(served, {"id": name, "text": "An odd name is fine."})
    assert reply.status_code == 201
    (added,) = reply.json()["added"]
    for path in (at(name), f"/v1{added['href']}"):
        held = served.get("/", extensions={"target": path.encode()}).json()
        assert (held["id"], held["text"]) == (name, "An odd name is fine.")
    page = served.get("/", extensions={"target": added["href"].encode()})
    assert page.status_code == 200
    assert delete(served, name).json()["removed"] == [name]
    assert names(served) == ["base.txt"]


def test_changes_at_the_same_time_are_all_there(served: httpx.Client) -> None:
    def change(number: int) -> int:
        name = f"{number}.txt"
        code = post(served, {"id": name, "text": f"Number {number}."}).status_code
        assert served.get(at(name)).status_code == 200
        return code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(change, range(8))) == [201] * 8
    assert names(served) == [*(f"{number}.txt" for number in range(8)), "base.txt"]


def test_metadata_come_back_as_they_were_given(served: httpx.Client) -> None:
    given = {"draft": True, "share": 1.0, "year": 1872, "topics": ["a", 1, False]}
    post(served, {"id": "m.txt", "text": "The dam was built.", "metadata": given})
    listed = next(
        each for each in served.get("/v1/documents").json()["documents"] if each["metadata"]
    )
    for held in (listed["metadata"], served.get(at("m.txt")).json()["metadata"]):
        assert json.dumps(held, sort_keys=True) == json.dumps(given, sort_keys=True)


@pytest.mark.parametrize("name", ["../x", "a/../../b", "./x", "a/.."])
def test_clients_that_tidy_paths_find_what_has_dots_in_its_name(
    name: str, served: httpx.Client
) -> None:
    (added,) = post(served, {"id": name, "text": "The mole was built in 1700."}).json()["added"]
    assert str(httpx.URL(f"http://a{added['href']}")) == f"http://a{added['href']}"
    assert "The mole was built" in served.get(added["href"]).text
    assert served.delete(f"/v1{added['href']}").json()["removed"] == [name]


# What is wrong


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"id": "a"}, "/text"),
        ({"text": "a"}, "/id"),
        ({"id": "", "text": "a"}, "/id"),
        ({"id": " \u2003", "text": "a"}, "/id"),
        ({"id": "a\nb", "text": "a"}, "/id"),
        ({"id": "a\x00b", "text": "a"}, "/id"),
        ({"id": "a\x7f", "text": "a"}, "/id"),
        ({"id": "a\x85b", "text": "a"}, "/id"),
        ({"id": "a\x1b[31m", "text": "a"}, "/id"),
        ({"id": "half \ud800", "text": "a"}, "/id"),
        ({"id": "x" * 1001, "text": "a"}, "/id"),
        ({"id": "..", "text": "a"}, "/id"),
        ({"id": "a", "text": "a", "metadata": {"author": None}}, "/metadata/author"),
        ({"id": "a", "text": "a", "metadata": {"a~/b": [{}]}}, "/metadata/a~0~1b"),
        ({"id": 1, "text": "a"}, "/id"),
        ({"id": "a", "text": "a\x00b"}, "/text"),
        ({"id": "a", "text": "half \udfff"}, "/text"),
        ({"id": "a", "text": None}, "/text"),
        ({"id": "a", "text": ["a"]}, "/text"),
        ({"id": "a", "text": "a", "title": ""}, "/title"),
        ({"id": "a", "text": "a", "title": " "}, "/title"),
        ({"id": "a", "text": "a", "title": "a\x1b[31m"}, "/title"),
        ({"id": "a", "text": "a", "title": "\ud800"}, "/title"),
        ({"id": "a", "text": "a", "title": "x" * 201}, "/title"),
        ({"id": "a", "text": "a", "media_type": "text/html"}, "/media_type"),
        ({"id": "a", "text": "a", "media_type": ""}, "/media_type"),
        ({"id": "a", "text": "a", "url": "a"}, "/url"),
    ],
)
def test_one_wrong_document_keeps_all_out(
    wrong: Mapping[str, Any], pointer: str, served: httpx.Client
) -> None:
    good = {"id": "good.txt", "text": "Good."}
    before = served.get("/readyz").json()
    problem = check_problem(post(served, good, wrong, good), 422, "urn:rag:InvalidInput")
    assert {each["pointer"] for each in problem["errors"]} == {f"#/documents/1{pointer}"}
    assert served.get("/readyz").json() == before
    assert names(served) == ["base.txt"]


@pytest.mark.parametrize(
    "metadata",
    ['{"a": NaN}', '{"a": Infinity}', '{"a": -1e999}', '{"a": [NaN]}', '{"a": null}', '{"a": {}}',
     '{"a": [[1]]}', '{"a": "\\ud800"}', '{"\\ud800": 1}', "[]", f'{{"a": {"9" * 5000}}}'],
)  # fmt: skip
def test_wrong_metadata_are_refused(metadata: str, served: httpx.Client) -> None:
    content = f'{{"documents": [{{"id": "a", "text": "a", "metadata": {metadata}}}]}}'
    reply = served.post("/v1/documents", content=content, headers=JSON)
    assert reply.status_code in {400, 422}
    assert names(served) == ["base.txt"]


@pytest.mark.parametrize(
    "body",
    ["[]", "{}", '{"documents": []}', '{"documents": {}}', '{"documents": [1]}',
     '{"documents": null}', '{"documents": [], "more": 1}'],
)  # fmt: skip
def test_a_body_of_the_wrong_shape_is_refused(body: str, served: httpx.Client) -> None:
    reply = served.post("/v1/documents", content=body, headers=JSON)
    check_problem(reply, 422, "urn:rag:InvalidInput")


def test_more_than_a_thousand_documents_are_refused(served: httpx.Client) -> None:
    documents = [{"id": "a.txt", "text": f"Item {number}."} for number in range(1001)]
    problem = check_problem(post(served, *documents), 422, "urn:rag:InvalidInput")
    assert problem["errors"][0]["pointer"] == "#/documents"
    assert post(served, *documents[:1000]).status_code == 201
    assert served.get(at("a.txt")).json()["text"] == "Item 999."  # of one id, the last


def test_a_body_may_be_large_but_not_too_large(served: httpx.Client) -> None:
    body = json.dumps({"documents": [{"id": "a.txt", "text": "Gold."}]}) + " " * 1024 * 1024
    assert served.post("/v1/documents", content=body, headers=JSON).status_code == 201
    too_large = b" " * (64 * 1024 * 1024 + 1)
    reply = served.post("/v1/documents", content=too_large, headers=JSON)
    check_problem(reply, 413, "about:blank")
    asked = json.dumps({"question": "Who?"}) + " " * 1024 * 1024
    reply = served.post("/v1/ask", content=asked, headers=JSON)
    check_problem(reply, 413, "about:blank")


# Other processes


def test_while_another_process_writes_a_change_is_put_off_and_questions_are_answered(
    served: httpx.Client, folder: Path
) -> None:
    with (folder / ".lock").open("w") as lock, ThreadPoolExecutor(1) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)
        reply = pool.submit(post, served, {"id": "a.txt", "text": "Gold."})
        begun = monotonic()
        assert served.post("/v1/search", json={"question": "Who hunts?"}).status_code == 200
        assert monotonic() - begun < 1.5
        check_problem(reply.result(), 503, "urn:rag:IndexLocked")
        assert reply.result().headers["Retry-After"] == "1"
    assert post(served, {"id": "a.txt", "text": "Gold."}).status_code == 201


def test_what_another_process_publishes_is_served_within_seconds(
    served: httpx.Client, folder: Path, environment: Mapping[str, str]
) -> None:
    post(served, {"id": "ours.txt", "text": "The bird sings."})
    (file := folder.parent / "whale.txt").write_text("The whale sings.", encoding="utf-8")
    subprocess.run(rag(folder, "index", file), env=environment, check=True, capture_output=True)
    deadline = monotonic() + 5
    while served.get(at("whale.txt")).status_code != 200:
        assert monotonic() < deadline
        sleep(0.1)
    assert names(served) == ["base.txt", "ours.txt", "whale.txt"]
    found = served.post("/v1/search", json={"question": "Which whale sings?"}).json()["passages"]
    assert found[0]["document_id"] == "whale.txt"
    assert served.get("/readyz").json()["generation"] == Index.current(folder)

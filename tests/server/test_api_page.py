"""The page of the API tells of every route and field that the server has, and of no others."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
ROWS = re.compile(r"^\| `([A-Z]+) (/[^`]*)` \|", re.MULTILINE)
PAGES = re.compile(r"`GET (/(?!v1)[^`]*)`")


@pytest.fixture(scope="module")
def schema(server: httpx.Client) -> dict[str, Any]:
    described: dict[str, Any] = server.get("/openapi.json").json()
    return described


def nameless(path: str) -> str:
    """Return a path without the names of its parameters."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def routes(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, methods in schema["paths"].items():
        yield from ((method.upper(), nameless(path)) for method in methods)


def test_the_table_lists_every_route_and_no_other(schema: dict[str, Any]) -> None:
    listed = [(method, nameless(path)) for method, path in ROWS.findall(PAGE)]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(routes(schema))


def test_every_field_on_the_wire_is_named(schema: dict[str, Any]) -> None:
    named = set(re.findall(r"`([^`\n]+)`", PAGE)) | set(re.findall(r'"(\w+)"', PAGE))
    missing = {
        f"{model}.{field}"
        for model, described in schema["components"]["schemas"].items()
        for field in described.get("properties", {})
        if field not in named
    }
    assert missing == set()


def test_the_pages_for_people_are_there(server: httpx.Client) -> None:
    pages = {page for page in PAGES.findall(PAGE) if page not in {p for _, p in ROWS.findall(PAGE)}}
    assert {page.partition("?")[0] for page in pages} == {"/", "/documents", "/documents/{id}"}
    for page in pages:
        path = page.partition("?")[0].replace("{id}", "article.txt")
        assert server.get(path).headers["Content-Type"].startswith("text/html")


def test_links_within_the_page_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", line.lstrip("# ")).strip().lower().replace(" ", "-")
        for line in PAGE.splitlines()
        if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings
    folder = Path(__file__).parents[2] / "docs"
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (folder / target).exists(), target


def test_both_forms_of_an_answer_are_described(schema: dict[str, Any]) -> None:
    for path in ("/v1/ask", "/v1/chat/completions", "/v1/responses"):
        content = schema["paths"][path]["post"]["responses"]["200"]["content"]
        assert content.keys() == {"application/json", "text/event-stream"}
    content = schema["paths"]["/v1/ui/chat"]["post"]["responses"]["200"]["content"]
    assert "text/event-stream" in content


def test_errors_are_described_in_the_shape_that_they_have(schema: dict[str, Any]) -> None:
    for path, methods in schema["paths"].items():
        for described in methods.values():
            told = {
                media_type
                for status, response in described["responses"].items()
                if status[0] in "45"
                for media_type in response.get("content", {})
            }
            if path not in {"/livez", "/metrics"}:
                is_openai = re.match(r"/v1/(chat|responses|models)", path) is not None
                assert ("application/problem+json" in told) != is_openai, path

"""Pages of other origins may call the service only where the settings name them."""

from collections.abc import Callable, Mapping
from typing import ClassVar

import pytest
from starlette.testclient import TestClient

from rag.collection import Collection
from rag.engine import Engine
from rag.errors import InvalidSetting
from rag.server.app import create_app
from rag.settings import Settings, load

HERE = "https://app.example.org"
ELSEWHERE = "https://evil.example.org"
ASKED = {"Access-Control-Request-Method": "POST"}

Serve = Callable[[str | None], TestClient]


@pytest.fixture
def serve(settings: Settings, engine: Engine) -> Serve:
    """Return what serves with a value of the setting; nothing is ever opened."""
    assert engine.index.passages

    def service(origins: str | None) -> TestClient:
        chosen = settings.model_copy(update={"cors_origins": origins})
        return TestClient(create_app(lambda: Collection.open(chosen), settings=chosen))

    return service


def test_an_origin_that_is_named_is_let_in(serve: Serve) -> None:
    client = serve(f"http://localhost:3000, {HERE}")
    asked = {**ASKED, "Origin": HERE, "Access-Control-Request-Headers": "content-type, x-mine"}
    preflight = client.options("/v1/ui/chat", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == HERE
    assert "x-mine" in preflight.headers["Access-Control-Allow-Headers"]
    for path in ("/livez", "/v1/nowhere"):
        reply = client.get(path, headers={"Origin": HERE})
        assert reply.headers["Access-Control-Allow-Origin"] == HERE
        exposed = reply.headers["Access-Control-Expose-Headers"]
        assert "x-vercel-ai-ui-message-stream" in exposed
        assert "Origin" in reply.headers["Vary"]


def test_errors_found_before_any_route_can_be_read_too(serve: Serve) -> None:
    client = serve(HERE)
    reply = client.post("/v1/ask", content=b" " * 300_000, headers={"Origin": HERE})
    assert reply.status_code == 413
    assert reply.headers["Access-Control-Allow-Origin"] == HERE


@pytest.mark.parametrize("origins", [None, HERE, "http://localhost:3000"])
def test_any_other_is_not(origins: str | None, serve: Serve) -> None:
    client = serve(origins)
    preflight = client.options("/v1/ask", headers={**ASKED, "Origin": ELSEWHERE})
    assert preflight.status_code >= 400
    assert "Access-Control-Allow-Origin" not in preflight.headers
    reply = client.get("/livez", headers={"Origin": ELSEWHERE})
    assert "Access-Control-Allow-Origin" not in reply.headers


def test_all_may_be_let_in(serve: Serve) -> None:
    reply = serve("*").get("/livez", headers={"Origin": ELSEWHERE})
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


def test_origins_are_read_from_one_text() -> None:
    settings = load({"cors_origins": "https://a.org , http://b.org:3000,"}, environment={})
    assert settings.origins == ["https://a.org", "http://b.org:3000"]
    assert load(environment={}).origins == []


@pytest.mark.parametrize(
    "wrong", ["a.org", "https://a.org/", "https://a.org/path", "https://*.org", "null", "ftp://a"]
)
def test_what_is_no_origin_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidSetting, match=r"an origin is scheme and host"):
        load({"cors_origins": f"https://good.org,{wrong}"}, environment={})


class TestWhatAPageOfAnotherSiteSendsUnasked:
    """A form's request needs no leave of CORS: it must not be carried out."""

    FOREIGN: ClassVar = {"Sec-Fetch-Site": "cross-site", "Origin": ELSEWHERE}

    @pytest.mark.parametrize("method", ["POST", "DELETE"])
    @pytest.mark.parametrize("origins", [None, HERE])
    def test_it_is_refused(self, method: str, origins: str | None, serve: Serve) -> None:
        reply = serve(origins).request(method, "/v1/documents/a", headers=self.FOREIGN)
        assert reply.status_code == 403
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert "'cors_origins'" in reply.json()["detail"]

    def test_it_is_told_as_each_protocol_tells_errors(self, serve: Serve) -> None:
        reply = serve(None).post("/v1/chat/completions", json={}, headers=self.FOREIGN)
        assert reply.status_code == 403
        assert "'cors_origins'" in reply.json()["error"]["message"]

    @pytest.mark.parametrize(
        ("origins", "headers"),
        [
            (HERE, {**FOREIGN, "Origin": HERE}),
            ("*", FOREIGN),
            (None, {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}),
            (None, {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"}),
            (None, {"Sec-Fetch-Site": "none"}),
            (None, {}),
        ],
    )
    def test_what_is_let_in_is(
        self, origins: str | None, headers: Mapping[str, str], serve: Serve
    ) -> None:
        reply = serve(origins).post("/v1/verify", json={}, headers=headers)
        assert reply.status_code != 403

    def test_links_from_other_sites_may_be_followed(self, serve: Serve) -> None:
        assert serve(None).get("/livez", headers=self.FOREIGN).status_code == 200

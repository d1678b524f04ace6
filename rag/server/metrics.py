"""What Prometheus is told: requests by route, status and time, answers by their outcome."""

from time import perf_counter

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.types import Answer

CONTENT_TYPE = CONTENT_TYPE_LATEST

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder by which the workers of a service count together."""

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}
_OTHER = "other"
"""A route or method that is not ours: whatever is sent, the list of them stays short."""


class Metrics:
    """The counters of one application; ``shared`` with those of its other workers, if it has any.

    What a worker has counted still counts when it is no more.
    """

    def __init__(self, *, shared: bool = False) -> None:
        self._registry = CollectorRegistry()
        self._shared = shared
        self._requests = Counter(
            "rag_http_requests",
            "Requests, by route, method and status.",
            ["route", "method", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "rag_http_request_seconds",
            "Time until a response was sent in full, by route.",
            ["route"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._answers = Counter(
            "rag_answers",
            "Questions, by what became of them: answered, or why not.",
            ["outcome"],
            registry=self._registry,
        )

        self._refused = Counter(
            "rag_refused",
            "Questions that were not read, by why: their turn did not come.",
            ["reason"],
            registry=self._registry,
        )

    def answered(self, answer: Answer) -> None:
        """Count a question."""
        self._answers.labels(answer.reason.value if answer.reason else "answered").inc()

    def refused(self, reason: str) -> None:
        """Count a question that was not read."""
        self._refused.labels(reason).inc()

    def requested(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, method, status).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        registry = self._registry
        if self._shared:
            MultiProcessCollector(registry := CollectorRegistry())  # type: ignore[no-untyped-call]
        return generate_latest(registry)


class Measured:
    """ASGI middleware: counts and times every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it once it is over."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            route = getattr(scope.get("route"), "path", _OTHER)
            method = scope["method"] if scope["method"] in _METHODS else _OTHER
            self._metrics.requested(route, method, status, perf_counter() - started)

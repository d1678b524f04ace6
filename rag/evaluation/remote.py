"""A running server as the subject: asked over HTTP, so that what is measured is what is served."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import httpx
from pydantic import ValidationError

from rag.errors import RemoteFailure, Unreachable
from rag.evaluation.subject import corpus
from rag.types import (
    Alternative,
    Answer,
    Citation,
    Document,
    Hit,
    IndexIdentity,
    Passage,
    Span,
    Timings,
    Turn,
)
from rag.wire import (
    AskResponse,
    CitationBody,
    DocumentBody,
    DocumentList,
    HitBody,
    PassageBody,
    SearchResponse,
)

_TIMEOUT_S = 30.0
_PAGE = 1000
_REMEMBERED = 10_000


class Remote:
    """A ``Subject`` at an address; it need not run the same release."""

    def __init__(self, address: str) -> None:
        """Connect to the server at ``address``.

        Raises:
            Unreachable: there is none, or it is not ready.
        """
        self._address = address.rstrip("/")
        self.get = lru_cache(_REMEMBERED)(self._get)
        try:
            self._client = httpx.Client(base_url=self._address, timeout=_TIMEOUT_S)
        except httpx.InvalidURL as error:
            raise Unreachable(f"No ready server at {address}: {error}.") from error
        try:
            self._client.get("/readyz").raise_for_status()
            self._documents = self._list()
        except (httpx.HTTPError, RemoteFailure) as error:
            self.close()
            raise Unreachable(
                f"No ready server at {address} ({type(error).__name__}: {error}): check the "
                "address and that /readyz answers 200."
            ) from error

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    @property
    def corpus(self) -> str:
        """Return the fingerprint of the documents."""
        return corpus((each.id, each.sha256) for each in self._documents)

    @property
    def settings(self) -> Mapping[str, str]:
        """Return the server's address: it does not tell its settings."""
        return {"url": self._address}

    @property
    def passages(self) -> Sequence[Passage] | None:
        """Return None: the passages are not to be had over HTTP."""
        return None

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Answer a question; only one that follows others is sent with a history."""
        body: dict[str, Any] = {"question": question}
        if history:
            body["history"] = [{"role": each.role, "content": each.content} for each in history]
        return _answer(AskResponse.model_validate(self._post("/v1/ask", body)))

    def search(self, question: str, k: int) -> tuple[Hit, ...]:
        """Return the k passages ranked first."""
        found = self._post("/v1/search", {"question": question, "top_k": k})
        return tuple(_hit(each) for each in SearchResponse.model_validate(found).passages)

    def _get(self, document_id: str, /) -> Document | None:
        summary = next((each for each in self._documents if each.id == document_id), None)
        if summary is None:
            return None
        path = summary.href.replace("/documents/", "/v1/documents/", 1)
        body = DocumentBody.model_validate(self._sent("GET", path))
        return Document(body.id, body.title, body.text, body.sha256, body.media_type, ())

    def _list(self) -> list[Any]:
        listed: list[Any] = []
        while True:
            path = f"/v1/documents?offset={len(listed)}&limit={_PAGE}"
            page = DocumentList.model_validate(self._sent("GET", path))
            listed += page.documents
            if not page.documents or len(listed) >= page.total:
                return listed

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._sent("POST", path, body)

    def _sent(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            reply = self._client.request(method, path, json=body)
            reply.raise_for_status()
            return reply.json()
        except (httpx.HTTPError, ValueError, ValidationError) as error:
            raise RemoteFailure(f"{method} {path}: {type(error).__name__}: {error}") from error


def _answer(body: AskResponse) -> Answer:
    return Answer(
        question=body.question,
        resolved_question=body.resolved_question,
        answer=body.answer,
        reason=body.reason,
        confidence=body.confidence,
        unknown_words=tuple(body.unknown_words),
        citations=tuple(_citation(each) for each in body.citations),
        alternatives=tuple(
            Alternative(each.answer, each.confidence, tuple(_citation(c) for c in each.citations))
            for each in body.alternatives
        ),
        passages=tuple(_hit(each) for each in body.passages),
        index=IndexIdentity(body.index.generation, body.index.fingerprint),
        timings_ms=Timings(body.timings_ms.retrieve, body.timings_ms.read, body.timings_ms.total),
    )


def _citation(body: CitationBody) -> Citation:
    return Citation(
        id=body.id,
        document_id=body.document_id,
        title=body.title,
        quote=body.quote,
        start=body.start,
        end=body.end,
        start_utf16=body.start_utf16,
        end_utf16=body.end_utf16,
        answer_start=body.answer_start,
        answer_end=body.answer_end,
        sentence=Span(body.sentence.start, body.sentence.end),
        sentence_text=body.sentence.text,
        passage=_passage(body.passage, body.document_id),
        document_sha256=body.document_sha256,
        page=body.page,
        headings=tuple(body.headings),
    )


def _hit(body: HitBody) -> Hit:
    return Hit(_passage(body, body.document_id), body.score, body.dense, body.lexical)


def _passage(body: PassageBody, document_id: str) -> Passage:
    return Passage(body.id, document_id, body.start, body.end, body.text, ())

"""Pages for people: the conversation, the documents, and one of them with a span highlighted.

They work without script; everything from a document or a user is escaped as text.
"""

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rag import wire
from rag.answering import explained
from rag.errors import InvalidQuestion, RagError
from rag.server import rendering
from rag.server.admission import admission
from rag.server.limits import MAX_UPLOAD
from rag.server.listing import Listing
from rag.server.service import Here, Listed

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_NAMED = 12
"""Documents that the page of questions names where there is no script."""
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class PageRoute(APIRoute):
    """A route whose errors are pages too, where the client prefers to be shown one."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except (RagError, RequestValidationError) as error:
                if "text/html" not in request.headers.get("Accept", ""):
                    raise
                return await _fault(request, error)

        return answer


pages = APIRouter(
    route_class=PageRoute, default_response_class=HTMLResponse, include_in_schema=False
)


async def _turn(request: Request, question: str | None = None) -> AsyncIterator[None]:
    """Wait for a turn if there is something to read: the page itself is there for everybody."""
    if not question:
        yield
        return
    async with admission(request).turn(request):
        yield


@pages.get("/", dependencies=[Depends(_turn, scope="function")])
def home(here: Here, question: str | None = None) -> HTMLResponse:
    """Show the conversation; without script a question box, and the answer to ``question``."""
    answer, fault = None, None
    try:
        answer = wire.AskResponse.of(here.engine.ask(question), here.base) if question else None
    except InvalidQuestion as error:
        fault = str(error)
    held = Listing.of(here.engine.index.documents.records(), "", 0, _NAMED)
    page = _page(
        "home.html",
        here.base,
        question=question or "",
        answer=answer,
        fault=fault,
        explained=answer and answer.reason and explained(answer.reason),
        named=[wire.DocumentSummary.of(each, here.base) for each in held.records],
        total=held.total,
    )
    if fault:
        page.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    return page


@pages.get("/documents")
@pages.get("/documents/")
def documents(listed: Listed, here: Here) -> HTMLResponse:
    """List the documents; with script they can be added and removed."""
    summaries = [wire.DocumentSummary.of(each, here.base) for each in listed.records]
    return _page(
        "documents.html", here.base, listed=listed, documents=summaries, max_upload=MAX_UPLOAD
    )


@pages.get("/documents/{document_id:path}")
def source(
    document_id: str, here: Here, start: int | None = None, end: int | None = None
) -> HTMLResponse:
    """Show a document, ``text[start:end]`` highlighted and scrolled to.

    Raises:
        DocumentNotFound: there is none of this id.
        InvalidSpan: only one end is given, or the span does not lie in the text.
    """
    document = here.engine.document(document_id)
    marked = rendering.span(document, start, end)
    return _page(
        "source.html",
        here.base,
        document=document,
        span=marked,
        groups=rendering.groups(document, marked),
        link=wire.href(document_id, start, end, base=here.base),
        directive=marked and rendering.directive(document, marked),
    )


async def _fault(request: Request, error: RagError | RequestValidationError) -> Response:
    """Show what the problem document of an error says."""
    kind = RagError if isinstance(error, RagError) else RequestValidationError
    told: Response = await request.app.exception_handlers[kind](request, error)
    problem = json.loads(bytes(told.body))
    name = request.path_params.get("collection")
    page = _page("fault.html", f"/collections/{name}" if name else "", problem=problem)
    page.status_code = told.status_code
    if "Retry-After" in told.headers:
        page.headers["Retry-After"] = told.headers["Retry-After"]
    return page


def _page(template: str, base: str, **values: object) -> HTMLResponse:
    """Render a page of the collection that is served under the path ``base``."""
    rendered = _templates.get_template(template).render(base=base, **values)
    return HTMLResponse(rendered, headers=_HEADERS)

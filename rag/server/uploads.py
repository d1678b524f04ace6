"""Files sent as a form: the same path as documents in JSON, told apart by the content type."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from rag import wire
from rag.documents import load_bytes
from rag.errors import UnreadableDocument
from rag.server.service import Here
from rag.types import Document

_FORM = b"multipart/form-data"


class FormRoute(APIRoute):
    """A route that is there for forms alone."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match what any route would, if a form is sent."""
        sent = dict(scope["headers"]).get(b"content-type", b"") if "headers" in scope else b""
        return super().matches(scope) if sent.lower().startswith(_FORM) else (Match.NONE, {})


forms = APIRouter(route_class=FormRoute)


@forms.post("/v1/documents", status_code=HTTPStatus.CREATED, include_in_schema=False)
def upload(files: Annotated[list[UploadFile], File()], here: Here) -> wire.ChangeResponse:
    """Add the documents in the files; a file that cannot be read is told, and the others go on.

    Raises:
        UnreadableDocument: none of them can be read.
    """
    documents: list[Document] = []
    failed: list[str] = []
    for file in files:
        name = file.filename or "unnamed"
        try:
            loaded = load_bytes(name, name, file.file.read())
        except UnreadableDocument as error:
            failed.append(str(error))
        else:
            documents += loaded.documents
            failed += loaded.failed
    if not documents:
        raise UnreadableDocument(" ".join(failed) or "There is no document in the files.")
    report = here.collection.add(documents, failed)
    return wire.ChangeResponse.of(report, here.collection.engine.index, here.base)

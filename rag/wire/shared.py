"""What several messages on the wire have in common."""

from urllib.parse import quote

from pydantic import BaseModel

from rag.documents import naming
from rag.types import IndexIdentity


class IndexBody(BaseModel):
    """Which index answered."""

    generation: str
    fingerprint: str

    @classmethod
    def of(cls, identity: IndexIdentity) -> "IndexBody":
        """Render which index it is."""
        return cls(generation=identity.generation, fingerprint=identity.fingerprint)


class Problem(BaseModel):
    """An error (RFC 9457): what was wrong and what to do."""

    type: str
    title: str
    status: int
    detail: str


def href(
    document_id: str, start: int | None = None, end: int | None = None, *, base: str = ""
) -> str:
    """Return the path of a document's page, with a span highlighted if given.

    ``base`` is the path that the collection is served under. The id is one segment of the path
    where it has "." or ".." between slashes: clients would take these out.
    """
    kept = "" if naming.STEPS.intersection(document_id.split("/")) else "/"
    path = f"{base}/documents/{quote(document_id, safe=kept)}"
    return path if start is None else f"{path}?start={start}&end={end}"

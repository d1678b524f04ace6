"""Document id <-> URI of its resource, in a scheme of our own.

``rag:///documents/{document_id}``, and ``rag:///collections/{name}/documents/{document_id}`` in a
named collection: the paths of HTTP. The id is one percent-encoded segment (RFC 3986, section 2.1),
as simple expansion of a URI template encodes it (RFC 6570, section 3.2.2), so a slash in it is %2F.
"""

from urllib.parse import quote, unquote

from rag.errors import DocumentNotFound


def uri_of(document_id: str, base: str) -> str:
    """Return the URI of a document of the collection that is served under the path ``base``."""
    return _prefix(base) + quote(document_id, safe="")


def template(base: str) -> str:
    """Return the URI template (RFC 6570) of all documents of a collection."""
    return f"{_prefix(base)}{{document_id}}"


def document_id_of(uri: str, base: str) -> str:
    """Return which document of a collection a URI names.

    Raises:
        DocumentNotFound: it names none.
    """
    if uri.startswith(_prefix(base)):
        return unquote(uri.removeprefix(_prefix(base)))
    raise DocumentNotFound(
        f"{uri!r} is not the URI of a document here: they read {template(base)}, and "
        "resources/list lists them."
    )


def _prefix(base: str) -> str:
    return f"rag://{base}/documents/"

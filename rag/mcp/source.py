"""What a request of the protocol is put to."""

from dataclasses import dataclass

from rag.engine import Engine
from rag.errors import DocumentNotFound
from rag.types import Record


@dataclass(frozen=True, slots=True)
class Source:
    """An engine of one generation, and the name of its collection, if it is not the default one."""

    engine: Engine
    collection: str | None = None

    @property
    def base(self) -> str:
        """Return the path that HTTP serves the collection under."""
        return f"/collections/{self.collection}" if self.collection else ""

    def record(self, document_id: str) -> Record:
        """Return what is listed of a document.

        Raises:
            DocumentNotFound: there is none of this id.
        """
        record = self.engine.index.documents.record(document_id)
        if record is None:
            raise DocumentNotFound(
                f"No document has the id {document_id!r}: take one from an answer, a passage or "
                "the list of resources."
            )
        return record

"""Documents on the wire: listed, given, added and removed."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from rag.documents import naming, parse
from rag.index import Index, Manifest
from rag.indexing import Report
from rag.types import Block, BlockKind, Document, Record
from rag.wire.shared import IndexBody, href

_Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
_Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
_Value = Annotated[_Text | StrictInt | _Number | bool, Field(union_mode="left_to_right")]


def _one_fault(value: Any, checked: ValidatorFunctionWrapHandler) -> Any:
    """Tell of a wrong value once, not once for each type that it is none of."""
    try:
        return checked(value)
    except ValidationError as error:
        wanted = "a text, a finite number, a truth value, or a list of these"
        raise PydanticCustomError("metadata", "Input should be " + wanted) from error


_Metadata = dict[_Text, Annotated[_Value | list[_Value], WrapValidator(_one_fault)]]
_NAME = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
"""What is not blank and has no control characters: it goes into URLs, pages and terminals."""


def _named(document_id: str) -> str:
    if wrong := naming.fault(document_id):
        raise PydanticCustomError("id", "An id that {wrong} cannot be used", {"wrong": wrong})
    return document_id


class DocumentSummary(BaseModel):
    """A document without its text; ``characters`` counts code points."""

    id: str
    title: str
    media_type: str
    sha256: str
    metadata: _Metadata = {}
    characters: int
    passages: int
    href: str

    @classmethod
    def of(cls, record: Record, base: str = "") -> "DocumentSummary":
        """Summarise a document of a collection that is served under the path ``base``."""
        return cls(
            id=record.id,
            title=record.title,
            media_type=record.media_type,
            sha256=record.sha256,
            metadata={
                k: list(v) if isinstance(v, tuple) else v for k, v in record.metadata.items()
            },
            characters=record.characters,
            passages=record.passages,
            href=href(record.id, base=base),
        )


class GivenDocument(BaseModel):
    """A document to add: its text is kept, cited and counted in as it stands."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[
        str,
        Field(
            max_length=naming.MAX_ID,
            pattern=_NAME,
            description="Its name among all documents; one of the same id is replaced.",
            examples=["notes/lighthouse.txt"],
        ),
        AfterValidator(_named),
    ]
    text: Annotated[
        _Text,
        Field(
            description="The canonical text, which all offsets point into.",
            examples=["The lighthouse was built in 1872 by Anna Berg."],
        ),
    ]
    title: Annotated[
        str | None,
        Field(max_length=200, pattern=_NAME, description="Unset: the first heading or line."),
    ] = None
    media_type: Literal["text/plain", "text/markdown"] = "text/plain"
    metadata: Annotated[
        _Metadata,
        Field(
            description="What to filter by: texts, numbers, truth values, or lists of them.",
            examples=[{"language": "en", "date": "2025-12-18", "topics": ["trade"]}],
        ),
    ] = {}

    def document(self) -> Document:
        """Return what is indexed."""
        parsed = parse(self.id, self.text, self.media_type)
        metadata = {k: tuple(v) if isinstance(v, list) else v for k, v in self.metadata.items()}
        return replace(parsed, title=self.title or parsed.title, metadata=metadata)


class AddRequest(BaseModel):
    """Documents to add, or to put in the place of those of the same ids; all are checked first."""

    model_config = ConfigDict(extra="forbid", strict=True)

    documents: Annotated[list[GivenDocument], Field(min_length=1, max_length=1000)]


class AddedDocument(BaseModel):
    """What became of a document that was given."""

    id: str
    status: Literal["added", "changed", "unchanged"]
    passages: int
    href: str


class ChangeResponse(BaseModel):
    """What a change did, and the generation of the index that shows it."""

    added: list[AddedDocument]
    removed: list[str]
    failed: Annotated[list[str], Field(description="What could not be read, and what to do.")]
    index: IndexBody

    @classmethod
    def of(cls, report: Report, index: Index, base: str = "") -> "ChangeResponse":
        """Render what a change did to an index."""
        status: dict[str, Literal["added", "changed", "unchanged"]] = {
            **dict.fromkeys(report.added, "added"),
            **dict.fromkeys(report.changed, "changed"),
            **dict.fromkeys(report.unchanged, "unchanged"),
        }
        records = {each: index.documents.record(each) for each in status}
        return cls(
            added=[
                AddedDocument(
                    id=each,
                    status=status[each],
                    passages=record.passages if record else 0,
                    href=href(each, base=base),
                )
                for each, record in records.items()
            ],
            removed=list(report.removed),
            failed=list(report.failed),
            index=IndexBody.of(index.identity),
        )


class BlockBody(BaseModel):
    """A structural part of a document: ``text[start:end]``; a heading has a level, 1 to 6."""

    start: int
    end: int
    kind: BlockKind
    level: int

    @classmethod
    def of(cls, block: Block) -> "BlockBody":
        """Render a block."""
        return cls(start=block.start, end=block.end, kind=block.kind, level=block.level)


class DocumentBody(DocumentSummary):
    """A document with its canonical text, which all offsets point into, and how to show it."""

    text: str
    blocks: list[BlockBody]
    pages: Annotated[list[int], Field(description="Where each page or slide starts in the text.")]


class DocumentList(BaseModel):
    """One page of the documents, in the order of their ids."""

    documents: list[DocumentSummary]
    total: int
    offset: int
    limit: int


class CollectionBody(BaseModel):
    """A named collection; all routes of the default one are below ``href`` too."""

    name: str
    documents: int
    passages: int
    href: str

    @classmethod
    def of(cls, name: str, manifest: Manifest) -> "CollectionBody":
        """Render a collection."""
        return cls(
            name=name,
            documents=manifest.documents,
            passages=manifest.passages,
            href=f"/collections/{name}",
        )


class CollectionList(BaseModel):
    """The named collections, in the order of their names."""

    collections: list[CollectionBody]

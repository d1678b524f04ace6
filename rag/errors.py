"""The one error tree. Every message says what was wrong and what to do.

RagError
├── InvalidInput             the caller's input is wrong: mend it and call again
│   ├── InvalidQuestion
│   ├── InvalidSetting
│   ├── InvalidGold
│   ├── InvalidSpan
│   ├── InvalidFilter
│   ├── InvalidName
│   ├── Unsupported          a chat protocol asks for what has no meaning here
│   ├── InvalidBackup        a file that is no whole backup
│   ├── CollectionExists
│   ├── DuplicateDocument
│   └── UnreadableDocument
├── NotFound                 what was named is not there
│   ├── DocumentNotFound
│   ├── CollectionNotFound
│   ├── NoSuchModel          no collection answers a chat protocol by this name
│   └── PathNotFound
├── IndexUnusable            no answer can be given until the index is mended
│   ├── IndexMissing
│   ├── IndexDamaged
│   ├── IndexForeign         not made by this project
│   ├── IndexNewer           made by a later release
│   ├── IndexOlder           made by an earlier release
│   ├── IndexLocked          another process is writing to it
│   ├── IndexUnwritable      the disk is full, or takes no files of ours
│   └── IndexMismatch        made with another encoder or chunking
├── ModelUnusable
│   ├── ModelNotFound
│   ├── ModelDamaged
│   └── ModelUnsupported
├── MissingExtra             what was asked needs a library that is not installed
├── NotReady                 the service is still warming up
├── Overloaded               more is asked of the service than it can read
├── RemoteFailure            a server that was asked did not answer as it should
│   └── Unreachable
├── AddressInUse
└── WorkerLost               a process of the service ended before it could serve

``rag.server.problems`` and ``rag.cli`` translate it at the borders, once each.
"""


class RagError(Exception):
    """Root of all errors that this project raises on purpose."""


class InvalidInput(RagError):
    """The caller's input is wrong."""


class InvalidQuestion(InvalidInput):
    """A question that cannot be asked: blank, too long, or with control characters."""


class InvalidSetting(InvalidInput):
    """A setting with an unknown name or a wrong value."""


class InvalidGold(InvalidInput):
    """A gold file that does not match its own rules or its documents."""


class InvalidSpan(InvalidInput):
    """Offsets outside a document's text."""


class InvalidFilter(InvalidInput):
    """Conditions on metadata that cannot be read."""


class InvalidName(InvalidInput):
    """A name that no collection can have."""


class Unsupported(InvalidInput):
    """A parameter of a chat protocol that cannot be given its meaning here.

    ``place`` is where it stands in the body: names of members, indexes of items.
    """

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place = place


class InvalidBackup(InvalidInput):
    """A file that is no backup, or one that was altered or cut short."""


class CollectionExists(InvalidInput):
    """A collection to be made is there already."""


class DuplicateDocument(InvalidInput):
    """Two documents of one run with the same id."""


class UnreadableDocument(InvalidInput):
    """A file that no loader can turn into text."""


class NotFound(RagError):
    """What was named is not there."""


class DocumentNotFound(NotFound):
    """No document has this id."""


class CollectionNotFound(NotFound):
    """No collection has this name."""


class NoSuchModel(NotFound):
    """No collection answers a chat protocol by this name."""


class PathNotFound(NotFound):
    """No file or folder has this path."""


class IndexUnusable(RagError):
    """The index cannot serve."""


class IndexMissing(IndexUnusable):
    """There is no index at the given place."""


class IndexDamaged(IndexUnusable):
    """A file of the index is missing, cut short or altered."""


class IndexForeign(IndexUnusable):
    """The files at the given place were not made by this project."""


class IndexNewer(IndexUnusable):
    """The index was written by a later release, in a format unknown here."""


class IndexOlder(IndexUnusable):
    """The index was written by an earlier release; a rebuild carries its documents over."""


class IndexLocked(IndexUnusable):
    """Another process is writing to the index."""


class IndexUnwritable(IndexUnusable):
    """The folder of the index takes no change: its disk is full, or it is read-only."""


class IndexMismatch(IndexUnusable):
    """The index was built with an encoder or chunking other than the settings name."""


class ModelUnusable(RagError):
    """A model cannot serve."""


class ModelNotFound(ModelUnusable):
    """No model has this name or path."""


class ModelDamaged(ModelUnusable):
    """The weights are not the ones expected."""


class ModelUnsupported(ModelUnusable):
    """The model is of a kind that cannot be exported or run here."""


class MissingExtra(RagError):
    """The library that this needs is not installed; the message names the extra that brings it."""


class NotReady(RagError):
    """The service is still loading its index and models."""


class Overloaded(RagError):
    """More is asked of the service than it can read: later there is room again."""


class RemoteFailure(RagError):
    """A server that was asked did not answer, or not as it should."""


class Unreachable(RemoteFailure):
    """There is no ready server at an address."""


class AddressInUse(RagError):
    """Another program listens on the host and port."""


class WorkerLost(RagError):
    """A process of the service ended before it could serve."""

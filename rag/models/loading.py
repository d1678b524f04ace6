"""Name or path -> the models that serve."""

from importlib.resources import files
from pathlib import Path

from rag.errors import ModelDamaged
from rag.models.cache import CARD, opened
from rag.models.encoder import OnnxEncoder
from rag.models.export import exported
from rag.models.reader import ExportedReader, OnnxReader
from rag.models.reader_export import exported_reader
from rag.models.source import resolve

EMBEDDED_READER = "rag-reader"
_EMBEDDED = Path(str(files("rag").joinpath("assets/reader")))


def load_encoder(name: str, cache: Path, threads: int) -> OnnxEncoder:
    """Load an encoder by name or path, exporting it to ``cache`` first if that was never done.

    Raises:
        ModelNotFound: no model has this name or path.
        ModelDamaged: the embedded weights are not the official ones.
        ModelUnsupported: the model cannot be exported faithfully.
    """
    return OnnxEncoder(exported(resolve(name, "encoder"), cache), threads)


def load_reader(name: str, cache: Path, threads: int) -> OnnxReader:
    """Load a span reader: the embedded one, one that was trained here, or another checkpoint.

    A Hugging Face extractive-QA checkpoint is exported to ``cache`` first if that was never done.

    Raises:
        ModelNotFound: no model has this name or path.
        ModelDamaged: the embedded weights are not those that the package came with.
        ModelUnsupported: no reader of spans, or one that cannot be exported faithfully.
    """
    if name == EMBEDDED_READER:
        return OnnxReader(embedded_reader(), threads)
    folder = Path(name).expanduser()
    if (folder / CARD).is_file():
        return OnnxReader(_made(folder), threads)
    return OnnxReader(exported_reader(resolve(name, "reader"), cache), threads)


def embedded_reader() -> ExportedReader:
    """Return the reader that came with the package.

    Raises:
        ModelDamaged: its files are not those that the package came with.
    """
    return _made(_EMBEDDED)


def _made(folder: Path) -> ExportedReader:
    try:
        return ExportedReader(folder, **(opened(folder) or {}))
    except TypeError as error:  # no facts at all, or those of an encoder
        raise ModelDamaged(
            f"{folder} holds no reader as it was made: reinstall the package or train it again, "
            "or name another in the setting 'reader'."
        ) from error

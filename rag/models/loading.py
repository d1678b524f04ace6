"""Name or path -> the encoder that serves."""

from pathlib import Path

from rag.models.encoder import OnnxEncoder
from rag.models.export import exported
from rag.models.source import resolve


def load_encoder(name: str, cache: Path, threads: int) -> OnnxEncoder:
    """Load an encoder by name or path, exporting it to ``cache`` first if that was never done.

    Raises:
        ModelNotFound: no model has this name or path.
        ModelDamaged: the embedded weights are not the official ones.
        ModelUnsupported: the model cannot be exported faithfully.
    """
    return OnnxEncoder(exported(resolve(name), cache), threads)

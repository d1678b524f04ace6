"""Name or path -> encoder and reader. Torch is imported here alone, late, and never to serve."""

from rag.models.encoder import OnnxEncoder
from rag.models.loading import load_encoder, load_reader
from rag.models.reader import OnnxReader

__all__ = ["OnnxEncoder", "OnnxReader", "load_encoder", "load_reader"]

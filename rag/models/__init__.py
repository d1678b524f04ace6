"""Name or path -> Encoder. Torch is imported here alone, late, and never to serve."""

from rag.models.encoder import OnnxEncoder
from rag.models.loading import load_encoder
from rag.models.remembering import RememberingEncoder

__all__ = ["OnnxEncoder", "RememberingEncoder", "load_encoder"]

"""Name or path -> Encoder. Torch is imported here alone, late, and never to serve."""

from rag.models.encoder import OnnxEncoder
from rag.models.loading import load_encoder

__all__ = ["OnnxEncoder", "load_encoder"]

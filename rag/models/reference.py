"""sentence-transformers itself: the oracle that exports are made from and held against."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers.utils import logging

from rag.errors import ModelUnsupported
from rag.models.source import ModelSource
from rag.seams import Floats


class ReferenceEncoder:
    """Encodes with torch, slowly and by definition right; it shows how to trace the model."""

    def __init__(self, source: ModelSource) -> None:
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model = SentenceTransformer(
                str(source.folder),
                device="cpu",
                local_files_only=True,
                model_kwargs={"attn_implementation": "eager"},  # traced, it has fewer operators
            ).eval()
        except Exception as error:  # whatever the model's own configuration makes it raise
            raise ModelUnsupported(
                f"sentence-transformers cannot load {source.name} "
                f"({type(error).__name__}: {error})."
            ) from error

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        return int(self._model.encode("").shape[-1])

    @property
    def special_tokens(self) -> int:
        """Return how many tokens the model puts around every text."""
        return int(self._model.tokenizer.num_special_tokens_to_add(pair=False))

    @property
    def max_tokens(self) -> int:
        """Return how many tokens of a text the model sees, special tokens not counted."""
        return int(self._model.max_seq_length or 512) - self.special_tokens

    @property
    def pad_id(self) -> int:
        """Return the id of the token that fills up a batch."""
        return int(self._model.tokenizer.pad_token_id or 0)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one unit vector for each text, of shape (len(texts), dimension)."""
        vectors = self._model.encode(
            list(texts), normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    def features(self, texts: Sequence[str]) -> dict[str, torch.Tensor]:
        """Return the padded inputs of the model for ``texts``."""
        return dict(self._model.tokenizer(list(texts), padding=True, return_tensors="pt"))

    def graph(self, names: Sequence[str]) -> torch.nn.Module:
        """Return a module from tensors, in the order of ``names``, to text vectors."""
        return _Graph(self._model, names)

    def save_tokenizer(self, file: Path) -> None:
        """Write the tokenizer in Hugging Face tokenizers' JSON format."""
        self._model.tokenizer.backend_tokenizer.save(str(file))


class _Graph(torch.nn.Module):
    def __init__(self, model: SentenceTransformer, names: Sequence[str]) -> None:
        super().__init__()
        self._model = model
        self._names = names

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Return unit vectors of the texts."""
        encoded = self._model(dict(zip(self._names, inputs, strict=True)))
        return torch.nn.functional.normalize(encoded["sentence_embedding"], dim=-1)

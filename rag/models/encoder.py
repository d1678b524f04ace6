"""The serving encoder: onnxruntime on a cached export, with the model's own tokenizer."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer as HuggingFaceTokenizer

from rag.models.cache import Exported
from rag.models.session import Session
from rag.models.windows import batches
from rag.seams import Floats

_BATCH = 8
"""Texts a run. On 2 cores, batches of 4 to 8 of like length encode the most passages/s."""


@dataclass(frozen=True, slots=True)
class ExportedModel(Exported):
    """An encoder ready to serve, and the facts needed to run it."""

    dimension: int
    max_tokens: int
    special_tokens: int
    pad_id: int


class WordPieces:
    """A ``Tokenizer`` over the encoder's own tokens, special tokens left out of the count."""

    def __init__(self, file: Path) -> None:
        self._tokenizer = HuggingFaceTokenizer.from_file(str(file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, text: str) -> int:
        """Return how many tokens ``text`` takes."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def prefix(self, text: str, tokens: int) -> int:
        """Return how many code points of ``text`` its first ``tokens`` tokens cover."""
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return int(offsets[tokens - 1][1]) if len(offsets) > tokens else len(text)


class OnnxEncoder:
    """An ``Encoder`` that needs neither torch nor sentence-transformers once exported."""

    def __init__(self, model: ExportedModel, threads: int) -> None:
        self._model = model
        self._session = Session(model.graph, threads)
        self._truncating = HuggingFaceTokenizer.from_file(str(model.tokenizer))
        self._truncating.enable_truncation(model.max_tokens + model.special_tokens)
        self._truncating.no_padding()

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the files that the export was made from."""
        return self._model.fingerprint

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        return self._model.dimension

    @cached_property
    def tokenizer(self) -> WordPieces:
        """The model's own tokenizer, which is needed to index alone."""
        return WordPieces(self._model.tokenizer)

    @property
    def max_tokens(self) -> int:
        """Return how many tokens of a text the model sees, special tokens not counted."""
        return self._model.max_tokens

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one unit vector for each text, of shape (len(texts), dimension)."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        encodings = self._truncating.encode_batch(list(texts))
        for places in batches([len(each.ids) for each in encodings], _BATCH):
            vectors[places] = self._run([encodings[place].ids for place in places])
        return vectors

    def _run(self, batch: Sequence[Sequence[int]]) -> Floats:
        """Return the vectors of a batch of texts, given as ids of tokens."""
        ids = np.full((len(batch), max(map(len, batch))), self._model.pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        fed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (vectors,) = self._session.run(fed, "vector")
        return vectors

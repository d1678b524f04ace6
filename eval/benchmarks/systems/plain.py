"""What one writes by hand: sentence-transformers, FAISS, bm25s and transformers, behind FastAPI.

Passages are fused by reciprocal rank and read as one batch. transformers 5 has no pipeline for
question answering any more, so spans are decoded here as its examples did.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bm25s
import faiss
import numpy as np
import Stemmer
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from eval.benchmarks.systems.protocol import (
    BATCH,
    CANDIDATES,
    LONGEST_ANSWER,
    Config,
    Found,
    fused,
    main,
)

_WINDOW = 384
_STRIDE = 128


class Plain:
    """The libraries, put together with as little as it takes."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._stemmer = Stemmer.Stemmer("english")
        torch.set_num_threads(config.threads)
        faiss.omp_set_num_threads(config.threads)

    def warm(self) -> None:
        """Load the encoder."""
        self._encoder = SentenceTransformer(self._config.encoder)
        self._encode(["warm"])

    def index(self, folder: Path, texts: Mapping[str, str]) -> int:
        """Index documents and save both indexes beside the texts."""
        folder.mkdir(parents=True, exist_ok=True)
        vectors = self._encode(list(texts.values()))
        flat = faiss.IndexFlatIP(vectors.shape[1])
        flat.add(vectors)
        faiss.write_index(flat, str(folder / "vectors.faiss"))
        lexical = bm25s.BM25()
        lexical.index(self._terms(list(texts.values())), show_progress=False)
        lexical.save(str(folder / "bm25"))
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        return len(texts)

    def open(self) -> None:
        """Load indexes and models."""
        self.warm()
        folder = self._config.path
        self._texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
        self._ids = list(self._texts)
        self._vectors = faiss.read_index(str(folder / "vectors.faiss"))
        self._lexical = bm25s.BM25.load(str(folder / "bm25"))
        self._tokenizer = AutoTokenizer.from_pretrained(self._config.reader)
        self._model = AutoModelForQuestionAnswering.from_pretrained(self._config.reader).eval()

    def retrieve(self, question: str) -> list[str]:
        """Fuse the nearest by sense and by words."""
        k = min(CANDIDATES, len(self._ids))
        _, near = self._vectors.search(self._encode([question]), k)
        shared, _ = self._lexical.retrieve(self._terms([question]), k=k, show_progress=False)
        rankings = ([self._ids[row] for row in rows[0]] for rows in (near, shared))
        return fused(*rankings)[: self._config.top_k]

    def ask(self, question: str) -> Found:
        """Read what was retrieved; the score is the span's log-odds against no answer."""
        documents = self.retrieve(question)
        fed = self._tokenizer(
            [question] * len(documents),
            [self._texts[each] for each in documents],
            truncation="only_second",
            max_length=_WINDOW,
            stride=_STRIDE,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
            return_tensors="pt",
        )
        offsets = fed.pop("offset_mapping").numpy()
        origin = fed.pop("overflow_to_sample_mapping").tolist()
        inside = np.array([[part == 1 for part in each.sequence_ids] for each in fed.encodings])
        with torch.inference_mode():
            output = self._model(**fed)
        starts, ends = output.start_logits.numpy(), output.end_logits.numpy()
        window, first, last, score = _best(starts, ends, inside)
        document = documents[origin[window]]
        start, end = int(offsets[window, first, 0]), int(offsets[window, last, 1])
        return Found(self._texts[document][start:end], score, ((document, start, end),))

    def serve(self, port: int) -> None:
        """Serve ``POST /ask`` with FastAPI, whose threads take the requests."""
        import uvicorn
        from fastapi import Body, FastAPI

        self.open()
        app = FastAPI()

        @app.post("/ask")
        def ask(question: str = Body(embed=True)) -> dict[str, Any]:
            found = self.ask(question)
            return {"answer": found.answer, "score": found.score, "places": found.places}

        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")

    def _encode(self, texts: list[str]) -> Any:
        return self._encoder.encode(
            texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )

    def _terms(self, texts: list[str]) -> Any:
        return bm25s.tokenize(texts, stopwords="en", stemmer=self._stemmer, show_progress=False)


def _best(starts: Any, ends: Any, inside: Any) -> tuple[int, int, int, float]:
    """Return window, first and last token, and log-odds against no answer, of the best span."""
    nulls = starts[:, :1] + ends[:, :1]
    starts, ends = np.where(inside, starts, -np.inf), np.where(inside, ends, -np.inf)
    scores = starts[:, :, None] + ends[:, None, :] - nulls[:, :, None]
    length = starts.shape[1]
    allowed = np.triu(np.ones((length, length), dtype=bool))
    allowed &= ~np.triu(np.ones((length, length), dtype=bool), LONGEST_ANSWER)
    scores = np.where(allowed, scores, -np.inf)
    window, first, last = np.unravel_index(scores.argmax(), scores.shape)
    return int(window), int(first), int(last), float(scores.max())


if __name__ == "__main__":
    main(Plain)

"""txtai: its hybrid embeddings, its RAG pipeline over an extractive model, its API server.

It joins the passages to one text, and reads as much of that as the model takes: 512 tokens, about
three of five passages. It tells neither a score nor a place.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from txtai.app import Application
from txtai.embeddings import Embeddings
from txtai.pipeline import Questions

from eval.benchmarks.systems.protocol import BATCH, LONGEST_ANSWER, Config, Found, main

_READER = "eval.benchmarks.systems.txtai.Reader"
_SEARCH = "eval.benchmarks.systems.txtai.Search"


class Txtai:
    """An application of txtai, from the configuration that its API takes."""

    def __init__(self, config: Config) -> None:
        self._config = config
        torch.set_num_threads(config.threads)

    def warm(self) -> None:
        """Load the encoder."""
        self._embeddings = Embeddings(
            path=self._config.encoder, hybrid=True, content=True, encodebatch=BATCH, gpu=False
        )
        self._embeddings.transform("warm")

    def index(self, folder: Path, texts: Mapping[str, str]) -> int:
        """Index documents and save the index."""
        self._embeddings.index(list(texts.items()))
        self._embeddings.save(str(folder))
        return int(self._embeddings.count())

    def open(self) -> None:
        """Load the application."""
        self._application = Application(self._configuration())

    def retrieve(self, question: str) -> list[str]:
        """Search."""
        found = self._application.search(question, limit=self._config.top_k)
        return [each["id"] for each in found]

    def ask(self, question: str) -> Found:
        """Run the RAG pipeline."""
        return Found(self._application.pipeline("rag", question)["answer"], None)

    def serve(self, port: int) -> None:
        """Serve its API."""
        import uvicorn

        os.environ["CONFIG"] = json.dumps(self._configuration())  # which is YAML too
        uvicorn.run("txtai.api:app", host="127.0.0.1", port=port, log_level="warning")

    def _configuration(self) -> dict[str, Any]:
        return {
            "path": self._config.folder,
            "embeddings": {},
            _READER: {"path": self._config.reader, "gpu": False},
            _SEARCH: {"application": None},
            "rag": {"path": _READER, "similarity": _SEARCH, "context": self._config.top_k},
        }


class Search:
    """Its search behind its own lock, which its RAG pipeline goes past.

    Requests at the same time would fail, since they share a cursor of SQLite.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, queries: Sequence[str], limit: int) -> Any:
        """Search for several queries."""
        return self._application.batchsearch(queries, limit)


class Reader(Questions):  # type: ignore[misc]
    """Its extractive pipeline, kept to the tokens of the text.

    The original takes the likeliest token of all as the start, and fails where that is the one
    that stands for "no answer".
    """

    def __call__(self, questions: Sequence[str], contexts: Sequence[str], **_: object) -> list[str]:
        """Return the likeliest span of each context."""
        return [self._read(*pair) for pair in zip(questions, contexts, strict=True)]

    def _read(self, question: str, context: str) -> str:
        tokens = self.tokenizer(question, context, truncation="only_second", return_tensors="pt")
        with torch.inference_mode():
            output = self.model(**tokens)
        outside = torch.tensor([part != 1 for part in tokens.sequence_ids()])
        start, end = (
            logits[0].masked_fill(outside, -torch.inf)
            for logits in (output.start_logits, output.end_logits)
        )
        allowed = torch.ones(len(start), len(end), dtype=torch.bool).triu()
        scores = (start[:, None] + end).masked_fill(~allowed.tril(LONGEST_ANSWER - 1), -torch.inf)
        first, last = divmod(int(scores.argmax()), len(end))
        return context[tokens.token_to_chars(first).start : tokens.token_to_chars(last).end]


if __name__ == "__main__":
    main(Txtai)

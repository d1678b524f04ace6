"""This project, as it serves."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from eval.benchmarks.systems.protocol import Config, Found, main
from rag.documents import parse
from rag.engine import Engine, indexer
from rag.index import Index
from rag.server import serve
from rag.settings import load


class Ours:
    """The engine, as HTTP and command line use it; RAG_READER names another reader."""

    def __init__(self, config: Config) -> None:
        flags = {"index": config.folder, "threads": config.threads, "top_k": config.top_k}
        self._settings = load(flags)

    def warm(self) -> None:
        """Load the encoder."""
        self._indexer = indexer(self._settings)
        self._indexer.encoder.encode(["warm"])

    def index(self, folder: Path, texts: Mapping[str, str]) -> int:
        """Index documents, as ``rag index --rebuild`` does."""
        documents = [parse(key, text) for key, text in texts.items()]
        replace(self._indexer, folder=folder).update(documents, lambda *_: None, rebuild=True)
        return len(Index.open(folder).passages)

    def open(self) -> None:
        """Open the engine."""
        self._engine = Engine.open(self._settings)

    def retrieve(self, question: str) -> list[str]:
        """Search without reading."""
        return [hit.passage.document_id for hit in self._engine.search(question)]

    def ask(self, question: str) -> Found:
        """Answer, withholding nothing: the confidence is told for a threshold to be put to it."""
        answer = self._engine.ask(question, min_confidence=0.0)
        places = tuple((each.document_id, each.start, each.end) for each in answer.citations)
        return Found(answer.answer or "", answer.confidence, places)

    def serve(self, port: int) -> None:
        """Serve as ``rag serve`` does."""
        serve(self._settings.model_copy(update={"port": port}), lambda _: None)


if __name__ == "__main__":
    main(Ours)

"""Haystack: BM25 and embeddings in its in-memory store, joined, read by its extractive reader.

Served by hayhooks, as its documentation recommends. Its reader feeds the model no token types.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from hayhooks import BasePipelineWrapper
from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.readers.transformers import TransformersExtractiveReader

from eval.benchmarks.systems.protocol import BATCH, CANDIDATES, Config, Found, main

_WRAPPER = """\
from eval.benchmarks.systems.haystack import Config, Wrapper


class PipelineWrapper(Wrapper):
    config = {config!r}
"""


class Haystack:
    """Pipelines of Haystack 3."""

    def __init__(self, config: Config) -> None:
        self._config = config
        torch.set_num_threads(config.threads)

    def warm(self) -> None:
        """Load the embedder of documents."""
        self._embedder = SentenceTransformersDocumentEmbedder(
            model=self._config.encoder, batch_size=BATCH, progress_bar=False
        )
        self._embedder.run([Document(content="warm")])

    def index(self, folder: Path, texts: Mapping[str, str]) -> int:
        """Embed and store documents, and save the store as its JSON file."""
        folder.mkdir(parents=True, exist_ok=True)
        store = InMemoryDocumentStore(return_embedding=False)
        documents = [Document(id=key, content=text) for key, text in texts.items()]
        store.write_documents(self._embedder.run(documents)["documents"])
        store.save_to_disk(str(folder / "store.json"))
        return int(store.count_documents())

    def open(self) -> None:
        """Load the store and make the pipelines."""
        store = _store(self._config)
        self._retrieving = _pipeline(self._config, store, reads=False)
        self._asking = _pipeline(self._config, store, reads=True)

    def retrieve(self, question: str) -> list[str]:
        """Run the pipeline that ends with the joiner."""
        found = self._retrieving.run(_inputs(question, reads=False))
        return [document.id for document in found["joiner"]["documents"]]

    def ask(self, question: str) -> Found:
        """Run the pipeline that ends with the reader."""
        return _found(self._asking.run(_inputs(question, reads=True)))

    def serve(self, port: int) -> None:
        """Serve with hayhooks; it takes a pipeline as a file of Python in a folder of its name."""
        wrapper = self._config.path / "pipelines" / "ask" / "pipeline_wrapper.py"
        wrapper.parent.mkdir(parents=True, exist_ok=True)
        wrapper.write_text(_WRAPPER.format(config=self._config), encoding="utf-8")
        os.environ["HAYHOOKS_PIPELINES_DIR"] = str(wrapper.parents[1])
        from hayhooks import create_app, run_app  # its settings are read as it is imported

        run_app(create_app(), host="127.0.0.1", port=port)


class Wrapper(BasePipelineWrapper):  # type: ignore[misc]
    """What hayhooks serves at ``/ask/run``."""

    config: Config

    def setup(self) -> None:
        """Make the pipeline."""
        self.pipeline = _pipeline(self.config, _store(self.config), reads=True)

    def run_api(self, question: str) -> dict[str, Any]:
        """Answer a question."""
        found = _found(self.pipeline.run(_inputs(question, reads=True)))
        return {"answer": found.answer, "score": found.score, "places": found.places}


def _store(config: Config) -> InMemoryDocumentStore:
    return InMemoryDocumentStore.load_from_disk(str(config.path / "store.json"))


def _pipeline(config: Config, store: InMemoryDocumentStore, *, reads: bool) -> Pipeline:
    pipeline = Pipeline()
    embedder = SentenceTransformersTextEmbedder(model=config.encoder, progress_bar=False)
    pipeline.add_component("embedder", embedder)
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=CANDIDATES))
    pipeline.add_component("lexical", InMemoryBM25Retriever(store, top_k=CANDIDATES))
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=config.top_k)
    pipeline.add_component("joiner", joiner)
    pipeline.connect("embedder.embedding", "dense.query_embedding")
    pipeline.connect("dense", "joiner")
    pipeline.connect("lexical", "joiner")
    if reads:
        reader = TransformersExtractiveReader(config.reader, top_k=1, no_answer=False)
        pipeline.add_component("reader", reader)
        pipeline.connect("joiner.documents", "reader.documents")
    pipeline.warm_up()
    return pipeline


def _inputs(question: str, *, reads: bool) -> dict[str, Any]:
    asked = {"embedder": {"text": question}, "lexical": {"query": question}}
    return asked | ({"reader": {"query": question}} if reads else {})


def _found(output: Mapping[str, Any]) -> Found:
    answers = output["reader"]["answers"]
    if not answers:
        return Found("", 0.0)
    best = answers[0]
    place = (best.document.id, best.document_offset.start, best.document_offset.end)
    return Found(best.data, best.score, (place,))


if __name__ == "__main__":
    main(Haystack)

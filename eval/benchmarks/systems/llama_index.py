"""LlamaIndex, retrieval alone: its vector index and BM25 retriever, fused by reciprocal rank."""

from collections.abc import Mapping
from pathlib import Path

import torch
from llama_index.core import Settings, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever

from eval.benchmarks.systems.protocol import BATCH, CANDIDATES, Config, Found, main


class LlamaIndex:
    """Retrievers of LlamaIndex."""

    def __init__(self, config: Config) -> None:
        self._config = config
        torch.set_num_threads(config.threads)

    def warm(self) -> None:
        """Load the encoder."""
        Settings.llm = MockLLM()  # it asks for one, which a single query never uses
        Settings.embed_model = HuggingFaceEmbedding(
            self._config.encoder, embed_batch_size=BATCH, device="cpu"
        )
        Settings.embed_model.get_text_embedding("warm")

    def index(self, folder: Path, texts: Mapping[str, str]) -> int:
        """Index documents, each a node, and save the storage."""
        nodes = [TextNode(id_=key, text=text) for key, text in texts.items()]
        VectorStoreIndex(nodes).storage_context.persist(str(folder))
        BM25Retriever.from_defaults(nodes=nodes).persist(str(folder / "bm25"))
        return len(nodes)

    def open(self) -> None:
        """Load the storage and make the retriever."""
        self.warm()
        storage = StorageContext.from_defaults(persist_dir=self._config.folder)
        dense = load_index_from_storage(storage).as_retriever(similarity_top_k=CANDIDATES)
        lexical = BM25Retriever.from_persist_dir(str(self._config.path / "bm25"))
        lexical.similarity_top_k = CANDIDATES
        self._retriever = QueryFusionRetriever(
            [dense, lexical],
            mode=FUSION_MODES.RECIPROCAL_RANK,
            similarity_top_k=self._config.top_k,
            num_queries=1,
            use_async=False,
        )

    def retrieve(self, question: str) -> list[str]:
        """Run the fusing retriever."""
        return [found.node.node_id for found in self._retriever.retrieve(question)]

    def ask(self, question: str) -> Found:
        """Refuse: what answers here is a language model."""
        raise NotImplementedError("LlamaIndex has no extractive reader")

    def serve(self, port: int) -> None:
        """Refuse likewise."""
        raise NotImplementedError("LlamaIndex has no extractive reader to serve")


if __name__ == "__main__":
    main(LlamaIndex)

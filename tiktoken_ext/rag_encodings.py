"""Registers the project's encoding with tiktoken, which scans this namespace package."""

from rag.tokens import rag16k

ENCODING_CONSTRUCTORS = {"rag16k": rag16k}

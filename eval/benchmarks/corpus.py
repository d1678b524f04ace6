"""What all systems are given: the passages of a public set, its questions, texts to index."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rag.chunking import chunk
from rag.documents import parse
from rag.engine import indexer
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.importers import read_questions
from rag.settings import load
from rag.types import Document, Passage

SEED = 0


@dataclass(frozen=True, slots=True)
class Texts:
    """Documents by id, and the passages that our chunker makes of them, by id.

    Other systems are handed the passages: cutting costs them nothing, and all systems encode and
    read the same texts.
    """

    documents: Mapping[str, Document]
    passages: Mapping[str, Passage]

    @classmethod
    def of(cls, documents: Sequence[Document]) -> "Texts":
        """Cut documents."""
        budget = indexer(load()).budget
        cut = [passage for document in documents for passage in chunk(document, budget)]
        return cls({each.id: each for each in documents}, {each.id: each for each in cut})

    def write(self, folder: Path, name: str) -> None:
        """Write both as JSON, for the systems to read."""
        for texts, are_passages in ((self.documents, False), (self.passages, True)):
            content = json.dumps({key: each.text for key, each in texts.items()})
            handed(folder, name, passages=are_passages).write_text(content, encoding="utf-8")


def handed(folder: Path, name: str, *, passages: bool) -> Path:
    """Return the file of texts that is handed to systems that take passages, or documents."""
    return folder / f"{name}-{'passages' if passages else 'documents'}.json"


def asked(gold: Path, limit: int) -> tuple[Texts, list[GoldQuestion], list[str]]:
    """Return the texts of a question set, as many of its questions, and what all of them ask.

    The questions are the same ones each time.

    Raises:
        InvalidGold: it is no such set.
        ValueError: it brings no documents.
    """
    imported = read_questions(gold)
    if imported is None:
        raise ValueError(f"{gold} is no public question set with its documents")
    questions = list(imported.questions)
    Random(SEED).shuffle(questions)  # noqa: S311
    load = [each.question for each in reversed(questions)]
    return Texts.of(imported.documents), questions[:limit], load


def news(articles: Path, count: int) -> Texts:
    """Return so many articles of a JSON Lines file, the same ones each time."""
    with gzip.open(articles, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    drawn = Random(SEED).sample(rows, min(count, len(rows)))  # noqa: S311
    return Texts.of([parse(row["id"], f"{row['title']}\n\n{row['body']}") for row in drawn])

"""Trains the byte-level BPE that counts passage budgets, and writes its ranks for tiktoken."""

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from rag.documents import find, load
from rag.errors import UnreadableDocument
from rag.tokens import PATTERN

VOCABULARY = 16_384


def train(texts: Iterable[str], out: Path, vocabulary: int = VOCABULARY) -> int:
    """Learn merges from ``texts`` and write one "base64(token) rank" line a token to ``out``.

    The first 256 ranks are the single bytes; each later token is a merge, in the order learnt
    (Sennrich et al. 2016). Returns the number of tokens.
    """
    tokenizer = Tokenizer(models.BPE())
    cut = pre_tokenizers.Split(Regex(PATTERN), behavior="isolated")
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([cut, as_bytes])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(texts, trainer)

    byte_of = _byte_of_symbol()
    by_rank = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    ranked = [bytes(byte_of[symbol] for symbol in token) for token, _ in by_rank]
    lines = (f"{base64.b64encode(token).decode()} {rank}" for rank, token in enumerate(ranked))
    out.write_text("\n".join(lines) + "\n", encoding="ascii")
    return len(ranked)


def read_texts(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the texts of documents, and the contexts and questions of SQuAD .json files.

    Raises:
        PathNotFound: nothing lies at a path.
        UnreadableDocument: a file cannot be read, or is not SQuAD JSON.
    """
    for path in paths:
        if path.suffix == ".json":
            yield from _squad_texts(path)
        else:
            for document_id, file in find(path):
                yield from (document.text for document in load(document_id, file).documents)


def _squad_texts(file: Path) -> Iterator[str]:
    try:
        for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                yield paragraph["context"]
                yield from (row["question"] for row in paragraph["qas"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableDocument(f"{file} cannot be read as SQuAD JSON: {error!r}.") from error


def _byte_of_symbol() -> dict[str, int]:
    """Invert the byte -> printable symbol table of byte-level BPE (Radford et al. 2019).

    Printable Latin-1 bytes stand for themselves; the others take the code points from 256 on.
    """
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {chr(byte): byte for byte in printable}
    return table | {chr(256 + i): byte for i, byte in enumerate(others)}

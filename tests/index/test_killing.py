"""Killed at any moment, a process loses nothing that it acknowledged and leaves nothing half."""

import os
import random
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import sleep

import pytest

from rag.documents import parse
from rag.index import Index
from rag.indexing import Indexer

KILLS = 200
LONGEST_LIFE = 0.12
"""Seconds, in which a process starts and makes about three changes."""

RESTLESS = """
import os, random, sys
from pathlib import Path
from conftest import RECIPE, HashEncoder
from forking import in_children, say
from rag.chunking import Budget
from rag.documents import parse
from rag.index import compact
from rag.indexing import Indexer
from rag.tokens import TiktokenTokenizer

tokens = TiktokenTokenizer.named("rag16k")
tokens.count("warm")
budget = Budget(tokens, 24, 8, tokens, 24)
encoder = HashEncoder(tokens)
indexer = Indexer(Path(sys.argv[1]), encoder, budget, RECIPE)
WORDS = ["gold", "fox", "tree", "book", "salt", "wind", "harbour", "bridge", "river", "stone"]

def text(pick):
    return "".join(f"The {' '.join(pick.sample(WORDS, 5))}. " for _ in range(pick.randint(0, 9)))

def change_for_ever(seed):
    pick = random.Random(seed)
    say(os.getpid())
    while True:
        names = [f"{number}.txt" for number in pick.sample(range(30), pick.randint(1, 4))]
        removed = names[:pick.randint(0, 2)]
        texts = {name: text(pick) for name in names[len(removed):]}
        say([texts, removed])
        documents = [parse(name, text) for name, text in texts.items()]
        indexer.update(documents, lambda *_: None, removed=removed)
        say("done")
        compact(indexer.folder, 0.2)

in_children(change_for_ever)
"""

Forking = Callable[..., Callable[..., Iterator[object]]]
Indexing = Callable[[Path], Indexer]
Sound = Callable[[Index, Mapping[str, str]], None]
Texts = dict[str, str]


def changed(texts: Texts, by: object) -> Texts:
    """Return the texts after a change, which is [texts by name, names removed]."""
    assert isinstance(by, list)
    given, removed = by
    return {**{k: v for k, v in texts.items() if k not in removed}, **given}


@pytest.mark.slow
def test_what_was_acknowledged_outlives_any_kill(
    swift: Path, forking: Forking, indexing: Indexing, sound: Sound
) -> None:
    folder = swift / "index"
    indexing(folder).update([parse("first.txt", "The first text.")], lambda *_: None)
    texts = {"first.txt": "The first text."}
    moments = random.Random(20261122)
    counted = {"acknowledged": 0, "undone": 0, "done": 0}
    do = forking(RESTLESS, folder)
    for number in range(5 * KILLS):
        if number >= KILLS and all(counted.values()):
            break
        saying = do(number)
        process = next(saying)
        assert isinstance(process, int)
        sleep(moments.uniform(0, LONGEST_LIFE))
        os.kill(process, signal.SIGKILL)
        after = texts
        for what in saying:
            if what == "done":
                texts = after
                counted["acknowledged"] += 1
            elif what != -signal.SIGKILL:
                after = changed(texts, what)
        index = Index.open(folder)
        held = {name: document.text for name, document in index.documents.items()}
        assert held in (texts, after)
        if texts != after:
            counted["done" if held == after else "undone"] += 1
        texts = held
        sound(index, texts)
    assert counted["acknowledged"] > KILLS / 10
    assert counted["undone"] > KILLS / 10
    assert counted["done"] > 0  # which takes longer to happen where the machine is busy
    indexing(folder).update([parse("last.txt", "The last text.")], lambda *_: None)
    sound(Index.open(folder), {**texts, "last.txt": "The last text."})
    assert len(list((folder / "generations").iterdir())) == 2

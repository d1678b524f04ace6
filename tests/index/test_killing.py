"""Killed at any moment, a process loses nothing that it acknowledged and leaves nothing half."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import sleep
from typing import IO

import pytest

from rag.documents import parse
from rag.index import Index
from rag.indexing import Indexer

KILLS = 200
LONGEST_LIFE = 0.12
"""Seconds, in which a process starts and makes about three changes."""

RESTLESS = """
import json, os, random, runpy, sys
from pathlib import Path
from rag.chunking import Budget
from rag.documents import parse
from rag.index import compact
from rag.indexing import Indexer
from rag.tokens import TiktokenTokenizer

shared = runpy.run_path(sys.argv[1])
tokens = TiktokenTokenizer.named("rag16k")
tokens.count("warm")
budget = Budget(tokens, 24, 8, tokens, 24)
encoder = shared["HashEncoder"](tokens)
indexer = Indexer(Path(sys.argv[2]), encoder, budget, shared["RECIPE"])
WORDS = ["gold", "fox", "tree", "book", "salt", "wind", "harbour", "bridge", "river", "stone"]

def say(what):
    os.write(1, f"{json.dumps(what)}\\n".encode())  # in one piece, or not at all

def text(pick):
    return "".join(f"The {' '.join(pick.sample(WORDS, 5))}. " for _ in range(pick.randint(0, 9)))

def change_for_ever(pick):
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

for line in sys.stdin:  # each a child of its own, for starting takes longer than changing
    child = os.fork()
    if not child:
        change_for_ever(random.Random(int(line)))
    os.waitpid(child, 0)
    say("ended")
"""

Indexing = Callable[[Path], Indexer]
Sound = Callable[[Index, Mapping[str, str]], None]
Texts = dict[str, str]


def said(stream: IO[str]) -> Iterator[object]:
    """Yield what a process says until it is ended."""
    for line in stream:
        if (what := json.loads(line)) == "ended":
            return
        yield what


def changed(texts: Texts, by: object) -> Texts:
    """Return the texts after a change, which is [texts by name, names removed]."""
    assert isinstance(by, list)
    given, removed = by
    return {**{k: v for k, v in texts.items() if k not in removed}, **given}


@pytest.mark.slow
def test_what_was_acknowledged_outlives_any_kill(
    swift: Path, indexing: Indexing, sound: Sound
) -> None:
    folder = swift / "index"
    indexing(folder).update([parse("first.txt", "The first text.")], lambda *_: None)
    texts = {"first.txt": "The first text."}
    moments = random.Random(20261122)
    counted = {"acknowledged": 0, "undone": 0, "done": 0}
    conftest = Path(__file__).with_name("conftest.py")
    with subprocess.Popen(
        [sys.executable, "-c", RESTLESS, str(conftest), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as forking:
        assert forking.stdin is not None
        assert forking.stdout is not None
        for number in range(5 * KILLS):
            if number >= KILLS and all(counted.values()):
                break
            print(number, file=forking.stdin, flush=True)
            saying = said(forking.stdout)
            process = next(saying)
            assert isinstance(process, int)
            sleep(moments.uniform(0, LONGEST_LIFE))
            os.kill(process, signal.SIGKILL)
            after = texts
            for what in saying:
                if what == "done":
                    texts = after
                    counted["acknowledged"] += 1
                else:
                    after = changed(texts, what)
            index = Index.open(folder)
            held = {name: document.text for name, document in index.documents.items()}
            assert held in (texts, after)
            if texts != after:
                counted["done" if held == after else "undone"] += 1
            texts = held
            sound(index, texts)
        forking.stdin.close()
    assert counted["acknowledged"] > KILLS / 10
    assert counted["undone"] > KILLS / 10
    assert counted["done"] > 0  # which takes longer to happen where the machine is busy
    indexing(folder).update([parse("last.txt", "The last text.")], lambda *_: None)
    sound(Index.open(folder), {**texts, "last.txt": "The last text."})
    assert len(list((folder / "generations").iterdir())) == 2

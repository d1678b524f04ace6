"""Generations on disk: what is written comes back, damage is refused, no kill leaves a mixture."""

import hashlib
import json
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rag.chunking import Budget, chunk
from rag.documents import parse
from rag.engine import Engine
from rag.errors import (
    IndexDamaged,
    IndexForeign,
    IndexMismatch,
    IndexMissing,
    IndexNewer,
    IndexUnusable,
)
from rag.index import Index, Manifest, Recipe, publish, writing
from rag.seams import Floats
from rag.settings import Settings
from rag.tokens import TiktokenTokenizer
from rag.types import Document, Passage

RECIPE = Recipe("any", "0" * 64, 1, "rag16k", 160, 48)
TEXTS = {
    "plain.txt": "The summit opens on Friday. Five leaders attend it.",
    "crlf.txt": "First line.\r\nSecond line.\r\n\r\nA paragraph.\rAn old Mac line.",
    "emoji.txt": "👩‍👩‍👧‍👦 A family 🇯🇵 went to Tōkyō. It was कज़ाख़स्तान’s e\u0301lan.",
    "separators.txt": "One\u2028two\u2029three\x85four\x0bfive\x0csix\x1cseven. End.",
    "quotes.txt": 'He said "no" \\ and {"id": 1}\n\ttabbed. \ufeff Zero\u200bwidth.',
    "cjk.txt": "東京は日本の首都です。中亚五国峰会在东京举行。",
    "odd id\u2028with “quotes”/é.txt": "An odd name is fine.",
    "empty.txt": "",
    "blank.txt": " \r\n\t ",
    "long.txt": "".join(f"Sentence {n} of a long text says {n * n}. " for n in range(25_000)),
}


@pytest.fixture(scope="module")
def budget() -> Budget:
    tokenizer = TiktokenTokenizer.named("rag16k")
    return Budget(tokenizer, 160, 48, tokenizer, 160)


def vectors_for(passages: Sequence[Passage]) -> Floats:
    """Return a unit vector a passage, made of its text alone."""
    seeds = [int(hashlib.sha256(p.text.encode()).hexdigest()[:8], 16) for p in passages]
    rows = [np.random.default_rng(seed).normal(size=16) for seed in seeds]
    made = np.array(rows, dtype=np.float32).reshape(-1, 16)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)


def published(folder: Path, texts: Mapping[str, str], budget: Budget) -> Manifest:
    documents = [parse(name, text) for name, text in texts.items()]
    passages = [passage for document in documents for passage in chunk(document, budget)]
    with writing(folder):
        return publish(folder, documents, passages, vectors_for(passages), RECIPE)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory, budget: Budget) -> Path:
    folder = tmp_path_factory.mktemp("store") / "index"
    published(folder, {**TEXTS, "long.txt": "Short."}, budget)
    return folder


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    """Return a copy of a published index, free to be damaged."""
    return shutil.copytree(pristine, tmp_path / "index")


def current(folder: Path) -> Path:
    return folder / "generations" / (folder / "CURRENT").read_text("ascii").strip()


# What is written comes back


def test_documents_and_passages_come_back_as_they_were(tmp_path: Path, budget: Budget) -> None:
    documents = {name: parse(name, text) for name, text in TEXTS.items()}
    assert len(documents["long.txt"].text) > 1_000_000
    passages = tuple(p for d in documents.values() for p in chunk(d, budget))
    vectors = vectors_for(passages)
    with writing(tmp_path):
        manifest = publish(tmp_path, list(documents.values()), passages, vectors, RECIPE)
    index = Index.open(tmp_path)
    assert dict(index.documents) == documents
    assert list(index.documents) == list(documents)
    assert index.passages == passages
    assert index.manifest == manifest
    assert (manifest.documents, manifest.passages) == (len(documents), len(passages))
    np.testing.assert_array_equal(index.vectors.vectors(np.arange(len(passages))), vectors)
    assert len(index.lexical) == len(passages)


def test_notes_come_back_too(tmp_path: Path) -> None:
    document = parse("a.md", "# Title\n\nText.", "text/markdown", ("dropped a mark",))
    publish(tmp_path, [document], [], vectors_for([]), RECIPE)
    assert Index.open(tmp_path).documents == {"a.md": document}


@hypothesis_settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        st.text(st.characters(exclude_categories=["Cs"])),
        max_size=4,
    )
)
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, budget: Budget, texts: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    published(folder, texts, budget)
    index = Index.open(folder)
    assert {name: document.text for name, document in index.documents.items()} == texts
    for passage in index.passages:
        assert texts[passage.document_id][passage.start : passage.end] == passage.text


def test_the_fingerprint_tells_content_and_recipe_apart(tmp_path: Path, budget: Budget) -> None:
    document = parse("a.txt", "Some text.")
    prints = set()
    for number, (doc, recipe) in enumerate(
        [
            (document, RECIPE),
            (parse("a.txt", "Some text!"), RECIPE),
            (parse("b.txt", "Some text."), RECIPE),
            (document, replace(RECIPE, passage_tokens=80)),
            (document, replace(RECIPE, encoder_fingerprint="1" * 64)),
        ]
    ):
        passages = chunk(doc, budget)
        made = publish(tmp_path / str(number), [doc], passages, vectors_for(passages), recipe)
        prints.add(made.fingerprint)
    renamed = publish(
        tmp_path / "renamed", [document], [], vectors_for([]), replace(RECIPE, encoder="other")
    )
    assert len(prints) == 5
    assert renamed.fingerprint in prints  # another name of the same weights is the same index


# What is damaged is refused, by name


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def alter(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [truncate, alter, Path.unlink])
def test_every_damaged_file_is_named_with_what_mends_it(
    damage: Callable[[Path], None], pristine: Path, tmp_path: Path
) -> None:
    names = [f.relative_to(pristine) for f in current(pristine).rglob("*") if f.is_file()]
    holding = [name for name in names if name.suffix != ".lock"]
    assert len(holding) > 6
    for number, name in enumerate(holding):
        folder = shutil.copytree(pristine, tmp_path / str(number))
        damage(folder / name)
        with pytest.raises(IndexDamaged, match=r"rag index --rebuild") as refused:
            Index.open(folder)
        assert str(folder / name) in str(refused.value)


def rewritten(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    file = current(folder) / "manifest.json"
    content = json.loads(file.read_text("utf-8"))
    change(content)
    file.write_text(json.dumps(content, indent=2), encoding="utf-8")


@pytest.mark.parametrize(
    "key", ["fingerprint", "recipe", "documents", "passages", "files", "sha256"]
)
def test_a_manifest_that_lacks_a_key_is_damaged(key: str, folder: Path) -> None:
    rewritten(folder, lambda content: content.pop(key))
    with pytest.raises(IndexDamaged, match=r"manifest\.json .*rag index --rebuild"):
        Index.open(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("passages", "7"), ("passages", 10**6), ("recipe", []), ("files", {}), ("surprise", 1)],
)
def test_a_manifest_that_was_edited_is_damaged(key: str, value: object, folder: Path) -> None:
    rewritten(folder, lambda content: content.update({key: value}))
    with pytest.raises(IndexDamaged, match=r"manifest\.json"):
        Index.open(folder)


def test_a_newer_format_is_refused_without_being_called_damaged(folder: Path) -> None:
    rewritten(folder, lambda content: content.update({"version": 2, "layout": "unknown here"}))
    with pytest.raises(IndexNewer, match=r"upgrade, or 'rag index --rebuild"):
        Index.open(folder)


@pytest.mark.parametrize(
    "content", ['{"name": "left-pad", "version": "1.3.0"}', "[]", "{}", '"text"', '{"version": 1}']
)
def test_the_manifest_of_another_program_is_foreign(content: str, folder: Path) -> None:
    (current(folder) / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(IndexForeign, match="'index'"):
        Index.open(folder)


@pytest.mark.parametrize("content", [b"not json", b"\xff\xfe", b"", b"{"])
def test_a_manifest_that_is_no_json_is_damaged(content: bytes, folder: Path) -> None:
    (current(folder) / "manifest.json").write_bytes(content)
    with pytest.raises(IndexDamaged, match=r"manifest\.json"):
        Index.open(folder)


@pytest.mark.parametrize("content", [b"junk", b"", b"../../etc", b"\xff\x00", b"1.0", "²".encode()])
def test_a_pointer_with_junk_is_foreign(content: bytes, folder: Path) -> None:
    (folder / "CURRENT").write_bytes(content)
    with pytest.raises(IndexForeign, match="CURRENT"):
        Index.open(folder)


def test_a_pointer_to_a_removed_generation_is_damage(folder: Path) -> None:
    shutil.rmtree(current(folder))
    with pytest.raises(IndexDamaged, match=r"generations/000001.*rag index --rebuild"):
        Index.open(folder)


@pytest.mark.parametrize("name", ["nowhere", "a file", "empty", "odd"])
def test_where_there_is_no_index_that_is_said(name: str, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("text", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd" / "CURRENT").mkdir(parents=True)
    with pytest.raises(IndexMissing, match=r"rag index PATH"):
        Index.open(tmp_path / name)


def test_an_index_with_another_recipe_is_refused_with_what_mends_it(settings: Settings) -> None:
    other = settings.model_copy(update={"passage_tokens": 64, "overlap_tokens": 16})
    with pytest.raises(IndexMismatch, match=r"passage_tokens 160 -> 64.*'rag index'"):
        Engine.open(other)


# Readers and writers


def test_a_half_written_generation_is_ignored_and_then_removed(
    folder: Path, budget: Budget
) -> None:
    before = Index.open(folder)
    draft = folder / "generations" / ".draft-killed"
    shutil.copytree(current(folder), draft)
    (draft / "vectors.faiss").write_bytes(b"half")
    assert Index.open(folder).manifest == before.manifest
    published(folder, {"a.txt": "New."}, budget)
    assert not draft.exists()


def test_a_generation_that_was_never_pointed_to_is_passed_over(
    folder: Path, budget: Budget
) -> None:
    before = Index.open(folder).manifest
    shutil.copytree(current(folder), folder / "generations" / "000002")
    assert Index.open(folder).manifest == before
    assert published(folder, {"a.txt": "New."}, budget).generation == "000003"
    assert list(Index.open(folder).documents) == ["a.txt"]


def test_the_generation_before_the_current_one_is_kept_and_no_older(
    folder: Path, budget: Budget
) -> None:
    for number in range(3):
        published(folder, {"a.txt": f"Text {number}."}, budget)
    kept = sorted(each.name for each in (folder / "generations").iterdir())
    assert kept == ["000003", "000004"]
    assert Index.open(folder).documents["a.txt"].text == "Text 2."


def test_an_open_reader_keeps_answering_while_newer_generations_are_published(
    folder: Path, budget: Budget
) -> None:
    reader = Index.open(folder)
    everything = np.arange(len(reader.passages))

    def state() -> tuple[list[float], list[int], list[str]]:
        terms = reader.lexical.terms("five leaders of the summit")
        return (
            reader.lexical.score(terms, everything).tolist(),
            reader.vectors.search(reader.vectors.vectors(everything)[0], 5).tolist(),
            [passage.text for passage in reader.passages],
        )

    before = state()
    for number in range(2):
        published(folder, {"a.txt": f"Text {number}."}, budget)
    assert not (folder / "generations" / "000001").exists()
    sleep(1)  # tantivy looks for changes of its folder twice a second
    assert state() == before
    assert len(before[2]) > 5


def test_a_read_only_index_can_be_read(pristine: Path, tmp_path: Path) -> None:
    mount = f"mount --bind {pristine} {pristine} && mount -o remount,bind,ro {pristine}"
    if subprocess.run(["unshare", "-rm", "bash", "-c", mount], check=False).returncode:  # noqa: S607
        pytest.skip("this machine lets no one mount a folder read-only")
    reader = "import sys; from pathlib import Path; from rag.index import Index; "
    reader += "index = Index.open(Path(sys.argv[1])); "
    reader += "print(index.lexical.search(index.lexical.terms('on Fridays'), 3))"
    command = f'{mount} && ! touch {pristine}/x && {sys.executable} -c "{reader}" {pristine}'
    ran = subprocess.run(
        ["unshare", "-rm", "bash", "-c", command],  # noqa: S607
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "[0]")
    assert list(tmp_path.iterdir()) == []


# Whoever is killed, a whole generation remains

CRASHING = """
import os, pickle, sys
from pathlib import Path
from rag.index import publish, writing

folder, left = Path(sys.argv[1]), int(sys.argv[2])
content = pickle.load(sys.stdin.buffer)
EVENTS = {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "shutil.rmtree"}

def watch(event, _):
    global left
    left -= event in EVENTS
    if left == 0:
        os._exit(137)  # as a kill would: nothing is flushed, nothing cleaned up

sys.addaudithook(watch)
with writing(folder):
    publish(folder, *content)
print(-left)
"""


@pytest.mark.slow
def test_a_writer_killed_at_any_file_operation_leaves_the_old_or_the_new(
    folder: Path, budget: Budget, tmp_path: Path
) -> None:
    old = published(folder, {"a.txt": "The old text.", "b.txt": "The old text, again."}, budget)
    documents = [parse("a.txt", "The new text."), parse("b.txt", "The new text, again.")]
    passages = [passage for document in documents for passage in chunk(document, budget)]
    content = pickle.dumps((documents, passages, vectors_for(passages), RECIPE))

    def killed_at(operation: int) -> tuple[subprocess.CompletedProcess[bytes], Index]:
        copy = shutil.copytree(folder, tmp_path / f"killed at {operation}")
        command = [sys.executable, "-c", CRASHING, str(copy), str(operation)]
        ran = subprocess.run(command, input=content, capture_output=True, check=False)
        return ran, Index.open(copy)

    unharmed, _ = killed_at(0)
    operations = int(unharmed.stdout)
    assert operations > 30
    seen = []
    for operation in [*range(1, operations, 3), operations]:
        ran, index = killed_at(operation)
        assert ran.returncode == 137
        word = "old" if index.manifest.generation == old.generation else "new"
        texts = [document.text for document in index.documents.values()]
        assert texts == [f"The {word} text.", f"The {word} text, again."]
        seen.append(word)
    assert seen == sorted(seen, reverse=True)  # old until CURRENT turns, new ever after
    assert set(seen) == {"old", "new"}


def start_indexing(source: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "rag", "index", str(source)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def write_version(source: Path, version: int) -> None:
    for number in range(20):
        text = "".join(f"Sentence {n} of version {version}. " for n in range(10))
        (source / f"{number}.txt").write_text(text, encoding="utf-8")


def versions(documents: Mapping[str, Document]) -> Iterator[int]:
    for document in documents.values():
        yield int(document.text.split("version ")[1].split(".")[0])


@pytest.mark.slow
def test_an_indexing_process_killed_at_any_time_leaves_a_whole_generation(
    index_folder: Path, tmp_path: Path, environment: Mapping[str, str]
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    ours = {**environment, "RAG_INDEX": str(index_folder)}
    write_version(source, 0)
    begun = monotonic()
    assert start_indexing(source, ours).wait() == 0
    takes = monotonic() - begun
    moments = random.Random(20261122)  # noqa: S311
    present = 0
    for version in range(1, 9):
        write_version(source, version)
        with start_indexing(source, ours) as process:
            sleep(moments.uniform(0.4, 1.1) * takes)
            process.send_signal(signal.SIGKILL)
        index = Index.open(index_folder)
        (found,) = set(versions(index.documents))
        assert found in {present, version}
        assert len(index.documents) == 20
        present = found
    assert start_indexing(source, ours).wait() == 0
    assert set(versions(Index.open(index_folder).documents)) == {8}


def test_two_writers_at_a_time_take_turns(tmp_path: Path) -> None:
    """The lock is that of the folder, not of the process: it is tried from another process."""
    trying = "import fcntl, sys; fcntl.flock(open(sys.argv[1], 'w'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    command = [sys.executable, "-c", trying, str(tmp_path / ".lock")]
    with writing(tmp_path):
        assert subprocess.run(command, capture_output=True, check=False).returncode != 0
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_every_refusal_is_an_unusable_index() -> None:
    for kind in (IndexDamaged, IndexForeign, IndexMismatch, IndexMissing, IndexNewer):
        assert issubclass(kind, IndexUnusable)

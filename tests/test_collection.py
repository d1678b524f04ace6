"""A collection while it changes: what the next question sees, and what one under way sees."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from rag import engine as engines
from rag.collection import Collection
from rag.documents import parse
from rag.engine import Engine
from rag.errors import (
    CollectionExists,
    CollectionNotFound,
    DocumentNotFound,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
)
from rag.index import Index
from rag.library import Library
from rag.settings import Settings
from rag.types import Answer, Timings

QUESTION = "Who built the lighthouse?"
TEXTS = {
    "lighthouse.txt": "The lighthouse was built in 1872 by Anna Berg. It stands on a rock.",
    "fox.txt": "A fox lives in the wood. It hunts at night.",
    "gold.txt": "Gold was found in the river in 1848. Thousands of people came.",
}


@pytest.fixture(scope="module")
def opened(settings: Settings) -> Collection:
    """Return a collection whose models the others use; they change by what is changed alone."""
    return Collection.open(settings.model_copy(update={"compact_at": 1}))


@pytest.fixture
def collection(opened: Collection, tmp_path: Path) -> Collection:
    made = opened.over(tmp_path / "index", anew=True)
    made.add([parse(*each) for each in TEXTS.items()])
    return made


def asked(engine: Engine) -> Answer:
    """Return the answer, without the time that it took."""
    return replace(engine.ask(QUESTION, min_confidence=0), timings_ms=Timings(0, 0, 0))


def found(engine: Engine, question: str = QUESTION) -> Sequence[str]:
    return [hit.passage.document_id for hit in engine.search(question, top_k=100)]


def quoted(engine: Engine) -> str:
    """Return the sentence that answers, after checking its receipt."""
    citation = asked(engine).citations[0]
    document = engine.document(citation.document_id)
    assert document.text[citation.start : citation.end] == citation.quote
    return citation.sentence_text


# Changes of our own


def test_what_is_added_replaced_and_removed_is_seen_by_the_next_question(
    collection: Collection,
) -> None:
    assert quoted(collection.engine) == "The lighthouse was built in 1872 by Anna Berg."
    changed = "The lighthouse was built in 1901 by Ole Lund."
    report = collection.add([parse("lighthouse.txt", changed), parse("new.txt", "A whale sings.")])
    assert (report.added, report.changed) == (("new.txt",), ("lighthouse.txt",))
    assert quoted(collection.engine) == changed
    assert found(collection.engine, "Which animal sings?")[0] == "new.txt"
    assert collection.remove("lighthouse.txt").removed == ("lighthouse.txt",)
    assert sorted(found(collection.engine)) == ["fox.txt", "gold.txt", "new.txt"]
    with pytest.raises(DocumentNotFound, match="lighthouse"):
        collection.engine.document("lighthouse.txt")
    assert Index.open(collection.folder).identity == collection.engine.index.identity


def test_words_of_what_is_added_and_removed_are_known_and_unknown_at_once(
    collection: Collection,
) -> None:
    question = "Where do narwhals live?"
    assert collection.engine.ask(question).unknown_words == ("narwhals",)
    collection.add([parse("whale.txt", "Narwhals live in the Arctic sea.")])
    assert collection.engine.ask(question).unknown_words == ()
    collection.remove("whale.txt")
    assert "narwhals" in collection.engine.ask(question).unknown_words


def test_a_question_holds_one_generation_throughout(collection: Collection) -> None:
    engine = collection.engine
    before = asked(engine)
    collection.add([parse("lighthouse.txt", "The lighthouse was built by Ole Lund.")])
    collection.remove("gold.txt")
    for number in range(3):  # by now the generation is gone from disk
        collection.add([parse("more.txt", f"The lighthouse was built {number} times.")])
    assert not engine.index.folder.exists()
    assert asked(engine) == before
    assert found(engine) == [hit.passage.document_id for hit in before.passages]
    assert engine.document("gold.txt").text == TEXTS["gold.txt"]
    assert asked(collection.engine) != before


def test_what_changes_nothing_publishes_nothing(collection: Collection) -> None:
    engine = collection.engine
    report = collection.add([parse(*each) for each in TEXTS.items()])
    assert (report.is_new, report.unchanged) == (False, tuple(TEXTS))
    with pytest.raises(DocumentNotFound, match="never"):
        collection.remove("never.txt")
    collection.refresh()
    assert collection.engine is engine


def test_all_can_be_removed_and_added_again(collection: Collection) -> None:
    for name in TEXTS:
        collection.remove(name)
    answer = collection.engine.ask(QUESTION)
    assert (answer.reason, answer.passages) == ("empty_collection", ())
    collection.add([parse(*each) for each in TEXTS.items()])
    assert quoted(collection.engine) == "The lighthouse was built in 1872 by Anna Berg."


def test_changes_from_several_threads_are_all_there(collection: Collection) -> None:
    names = [f"{number}.txt" for number in range(8)]

    def change(name: str) -> bool:
        collection.add([parse(name, f"Number {name} is a number.")])
        seen = found(collection.engine)
        assert name in seen
        assert [hit.passage for hit in asked(collection.engine).passages]
        if name == "3.txt":
            collection.remove(name)
        return name in seen

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(change, names))
    assert {*collection.engine.index.documents} == {*TEXTS, *names} - {"3.txt"}
    assert {*Index.open(collection.folder).documents} == {*TEXTS, *names} - {"3.txt"}


# Changes of others


def test_what_another_published_is_followed_when_looked_for(
    collection: Collection, opened: Collection
) -> None:
    other = opened.over(collection.folder)
    other.add([parse("lighthouse.txt", "The lighthouse was built by Ole Lund.")])
    assert quoted(collection.engine) == "The lighthouse was built in 1872 by Anna Berg."
    collection.refresh()
    assert quoted(collection.engine) == "The lighthouse was built by Ole Lund."
    assert collection.engine.index.identity == other.engine.index.identity


def test_a_collection_that_another_made_again_under_its_name_is_followed(
    collection: Collection,
) -> None:
    ours, theirs = Library(collection), Library(collection)
    here = ours.create("shelf")
    theirs.get("shelf").add([parse("old.txt", "An old book.")])
    here.refresh()
    before = here.engine.index.identity
    theirs.drop("shelf")
    theirs.create("shelf").add([parse("new.txt", "A new book.")])
    assert ours.get("shelf") is here  # it cannot know
    here.refresh()
    assert {*here.engine.index.documents} == {"new.txt"}
    assert here.engine.index.identity.generation == before.generation


def test_what_another_dropped_takes_no_change_and_is_not_made_anew(collection: Collection) -> None:
    ours, theirs = Library(collection), Library(collection)
    here = ours.create("shelf")
    theirs.drop("shelf")
    with pytest.raises(CollectionNotFound, match="was dropped"):
        here.add([parse("new.txt", "A new book.")])
    assert not here.folder.exists()


def test_a_change_is_made_to_what_another_published(
    collection: Collection, opened: Collection
) -> None:
    opened.over(collection.folder).add([parse("other.txt", "A whale sings.")])
    collection.add([parse("ours.txt", "A bird sings.")])
    assert {*collection.engine.index.documents} == {*TEXTS, "other.txt", "ours.txt"}


def test_a_generation_of_another_recipe_leaves_the_one_before_serving(
    collection: Collection, settings: Settings
) -> None:
    before = asked(collection.engine)
    shorter = settings.apart(collection.folder).model_copy(
        update={"passage_tokens": 64, "overlap_tokens": 16}
    )
    engines.indexer(shorter).remake(lambda *_: None)
    with pytest.raises(IndexMismatch, match="passage_tokens 64 -> 160"):
        collection.refresh()
    collection.refresh()  # it is said once
    document = parse("new.txt", "A whale sings.")
    generation = Index.current(collection.folder)
    with pytest.raises(IndexMismatch, match="'rag index --rebuild'"):
        collection.add([document])  # nothing is made anew within a request
    assert Index.current(collection.folder) == generation
    assert asked(collection.engine) == before
    same = shorter.model_copy(update={"passage_tokens": 160, "overlap_tokens": 48})
    assert same == settings.apart(collection.folder)
    engines.indexer(same).remake(lambda *_: None)
    collection.refresh()
    collection.add([document])
    assert {*collection.engine.index.documents} == {*TEXTS, "new.txt"}


def test_a_damaged_generation_leaves_the_one_before_serving(
    collection: Collection, opened: Collection
) -> None:
    before = asked(collection.engine)
    other = opened.over(collection.folder)
    manifest = other.add([parse("new.txt", "A whale sings.")]).manifest
    generation = collection.folder / "generations" / manifest.generation
    damaged = generation / "segments" / manifest.generation / "texts.jsonl"
    kept = damaged.read_bytes()
    damaged.write_bytes(kept.replace(b"whale", b"snail"))
    with pytest.raises(IndexDamaged, match=r"texts\.jsonl"):
        collection.refresh()
    assert asked(collection.engine) == before
    with pytest.raises(IndexDamaged, match=r"texts\.jsonl"):
        collection.add([parse("ours.txt", "A bird sings.")])
    assert asked(collection.engine) == before
    damaged.write_bytes(kept)
    collection.add([parse("ours.txt", "A bird sings.")])
    assert {*collection.engine.index.documents} == {*TEXTS, "new.txt", "ours.txt"}


# Making and dropping


def test_where_there_is_no_index_one_is_made_if_wanted(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ours = settings.apart(tmp_path / "new" / "index")
    with pytest.raises(IndexMissing):
        Collection.open(ours)
    assert not ours.index.parent.exists()
    made = Collection.open(ours, create=True)
    assert f"There was no index in {ours.index}/" in caplog.text
    assert made.engine.ask(QUESTION).reason == "empty_collection"
    made.add([parse(*each) for each in TEXTS.items()])
    again = Collection.open(ours, create=True)
    assert quoted(again.engine) == "The lighthouse was built in 1872 by Anna Berg."


def test_where_none_can_be_made_it_is_missing(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text", encoding="utf-8")
    with pytest.raises(IndexMissing, match="'rag index PATH…'"):
        Collection.open(settings.apart(tmp_path / "file" / "index"), create=True)


def test_an_index_that_lost_its_pointer_is_not_made_anew(
    collection: Collection, settings: Settings
) -> None:
    (collection.folder / "CURRENT").unlink()
    with pytest.raises(IndexDamaged, match="rag doctor --mend"):
        Collection.open(settings.apart(collection.folder), create=True)


def test_a_dropped_collection_takes_no_change_and_does_not_come_back(
    collection: Collection,
) -> None:
    library = Library(collection)
    west = library.create("west")
    west.add([parse(*each) for each in TEXTS.items()])
    library.drop("west")
    with pytest.raises(CollectionNotFound, match="dropped"):
        west.add([parse("a.txt", "A.")])
    with pytest.raises(CollectionNotFound, match="dropped"):
        west.remove("fox.txt")
    assert quoted(west.engine) == "The lighthouse was built in 1872 by Anna Berg."
    assert library.names() == []
    assert list((collection.folder / "collections").iterdir()) == []


def test_a_damaged_collection_is_there_and_not_made_anew(collection: Collection) -> None:
    library = Library(collection)
    library.create("west")
    (collection.folder / "collections" / "west" / "CURRENT").unlink()
    again = Library(collection)
    assert again.names() == ["west"]
    with pytest.raises(IndexDamaged, match="rag doctor --mend"):
        again.get("west")
    with pytest.raises(CollectionExists):
        again.create("west")

"""A published index is read back as it was written, and told apart by its fingerprint."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rag.chunking import Budget, chunk
from rag.documents import parse
from rag.index import Index, Manifest, Recipe, publish, writing
from rag.seams import Floats
from rag.types import Passage

RECIPE = Recipe("any", "0" * 64, 1, "rag16k", 160, 48)

VectorsFor = Callable[[Sequence[Passage]], Floats]
Published = Callable[[Path, Mapping[str, str], Budget], Manifest]


def test_documents_and_passages_come_back_as_they_were(
    tmp_path: Path, budget: Budget, vectors_for: VectorsFor, hard_texts: Mapping[str, str]
) -> None:
    documents = {name: parse(name, text) for name, text in hard_texts.items()}
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


def test_notes_come_back_too(tmp_path: Path, vectors_for: VectorsFor) -> None:
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
    tmp_path_factory: pytest.TempPathFactory,
    budget: Budget,
    published: Published,
    texts: dict[str, str],
) -> None:
    folder = tmp_path_factory.mktemp("any")
    published(folder, texts, budget)
    index = Index.open(folder)
    assert {name: document.text for name, document in index.documents.items()} == texts
    for passage in index.passages:
        assert texts[passage.document_id][passage.start : passage.end] == passage.text


def test_the_fingerprint_tells_content_and_recipe_apart(
    tmp_path: Path, budget: Budget, vectors_for: VectorsFor
) -> None:
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

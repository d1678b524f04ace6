"""ClapNQ: rows made by hand, broken ones, and the published ones where they are."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag.errors import InvalidGold
from rag.evaluation.importers import QuestionSet, clapnq, read_questions
from rag.types import Span

EVAL = Path(__file__).parents[3] / "shared" / "data" / "eval"
with_shared = pytest.mark.skipif(not EVAL.is_dir(), reason="the shared data are not here")


def texts(found: QuestionSet) -> dict[str, tuple[str, str]]:
    return {each.id: (each.title, each.text) for each in found.documents}


def row(key: str, selected: list[list[str]], **changed: Any) -> str:
    sentences = ["Yes .", "They span .", "Yes .", "They dig ."]
    passage = {"title": "Bridges", "text": " ".join(sentences) + " ", "sentences": sentences}
    output = [{"answer": " ".join(each), "selected_sentences": each} for each in selected]
    return json.dumps(
        {"id": key, "input": "what?", "passages": [passage], "output": output, **changed}
    )


def test_clapnq(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    other = {"title": "Tunnels", "text": "Dig .", "sentences": ["Dig ."]}
    rows = (
        row("r1", [["They dig ."], [], ["They span .", "They dig ."]]),
        row("r2", [[]], passages=[other]),
        row("r3", [["Yes ."]]),
    )
    file.write_text("\n".join(rows), encoding="utf-8")
    found = clapnq(file)
    assert texts(found) == {
        "r1/0": ("Bridges", "Yes . They span . Yes . They dig . "),
        "r2/0": ("Tunnels", "Dig ."),
    }
    first, second, third = found.questions
    assert first.answers == ("They span .", "They dig .")
    assert first.spans == (Span(6, 17), Span(24, 34))
    assert (first.id, first.question, first.document_id) == ("r1", "what?", "r1/0")
    assert (second.answers, second.spans, second.is_answerable) == ((), (), False)
    assert (third.document_id, third.spans) == ("r1/0", (Span(0, 5), Span(18, 23)))
    assert found.judgements == {}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row("r1", []), row("r1", [])], "line 2: the id 'r1' stands on an earlier line"),
        ([row("r1", [["They jump ."]])], "line 1: no passage has all selected sentences"),
        ([row("r1", [], output=[{"answer": "a"}])], "line 1: output.0.selected_sentences: "),
        (
            [row("r1", [], output=[{"answer": "a", "selected_sentences": []}])],
            "line 1: an answer has no selected sentences",
        ),
        (
            [row("r1", [["a"]], passages=[{"title": "", "text": "b", "sentences": ["a"]}])],
            "line 1: the sentences do not stand in the text",
        ),
        (["{"], "line 1: the line: "),
    ],
)
def test_broken_clapnq_is_refused(rows: list[str], message: str, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(InvalidGold, match=message):
        clapnq(file)


@with_shared
def test_clapnq_as_published() -> None:
    answerable = read_questions(EVAL / "clapnq-answerable-public.jsonl")
    unanswerable = read_questions(EVAL / "clapnq-unanswerable-public.jsonl")
    assert answerable is not None
    assert unanswerable is not None
    assert (len(answerable.documents), len(answerable.questions)) == (148, 150)
    assert (len(unanswerable.documents), len(unanswerable.questions)) == (150, 150)
    assert sum(len(each.spans) for each in answerable.questions) == 444
    assert not any(each.is_answerable for each in unanswerable.questions)
    by_id = {each.id: each.text for each in answerable.documents}
    for each in answerable.questions:
        assert each.document_id
        places = [by_id[each.document_id][span.start : span.end] for span in each.spans]
        assert tuple(places) == each.answers != ()

"""The files of a run, read back as the programs that they are for read them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from rag.evaluation.report.files import write_whole
from rag.evaluation.report.outputs import (
    write_all,
    write_junit,
    write_results,
    write_run,
    write_timings,
)
from rag.evaluation.run import Evaluation
from rag.evaluation.scoring import Asked

Make = Callable[[Sequence[Asked]], Evaluation]

FILES = ("junit.xml", "report.html", "results.jsonl", "run.trec", "timings.jsonl")


@pytest.fixture(scope="module")
def evaluation(asked: Sequence[Asked], make: Make) -> Evaluation:
    return make(asked)


def json_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n")[:-1]]


def run_lines(file: Path) -> list[list[str]]:
    return [line.split() for line in file.read_text(encoding="utf-8").splitlines()]


def test_results_say_what_each_question_was_given(evaluation: Evaluation, tmp_path: Path) -> None:
    write_results(evaluation, tmp_path)
    right, wrong, withheld, false, refused, failed, *_ = json_lines(tmp_path / "results.jsonl")
    assert right == {
        "id": "q1",
        "question": "When did it open?",
        "type": "when",
        "gold": ["1932"],
        "gold_document": "the bridge/50%.txt",
        "answer": "1932",
        "reason": None,
        "candidate": "1932",
        "confidence": 0.9,
        "right": True,
        "citations": [
            {"document_id": "the bridge/50%.txt", "start": 21, "end": 25, "quote": "1932"}
        ],
        "passages": [evaluation.asked[0].hits[0].passage.id],
        "values": dict(evaluation.scored[0].values),
        "forced": {"em": 1.0, "f1": 1.0},
        "blame": None,
        "error": None,
    }
    assert (wrong["right"], wrong["blame"]) == (False, "reading")
    assert (withheld["answer"], withheld["candidate"]) == (None, "£4 million 🌉")
    assert (withheld["reason"], withheld["right"]) == ("low_confidence", True)
    assert (false["gold"], false["answer"], false["blame"]) == ([], "<script>", "false_answer")
    assert (refused["candidate"], refused["blame"]) == ("", None)
    assert failed["error"] == "RemoteFailure: timed\x00 out"


def test_results_are_lines_of_sorted_keys_in_utf8(evaluation: Evaluation, tmp_path: Path) -> None:
    write_results(evaluation, tmp_path)
    content = (tmp_path / "results.jsonl").read_bytes()
    assert content.count(b"\n") == len(evaluation.asked)
    assert "£4 million 🌉".encode() in content
    assert all(list(row) == sorted(row) for row in json_lines(tmp_path / "results.jsonl"))
    assert json_lines(tmp_path / "results.jsonl")[6]["question"] == "\ud800?"


def test_timings_stand_apart(evaluation: Evaluation, tmp_path: Path) -> None:
    write_timings(evaluation, tmp_path)
    rows = json_lines(tmp_path / "timings.jsonl")
    assert rows[0] == {"id": "q1", "latency_ms": {"read": 18.0, "retrieve": 2.0, "total": 19.0}}
    assert rows[5] == {"id": "q 6%", "latency_ms": {}}
    write_results(evaluation, tmp_path)
    assert "latency" not in (tmp_path / "results.jsonl").read_text(encoding="utf-8")


def test_run_ranks_the_passages_that_gold_lies_in(evaluation: Evaluation, tmp_path: Path) -> None:
    write_run(evaluation, tmp_path)
    rows = run_lines(tmp_path / "run.trec")
    assert [row[0] for row in rows] == ["q1", "q2", "q3", "q4", "q5", "q8"]  # the failed have none
    passage = evaluation.asked[0].hits[0].passage
    assert rows[0][1:2] + rows[0][3:5] == ["Q0", "1", "1.5"]
    assert unquote(rows[0][2]) == passage.id
    assert rows[0][2].startswith("the%20bridge/50%25.txt@")
    assert unquote(rows[0][5]) == evaluation.name


def test_run_ranks_documents_where_documents_are_judged(
    ranking_only: Evaluation, tmp_path: Path
) -> None:
    hit = ranking_only.asked[0].hits[0]
    other = replace(hit, passage=replace(hit.passage, document_id="b\u2003c\x07"), score=0.25)
    one = replace(ranking_only.asked[5], hits=(hit, hit, other))
    write_run(replace(ranking_only, name="x", asked=(one,)), tmp_path)
    assert run_lines(tmp_path / "run.trec") == [
        ["q%206%25", "Q0", "the%20bridge/50%25.txt", "1", "1.5", "x"],
        ["q%206%25", "Q0", "b%E2%80%83c%07", "2", "0.25", "x"],
    ]


def test_junit_has_a_case_for_each_question(evaluation: Evaluation, tmp_path: Path) -> None:
    write_junit(evaluation, tmp_path)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()  # noqa: S314  # our own file
    suite = root[0]
    counts = {"tests": "8", "failures": "4", "errors": "2"}
    assert (root.tag, root.attrib) == ("testsuites", counts)
    assert (suite.tag, suite.attrib) == ("testsuite", {"name": "bridges & <more>", **counts})
    outcomes = {case.attrib["name"]: [each.tag for each in case] for case in suite}
    assert outcomes == {
        "q1": [], "q2": ["failure"], "q3": ["failure"], "q4": ["failure"], "q5": [],
        "q 6%": ["error"], "q7": ["error"], "q8": ["failure"],
    }  # fmt: skip
    assert all(set(case.attrib) == {"classname", "name"} for case in suite)


def test_junit_says_why(evaluation: Evaluation, tmp_path: Path) -> None:
    write_junit(evaluation, tmp_path)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()  # noqa: S314  # our own file
    cases = {case.attrib["name"]: case for case in root[0]}
    assert cases["q1"].attrib["classname"] == "when"
    missed = cases["q2"][0]
    assert missed.attrib == {
        "type": "reading",
        "message": "wrong answer: 'opened', not '£4 million'",
    }
    assert missed.text == (
        "question: What is <b>the cost</b>?\ngold: £4 million\ncandidate: opened\n"
        "confidence: 0.800\ndocument: the bridge/50%.txt"
    )
    assert cases["q4"][0].attrib == {
        "type": "false_answer",
        "message": "false answer: '<script>', there is no answer",
    }
    assert cases["q 6%"][0].attrib == {
        "type": "RemoteFailure",
        "message": "RemoteFailure: timed out",  # less the NUL
    }
    assert cases["q 6%"][0].text == "question: Opened?"
    assert cases["q7"][0].text == "question: ?"  # less the lone surrogate


def test_junit_of_a_ranking_has_no_failure(ranking_only: Evaluation, tmp_path: Path) -> None:
    write_junit(ranking_only, tmp_path)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()  # noqa: S314  # our own file
    assert root.attrib == {"tests": "8", "failures": "0", "errors": "0"}


def test_all_files_repeat_but_for_the_timings(evaluation: Evaluation, tmp_path: Path) -> None:
    later = replace(
        evaluation,
        seconds=9.0,
        scored=tuple(replace(each, latency_ms={"total": 5.0}) for each in evaluation.scored),
    )
    write_all(evaluation, None, tmp_path / "a" / "b")
    write_all(evaluation, None, tmp_path / "same")
    write_all(later, None, tmp_path / "later")
    assert tuple(sorted(each.name for each in (tmp_path / "a" / "b").iterdir())) == FILES
    first, same, slower = (
        {name: (tmp_path / folder / name).read_bytes() for name in FILES}
        for folder in ("a/b", "same", "later")
    )
    assert first == same
    assert [name for name in FILES if first[name] != slower[name]] == [
        "report.html", "timings.jsonl",
    ]  # fmt: skip


def test_nothing_asked_writes_files_all_the_same(make: Make, tmp_path: Path) -> None:
    write_all(make([]), None, tmp_path)
    assert [(tmp_path / name).stat().st_size == 0 for name in FILES] == [
        *(False, False, True, True, True)
    ]


def test_a_file_appears_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "new" / "x.txt"
    write_whole(file, "before\r\n")

    def fail(_self: Path, _target: Path) -> Path:
        raise OSError

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match=r"^$"):
        write_whole(file, "after")
    monkeypatch.undo()
    assert file.read_bytes() == b"before\r\n"
    write_whole(file, "after \ud800")
    assert file.read_bytes() == rb"after \ud800"
    assert [each.name for each in file.parent.iterdir()] == ["x.txt"]

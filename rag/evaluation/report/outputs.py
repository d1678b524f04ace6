"""Evaluation -> files that other programs read: JSON Lines, a TREC run, JUnit XML."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from rag.evaluation.compare import Comparison
from rag.evaluation.report.files import write_whole
from rag.evaluation.report.misses import Miss, worst_misses
from rag.evaluation.report.page import write_report
from rag.evaluation.run import Evaluation
from rag.evaluation.scoring import Asked, Scored
from rag.types import Citation

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold."""


def write_all(evaluation: Evaluation, comparison: Comparison | None, folder: Path) -> None:
    """Write every file of a run into a folder; all but the timings repeat byte for byte."""
    write_results(evaluation, folder)
    write_timings(evaluation, folder)
    write_run(evaluation, folder)
    write_junit(evaluation, folder)
    write_report(evaluation, comparison, folder)


def write_results(evaluation: Evaluation, folder: Path) -> None:
    """Write ``results.jsonl``: what each question was given and how it scored, without timings."""
    rows = (
        _result(asked, scored, evaluation.blames.get(scored.id))
        for asked, scored in zip(evaluation.asked, evaluation.scored, strict=True)
    )
    _write_rows(folder / "results.jsonl", rows)


def write_timings(evaluation: Evaluation, folder: Path) -> None:
    """Write ``timings.jsonl``: the milliseconds of each question by stage."""
    rows = ({"id": each.id, "latency_ms": dict(each.latency_ms)} for each in evaluation.scored)
    _write_rows(folder / "timings.jsonl", rows)


def write_run(evaluation: Evaluation, folder: Path) -> None:
    """Write ``run.trec``: question, Q0, what was ranked, rank, score, name of the evaluation.

    Passages are ranked if the gold has places in them, else documents, by their best passage.
    White space and other unprintable characters of ids are percent-encoded, and so is "%".
    """
    by_passage = any(asked.gold.spans for asked in evaluation.asked)
    tag = _word(evaluation.name)
    lines = []
    for asked in evaluation.asked:
        for rank, (key, score) in enumerate(_ranked(asked, by_passage=by_passage), start=1):
            lines.append(f"{_word(asked.gold.id)} Q0 {_word(key)} {rank} {score!r} {tag}\n")
    write_whole(folder / "run.trec", "".join(lines))


def write_junit(evaluation: Evaluation, folder: Path) -> None:
    """Write ``junit.xml``: a test case for each question, failed if missed, by the stage to blame.

    Source: the schema of Jenkins' xUnit plugin; without times, so that it repeats.
    """
    missed = {miss.id: miss for miss in worst_misses(evaluation)}
    errors = sum(each.error is not None for each in evaluation.scored)
    counts = {
        "tests": str(len(evaluation.scored)),
        "failures": str(len(missed)),
        "errors": str(errors),
    }
    suites = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": _xml(evaluation.name), **counts})
    for each in evaluation.scored:
        names = {"classname": _xml(each.type), "name": _xml(each.id)}
        case = ElementTree.SubElement(suite, "testcase", names)
        _add_outcome(case, each, missed.get(each.id))
    ElementTree.indent(suites)
    content = ElementTree.tostring(suites, encoding="unicode")
    write_whole(folder / "junit.xml", f'<?xml version="1.0" encoding="UTF-8"?>\n{content}\n')


def _result(asked: Asked, scored: Scored, blame: str | None) -> dict[str, Any]:
    gold, answer = asked.gold, asked.answer
    return {
        "id": gold.id,
        "question": gold.question,
        "type": scored.type,
        "gold": list(gold.answers),
        "gold_document": gold.document_id,
        "answer": answer.answer if answer else None,
        "reason": answer.reason if answer else None,
        "candidate": scored.best,
        "confidence": scored.confidence,
        "right": scored.right,
        "citations": [_place(citation) for citation in (answer.citations if answer else ())],
        "passages": [hit.passage.id for hit in (answer.passages if answer else ())],
        "values": dict(scored.values),
        "forced": dict(scored.forced),
        "blame": blame,
        "error": scored.error,
    } | ({"resolved_question": answer.resolved_question} if answer and gold.history else {})


def _place(citation: Citation) -> dict[str, Any]:
    return {
        "document_id": citation.document_id,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }


def _write_rows(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    written = (
        json.dumps(row, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n" for row in rows
    )
    write_whole(file, "".join(written))


def _ranked(asked: Asked, *, by_passage: bool) -> list[tuple[str, float]]:
    ranked: dict[str, float] = {}
    for hit in asked.hits:
        ranked.setdefault(hit.passage.id if by_passage else hit.passage.document_id, hit.score)
    return list(ranked.items())


def _word(name: str) -> str:
    """Return a name as one word that ``urllib.parse.unquote`` turns back."""
    return "".join(
        each if each.isprintable() and each not in " %" else quote(each, errors="backslashreplace")
        for each in name
    )


def _add_outcome(case: ElementTree.Element, scored: Scored, miss: Miss | None) -> None:
    if scored.error is not None:
        kind = scored.error.partition(":")[0]
        error = {"type": _xml(kind), "message": _xml(scored.error)}
        ElementTree.SubElement(case, "error", error).text = _xml(f"question: {scored.question}")
    elif miss is not None:
        failure = {"type": _xml(miss.blame), "message": _xml(_message(miss))}
        ElementTree.SubElement(case, "failure", failure).text = _xml(_details(miss))


def _message(miss: Miss) -> str:
    wanted = f"not {miss.gold[0]!r}" if miss.gold else "there is no answer"
    return f"{miss.kind}: {miss.candidate!r}, {wanted}"


def _details(miss: Miss) -> str:
    return "\n".join(
        (
            f"question: {miss.question}",
            *(f"gold: {answer}" for answer in miss.gold),
            f"candidate: {miss.candidate}",
            f"confidence: {miss.confidence:.3f}",
            f"document: {miss.document}",
        )
    )


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)

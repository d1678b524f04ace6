"""``rag eval`` as a person or CI runs it: figures, files, gates and refusals."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from eval.conversations import compose

ROOT = Path(__file__).parents[2]
GOLD = ROOT / "eval/gold/article.jsonl"
SHARED = ROOT.parent / "shared" / "data" / "eval"

pytestmark = pytest.mark.slow


def evaluate(
    environment: Mapping[str, str], folder: Path, *arguments: str | Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rag", "eval", *map(str, arguments)],
        env={**environment, "COLUMNS": "120"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_article_holds_its_baseline(environment: Mapping[str, str], tmp_path: Path) -> None:
    baseline = ROOT / "eval/baselines/article-test.json"
    limits = "citation_exactness=1,hit@5=1"
    gates = ("--baseline", baseline, "--fail-under", limits)
    ran = evaluate(environment, tmp_path, GOLD, "--split", "test", *gates)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "hit@5" in ran.stdout


def test_follow_ups_hold_their_baseline(environment: Mapping[str, str], tmp_path: Path) -> None:
    gold = ROOT / "eval/gold/article-conversations.jsonl"
    baseline = ROOT / "eval/baselines/article-conversations-test.json"
    gates = ("--baseline", baseline, "--fail-under", "citation_exactness=1,as_resolved=0.85")
    ran = evaluate(environment, tmp_path, gold, "--split", "test", *gates)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "alone_as_resolved" in ran.stdout


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public sets are not beside the checkout")
def test_follow_ups_about_other_texts_hold_their_baseline(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    compose(SHARED.parent, tmp_path)
    baseline = ROOT / "eval/baselines/conversations-test.json"
    chosen = ("--split", "test", "--collection", tmp_path / "documents")
    gates = ("--baseline", baseline, "--fail-under", "citation_exactness=1,as_resolved=0.8")
    ran = evaluate(environment, tmp_path, tmp_path / "gold.jsonl", *chosen, *gates)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public sets are not beside the checkout")
def test_the_fixed_slice_of_squad2_holds_its_baseline(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    baseline = ROOT / "eval/baselines/squad2-public-300.json"
    narrowed = ("--limit", "300", "--baseline", baseline, "--fail-under", "citation_exactness=1")
    ran = evaluate(environment, tmp_path, SHARED / "squad2-public.json", *narrowed)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_gate_that_is_missed_exits_1_and_says_which(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    ran = evaluate(environment, tmp_path, GOLD, "--limit", "30", "--fail-under", "has_ans_em=0.99")
    assert ran.returncode == 1
    assert "gate: has_ans_em is" in ran.stderr


def test_equal_runs_write_equal_bytes_in_process_and_over_http(
    environment: Mapping[str, str], server: httpx.Client, tmp_path: Path
) -> None:
    common = (GOLD, "--limit", "8", "--seed", "3")
    for name, more in {"a": (), "b": (), "url": ("--url", str(server.base_url))}.items():
        ran = evaluate(environment, tmp_path, *common, *more, "--report", tmp_path / name)
        assert ran.returncode == 0, ran.stderr
    for file in ("results.jsonl", "run.trec", "junit.xml"):
        first = (tmp_path / "a" / file).read_bytes()
        assert first == (tmp_path / "b" / file).read_bytes()
    for here, there in zip(
        (tmp_path / "a/results.jsonl").read_text(encoding="utf-8").splitlines(),
        (tmp_path / "url/results.jsonl").read_text(encoding="utf-8").splitlines(),
        strict=True,
    ):
        assert json.loads(here)["values"] == json.loads(there)["values"]


def test_a_set_without_answerable_or_unanswerable_questions_has_defined_figures(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    for name, kept in {
        "unanswerable": [row for row in rows if not row["answers"]][:4],
        "answerable": [row for row in rows if row["answers"]][:4],
    }.items():
        file = tmp_path / f"{name}.jsonl"
        file.write_text("\n".join(map(json.dumps, kept)), encoding="utf-8")
        ran = evaluate(environment, tmp_path, file, "--report", tmp_path / name)
        assert ran.returncode == 0, ran.stderr
        assert not re.search(r"\bnan\b", ran.stdout, re.IGNORECASE)
        for line in (tmp_path / name / "results.jsonl").read_text(encoding="utf-8").splitlines():
            json.loads(line, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no question"),
        ('{"id": "1", "question": "Who?", "answers": []}\n{broken', "line 2"),
        ('{"id": "1", "question": "Who?", "answers": [], "document_id": "x.txt"}', "'x.txt'"),
    ],
)
def test_bad_gold_is_refused_with_its_line(
    environment: Mapping[str, str], tmp_path: Path, content: str, said: str
) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text(content, encoding="utf-8")
    ran = evaluate(environment, tmp_path, file)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_unreachable_server_is_named(environment: Mapping[str, str], tmp_path: Path) -> None:
    ran = evaluate(environment, tmp_path, GOLD, "--url", "http://127.0.0.1:9")
    assert ran.returncode == 2
    assert "No ready server at http://127.0.0.1:9" in ran.stderr

"""The benchmarks run: a little of each, with what is here."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rag.types import Document

ROOT = Path(__file__).parent.parent
GOLD = ROOT / "eval" / "gold" / "article.jsonl"
CONDITIONS = {"date", "machine", "load", "load_after", "versions"}

Run = Callable[..., str]


@pytest.fixture
def run(environment: Mapping[str, str]) -> Run:
    """Return a function that runs a benchmark with the models at hand, and gives its output."""
    here = {name: value for name, value in environment.items() if name != "RAG_INDEX"}

    def start(name: str, *arguments: str) -> str:
        command = [sys.executable, "-m", f"eval.benchmarks.{name}", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=here, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return start


@pytest.fixture
def squad(article: Document, tmp_path: Path) -> Path:
    """Return a question set in SQuAD's format: the article's questions that it answers."""
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    asked = [
        {
            "id": row["id"],
            "question": row["question"],
            "answers": [
                {"text": article.text[each["start"] : each["end"]], "answer_start": each["start"]}
                for each in row["spans"]
            ],
        }
        for row in rows
        if row.get("spans")
    ]
    paragraph = {"context": article.text, "qas": asked}
    file = tmp_path / "article.json"
    content = {"data": [{"title": "article", "paragraphs": [paragraph]}]}
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


@pytest.mark.slow  # it starts a server, and a system that fails
def test_peers_measures_what_works_and_tells_what_does_not(
    run: Run, squad: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "no-checkpoint"
    empty.mkdir()
    shown = run(
        *("peers", str(squad), "--quick", "--threads", "1"),
        *("--systems", "rag", "--systems", "rag fp32", "--checkpoint", str(empty)),
        *("--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")),
    )
    result = json.loads((tmp_path / "out" / "peers.json").read_text(encoding="utf-8"))
    assert result.keys() >= CONDITIONS
    ours, broken = result["systems"]["rag"], result["systems"]["rag fp32"]
    assert ours["failures"] == []
    assert (ours["hit@5"], ours["exact_offsets"]) == (1.0, "yes")
    assert ours["over_first"]["hit@5"] == [0.0, 0.0, 0.0]
    assert ours["f1_answerable"] > 0.3
    timed = ("start_s", "index_passages_per_s", "ask_p50_ms", "retrieve_p50_ms")
    assert all(ours[name] > 0 for name in (*timed, "requests_per_s_1", "requests_per_s_16"))
    assert ours["ask_p50_ms"] > ours["retrieve_p50_ms"]
    assert "ModelNotFound" in broken["failures"][0]
    assert "ask_p50_ms" not in broken
    assert "| ask p50, ms |" in shown
    assert (tmp_path / "out" / "peers.md").read_text(encoding="utf-8") in shown
    assert "ask p50, ms" in (tmp_path / "out" / "peers.svg").read_text(encoding="utf-8")


@pytest.mark.slow  # it starts servers
def test_serving_measures_each_number_of_workers(run: Run, tmp_path: Path) -> None:
    shown = run("serving", "--quick", "--out", str(tmp_path))
    result = json.loads((tmp_path / "serving.json").read_text(encoding="utf-8"))
    assert [each["workers"] for each in result["servers"]] == [1, 2]
    for server in result["servers"]:
        assert len(server["memory"]) == server["workers"]
        assert all(each["rss_mb"] >= each["pss_mb"] > 0 for each in server["memory"])
        for load in server["loads"]:
            assert load["per_s"] > 0
            assert load["cpu_ms"] > 0
            assert load["ms"]["longest"] >= load["ms"]["p50"] > 0
    assert "| 2 | 2 |" in shown


def test_limit_counts_the_operations_of_a_window_and_their_share(run: Run, tmp_path: Path) -> None:
    shown = run("limit", "--quick", "--out", str(tmp_path))
    result = json.loads((tmp_path / "limit.json").read_text(encoding="utf-8"))
    assert result.keys() >= CONDITIONS
    operations = 2 * 6 * (32 * (4 * 384**2 + 2 * 384 * 1536) + 2 * 32**2 * 384)
    for name, kind in (("encoder", "fp32"), ("reader", "int8")):
        model = result["models"][name]
        assert model["kind"] == kind
        for cell in model["cells"]:
            assert cell["gops"] * cell["ms"] * 1e6 == pytest.approx(operations, rel=0.05)
            limit = result["limit_gops"][kind][str(cell["threads"])]
            assert cell["share"] == pytest.approx(cell["gops"] / limit, abs=0.001)
    assert "| fp32 |" in shown
    assert "reader, int8" in (tmp_path / "limit.svg").read_text(encoding="utf-8")

"""The benchmark of scale runs, measures what it says, and its collection is what it says."""

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from eval.benchmarks.scale import PHASES
from eval.benchmarks.scale_report import write_report
from eval.benchmarks.synthetic import DIMENSION, WORDS, Collection
from rag.index import Index, check

ROOT = Path(__file__).parent.parent.parent
SIZE = 500


def test_the_collection_is_the_same_however_it_is_asked_for() -> None:
    whole, parts = Collection().addition(0, 48), Collection()
    np.testing.assert_array_equal(whole.vectors[20:28], parts.vectors(20, 8))
    assert [each for n in (0, 24) for each in parts.addition(n, 24).entries] == whole.entries
    assert (Collection(seed=1).vectors(0, 8) != whole.vectors[:8]).all()


def test_its_passages_are_those_of_their_documents() -> None:
    addition = Collection().addition(0, 10)
    assert [len(passages) for _, passages in addition.entries] == [4, 4, 2]
    for document, passages in addition.entries:
        for passage in passages:
            assert document.text[passage.start : passage.end] == passage.text
            assert len(passage.text.split()) == WORDS
            said = " ".join(document.text[s.start : s.end] for s in passage.sentences)
            assert said == passage.text


def test_its_vectors_are_units_in_clusters() -> None:
    vectors = Collection().vectors(0, 1600)
    assert vectors.shape == (1600, DIMENSION)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    cosines = vectors @ vectors.T
    pairs = cosines[np.triu_indices(1600, 1)]
    assert (round(float(pairs.mean()), 2), round(float(pairs.std()), 2)) == (0.09, 0.14)
    np.fill_diagonal(cosines, -1)
    ranked = np.sort(cosines, axis=1)[:, ::-1]
    assert [round(float(np.median(ranked[:, place])), 2) for place in (0, 9)] == [0.71, 0.44]


def test_what_is_measured_is_true_of_the_index(tmp_path: Path) -> None:
    given = Namespace(sizes=[SIZE], folders=[tmp_path / "index"], questions=20)
    built = PHASES["build"](given)
    index = Index.open(tmp_path / "index")
    assert (len(index.passages), built["segments"], built["grown"][-1][0]) == (SIZE, 1, SIZE)
    assert built["disk_mb"]["vectors"] * 1e6 == pytest.approx(SIZE * DIMENSION * 4, abs=100)
    assert 100 < built["build_peak_mb"] < 2000
    assert sum(built["stages_cpu_ms_per_passage"].values()) * SIZE / 1e3 == pytest.approx(
        built["build_cpu_s"]
    )
    found = PHASES["search"](given)[str(SIZE)]
    assert found["recall_at_10"] == 1
    assert found["search_ms"].keys() == {"dense", "lexical", "fused"}
    added = PHASES["add"](given)["add_ms"]
    assert added["p50"] <= added["p95"] <= added["longest"]
    assert len(Index.open(tmp_path / "index").passages) == SIZE + added["n"]
    assert check(tmp_path / "index").faults == ()
    served = {"serve_peak_mb": 1.0, "ready_s": 1.0, "open_s": 1.0, "add_ms": added}
    told = {"date": "today", "machine": "any", "load": 0.5, "encoder": PHASES["encode"](given)}
    write_report({**told, "sizes": {SIZE: {**built, **found, **served}}}, tmp_path)
    assert json.loads((tmp_path / "scale.json").read_text())["sizes"][str(SIZE)]["segments"] == 1
    assert "| recall of the 10 nearest | 1.000 |" in (tmp_path / "scale.md").read_text()
    assert (tmp_path / "scale.svg").read_text().startswith("<?xml")


@pytest.mark.slow
def test_all_of_it_runs_as_its_help_says(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "eval.benchmarks.scale", "--sizes", "300", "500"]
    command += ["--questions", "20", "--out", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    told = json.loads((tmp_path / "scale.json").read_text())
    assert list(told["sizes"]) == ["300", "500"]
    assert told.keys() >= {"date", "machine", "load", "versions"}
    assert all(100 < each["serve_peak_mb"] < 4000 for each in told["sizes"].values())
    assert told["encoder"]["encoding_ms"] > 0

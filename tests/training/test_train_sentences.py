"""The sentence reader and its confidence are fitted from question files, end to end."""

import json
import math
from pathlib import Path

import pytest

from rag.settings import Settings
from rag.training.sentences import Sources, fit

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "train"


def first_articles(source: Path, paragraphs: int, file: Path) -> Path:
    """Write a small SQuAD file: the first paragraphs of one that is at hand."""
    articles = json.loads(source.read_text(encoding="utf-8"))["data"][:1]
    articles[0]["paragraphs"] = articles[0]["paragraphs"][:paragraphs]
    file.write_text(json.dumps({"data": articles}), encoding="utf-8")
    return file


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="the training sets are not beside the checkout")
def test_a_small_fit_gives_usable_weights_and_says_what_they_are_from(
    settings: Settings, tmp_path: Path
) -> None:
    sources = Sources(
        reader=first_articles(DATA / "squad-part.json", 8, tmp_path / "reader.json"),
        calibration=first_articles(DATA / "squad2-part.json", 8, tmp_path / "calibration.json"),
        gold=ROOT / "eval/gold/article.jsonl",
        documents=ROOT / "seeds",
    )
    share = fit(settings, sources, tmp_path, lambda *_: None)
    reader = json.loads((tmp_path / "sentences.json").read_text(encoding="utf-8"))
    calibration = json.loads((tmp_path / "calibration.json").read_text(encoding="utf-8"))
    assert 0.3 < share <= 1
    assert reader["weights"]["alignment"] > 0
    assert all(math.isfinite(weight) for weight in reader["weights"].values())
    assert calibration["score"] > 0
    assert 0 < calibration["threshold"] < 1
    assert reader["fitted_on"].startswith("reader.json, ")
    assert calibration["threshold_chosen_on"] == "article.jsonl, development half, 60 questions"

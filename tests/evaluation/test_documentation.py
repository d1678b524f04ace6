"""docs/evaluation.md says what the code says."""

import runpy
from pathlib import Path

from rag.evaluation.compare import GATED
from rag.evaluation.definitions import DEFINITIONS, documentation

PAGE = Path(__file__).parents[2] / "docs" / "evaluation.md"


def test_the_page_defines_every_measure_as_the_report_does() -> None:
    assert documentation() in PAGE.read_text(encoding="utf-8"), (
        "docs/evaluation.md is out of date: replace its table of measures by the output of "
        "python -c 'from rag.evaluation.definitions import documentation; print(documentation())'"
    )


def test_the_page_names_every_gated_measure() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in GATED)
    assert set(GATED) <= set(DEFINITIONS)


def test_the_page_shows_the_figures_of_the_baselines() -> None:
    suite = runpy.run_path(str(PAGE.parents[1] / "eval" / "suite.py"))
    assert suite["baselines"](Path("data")) in PAGE.read_text(encoding="utf-8"), (
        "docs/evaluation.md is out of date: replace its table of figures by the output of "
        "python -m eval.suite data --show"
    )

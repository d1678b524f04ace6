"""The figures in the documentation are those that the benchmarks left."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("name", ["peers", "limit", "serving", "scale"])
def test_what_was_measured_stands_in_the_documentation(name: str) -> None:
    measured = (ROOT / "eval" / "benchmarks" / f"{name}.md").read_text(encoding="utf-8")
    told = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in measured.splitlines() if line.startswith("|")]
    assert rows
    assert [row for row in rows if row not in told] == []

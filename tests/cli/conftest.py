"""What tests of the command line share: a way to run ``rag`` as a real process."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Rag = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def rag(environment: Mapping[str, str], tmp_path: Path) -> Rag:
    """Return a function that runs ``rag`` in an empty folder, as a pipe or a script would."""

    def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            [sys.executable, "-m", "rag", *map(str, arguments)],
            env={**environment, "COLUMNS": "1000", **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in ran.stderr
        assert "Warning" not in ran.stderr
        return ran

    return run

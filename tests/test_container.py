"""What Dockerfile and compose.yaml rest on is there: files, settings, a route and a command."""

import re
from pathlib import Path

from click.testing import CliRunner

from rag.cli import main
from rag.server.app import create_app
from rag.settings import Settings

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


def test_what_is_copied_is_there_and_not_left_out_of_the_context() -> None:
    ignoring = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if line.startswith("COPY")]
    for name in (name for names in copied for name in names):
        assert (ROOT / name).exists()
        assert f"!{name}" in ignoring
    assert ignoring[0] == "*"


def test_torch_is_pinned_as_everywhere() -> None:
    (pinned,) = re.findall(r"pip install .*(torch==\S+)", DOCKERFILE)
    assert pinned in (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    assert pinned in (ROOT / "Makefile").read_text(encoding="utf-8").split()


def test_its_variables_are_settings() -> None:
    (line,) = re.findall(r"^ENV (.+)$", DOCKERFILE, re.MULTILINE)
    given = dict(each.split("=") for each in line.split())
    names = {name: name.removeprefix("RAG_").lower() for name in given}
    settings = Settings.model_validate({names[name]: value for name, value in given.items()})
    assert settings.index == Path("/data/index")
    assert set(names.values()) <= set(Settings.model_fields)


def test_its_extras_probe_and_commands_are_there() -> None:
    (extras,) = re.findall(r"'\.\[(.+)\]'", DOCKERFILE)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f"\n{extra} = [" in project for extra in extras.split(","))
    (probe,) = re.findall(r"http://127\.0\.0\.1:8000(/\w+)", DOCKERFILE)
    assert probe in create_app(lambda: None).openapi()["paths"]  # type: ignore[arg-type, return-value]
    for command in set(re.findall(r"\brag (serve|index)\b", DOCKERFILE + COMPOSE)):
        assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0

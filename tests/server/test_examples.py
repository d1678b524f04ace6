"""The examples do what they say, against a real server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PRESS = "Who is the press secretary of Japan’s Foreign Ministry?"

Ask = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.slow


def printed(command: list[str], environment: Mapping[str, str], folder: Path = EXAMPLES) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def built(node: Path) -> Path:
    """Compile the Next.js example, types and all, beside the packages that it needs."""
    source = node / "nextjs"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(EXAMPLES / "nextjs", source, ignore=shutil.ignore_patterns("node_modules"))
    compiler = str(node / "node_modules" / ".bin" / "tsc")
    options = ["--noEmit", "false", "--incremental", "false", "--rootDir", str(source)]
    printed([compiler, "-p", str(source), *options, "--outDir", str(node / "built")], os.environ)
    return node / "built"


@pytest.mark.parametrize("name", ["openai_chat.py", "langchain_chat.py"])
def test_the_python_clients_print_answer_and_source(
    name: str, server: httpx.Client, environment: Mapping[str, str], ask: Ask
) -> None:
    address = str(server.base_url).rstrip("/")
    output = printed([sys.executable, name, PRESS, address], environment)
    (citation,) = ask(PRESS)["citations"]
    assert output.startswith(f"{citation['quote']}\n\n1. [")
    *_, last = output.splitlines()
    place = f"article.txt[{citation['start']}:{citation['end']}] == '{citation['quote']}'"
    assert place in last or last.endswith(f"{address}{citation['href']}")


def test_the_node_client_prints_answer_and_place(
    server: httpx.Client, node: Path, ask: Ask
) -> None:
    shutil.copy(EXAMPLES / "openai_chat.mjs", node)
    address = str(server.base_url).rstrip("/")
    output = printed(["node", "openai_chat.mjs", PRESS, address], os.environ, node)
    (citation,) = ask(PRESS)["citations"]
    assert output.startswith(f"{citation['quote']}\n\n1. [")
    assert f"article.txt[{citation['start']}:{citation['end']}] ==" in output


def test_the_nextjs_page_and_its_route_speak_to_the_service(
    server: httpx.Client, node: Path, ask: Ask
) -> None:
    assert (built(node) / "app" / "page.js").exists()
    told = {**os.environ, "RAG_URL": str(server.base_url).rstrip("/")}
    message = json.loads(printed(["node", "through_route.mjs", PRESS], told, node))
    assert message["parts"][0]["text"] == ask(PRESS)["answer"]
    assert {part["type"] for part in message["parts"]} >= {"source-url", "data-citations"}


def test_the_nextjs_example_names_the_packages_that_are_tested() -> None:
    wanted = json.loads((EXAMPLES / "nextjs" / "package.json").read_text())
    tested = json.loads((Path(__file__).parent / "node" / "package.json").read_text())
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        if name in tested["dependencies"]:
            major = tested["dependencies"][name].partition(".")[0]
            assert version.startswith(f"^{major}."), name

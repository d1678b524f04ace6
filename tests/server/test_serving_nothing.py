"""A server that is started where there is no index serves an empty collection, and says so."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx


def test_it_begins_empty_and_answers_from_what_is_added(
    index_folder: Path, environment: Mapping[str, str]
) -> None:
    command = [sys.executable, "-m", "rag", "serve", "--port", "0", "--index", str(index_folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        address = next(word for word in process.stdout.readline().split() if "://" in word)
        assert f"There was no index in {index_folder}/" in process.stderr.readline()
        with httpx.Client(base_url=address, timeout=60) as client:
            asked = {"question": "Who built the lighthouse?", "min_confidence": 0}
            assert client.post("/v1/ask", json=asked).json()["reason"] == "empty_collection"
            assert client.get("/v1/documents").json()["total"] == 0
            assert client.get("/").status_code == 200
            text = "The lighthouse was built in 1872 by Anna Berg."
            added = {"documents": [{"id": "light.txt", "text": text}]}
            assert client.post("/v1/documents", json=added).status_code == 201
            assert "Anna Berg" in client.post("/v1/ask", json=asked).json()["answer"]
        process.terminate()
        process.stdout.close()
        process.stderr.close()

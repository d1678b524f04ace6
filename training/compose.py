"""Composes the questions written for this project: SQuAD JSON to train and evaluate on.

    python -m training.compose ../shared/data --out index/training/written

`training/questions.jsonl` holds a passage a line: the questions, and where in the passage their
answers stand. Passages written for this project are in it; those of public sets are named by file
and SHA-256, and read from DATA. They were written, and learned from, in turns: "train-1" to
"train-6". A tenth of the passages, drawn by their text, is "test", which no reader has learned
from.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

QUESTIONS = Path(__file__).parent / "questions.jsonl"

Row = dict[str, Any]


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
def main(data: Path, out: Path) -> None:
    """Write train-1.json and so on and test.json, with the texts below DATA."""
    for split, questions in compose(data, out).items():
        click.echo(f"{questions} questions in {out}/{split}.json")


def compose(data: Path, out: Path) -> dict[str, int]:
    """Write a SQuAD file for each split to a folder; return how many questions each has.

    Raises:
        OSError: a set is not below ``data``, or the folder takes no files.
        KeyError: a set lacks a passage.
    """
    with QUESTIONS.open(encoding="utf-8") as lines:  # not splitlines, which parts at U+2028 too
        rows = [json.loads(line) for line in lines]
    texts = _texts(data, {row["file"] for row in rows if "file" in row})
    out.mkdir(parents=True, exist_ok=True)
    counts = {}
    for split in sorted({row["split"] for row in rows}):
        articles = [
            _article(number, row, texts) for number, row in enumerate(rows) if row["split"] == split
        ]
        content = json.dumps({"version": "2.0", "data": articles}, ensure_ascii=False)
        (out / f"{split}.json").write_text(content + "\n", encoding="utf-8")
        counts[split] = sum(len(each["paragraphs"][0]["qas"]) for each in articles)
    return counts


def _texts(data: Path, files: set[str]) -> dict[str, str]:
    """Return the paragraphs of the sets by their SHA-256."""
    return {
        hashlib.sha256(text.encode()).hexdigest(): text
        for file in sorted(files)
        for text in _paragraphs(data / "train" / file)
    }


def _paragraphs(file: Path) -> Iterator[str]:
    for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            yield paragraph["context"]


def _article(number: int, row: Row, texts: Mapping[str, str]) -> Row:
    text = row["text"] if "text" in row else texts[row["sha256"]]
    questions = [
        _question(f"written-{number}-{place}", each, text)
        for place, each in enumerate(row["questions"])
    ]
    return {"title": f"written {number}", "paragraphs": [{"context": text, "qas": questions}]}


def _question(name: str, row: Row, text: str) -> Row:
    return {
        "id": name,
        "question": row["question"],
        "is_impossible": not row["answers"],
        "answers": [
            {"text": text[start:end], "answer_start": start} for start, end in row["answers"]
        ],
    }


if __name__ == "__main__":
    main()

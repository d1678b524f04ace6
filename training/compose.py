"""Composes the questions written for this project: SQuAD JSON to train and evaluate on.

    python -m training.compose ../shared/data --out index/training/written

`training/questions.jsonl` holds a passage a line: the questions, and where in the passage their
answers stand. Passages written for this project are in it; those of public sets are named by file
and SHA-256, and read from DATA. They were written, and learned from, in turns: "train-1" to
"train-7". A tenth of the passages, drawn by their text, is "test", which no reader has learned
from.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from rag.documents import parse

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
        numbered = [(place, row) for place, row in enumerate(rows) if row["split"] == split]
        articles = _articles(numbered, texts)
        content = json.dumps({"version": "2.0", "data": articles}, ensure_ascii=False)
        (out / f"{split}.json").write_text(content + "\n", encoding="utf-8")
        counts[split] = sum(len(row["questions"]) for _, row in numbered)
    return counts


def _texts(data: Path, files: set[str]) -> dict[str, tuple[str, str]]:
    """Return the paragraphs of the sets, below the titles of their articles, by their SHA-256."""
    return {
        hashlib.sha256(text.encode()).hexdigest(): (title, text)
        for file in sorted(files)
        for title, text in _paragraphs(data / "train" / file)
    }


def _paragraphs(file: Path) -> Iterator[tuple[str, str]]:
    for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            yield article["title"], paragraph["context"]


def _articles(
    numbered: Sequence[tuple[int, Row]], texts: Mapping[str, tuple[str, str]]
) -> list[Row]:
    """Return the articles by their titles; a text of our own has that which its document gets."""
    articles: defaultdict[str, list[Row]] = defaultdict(list)
    for number, row in numbered:
        own = row.get("text")
        title, text = (parse("", own).title, own) if own else texts[row["sha256"]]
        questions = [
            _question(f"written-{number}-{place}", each, text)
            for place, each in enumerate(row["questions"])
        ]
        articles[title].append({"context": text, "qas": questions})
    return [{"title": title, "paragraphs": each} for title, each in articles.items()]


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

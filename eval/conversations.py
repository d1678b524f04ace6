"""Composes conversations about articles of Wikipedia and news, for `rag eval`.

    python -m eval.conversations ../shared/data --out index/evaluation/conversations
    rag eval index/evaluation/conversations/gold.jsonl --split test \
        --collection index/evaluation/conversations/documents

`eval/gold/conversations.jsonl` holds what was written for this: questions, the same in full, and
where their answers stand. The texts, articles of SQuAD and BBC news, are read from DATA and not
kept here. Sets a to e made the rules of `rag.conversation` what they are and are the half "dev"; f
was written after them and is the half "test".
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import click

from rag.answering import explained
from rag.types import Reason

GOLD = Path(__file__).parent / "gold" / "conversations.jsonl"
_ARTICLES = ("eval/squad1-public.json", "eval/squad2-public.json")
_NEWS = "text/bbc_news.jsonl.gz"

Row = dict[str, Any]


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
def main(data: Path, out: Path) -> None:
    """Write gold.jsonl and documents/ from the texts below DATA."""
    click.echo(f"{compose(data, out)} follow-ups in {out}/")


def compose(data: Path, out: Path) -> int:
    """Write the gold and the documents that it is about to a folder; return how many follow-ups.

    Raises:
        OSError: a source is not below ``data``, or the folder takes no files.
        KeyError: the sources lack a document.
    """
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    wanted = {row["document"] for row in rows}
    texts = {name: text for name, text in _texts(data) if name in wanted}
    (out / "documents").mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (out / "documents" / name).write_text(text, encoding="utf-8", newline="")
    composed = (json.dumps(_question(row, texts[row["document"]])) for row in rows)
    (out / "gold.jsonl").write_text("".join(f"{line}\n" for line in composed), encoding="utf-8")
    return len(rows)


def _texts(data: Path) -> Iterator[tuple[str, str]]:
    """Yield name and text of each article below ``data``; what is in both sets comes twice."""
    sets = (json.loads((data / name).read_text(encoding="utf-8"))["data"] for name in _ARTICLES)
    for article in chain.from_iterable(sets):
        paragraphs = (paragraph["context"].strip() for paragraph in article["paragraphs"])
        title = article["title"].replace("_", " ")
        yield f"{article['title']}.txt", "\n\n".join((title, *paragraphs))
    with gzip.open(data / _NEWS, "rt", encoding="utf-8") as lines:
        for each in map(json.loads, lines):
            yield f"bbc-{each['id'].replace('/', '-')}", f"{each['title']}\n\n{each['body']}"


def _question(row: Mapping[str, Any], text: str) -> Row:
    """Return a follow-up as `rag eval` reads it, its answers out of the text."""
    history = []
    for question, place in row["history"]:
        answer = text[slice(*place)] if place else explained(Reason.NO_ANSWER_IN_PASSAGES)
        history += [("user", question), ("assistant", answer)]
    return {
        **{name: row[name] for name in ("id", "question", "resolved_question", "type", "split")},
        "document_id": row["document"],
        "history": [{"role": role, "content": content} for role, content in history],
        "answers": [text[start:end] for start, end in row["answers"]],
        "spans": [{"start": start, "end": end} for start, end in row["answers"]],
    }


if __name__ == "__main__":
    main()

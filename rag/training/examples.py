"""Question files -> the examples that a reader learns from, and the negatives made of them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.evaluation.importers import QuestionSet, squad
from rag.types import Span


@dataclass(frozen=True, slots=True)
class Example:
    """A question, a text, and every place in it that answers; none where it does not answer.

    ``kind`` says how it came about: asked by people, or how the negative was made.
    """

    question: str
    text: str
    spans: tuple[Span, ...]
    kind: str = "asked"


def examples(data: QuestionSet) -> Iterator[Example]:
    """Yield the questions of a set with the texts that they were asked of."""
    texts = {document.id: document.text for document in data.documents}
    for question in data.questions:
        if question.document_id is not None:
            yield Example(question.question, texts[question.document_id], question.spans)


def read(files: Iterable[Path]) -> list[QuestionSet]:
    """Read SQuAD files; answers that do not stand where a file says are passed over.

    Raises:
        InvalidGold: not such a file.
    """
    return [squad(file, drop_misplaced=True) for file in files]


def write(made: Sequence[Example], file: Path) -> None:
    """Write examples as JSON Lines, so that they can be looked at, and read again."""
    draft = file.with_suffix(".draft")
    lines = (json.dumps(asdict(example), ensure_ascii=False) for example in made)
    draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    draft.rename(file)


def read_again(file: Path) -> list[Example]:
    """Read what ``write`` wrote."""
    with file.open(encoding="utf-8") as lines:  # not splitlines, which parts at U+2028 too
        return [
            Example(**{**row, "spans": tuple(Span(**span) for span in row["spans"])})
            for row in map(json.loads, lines)
        ]

"""What every importer gives, and how they read files: each fault named by its file and line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from rag.errors import InvalidGold
from rag.evaluation.gold import GoldQuestion
from rag.types import Document

_Row = TypeVar("_Row", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Gold questions together with the collection they are about.

    ``judgements`` map question id -> document id -> relevance, 1 and more, for sets that judge
    documents and give no answers.
    """

    documents: tuple[Document, ...]
    questions: tuple[GoldQuestion, ...]
    judgements: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def text_of(file: Path) -> str:
    """Return the text of a file in UTF-8, a byte order mark dropped.

    Raises:
        InvalidGold: it cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidGold(f"{file} cannot be read: {error}.") from error


def lines(file: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line) for each line that is not blank."""
    for number, line in enumerate(text_of(file).split("\n"), start=1):
        if line.strip():
            yield number, line


def rows(file: Path, model: type[_Row]) -> Iterator[tuple[str, _Row]]:
    """Yield (the place as messages name it, row) for each line of a JSON Lines file.

    Raises:
        InvalidGold: a line that is not such a row.
    """
    for number, line in lines(file):
        place = f"{file}, line {number}"
        try:
            yield place, model.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            field_name = ".".join(map(str, first["loc"])) or "the line"
            raise InvalidGold(f"{place}: {field_name}: {first['msg'].lower()}.") from error

"""What may be asked."""

import unicodedata

from rag.errors import InvalidQuestion

MAX_QUESTION = 4_000
"""Code points that a question may have."""

MEASURES = frozenset(
    {"long", "many", "much", "often", "far", "old", "big", "large", "tall", "high", "deep", "fast"}
    | {"soon", "late", "few"}
)
"""What follows "how" to ask for a measure: such a word is of the question, not of its subject."""

_SPACES = "\t\n\r"


def checked(question: str) -> str:
    """Return the question without white space around it.

    Raises:
        InvalidQuestion: it is blank, too long, or holds control characters.
    """
    stripped = question.strip()
    if not stripped:
        raise InvalidQuestion("The question is blank: write one.")
    if len(stripped) > MAX_QUESTION:
        raise InvalidQuestion(
            f"The question has {len(stripped)} characters, and {MAX_QUESTION} are read: shorten it."
        )
    for place, character in enumerate(stripped):
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in _SPACES:
            raise InvalidQuestion(
                f"The question has the control character U+{ord(character):04X} at {place}: "
                "remove it."
            )
    return stripped

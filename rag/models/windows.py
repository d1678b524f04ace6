"""Question and text -> the windows of tokens that a span reader sees, each with exact places.

A text too long for one window is cut into overlapping ones, so that what one window cuts stands
whole in the next. Training and serving cut alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Encoding
from tokenizers import Tokenizer as HuggingFaceTokenizer

from rag.seams import Ints

NULL = 0
"""Token whose logits stand for "no answer": the first, [CLS], as in SQuAD 2.0 (Devlin 2019)."""

LONGEST = 256
"""Tokens of a window, unless the model sees fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One input of a span reader; ``offsets`` are the places in the text of its tokens there.

    They are the window's tokens from ``first`` on, and start and end, in code points, as columns.
    """

    ids: Ints
    types: Ints
    first: int
    offsets: Ints


class Windows:
    """Cuts pairs of question and text into windows, with a model's own tokenizer.

    Windows of ``longest`` tokens share 3/8 of them, and a question may take up to 1/4.
    """

    def __init__(self, tokenizer: Path, longest: int = LONGEST) -> None:
        self._longest_question = longest // 4
        self._plain = HuggingFaceTokenizer.from_file(str(tokenizer))
        self._plain.no_truncation()
        self._plain.no_padding()
        self._cutting = HuggingFaceTokenizer.from_file(str(tokenizer))
        self._cutting.no_padding()
        self._cutting.enable_truncation(
            max_length=longest, stride=longest * 3 // 8, strategy="only_second"
        )

    def cut(
        self, question: str, texts: Sequence[str], heads: Sequence[str] | None = None
    ) -> list[list[Window]]:
        """Return the windows of each text, in its order; none for a text without tokens.

        Each is read below its head, if there are ``heads``: that is seen, and is no part of it. Of
        a question too long its end is read: a long one puts the matter first and asks last.
        """
        asked = self._asked(question)
        heads = heads or [""] * len(texts)
        pairs = [(asked, head + text) for head, text in zip(heads, texts, strict=True)]
        return [
            [window for each in (one, *one.overflowing) if (window := _window(each, len(head)))]
            for head, one in zip(heads, self._cutting.encode_batch(pairs), strict=True)
        ]

    def _asked(self, question: str) -> str:
        offsets = self._plain.encode(question, add_special_tokens=False).offsets
        kept = offsets[-self._longest_question :]
        return question[kept[0][0] :] if kept else question


def _window(encoding: Encoding, begin: int) -> Window | None:
    """Return the window, if there are tokens of the text, which begins there, in it."""
    sequences = encoding.sequence_ids
    if 1 not in sequences:
        return None
    first, count = sequences.index(1), sequences.count(1)
    offsets = np.array(encoding.offsets[first : first + count], dtype=np.int64)
    above = int(np.searchsorted(offsets[:, 0], begin))
    if above == count:
        return None
    return Window(
        ids=np.array(encoding.ids, dtype=np.int64),
        types=np.array(encoding.type_ids, dtype=np.int64),
        first=first + above,
        offsets=offsets[above:] - begin,
    )


def batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Yield the places of up to ``size`` inputs at a time, of like length: padding costs time."""
    by_length = sorted(range(len(lengths)), key=lambda place: lengths[place])
    for first in range(0, len(by_length), size):
        yield by_length[first : first + size]


def padded(windows: Sequence[Window], pad_id: int, multiple: int = 1) -> dict[str, Ints]:
    """Return ids, mask and types of a batch, each of shape (windows, length).

    The length is that of the longest window, rounded up to a ``multiple``.
    """
    longest = -(-max(len(window.ids) for window in windows) // multiple) * multiple
    ids = np.full((len(windows), longest), pad_id, dtype=np.int64)
    mask, types = np.zeros_like(ids), np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        types[row, : len(window.ids)] = window.types
        mask[row, : len(window.ids)] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}

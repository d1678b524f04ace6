"""Token counts for passage budgets, by tiktoken; the embedded encoding needs no download.

tiktoken fetches its stock encodings at first use. ``rag16k`` is our own byte-level BPE
(Sennrich et al. 2016), trained by ``rag train encoding`` and shipped as a ranks file;
``tiktoken_ext/rag_encodings.py`` registers it, so ``tiktoken.get_encoding("rag16k")`` finds it.
"""

import base64
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rag.errors import InvalidSetting

if TYPE_CHECKING:
    import tiktoken

PATTERN = r" ?\p{L}{1,32}| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]{1,16}|\s{1,32}"
"""How rag16k cuts a text before merging bytes. Bounded repeats keep any input linear in time."""

LONGEST_PIECE = 33
"""Code points that one piece of PATTERN, so one token of rag16k, can cover at most."""


def rag16k() -> dict[str, Any]:
    """Return the arguments of ``tiktoken.Encoding`` for the embedded encoding."""
    lines = files("rag").joinpath("assets/rag16k.tiktoken").read_bytes().splitlines()
    pairs = (line.split() for line in lines)
    return {
        "name": "rag16k",
        "pat_str": PATTERN,
        "mergeable_ranks": {base64.b64decode(token): int(rank) for token, rank in pairs},
        "special_tokens": {},
    }


class TiktokenTokenizer:
    """A ``Tokenizer`` over a tiktoken encoding; text that looks like a special token is text."""

    def __init__(self, encoding: "tiktoken.Encoding") -> None:
        self._encoding = encoding

    @classmethod
    def named(cls, name: str) -> "TiktokenTokenizer":
        """Load an encoding by name.

        Raises:
            InvalidSetting: tiktoken does not know it, or cannot load it without a network.
        """
        import tiktoken

        try:
            return cls(tiktoken.get_encoding(name))
        except (ValueError, OSError) as error:
            raise InvalidSetting(
                f"The tiktoken encoding {name!r} cannot be loaded here ({type(error).__name__}): "
                "use the embedded 'rag16k', or put the encoding in tiktoken's cache first."
            ) from error

    def count(self, text: str) -> int:
        """Return how many tokens ``text`` takes."""
        return len(self._encoding.encode_ordinary(text))

    def prefix(self, text: str, tokens: int) -> int:
        """Return how many code points of ``text`` its first ``tokens`` tokens cover."""
        window = text[: tokens * LONGEST_PIECE]
        encoded = self._encoding.encode_ordinary(window)[:tokens]
        covered = self._encoding.decode_bytes(encoded)
        return len(covered.decode("utf-8", errors="ignore"))

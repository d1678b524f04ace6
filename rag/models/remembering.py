"""A token encoder that remembers the passages it met last: questions often share them."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from rag.seams import Floats, TokenEncoder, Tokenizer, TokenVectors


class RememberingEncoder:
    """A ``TokenEncoder`` around another, with the token vectors of the last ``size`` texts.

    A passage of 200 tokens takes 300 kB. Safe to call from several threads.
    """

    def __init__(self, encoder: TokenEncoder, size: int) -> None:
        self._encoder = encoder
        self._size = size
        self._known: OrderedDict[str, TokenVectors] = OrderedDict()
        self._lock = Lock()

    @property
    def fingerprint(self) -> str:
        """Return that of the encoder within."""
        return self._encoder.fingerprint

    @property
    def dimension(self) -> int:
        """Return that of the encoder within."""
        return self._encoder.dimension

    @property
    def tokenizer(self) -> Tokenizer:
        """Return that of the encoder within."""
        return self._encoder.tokenizer

    @property
    def max_tokens(self) -> int:
        """Return that of the encoder within."""
        return self._encoder.max_tokens

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one unit vector for each text; these are not remembered."""
        return self._encoder.encode(texts)

    def encode_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Return the tokens of each text, encoding only those not remembered."""
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        found.update(zip(new, self._encoder.encode_tokens(new), strict=True))
        with self._lock:
            self._known.update(found)
            for text in found:
                self._known.move_to_end(text)
            while len(self._known) > self._size:
                self._known.popitem(last=False)
        return [found[text] for text in texts]

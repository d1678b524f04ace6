"""The token encoding is reproduced from its data, and works wherever it was trained."""

import base64
from pathlib import Path

import pytest
import tiktoken

from rag.errors import UnreadableDocument
from rag.tokens import PATTERN
from rag.training.encoding import read_texts, train

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "train"


def test_a_trained_encoding_merges_what_is_frequent_and_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "ranks.tiktoken"
    count = train(["the theatre there", "the other weather"] * 20, file, vocabulary=270)
    pairs = (line.split() for line in file.read_bytes().splitlines())
    ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
    encoding = tiktoken.Encoding("t", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})
    assert len(ranks) == count == 270
    assert encoding.encode(" the") == [ranks[b" the"]]
    for text in ("the weather", "日本 🌉\r\n"):
        assert encoding.decode(encoding.encode(text)) == text


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="the training sets are not beside the checkout")
def test_the_shipped_encoding_is_reproduced_to_the_byte(tmp_path: Path) -> None:
    train(read_texts(sorted(DATA.glob("*.json"))), tmp_path / "ranks.tiktoken")
    shipped = (ROOT / "rag/assets/rag16k.tiktoken").read_bytes()
    assert (tmp_path / "ranks.tiktoken").read_bytes() == shipped


def test_a_json_file_that_is_not_squad_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    file.write_text('{"rows": []}', encoding="utf-8")
    with pytest.raises(UnreadableDocument, match=r"other\.json"):
        list(read_texts([file]))

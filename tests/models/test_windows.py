"""Windows of tokens: every place exact, nothing of a text left out, nothing too long."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from rag.models.source import EMBEDDED, resolve
from rag.models.windows import LONGEST, Window, Windows, batches, padded

Places = list[tuple[int, int]]

FILE = resolve(EMBEDDED).folder / "tokenizer.json"
ALONE = Tokenizer.from_file(str(FILE))
ALONE.no_truncation()
ALONE.no_padding()
CLS, SEP = (ALONE.token_to_id(token) for token in ("[CLS]", "[SEP]"))

SMALL = 48
WINDOWS = {longest: Windows(FILE, longest) for longest in (SMALL, LONGEST)}
EDGES = {
    "one word": "Tokyo",
    "emoji": "👩‍👩‍👧‍👦🇯🇵🏴‍☠️ 🎌",
    "CJK": "東京は日本の首都です。中亚五国峰会在东京举行。",
    "Hangul, of which each letter may be a token": "한국의 수도는 서울입니다. " * 40,
    "combining marks": "Tōkyō, sa\u0308chsisch, कज़ाख़स्तान \u0301",
    "special tokens": "[CLS] [SEP] [PAD] [MASK]",
    "control characters": "a\x00b\x07c\u2028d\ufeff",
    "CRLF": "one\r\ntwo\r\n\r\nthree",
    "one endless word": "x" * 3000,
    "punctuation": "?!" * 400,
    "3,000 words": " ".join(f"word{number}" for number in range(3000)),
}
UNICODE = st.text(max_size=400) | st.text("ab한é \n\u0301👩.東", max_size=400)


def tokens(text: str) -> tuple[list[int], Places]:
    """Return the ids and places of all tokens of a text, read at one go."""
    encoding = ALONE.encode(text, add_special_tokens=False)
    return encoding.ids, encoding.offsets


def asked(window: Window) -> list[int]:
    """Return the ids of the question in a window."""
    return list(window.ids[1 : window.first - 1])


def read(window: Window) -> list[int]:
    """Return the ids of the text in a window."""
    return list(window.ids[window.first : window.first + len(window.offsets)])


def places(window: Window) -> Places:
    return [(int(start), int(end)) for start, end in window.offsets]


def assert_sound(windows: list[Window], text: str, longest: int) -> None:
    """Hold windows against the text that they were cut of, and against its tokens."""
    ids, offsets = tokens(text)
    shared = longest * 3 // 8
    assert all(len(window.ids) <= longest for window in windows)
    assert all(len(places(window)) > shared for window in windows[:-1])
    for window in windows:
        assert window.ids[0] == CLS
        assert window.ids[window.first - 1] == window.ids[-1] == SEP
        assert len(window.ids) == window.first + len(window.offsets) + 1
        assert list(window.types) == [int(at >= window.first) for at in range(len(window.ids))]
        assert all(0 <= start < end <= len(text) for start, end in places(window))
    for one, following in pairwise(windows):
        assert places(one)[-shared:] == places(following)[:shared]
    seen = [pair for at, each in enumerate(windows) for pair in places(each)[shared * (at > 0) :]]
    assert seen == offsets
    assert [i for at, each in enumerate(windows) for i in read(each)[shared * (at > 0) :]] == ids


@given(UNICODE, UNICODE, st.sampled_from([SMALL, LONGEST]))
def test_windows_hold_every_token_of_any_text_at_its_place(
    question: str, text: str, longest: int
) -> None:
    (windows,) = WINDOWS[longest].cut(question, [text])
    assert_sound(windows, text, longest)


@pytest.mark.parametrize("longest", [SMALL, 254, LONGEST])
@pytest.mark.parametrize("text", EDGES.values(), ids=EDGES.keys())
def test_windows_hold_every_token_of_edge_texts_at_its_place(text: str, longest: int) -> None:
    (windows,) = Windows(FILE, longest).cut("Where is it?", [text])
    assert_sound(windows, text, longest)


@pytest.mark.parametrize("longest", [SMALL, LONGEST])
@pytest.mark.parametrize("question", EDGES.values(), ids=EDGES.keys())
def test_any_question_leaves_room_for_the_text(question: str, longest: int) -> None:
    text = EDGES["3,000 words"]
    (windows,) = WINDOWS[longest].cut(question, [text])
    assert_sound(windows, text, longest)


@pytest.mark.parametrize("longest", [SMALL, LONGEST])
@given(UNICODE, st.integers(0, 90))
def test_what_is_read_below_a_head_stands_at_its_place_in_the_text_alone(
    longest: int, text: str, words: int
) -> None:
    head = "Uphill. " * words
    (windows,) = WINDOWS[longest].cut("Where?", [text], [head])
    (whole,) = WINDOWS[longest].cut("Where?", [head + text])
    own = [[pair for pair in places(each) if pair[0] >= len(head)] for each in whole]
    shifted = [[(s - len(head), e - len(head)) for s, e in pairs] for pairs in own if pairs]
    assert [places(each) for each in windows] == shifted
    seen = {pair for each in windows for pair in zip(read(each), places(each), strict=True)}
    assert seen == set(zip(*tokens(text), strict=True))


def test_a_token_stands_where_its_word_stands() -> None:
    text = "  Xi Jinping,\r\nin 東京 with Zoë"
    ((window,),) = WINDOWS[LONGEST].cut("Who?", [text])
    words = [text[start:end] for start, end in places(window)]
    assert words == ["Xi", "Jin", "ping", ",", "in", "東", "京", "with", "Zoë"]


def test_a_short_pair_is_one_window_as_its_tokenizer_encodes_it() -> None:
    question, text = "Who is it?", "It is Mr Kitamura."
    ((window,),) = WINDOWS[LONGEST].cut(question, [text])
    expected = ALONE.encode(question, text)
    assert list(window.ids) == expected.ids
    assert list(window.types) == expected.type_ids
    assert window.first == expected.sequence_ids.index(1)


def test_a_text_is_cut_only_where_it_is_too_long() -> None:
    question = "Who?"  # two tokens, and three special ones
    room = LONGEST - 5
    for count, expected in ((room, 1), (room + 1, 2)):
        (windows,) = WINDOWS[LONGEST].cut(question, ["word " * count])
        assert len(windows) == expected


def test_texts_are_cut_alike_alone_and_together() -> None:
    texts = [*EDGES.values(), "", *EDGES.values()]
    together = WINDOWS[LONGEST].cut("Where?", texts)
    for text, windows in zip(texts, together, strict=True):
        (alone,) = WINDOWS[LONGEST].cut("Where?", [text])
        assert [list(each.ids) for each in windows] == [list(each.ids) for each in alone]
        assert [places(each) for each in windows] == [places(each) for each in alone]
    assert WINDOWS[LONGEST].cut("Where?", []) == []


@pytest.mark.parametrize("text", ["", " \t\r\n", "\x00\x07", "\u0301", "\u200d\ufeff"])
def test_a_text_without_tokens_has_no_windows(text: str) -> None:
    cut = WINDOWS[LONGEST].cut("Where?", [text, "here", text])
    assert [len(windows) for windows in cut] == [0, 1, 0]


@pytest.mark.parametrize("text", ["?!", "…", "- - -", "👩‍👧", "123"])
def test_a_text_without_letters_has_its_tokens(text: str) -> None:
    (windows,) = WINDOWS[LONGEST].cut("Where?", [text])
    assert len(windows) == 1
    assert_sound(windows, text, LONGEST)


@pytest.mark.parametrize("question", ["Tokyo", "?", "Where is it", " Where\u00a0is it? "])
def test_a_question_that_fits_is_kept_whole(question: str) -> None:
    (windows,) = WINDOWS[LONGEST].cut(question, ["word " * 600])
    assert len(windows) > 1
    assert all(asked(window) == tokens(question)[0] for window in windows)


def test_a_question_without_tokens_leaves_the_text_alone() -> None:
    ((window,),) = WINDOWS[LONGEST].cut("\x07", ["one text"])
    assert list(window.ids) == [CLS, SEP, *tokens("one text")[0], SEP]


@pytest.mark.parametrize("text", ["short", "word " * 2000])
def test_of_a_question_of_512_tokens_the_end_is_kept(text: str) -> None:
    question = "because " * 501 + "so where and when did the leaders meet in Tokyo?"
    ids, _ = tokens(question)
    assert len(ids) == 512
    (windows,) = WINDOWS[LONGEST].cut(question, [text])
    assert all(asked(window) == ids[-LONGEST // 4 :] for window in windows)
    assert_sound(windows, text, LONGEST)


def test_a_short_question_of_many_tokens_is_cut_as_well() -> None:
    question = "한국" * 16 + " " + "한국" * 15  # 63 code points, of which each is three tokens
    assert len(tokens(question)[0]) > 180
    (windows,) = WINDOWS[LONGEST].cut(question, ["word " * 600])
    assert all(len(asked(window)) <= LONGEST // 4 + 2 for window in windows)  # a whole letter
    assert_sound(windows, "word " * 600, LONGEST)


def test_limits_that_a_tokenizer_file_sets_are_not_heeded(tmp_path: Path) -> None:
    limited = Tokenizer.from_file(str(FILE))
    limited.enable_truncation(8, direction="left")
    limited.enable_padding(length=512)
    limited.save(str(tmp_path / "tokenizer.json"))
    text = EDGES["CRLF"] * 30
    (windows,) = Windows(tmp_path / "tokenizer.json").cut("Where is it?", [text])
    assert_sound(windows, text, LONGEST)


@given(st.lists(st.integers(0, 300)), st.integers(1, 9))
def test_batches_hold_each_input_once_and_put_like_lengths_together(
    lengths: list[int], size: int
) -> None:
    cut = list(batches(lengths, size))
    assert sorted(place for batch in cut for place in batch) == list(range(len(lengths)))
    assert all(len(batch) == size for batch in cut[:-1])
    assert all(1 <= len(batch) <= size for batch in cut)
    ordered = [lengths[place] for batch in cut for place in batch]
    assert ordered == sorted(lengths)


def test_inputs_of_one_length_keep_their_order() -> None:
    assert list(batches([7, 3, 7, 3, 7], 2)) == [[1, 3], [0, 2], [4]]


def test_padding_stands_after_each_window_and_is_masked() -> None:
    cut = WINDOWS[LONGEST].cut("Who?", ["one two three", "one", "one two"])
    windows = [window for each in cut for window in each]
    fed = padded(windows, pad_id=9)
    assert {name: values.shape for name, values in fed.items()} == dict.fromkeys(
        ("input_ids", "attention_mask", "token_type_ids"), (3, 8)
    )
    assert all(values.dtype == np.int64 for values in fed.values())
    for row, (window, missing) in enumerate(zip(windows, (0, 2, 1), strict=True)):
        assert list(fed["input_ids"][row]) == [*window.ids, *[9] * missing]
        assert list(fed["attention_mask"][row]) == [1] * len(window.ids) + [0] * missing
        assert list(fed["token_type_ids"][row]) == [*window.types, *[0] * missing]

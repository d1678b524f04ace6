"""BEIR and TREC: small sets made by hand, broken ones, and Cranfield where it is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import InvalidGold
from rag.evaluation.importers import QuestionSet, beir, read_questions, trec

EVAL = Path(__file__).parents[3] / "shared" / "data" / "eval"
with_shared = pytest.mark.skipif(not EVAL.is_dir(), reason="the shared data are not here")

Files = dict[str, str]
Write = Callable[[Files], Path]

_CLAPNQ = '{"id": "r1", "input": "what?", "passages": [], "output": []}'
BEIR: Files = {
    "corpus.jsonl": (
        '{"_id": "d1", "title": "Bridges", "text": "They span.", "metadata": {}}\n'
        '{"_id": "d2", "title": "", "text": "Ünlike tunnels 🌉."}\n\n'
        '{"_id": "d3", "text": "No title."}\n'
    ),
    "queries.jsonl": (
        '{"_id": "q1", "text": "What spans?"}\n'
        '{"_id": "q2", "text": "Of another split?"}\n'
        '{"_id": "q3", "text": " What  digs? "}\n'
    ),
    "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq3\td2\t2\r\nq1\td1\t1\nq1\td2\t0\nq1\td3\t-1\n",
}
TREC: Files = {
    "x.all.2.xml": (
        "<doc>\n<docno> 7 </docno>\n<title>on\nspans</title>\n<author>a</author>\n<bib/>"
        "\n<text>on\nspans\nthey &lt;span&gt;.</text>\n</doc>\n"
        "<doc><docno>8</docno><title/><author/><bib/><text/></doc>\n"
    ),
    "x.qry.xml": (
        "<?xml version='1.0'?>\r\n<xml>\r\n<top><num> 30</num><title>\r\nwhat\r\nspans ."
        "</title></top>\r\n<top><num>1</num><title>what digs .</title></top></xml>"
    ),
    "xqrel.txt": "1 0 7 3\r\n2 0 8 -1\r\n\r\n",
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(files: Files) -> Path:
        for name, content in files.items():
            file = tmp_path / "set" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode())
        return tmp_path / "set"

    return written


def texts(found: QuestionSet) -> dict[str, tuple[str, str]]:
    return {each.id: (each.title, each.text) for each in found.documents}


def test_beir(write: Write) -> None:
    found = beir(write(BEIR))
    assert texts(found) == {
        "d1": ("Bridges", "Bridges\n\nThey span."),
        "d2": ("Ünlike tunnels 🌉.", "Ünlike tunnels 🌉."),
        "d3": ("No title.", "No title."),
    }
    assert [(q.id, q.question) for q in found.questions] == [
        ("q1", "What spans?"),
        ("q3", "What digs?"),
    ]
    assert all((q.answers, q.type) == ((), "judged") for q in found.questions)
    assert found.judgements == {"q1": {"d1": 1}, "q3": {"d2": 2}}


def test_beir_takes_the_test_split_or_the_only_one(write: Write) -> None:
    other = "query-id\tcorpus-id\tscore\nq2\td1\t1\n"
    folder = write({**BEIR, "qrels/dev.tsv": other})
    assert set(beir(folder).judgements) == {"q1", "q3"}
    (folder / "qrels" / "test.tsv").unlink()
    assert beir(folder).judgements == {"q2": {"d1": 1}}
    (folder / "qrels" / "train.tsv").write_text(other, encoding="utf-8")
    with pytest.raises(InvalidGold, match=r"qrels should hold one file \*\.tsv, and holds 2"):
        beir(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("corpus.jsonl", '{"_id": "a", "text": "b"}\n{"_id": "a", "text"', "corpus.jsonl, line 2"),
        ("corpus.jsonl", '{"_id": "a"}', "corpus.jsonl, line 1: text: field required"),
        ("corpus.jsonl", '{"_id": "", "text": "b"}', "line 1: _id: "),
        ("corpus.jsonl", '{"_id": "a", "text": "\\ud800"}', "corpus.jsonl, line 1"),
        ("corpus.jsonl", "[]", "corpus.jsonl, line 1: the line: "),
        ("corpus.jsonl", 2 * '{"_id": "a", "text": "b"}\n', "line 2: the id 'a' stands further"),
        ("queries.jsonl", '{"_id": "q1", "text": " "}', "line 1: the question is empty"),
        ("qrels/test.tsv", "q1\td1\t1\n", "line 1: a header .* is expected"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1 d1 1\n", "line 2: three fields"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1.5\n", "line 2: '1.5' is no"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq9\td1\t0\n", "no question 'q9'"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n\nq1\td9\t1\n", "line 3: .* document 'd9'"),
    ],
)
def test_broken_beir_is_refused(name: str, content: str, message: str, write: Write) -> None:
    with pytest.raises(InvalidGold, match=message):
        beir(write({**BEIR, name: content}))


def test_files_that_are_not_utf8_are_refused_and_a_byte_order_mark_is_dropped(
    write: Write,
) -> None:
    folder = write({**BEIR, "corpus.jsonl": "\ufeff" + BEIR["corpus.jsonl"]})
    assert len(beir(folder).documents) == 3
    (folder / "queries.jsonl").write_bytes(b'{"_id": "q1", "text": "\xe9"}')
    with pytest.raises(InvalidGold, match=r"queries\.jsonl cannot be read: 'utf-8'"):
        beir(folder)
    (folder / "queries.jsonl").unlink()
    with pytest.raises(InvalidGold, match=r"queries\.jsonl cannot be read: .*No such file"):
        beir(folder)


def test_trec(write: Write) -> None:
    found = trec(write(TREC))
    assert texts(found) == {"7": ("on spans", "on\nspans\nthey <span>."), "8": ("8", "")}
    assert [(q.id, q.question) for q in found.questions] == [
        ("1", "what spans ."),
        ("2", "what digs ."),
    ]
    assert found.judgements == {"1": {"7": 3}, "2": {}}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.all.2.xml", "<doc><docno>1</docno>", r"x\.all\.2\.xml is not XML: .*line 1"),
        ("x.all.2.xml", "<doc><text>a</text></doc>", r"<doc> 1: it has no <docno>"),
        ("x.all.2.xml", "<doc><docno> </docno><text/></doc>", r"<doc> 1: <docno> is empty"),
        ("x.all.2.xml", 2 * "<doc><docno>7</docno><text/></doc>", r"<doc> 2: the id '7'"),
        ("x.all.2.xml", '<!DOCTYPE a [<!ENTITY b "c">]><doc/>', "which is refused"),
        ("x.qry.xml", "<top><num>1</num></top>", r"x\.qry\.xml, <top> 1: it has no <title>"),
        ("x.qry.xml", "<top><title> </title></top>", r"<top> 1: the question is empty"),
        ("xqrel.txt", "1 0 7\n", "xqrel.txt, line 1: 'question 0 document relevance'"),
        ("xqrel.txt", "30 0 7 1\n", "line 1: there is no question '30'"),
        ("xqrel.txt", "1 0 9 1\n", "line 1: there is no document '9'"),
        ("xqrel.txt", "1 0 7 high\n", "line 1: 'high' is no whole number"),
        ("y.qry.xml", "<top/>", r"should hold one file \*\.qry\*\.xml, and holds 2"),
    ],
)
def test_broken_trec_is_refused(name: str, content: str, message: str, write: Write) -> None:
    with pytest.raises(InvalidGold, match=message):
        trec(write({**TREC, name: content}))


def test_sets_are_told_by_what_they_hold(write: Write) -> None:
    known = {"a.json": '{"data": []}', "b.jsonl": _CLAPNQ}
    own = {
        "c.jsonl": '{"id": "q1", "question": "a?", "answers": []}',
        "d.jsonl": "{",
        "e.json": "[1",
        "f.json": "[]",
        "g.jsonl": "",
        "h.txt": _CLAPNQ,
        "i/j.txt": "",
    }
    folder = write({**known, **own})
    assert read_questions(folder / "a.json") == QuestionSet((), ())
    found = read_questions(folder / "b.jsonl")
    assert found is not None
    assert [each.id for each in found.questions] == ["r1"]
    assert [read_questions(folder / name) for name in (*own, "i", "gone")] == [None] * 9
    assert read_questions(write(BEIR)) == beir(folder)
    assert len(beir(folder).documents) == 3


def test_a_trec_folder_is_told_by_its_topics(write: Write) -> None:
    folder = write(TREC)
    assert read_questions(folder) == trec(folder)


@with_shared
def test_cranfield() -> None:
    found = read_questions(EVAL / "cranfield")
    assert found is not None
    assert len(found.documents) == 1400
    assert [each.id for each in found.documents if not each.text] == ["471", "995"]
    assert [each.id for each in found.questions] == [str(n) for n in range(1, 226)]
    # the file holds 1,837 judgements; one for each topic, 225, is of relevance 0
    assert sum(len(of) for of in found.judgements.values()) == 1612
    assert all(found.judgements[each.id] for each in found.questions)
    graded = {(q, d): r for q, of in found.judgements.items() for d, r in of.items() if r != 1}
    assert graded == {("40", "85"): 3}
    # by position: the third topic, numbered 4, asks for composite slabs, as its documents are on
    slabs = {each.id: each.title for each in found.documents}
    assert "composite slabs" in found.questions[2].question
    assert set(found.judgements["3"]) == {"5", "6", "90", "91", "119", "144", "181", "399"}
    assert "double-layer slab" in slabs["5"]

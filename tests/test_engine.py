"""The whole pipeline through its one door."""

from rag.engine import Engine


def test_an_answer_is_a_receipt(engine: Engine) -> None:
    answer = engine.ask("Who is the press secretary of Japan’s Foreign Ministry?")
    (citation,) = answer.citations
    document = engine.document(citation.document_id)
    assert "Toshihiro Kitamura" in citation.quote
    assert document.text[citation.start : citation.end] == citation.quote == answer.answer

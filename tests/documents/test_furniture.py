"""Page furniture: what surrounds a text is marked, and nothing that the text itself says."""

import pytest

from rag.documents import parse
from rag.types import BlockKind, Document

STORY = "Five leaders met in Tokyo for two days of talks on trade and energy."
CAPTION = "Ms Takaichi (right) and Mr Tokayev exchange joint statements in Tokyo on Dec 18, 2025."


def furniture(text: str, media_type: str = "text/plain") -> list[str]:
    document = parse("a", text, media_type)
    return [
        text[block.start : block.end].strip()
        for block in document.blocks
        if block.kind is BlockKind.FURNITURE
    ]


def test_of_the_seed_article_the_page_around_it_is_marked_and_nothing_else(
    article: Document,
) -> None:
    assert furniture(article.text) == [
        "Sign up now: Get insights on Asia's fast-moving developments",
        "Japanese Prime Minister Sanae Takaichi (right) and Kazakhstan's President Kassym-Jomart "
        "Tokayev exchanging partnership joint statements in Tokyo on Dec 18.",
        "PHOTO: AFP",
        "Follow topic:",
        "BLOOMBERG",
        "See more on",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Sign up for our newsletter",
        "Subscribe",
        "Log in",
        "READ MORE: Ten harbours to see",
        "Follow us on social media",
        "Advertisement",
        "Share this article",
        "Photo: AFP",
        "Source: Reuters",
        "© 2025 The Harbour Times. All rights reserved.",
        "Click here to read on",
        "Accept all cookies",
    ],
)
def test_a_call_of_the_page_is_furniture(line: str) -> None:
    assert furniture(f"{STORY}\n\n{line}\n\nThe talks ended late.") == [line]


@pytest.mark.parametrize(
    "line",
    [
        "Signs of a thaw were seen.",
        "Advertising is forbidden on the pier.",
        "Follow the path down to the river, then turn left.",
        "Sources close to the talks said so.",
        "Sign in with the card, and the console lists every harbour that your crew may enter, "
        "with its depth and its pilots.",
        "The leaders signed up for a second round.",
    ],
)
def test_a_sentence_of_the_text_is_not_furniture(line: str) -> None:
    assert furniture(f"{STORY}\n\n{line}\n\nThe talks ended late.") == []


def test_the_same_caption_again_is_furniture() -> None:
    shorter = "Ms Takaichi and Mr Tokayev exchanging joint statements in Tokyo on Dec 18."
    assert furniture(f"{CAPTION}\n\n{shorter}\n\n{STORY}") == [shorter]
    assert furniture(f"{CAPTION}\n\n{CAPTION}\n\n{STORY}") == [CAPTION]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (CAPTION, CAPTION.replace("Dec 18", "Dec 19")),
        (CAPTION, CAPTION.replace("Tokayev", "Mirziyoyev")),
        (
            "Revenue in the first quarter rose to 5.2 billion yen from 4.8 billion a year ago.",
            "Revenue in the second quarter rose to 5.2 billion yen from 4.8 billion a year ago.",
        ),
        (
            "The buyer shall pay the seller one hundred yen on the first of May.",
            "The seller shall pay the buyer one hundred yen on the first of May.",
        ),
        ("It rained.", "It rained."),
    ],
)
def test_what_differs_in_one_fact_or_is_short_is_no_repetition(first: str, second: str) -> None:
    assert furniture(f"{first}\n\n{second}\n\n{STORY}") == []


@pytest.mark.parametrize("agency", ["BLOOMBERG", "REUTERS, AFP", "THE STRAITS TIMES"])
def test_the_credit_that_ends_a_paragraph_is_split_off(agency: str) -> None:
    document = parse("a", f"{STORY} {agency}\n\nThe talks ended late.")
    first, credit, _ = document.blocks
    assert document.text[first.start : first.end] == STORY
    assert document.text[credit.start : credit.end] == agency
    assert (first.kind, credit.kind) == (BlockKind.PARAGRAPH, BlockKind.FURNITURE)


@pytest.mark.parametrize(
    "text",
    ["Five leaders met at NATO", "LATE. VERY LATE. BLOOMBERG", "They met. Nobody from the EU came"],
)
def test_capitals_that_are_part_of_a_sentence_are_no_credit(text: str) -> None:
    assert furniture(f"{text}\n\n{STORY}") == []


def test_furniture_of_markdown_is_marked_too() -> None:
    source = f"# Talks\n\nSubscribe now\n\n{STORY} AFP\n\n[a]: b\n"
    assert furniture(source, "text/markdown") == ["Subscribe now", "AFP", "[a]: b"]

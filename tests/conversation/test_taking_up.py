"""What pronouns, "that country" and "the latter" stand for, by the history alone."""

import pytest

from tests.conversation.saying import (
    BORDER,
    CAPITAL,
    CLUB,
    FIRM,
    LEAVE,
    METALS,
    MOON,
    SHARES,
    TOWER,
    VISIT,
    Said,
    likeliest,
)

PRONOUNS = [
    (MOON, "When was he born?", "When was Neil Armstrong born?"),
    (MOON, "What was his job?", "What was Neil Armstrong's job?"),
    (MOON, "Who was with him?", "Who was with Neil Armstrong?"),
    (TOWER, "How tall is it?", "How tall is the Eiffel Tower?"),
    (FIRM, "When was it founded?", "When was Microsoft founded?"),
    (FIRM, "Where were they born?", "Where were Bill Gates and Paul Allen born?"),
    (CAPITAL, "How many people live there?", "How many people live in Lima?"),
    (LEAVE, "Is it paid?", "Is parental leave paid?"),
    (VISIT, "Why did she go there?", "Why did Ada Lovelace go to Turin?"),
    (
        ("Who met Ada Lovelace?", "Mr Babbage"),
        "Where did she live?",
        "Where did Ada Lovelace live?",
    ),
    (("Who met Ada Lovelace?", "Mr Babbage"), "Where did he live?", "Where did Babbage live?"),
    (("Who is Peru's president?", ""), "Where was she born?", "Where was Peru's president born?"),
    (
        ("Who is the secretary of Peru's Water Ministry?", "Li Wei"),
        "Where does he live?",
        "Where does Li Wei live?",
    ),
    (
        ("Who leads the Water Ministry of Peru?", ""),
        "How large is it?",
        "How large is the Water Ministry of Peru?",
    ),
    (("Who will host the talks?", "Peru"), "When do they begin?", "When do the talks begin?"),
    (("Which firm will build a bridge?", ""), "Where is it?", "Where is the bridge?"),
    (
        ("Was that the last flight from Mars?", ""),
        "Who led it?",
        "Who led the last flight from Mars?",
    ),
    (
        ("Who sold it?", "Ada King", "What was her trade?", "law", "Who bought it?", "Tom Hale"),
        "Where did he live?",
        "Where did Tom Hale live?",
    ),
    (
        ("Who did the sculptor Lena Ortiz meet?", "Max Born"),
        "Where was she born?",
        "Where was Lena Ortiz born?",
    ),
    (
        ("When did Lena Ortiz found House of Clay?", "1921"),
        "How many people did it employ?",
        "How many people did House of Clay employ?",
    ),
    (("When did J. R. Hill die?", "1950"), "Where was he buried?", "Where was J. R. Hill buried?"),
    (
        ("Whom did Theresa May marry?", "Philip May"),
        "When did she resign?",
        "When did Theresa May resign?",
    ),
    (
        ("When did Ludwig van Beethoven teach?", ""),
        "When was he born?",
        "When was Ludwig van Beethoven born?",
    ),
    (
        ("Who wrote Nora?", "Max Born", "Which actress played Nora?", "Ann Lee"),
        "How old is she?",
        "How old is Ann Lee?",
    ),
    (
        ("How many Peruvian senators from Lima were elected?", "nine"),
        "Which party do they belong to?",
        "Which party do Peruvian senators from Lima belong to?",
    ),
    (
        ("Which actress is leaving her band?", "Ann Lee"),
        "Where was she born?",
        "Where was Ann Lee born?",
    ),
]
NOUNS = [
    (
        ("Who sent troops to Acre?", "Chile"),
        "What came after that?",
        "What came after Chile sent troops to Acre?",
    ),
    (
        ("Who signed the two treaties?", "Ana Paz"),
        "Where are those kept?",
        "Where are the two treaties kept?",
    ),
    (BORDER, "Who led that country?", "Who led Hungary?"),
    (BORDER, "What happened in that year?", "What happened in 1989?"),
    (
        ("When does the summit in Tokyo start?", "Monday"),
        "Who attends this summit?",
        "Who attends the summit in Tokyo?",
    ),
    (
        ("Where did the EU hold its summit?", "Brussels"),
        "Where was the one in 2019?",
        "Where was the summit in 2019?",
    ),
    (
        ("Which drugs interact with warfarin?", "aspirin and ibuprofen"),
        "Which one is safe?",
        "Which drug is safe?",
    ),
    (
        ("When did Hungary open its border?", "1989"),
        "What followed that?",
        "What followed Hungary opening its border?",
    ),
    (CLUB, "Where does that club play?", "Where does Lima Rovers play?"),
    (CLUB, "What is the club's motto?", "What is Lima Rovers's motto?"),
    (SHARES, "Where does the company have its seat?", "Where does Unico have its seat?"),
    (SHARES, "Who's the chief executive?", "Who's the chief executive of Unico?"),
    (METALS, "Where is the latter mined?", "Where is copper mined?"),
    (METALS, "Who discovered the second one?", "Who discovered zinc?"),
    (METALS, "Who discovered the third metal?", "Who discovered copper?"),
    (METALS, "What did the first of them cost?", "What did tin cost?"),
    (
        ("When did Ann Lee and Bo Finch meet?", "1921"),
        "What did the former say?",
        "What did Ann Lee say?",
    ),
    (
        ("Which doctrine did the book teach?", "monism"),
        "What does that doctrine say?",
        "What does monism say?",
    ),
    (
        ("Where was the last General Synod held?", "Lima"),
        "And the 2016 one?",
        "Where was the 2016 General Synod held?",
    ),
]


@pytest.mark.parametrize(("said", "question", "expected"), PRONOUNS)
def test_pronouns_stand_for_who_or_what_was_spoken_of(
    said: Said, question: str, expected: str
) -> None:
    assert likeliest(said, question) == expected


@pytest.mark.parametrize(("said", "question", "expected"), NOUNS)
def test_nouns_that_point_back_are_named(said: Said, question: str, expected: str) -> None:
    assert likeliest(said, question) == expected

"""What a question may ask after what was said before it, by the history alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answering import explained
from rag.conversation import rewrites
from rag.types import Reason, Role, Turn

Said = tuple[str, ...]
"""A conversation so far: question, answer, question, answer …; the last answer may be missing."""


def turns(said: Said) -> list[Turn]:
    roles = (Role.USER, Role.ASSISTANT)
    return [Turn(roles[place % 2], content) for place, content in enumerate(said)]


def likeliest(said: Said, question: str) -> str:
    return rewrites(question, turns(said))[0]


MOON = ("Who first walked on the Moon?", "Neil Armstrong")
TOWER = ("When was the Eiffel Tower built?", "1889")
CUP = ("Who won the 2018 World Cup?", "France")
CAPITAL = ("What is the capital of Peru?", "Lima")
LEAVE = ("How long can employees take parental leave?", "16 weeks")
VISIT = ("Which city did Ada Lovelace visit in June?", "Turin")
FIRM = ("Who founded Microsoft?", "Bill Gates and Paul Allen")
GIFT = ("How much did Ann Lee give to the school?", "$300")
CLUB = ("Which club did Ann Lee join?", "Lima Rovers")
SHARES = ("By how much did Unico shares fall?", "a tenth")
METALS = ("Which metals does it contain?", "tin, zinc and copper")
BORDER = ("Which country closed its border in 1989?", "Hungary")

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
ELLIPSES = [
    (TOWER, "Where?", "Where was the Eiffel Tower built?"),
    (TOWER, "By whom?", "By whom was the Eiffel Tower built?"),
    (TOWER, "where was that", "Where was the Eiffel Tower built?"),
    (VISIT, "Why?", "Why did Ada Lovelace visit Turin in June?"),
    (VISIT, "How long?", "How long did Ada Lovelace visit Turin in June?"),
    (VISIT, "What about Charles Babbage?", "Which city did Charles Babbage visit in June?"),
    (VISIT, "And in July?", "Which city did Ada Lovelace visit in July?"),
    (CUP, "And in 2014?", "Who won the 2014 World Cup?"),
    (CUP, "2010?", "Who won the 2010 World Cup?"),
    (CAPITAL, "And of Chile?", "What is the capital of Chile?"),
    (CAPITAL, "what about Chile", "What is the capital of Chile?"),
    (
        ("What is Peru's capital?", "Lima"),
        "And Chile's?",
        "What is Chile's capital?",
    ),
    (MOON, "Why?", "Why was it that Neil Armstrong first walked on the Moon?"),
    (LEAVE, "And fathers?", "How long can fathers take parental leave?"),
    (
        ("How many Olympic medals has Usain Bolt won?", "8"),
        "Where?",
        "Where has Usain Bolt won 8 Olympic medals?",
    ),
    (("Did Marie Curie win a prize?", "She did"), "When?", "When did Marie Curie win a prize?"),
    (
        ("What is the fee?", explained(Reason.LOW_CONFIDENCE)),
        "In euros?",
        "What is the fee in euros?",
    ),
    (GIFT, "Which year was that in?", "In which year did Ann Lee give $300 to the school?"),
    (GIFT, "what day was that", "On what day did Ann Lee give $300 to the school?"),
    (
        ("How much pay would the union offer members?", "£170 a week"),
        "For how long?",
        "For how long would the union offer £170 a week members?",
    ),
    (
        ("What kind of borders are rivers?", "natural ones"),
        "And mountains?",
        "What kind of borders are mountains?",
    ),
    (
        ("What struck the tower during the storm?", "a bolt"),
        "When?",
        "When was it that a bolt struck the tower during the storm?",
    ),
    (
        ("What was the first steam pump?", "the Miner's Friend"),
        "Built by whom?",
        "By whom was the Miner's Friend built?",
    ),
    (
        ("Which minister did the court acquit?", "Ann Lee"),
        "In connection with which law?",
        "In connection with which law did the court acquit Ann Lee?",
    ),
    (
        ("Which country borders Peru to the north?", "Ecuador"),
        "And the south?",
        "Which country borders Peru to the south?",
    ),
    (("How many Dutch ships sank?", "9"), "And French ones?", "How many French ships sank?"),
    (("When did al-Idrisi live?", "1100"), "What about Ibn Sina?", "When did Ibn Sina live?"),
    (
        ("How big is Ann Lee's share in Unico?", "a tenth"),
        "Thanks. And Bo Finch?",
        "How big is Bo Finch's share in Unico?",
    ),
    (
        ("Who is the managing director of Unico?", "Ann Lee"),
        "And the research director?",
        "Who is the research director of Unico?",
    ),
]
EVENTS = [
    (
        ("Whom did Ann Lee marry?", "Bo Finch"),
        "How old was he?",
        "How old was Bo Finch at the time of Ann Lee marrying Bo Finch?",
    ),
    (
        ("What year did Ann Lee enter the navy?", "1921"),
        "How old was she then?",
        "How old was Ann Lee at the time of Ann Lee entering the navy?",
    ),
    (
        ("Who founded Unico?", "Ann Lee"),
        "How old was she at the time?",
        "How old was Ann Lee when Ann Lee founded Unico?",
    ),
    (
        ("When was Unico founded?", "1921"),
        "Who was mayor at the time?",
        "Who was mayor when Unico was founded?",
    ),
    (
        ("When did the bank apply for a licence?", "1921"),
        "Who objected?",
        "Who objected at the time of the bank applying for a licence?",
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


@pytest.mark.parametrize(("said", "question", "expected"), ELLIPSES)
def test_a_question_cut_short_takes_the_rest_from_the_one_before(
    said: Said, question: str, expected: str
) -> None:
    assert likeliest(said, question) == expected


@pytest.mark.parametrize(("said", "question", "expected"), EVENTS)
def test_a_question_of_a_time_that_was_spoken_of_names_what_happened(
    said: Said, question: str, expected: str
) -> None:
    assert likeliest(said, question) == expected


@pytest.mark.parametrize(("said", "question", "expected"), NOUNS)
def test_nouns_that_point_back_are_named(said: Said, question: str, expected: str) -> None:
    assert likeliest(said, question) == expected


STANDING = [
    (MOON, "What is the boiling point of water?"),
    (CUP, "Which river flows through Lima?"),
    (VISIT, "Which firm did Charles Babbage found before he died?"),
    (VISIT, "When did Turin lose its walls?"),
    (VISIT, "Is it true that water boils at 100 degrees?"),
    (VISIT, "How important is it to sleep?"),
    (VISIT, "Are there rivers in Lima?"),
    (VISIT, "Who said that Lima is large?"),
    (VISIT, "Which one of the rivers is longest?"),
    (VISIT, "Which virus causes yellow fever?"),
    (VISIT, "How old was Mozart?"),
    (METALS, "What is the second law of thermodynamics?"),
    (CAPITAL, "Thanks!"),
    (CAPITAL, "ok"),
    (CAPITAL, "uranium reserves"),
    (("Hello!", "Hello."), "Where is it?"),
]


@pytest.mark.parametrize(("said", "question"), STANDING)
def test_what_needs_no_history_is_left_alone(said: Said, question: str) -> None:
    assert likeliest(said, question) == question


def test_a_topic_that_is_left_does_not_come_along() -> None:
    assert rewrites("When was the Suez Canal opened?", turns((*MOON, *TOWER, *CUP))) == [
        "When was the Suez Canal opened?"
    ]


def test_a_definite_noun_may_be_of_what_was_spoken_of_but_stands_first_as_it_is() -> None:
    assert rewrites("Where was the final?", turns(CUP)) == [
        "Where was the final?",
        "Where was the final of the 2018 World Cup?",
    ]


def test_a_question_is_a_reading_of_itself_unless_it_surely_refers_back() -> None:
    company = "Who owns the company?"
    assert rewrites(company, turns(SHARES)) == ["Who owns Unico?", company]
    assert rewrites("Who owns it?", turns(SHARES)) == ["Who owns Unico?"]
    assert rewrites("Why?", turns(TOWER)) == ["Why was the Eiffel Tower built?"]


def test_a_pronoun_goes_on_standing_for_what_it_stood_for() -> None:
    said = (*MOON, "Who was his wife?", "Janet Shearon", "Did he fly again?", "no")
    assert likeliest(said, "Where did he live?") == "Where did Neil Armstrong live?"
    assert likeliest(said, "Where was she born?") == "Where was Janet Shearon born?"


def test_earlier_questions_are_themselves_completed() -> None:
    said = (*CAPITAL, "And of Chile?", "Santiago", "How many people live there?", "5 million")
    assert likeliest(said, "And in Bolivia?") == "How many people live in Bolivia?"


def test_after_an_abstention_the_question_still_counts() -> None:
    said = ("Who is the mayor of Lima?", explained(Reason.NO_ANSWER_IN_PASSAGES))
    assert likeliest(said, "And of Turin?") == "Who is the mayor of Turin?"
    assert "No answer" not in " ".join(rewrites("When was it?", turns(said)))


SPOKEN = [
    "Neil Armstrong",
    "“Neil Armstrong” [1]",
    "**Neil Armstrong** [[1]](http://localhost/documents/a.txt?start=1&end=5)",
    "**Neil Armstrong** ([a.txt](/documents/a.txt?start=1&end=5))",
    "[Neil Armstrong](/documents/a.txt)\n\n[1]: http://localhost/a.txt",
    "> “Neil Armstrong”\n>\n> – a.txt",
    "Neil Armstrong.\n\nSources: a.txt",
    "Neil\u2028Armstrong\x00",
]


@pytest.mark.parametrize("answer", SPOKEN)
def test_answers_are_taken_without_their_markup(answer: str) -> None:
    said = ("Who first walked on the Moon?", answer)
    assert likeliest(said, "When was he born?") == "When was Neil Armstrong born?"


def test_history_may_start_and_end_with_anybody() -> None:
    assert rewrites("When was he born?", [Turn(Role.ASSISTANT, "Ask me anything.")]) == [
        "When was he born?"
    ]
    doubled = [Turn(Role.USER, "Hello"), *turns(MOON), Turn(Role.ASSISTANT, "in 1969")]
    assert rewrites("When was he born?", doubled)[0] == "When was Neil Armstrong born?"


def test_a_long_question_is_left_alone() -> None:
    assert rewrites(f"{'very ' * 100}old is he?", turns(MOON)) == [f"{'very ' * 100}old is he?"]


MANY_WORDS = (
    "who what when where why how which and or of in to the a this that he she it they his its "
    "their there one is was did does has Japan Putin summit country 2019 June 's ’s ? , . - ( [1] "
    "** “ ” about visited send five any else not said é 日本 \x00 \ud800 _ <b> ["
)
WORDS = MANY_WORDS.split(" ")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=30)
HISTORIES = st.lists(st.builds(Turn, st.sampled_from(list(Role)), TEXTS), max_size=7)


@settings(max_examples=300)
@given(question=TEXTS, history=HISTORIES)
def test_any_history_is_taken(question: str, history: list[Turn]) -> None:
    readings = rewrites(question, history)
    assert 1 <= len(readings) <= 4
    assert len(set(readings)) == len(readings)
    if not history:
        assert readings == [question]

"""What a question leaves out, by the history alone."""

import pytest

from rag.answering import explained
from rag.types import Reason
from tests.conversation.saying import CAPITAL, CUP, GIFT, LEAVE, MOON, TOWER, VISIT, Said, likeliest

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
    (
        ("How much does the Puma 3 cost?", "£1,249"),
        "And the Puma 5?",
        "How much does the Puma 5 cost?",
    ),
    (
        ("How much does the Puma 3 cost?", "£1,249"),
        "And the Swift?",
        "How much does the Swift cost?",
    ),
    (
        ("What was the revenue in Q3 2024?", "€4m"),
        "And in Q3 2023?",
        "What was the revenue in Q3 2023?",
    ),
    (
        ("What was the revenue in May 2024?", "€4m"),
        "And in June 2023?",
        "What was the revenue in June 2023?",
    ),
    (("What does § 3 of the lease say?", "rent"), "And § 4?", "What does § 4 of the lease say?"),
    (("How heavy is design A?", "5 kg"), "And design B?", "How heavy is design B?"),
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

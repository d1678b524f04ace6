"""What tests of conversations share: what was said, and the likeliest reading after it."""

from rag.conversation import rewrites
from rag.types import Role, Turn

Said = tuple[str, ...]
"""A conversation so far: question, answer, question, answer …; the last answer may be missing."""

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


def turns(said: Said) -> list[Turn]:
    """Return what was said as turns, the user first."""
    roles = (Role.USER, Role.ASSISTANT)
    return [Turn(roles[place % 2], content) for place, content in enumerate(said)]


def likeliest(said: Said, question: str) -> str:
    """Return the likeliest reading of a question after what was said."""
    return rewrites(question, turns(said))[0]

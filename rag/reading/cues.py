"""What kind of thing a question asks for, and whether a sentence holds one.

Cues are weak evidence by design: their weight is fitted with that of the other features.
"""

import re

_NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve dozen hundred thousand million "
    "billion trillion half third quarter several once twice decade decades"
)
_NUMBER = rf"\d|\b(?:{_NUMBER_WORDS.replace(' ', '|')})\b"
_TIME = (
    r"\b(?:1\d{3}|20\d{2})s?\b|\b\d{1,2}(?:st|nd|rd|th)?\b|\d{1,2}:\d{2}"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|tember"
    r"|ember|ober)?\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(?:today|yesterday|tomorrow|morning|evening|night|week|month|year|century|decade)s?\b"
)
_NAME = r"(?<![.!?…]\s)(?<!^)\b[A-Z][\w’'-]+"
_PLACE = rf"\b(?:in|at|to|from|near|on|of|across|between|outside|inside)\s(?:the\s)?{_NAME}"
_CAUSE = (
    r"\b(?:because|since|due to|as|after|owing|so that|in order|therefore|thus|to [a-z]+|led|"
    r"caused?|results?|reasons?|aim(?:ed|ing|s)?|chance|makes?)\b"
)
_MANNER = r"\b(?:by|through|via|using|with|as|like)\b"
_NUMERIC_HOW = r"many|much|old|long|far|often|tall|high|big|large|deep|wide|fast|heavy|few"

_CUES: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(question, re.IGNORECASE), re.compile(sentence, flags))
    for question, sentence, flags in (
        (
            rf"\bhow (?:{_NUMERIC_HOW})\b|\bnumber of\b|\bpercent|\bwhat (?:share|age)\b",
            _NUMBER,
            re.IGNORECASE,
        ),
        (
            r"\bwhen\b|\b(?:what|which|in what) (?:year|date|day|month|time|century|decade)\b",
            _TIME,
            re.IGNORECASE,
        ),
        (
            r"\bwho(?:m|se)?\b|\b(?:what|which) (?:person|man|woman|leader|president|minister"
            r"|company|team|group|name)\b",
            _NAME,
            re.NOFLAG,
        ),
        (
            r"\bwhere\b|\b(?:what|which) (?:country|city|place|state|region|town|location)\b",
            _PLACE,
            re.NOFLAG,
        ),
        (r"\bwhy\b|\bwhat (?:reason|cause|purpose)|\bwhat (?:led|made)\b", _CAUSE, re.IGNORECASE),
        (r"\bhow\b", _MANNER, re.IGNORECASE),
    )
)


def matches(question: str, sentence: str) -> float:
    """Return 1 if the sentence holds what the question asks for, 0 if not, 0.5 if unknown.

    Words that the question itself gives do not count as what it asks for.
    """
    for asked, expected in _CUES:
        if asked.search(question):
            given = question.lower()
            found = (match.group().lower() for match in expected.finditer(sentence))
            return float(any(not _is_given(word, given) for word in found))
    return 0.5


def _is_given(word: str, question: str) -> bool:
    return all(re.search(rf"\b{re.escape(part)}", question) for part in word.split())

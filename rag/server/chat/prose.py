"""An answer -> what a chat shows: the answer as it stands, then a numbered list of its sources.

The list is Markdown, for clients that pass over annotations, which point at the links in it. No
link's text is a bare number: some clients take "[1]" for a mark of their own.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rag.types import Reason
from rag.wire import AskResponse, CitationBody, HitBody, href

_NEAREST = 3
_EXCERPT = 200
"""Code points shown of a passage that holds no answer."""
_NEAR = "\n\nThe nearest passages:"
_QUOTES = ("“", "”", '"', "„", "«", "»", "‘")
_LIST = re.compile(rf"(?:{_NEAR})?\n\n1\. \[")
_SORRY = {
    Reason.EMPTY_COLLECTION: "I cannot answer yet: there are no documents.",
    Reason.NOTHING_RETRIEVED: "Sorry, I found no answer: no document comes into question.",
    Reason.NO_ANSWER_IN_PASSAGES: (
        "Sorry, I found no answer: the nearest passages do not seem to hold one."
    ),
    Reason.LOW_CONFIDENCE: "Sorry, I found no answer: the likeliest one is not sure enough.",
    Reason.NOT_A_QUESTION: "Please ask a question: there is no word in this one.",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link: ``text[start:end]`` is its Markdown, ``title`` what it leads to."""

    start: int
    end: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Site:
    """How a collection is seen from outside: its address, and the titles of its documents."""

    root: str
    base: str
    title: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of the list: what it leads to, and what stands there."""

    title: str
    url: str
    said: str

    @classmethod
    def cited(cls, citation: CitationBody, site: Site) -> "Source":
        """Return a citation as an entry."""
        page = f", page {citation.page}" if citation.page else ""
        sentence = citation.sentence.text
        said = "" if sentence == citation.quote else sentence
        return cls(f"{citation.title}{page}", f"{site.root}{citation.href}", said)

    @classmethod
    def near(cls, hit: HitBody, site: Site) -> "Source":
        """Return a passage as an entry."""
        page = href(hit.document_id, hit.start, hit.end, base=site.base)
        return cls(site.title(hit.document_id), f"{site.root}{page}", excerpt(hit.text, _EXCERPT))


@dataclass(frozen=True, slots=True)
class Prose:
    """What a chat shows: ``lead`` is the answer or why there is none, ``rest`` the list below it.

    ``links`` are those in ``text``, which is both together, that prove the answer; ``near`` are
    the nearest passages where there is none.
    """

    lead: str
    rest: str = ""
    links: tuple[Link, ...] = ()
    near: tuple[Source, ...] = ()

    @property
    def text(self) -> str:
        """Return all of it."""
        return self.lead + self.rest


def prose(answer: AskResponse, site: Site) -> Prose:
    """Return what a chat shows of an answer; of none, why not, and the nearest passages."""
    if answer.answer is not None:
        cited = [Source.cited(each, site) for each in answer.citations]
        text, links = _listed(answer.answer, cited)
        return Prose(answer.answer, text.removeprefix(answer.answer), links)
    why = _SORRY[answer.reason or Reason.NO_ANSWER_IN_PASSAGES]
    if answer.unknown_words:
        why += f" Nowhere in the documents: {', '.join(answer.unknown_words)}."
    near = tuple(Source.near(each, site) for each in answer.passages[:_NEAREST])
    text, _ = _listed(why + _NEAR, near) if near else (why, ())
    return Prose(why, text.removeprefix(why), near=near)


def excerpt(text: str, longest: int) -> str:
    """Return how a text begins, on one line, cut between words."""
    line = _line(text)
    return line if len(line) <= longest else f"{line[:longest].rsplit(' ', 1)[0]}…"


def spoken(text: str) -> str:
    """Return a text of ours without the list of sources."""
    return _LIST.split(text, maxsplit=1)[0]


def _listed(text: str, sources: Iterable[Source]) -> tuple[str, tuple[Link, ...]]:
    """Return a text with a numbered list below it, and the links of that."""
    links = []
    for number, source in enumerate(sources, start=1):
        text += "\n" if number > 1 else "\n\n"
        text += f"{number}. "
        link = f"[{_label(source.title)}]({source.url})"
        links.append(Link(len(text), len(text) + len(link), source.title, source.url))
        text += f"{link}: {_quoted(_line(source.said))}" if source.said else link
    return text, tuple(links)


def _quoted(line: str) -> str:
    """Return a line in quotes, unless it begins with some."""
    return line if line.startswith(_QUOTES) else f"“{line}”"


def _line(text: str) -> str:
    return " ".join(text.split())


def _label(title: str) -> str:
    """Return a title as the text of a Markdown link, shown as it stands whatever is in it."""
    return re.sub(r"([\\`*_\[\]<>&])", r"\\\1", _line(title))

"""The main text of a web page: what is left when navigation and boilerplate are gone.

What is doubtful stays: a spare link costs an answer nothing, a lost paragraph costs it all.
Nothing is removed from the tree; the walk over it passes over what is named here, so that the
time stays linear however a hostile page is nested.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

_NEVER = {
    *("script", "style", "template", "noscript", "svg", "math", "iframe", "object", "canvas"),
    *("nav", "aside", "button", "select", "textarea", "dialog", "menu"),
}
_ROLES = {"navigation", "banner", "contentinfo", "search", "complementary", "menu", "dialog"}
_AROUND = {"header", "footer", "form"}
"""Furniture of a page, but part of an article where they stand in one."""
_BOILERPLATE = re.compile(
    r"(?:^|[-_\s])(?:nav|navbar|navigation|menu|sidebar|breadcrumbs?|cookies?|masthead|share|social"
    r"|sharing|related|newsletter|advert|advertisement|ads|promo|pagination|skip-link|toc)"
    r"(?:$|[-_\s])",
    re.IGNORECASE,
)
_WHOLE = {"html", "body", "main", "article"}
_MOST = 0.3
"""Of a page's text: what a class calls boilerplate, but holds more than this, is none."""
_ENOUGH = 0.4
"""Of a page's text: with less of it, a single article is not the main text."""
_LINKED = 0.75
"""Of a list's text: with more of it in links, and short ones, it is navigation."""
_FEWEST_LINKS = 3
_LINK_LENGTH = 40


@dataclass(slots=True)
class _Size:
    """How much an element holds: characters, those in links, links, and headings of rank 1."""

    text: int = 0
    linked: int = 0
    links: int = 0
    titles: int = 0

    def add(self, other: "_Size") -> None:
        self.text += other.text
        self.linked += other.linked
        self.links += other.links
        self.titles += other.titles


def main_text(page: Any) -> tuple[Any, AbstractSet[Any]]:
    """Return the element that holds the main text, and those in it to pass over.

    It is the ``main`` element (HTML Standard, section 4.4.14), a lone article, or the body.
    """
    body = page.find("body")
    body = page if body is None else body
    survey = _Survey(body)
    chosen = survey.main()
    return chosen, survey.passed_over(whole_page=chosen is body)


class _Survey:
    """One walk over a page: the size of each element, and where the articles are."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self._dropped = {each for each in body.iter() if _is_dropped(each)}
        self._sizes: dict[Any, _Size] = {}
        self._mains: list[Any] = []
        self._articles: list[Any] = []
        self._around: list[Any] = []
        self._walk()

    def main(self) -> Any:
        """Return the element that the main text is in."""
        enough = _ENOUGH * self._sizes[self._body].text
        lone = self._articles if len(self._articles) == 1 else []
        large = [each for each in lone if self._sizes[each].text > enough]
        filled = [each for each in self._mains if self._sizes[each].text]
        return next(iter(filled + large), self._body)

    def passed_over(self, *, whole_page: bool) -> AbstractSet[Any]:
        """Return the elements that are no part of the main text."""
        most = _MOST * self._sizes[self._body].text
        around = {each for each in self._around if not self._sizes[each].titles}
        named = {e for e, size in self._sizes.items() if size.text < most and _is_boilerplate(e)}
        return self._dropped | around | named | (self._menus() if whole_page else set())

    def _menus(self) -> set[Any]:
        """Return the lists of short links, unless nearly nothing else is there."""
        menus = {
            each
            for each, size in self._sizes.items()
            if each.tag in {"ul", "ol", "table"}
            and size.links >= _FEWEST_LINKS
            and size.linked > _LINKED * size.text
            and size.linked < _LINK_LENGTH * size.links
        }
        linked = self._sizes[self._body].linked
        return menus if linked < self._sizes[self._body].text / 2 else set()

    def _walk(self) -> None:
        from lxml.etree import iterwalk

        inside = 0
        walk = iterwalk(self._body, events=("start", "end"))
        for event, element in walk:
            if element in self._dropped:
                walk.skip_subtree()
            elif event == "start":
                self._note(element, is_inside=inside > 0)
                inside += element.tag in {"article", "main"}
            else:
                inside -= element.tag in {"article", "main"}
                self._measure(element)

    def _note(self, element: Any, *, is_inside: bool) -> None:
        if element.tag == "main" or element.get("role") == "main":
            self._mains.append(element)
        elif element.tag == "article" and not is_inside:
            self._articles.append(element)
        elif element.tag in _AROUND and not is_inside:
            self._around.append(element)

    def _measure(self, element: Any) -> None:
        size = _Size(len((element.text or "").strip()))
        for child in element:
            size.add(self._sizes.get(child, _Size()))
            size.text += len((child.tail or "").strip())
        if element.tag == "a":
            size.linked, size.links = size.text, 1
        size.titles += element.tag == "h1"
        self._sizes[element] = size


def _is_dropped(element: Any) -> bool:
    is_hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
    return element.tag in _NEVER or element.get("role") in _ROLES or is_hidden


def _is_boilerplate(element: Any) -> bool:
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return element.tag not in _WHOLE and bool(_BOILERPLATE.search(names))

"""``rag doctor --mend``: mends the default collection and the named ones, and says what it did."""

from functools import cache

from rag.errors import IndexMissing, RagError
from rag.index import Maker, Mended, mend, remove
from rag.indexing import Progress
from rag.library import leftovers, places
from rag.settings import Settings


def mend_all(settings: Settings, progress: Progress, *, drop_lost: bool) -> list[str]:
    """Mend every collection that can be mended; return what was done, a line each.

    What cannot be mended is left as it is, and told by the examination that follows.
    """

    @cache
    def maker() -> Maker:
        from rag.engine import indexer

        made = indexer(settings)
        return Maker(made.encoder, made.budget, made.recipe)

    said: list[str] = []
    for folder in (settings.index, *places(settings.index).values()):
        try:
            said += _told(str(folder), mend(folder, maker, progress, drop_lost=drop_lost))
        except IndexMissing:
            continue
        except RagError as error:
            said.append(f"{folder}: not mended. {error}")
    for each in leftovers(settings.index):
        remove(each)
        said.append(f"{each}: removed.")
    return said


def _told(folder: str, mended: Mended) -> list[str]:
    lines = [f"{folder}: {each.what} → {each.remedy}." for each in mended.faults]
    lines += [f"{folder}: dropped {each}, which was lost." for each in mended.lost]
    lines += [f"{each}: removed." for each in mended.cleared]
    if mended.faults:
        lines.append(f"{folder}: generation {mended.generation} serves.")
    return lines or [f"{folder}: nothing to mend."]

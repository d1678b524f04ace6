"""Hits -> the stretches of their documents to read: passages that touch become one.

So a fact that a passage boundary cuts stands whole before the reader, in document coordinates.
Passages that share sentences stay apart: what stands at their boundary is whole in one of them,
and one long stretch costs half as many tokens again, since its windows overlap too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.types import Document, Hit, Passage

_GAP = 2
"""Code points between passages that touch: what is left of the white space between sentences."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a document to read, and the hits it was made of, best first.

    Where there are several, the last stands for all of them: its passage is the whole stretch.
    """

    hits: tuple[Hit, ...]
    passage: Passage


def stretches(hits: Sequence[Hit], documents: Mapping[str, Document]) -> list[Stretch]:
    """Return the stretches that the hits make up, the one of the best hit first."""
    return [_stretch(group, documents) for group in touching(hits)]


def touching(hits: Sequence[Hit]) -> list[list[Hit]]:
    """Return the hits whose passages make up a stretch together, each group best first, as all."""
    rank = {hit.passage.id: place for place, hit in enumerate(hits)}
    groups: list[list[Hit]] = []
    for hit in sorted(hits, key=lambda hit: (hit.passage.document_id, hit.passage.start)):
        if groups and _touches(groups[-1], hit):
            groups[-1].append(hit)
        else:
            groups.append([hit])
    ranked = [sorted(group, key=lambda hit: rank[hit.passage.id]) for group in groups]
    return sorted(ranked, key=lambda group: rank[group[0].passage.id])


def _touches(group: Sequence[Hit], hit: Hit) -> bool:
    end = max(each.passage.end for each in group)
    touches = end <= hit.passage.start <= end + _GAP
    return touches and group[0].passage.document_id == hit.passage.document_id


def _stretch(hits: Sequence[Hit], documents: Mapping[str, Document]) -> Stretch:
    if len(hits) == 1:
        return Stretch(tuple(hits), hits[0].passage)
    passages = [hit.passage for hit in hits]
    start, end = min(each.start for each in passages), max(each.end for each in passages)
    joined = Passage(
        id=f"{passages[0].id.rpartition('#')[0]}#{start}-{end}",
        document_id=passages[0].document_id,
        start=start,
        end=end,
        text=documents[passages[0].document_id].text[start:end],
        sentences=tuple(sorted({sentence for each in passages for sentence in each.sentences})),
    )
    return Stretch((*hits, replace(hits[0], passage=joined)), joined)

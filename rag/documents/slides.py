"""PowerPoint slides (.pptx) -> a document with a page for each slide; its title heads it."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from rag.documents import rows
from rag.documents.draft import Draft
from rag.documents.limits import MAX_PAGES
from rag.errors import UnreadableDocument
from rag.types import BlockKind

_PAIR = 2


def read(data: bytes, draft: Draft) -> None:
    """Draft the slides in order: title, text, tables, and what the speaker notes say.

    Raises:
        UnreadableDocument: there are too many.
    """
    from pptx import Presentation

    presentation = Presentation(BytesIO(data))
    if len(presentation.slides) > MAX_PAGES:
        raise UnreadableDocument(f"it has more than {MAX_PAGES:,} slides: split it")
    draft.title = " ".join((presentation.core_properties.title or "").split())
    if draft.title == "PowerPoint Presentation":  # what the program writes where nobody did
        draft.title = ""
    for slide in presentation.slides:
        draft.turn()
        _add_slide(slide, draft)


def _add_slide(slide: Any, draft: Draft) -> None:
    title = slide.shapes.title
    if title is not None:
        draft.add(" ".join(title.text_frame.text.split()), BlockKind.HEADING, 1)
    for shape in _shapes(slide.shapes):
        is_title = title is not None and shape.shape_id == title.shape_id
        if shape.has_text_frame and not is_title and not _is_furniture(shape):
            _add_text(shape, draft)
        elif getattr(shape, "has_table", False):
            _add_table(shape.table, draft)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame):
        for paragraph in notes.paragraphs:
            draft.add(paragraph.text)


def _shapes(shapes: Any) -> Iterator[Any]:
    """Yield the shapes, also those in groups, in the order they are drawn."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _is_furniture(shape: Any) -> bool:
    """Say whether a shape is the date, foot or number of a slide."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    furniture = {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER}
    return shape.is_placeholder and shape.placeholder_format.type in furniture


def _add_text(shape: Any, draft: Draft) -> None:
    """Add the paragraphs of a shape; several in the frame of a layout are points of a list."""
    texts = [each.text for each in shape.text_frame.paragraphs if each.text.strip()]
    is_list = shape.is_placeholder and len(texts) > 1
    for text in texts:
        draft.add(text, BlockKind.LIST_ITEM if is_list else BlockKind.PARAGRAPH)


def _add_table(table: Any, draft: Draft) -> None:
    grid = [[cell.text for cell in row.cells] for row in table.rows]
    is_pair = len(table.columns) == _PAIR
    rows.write(draft, grid, is_headed=True if table.first_row else False if is_pair else None)

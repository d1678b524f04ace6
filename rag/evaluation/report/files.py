"""Writing a report's files so that each appears whole or not at all."""

from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Write a text in UTF-8 under a temporary name, then put it in place.

    Lone surrogates, which UTF-8 cannot hold, are written as JSON would escape them.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.part")
    draft.write_bytes(text.encode(errors="backslashreplace"))
    draft.replace(file)

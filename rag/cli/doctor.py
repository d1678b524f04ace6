"""Checks of a set-up, each with what mends it."""

import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import RagError
from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class Check:
    """One check and its outcome."""

    name: str
    passed: bool
    detail: str


def examine(settings: Settings) -> Sequence[Check]:
    """Check encoding, encoder, reader, indexes, a real question and the address, in that order."""
    return [
        Check("python", passed=True, detail=platform.python_version()),
        _check("encoding", lambda: _encoding(settings)),
        _check("encoder", lambda: _encoder(settings)),
        _check("reader", lambda: _reader(settings)),
        *_indexes(settings),
        _check("answer", lambda: _answer(settings)),
        _check("address", lambda: _address(settings)),
    ]


def _check(name: str, probe: Callable[[], str]) -> Check:
    try:
        return Check(name, passed=True, detail=probe())
    except (RagError, OSError) as error:
        return Check(name, passed=False, detail=str(error))


def _encoding(settings: Settings) -> str:
    from rag.tokens import TiktokenTokenizer

    TiktokenTokenizer.named(settings.encoding)
    return f"{settings.encoding} loads"


def _encoder(settings: Settings) -> str:
    from rag.models import load_encoder
    from rag.models.source import resolve

    found = resolve(settings.encoder).fingerprint  # of every byte, which a start may pass over
    encoder = load_encoder(settings.encoder, settings.models_folder, settings.threads)
    return f"{settings.encoder}, {encoder.dimension} dimensions, weights {found[:12]}"


def _reader(settings: Settings) -> str:
    from rag.models import load_reader

    reader = load_reader(settings.reader, settings.models_folder, settings.threads)
    return f"{settings.reader}, weights {reader.fingerprint[:12]}"


def _indexes(settings: Settings) -> Iterator[Check]:
    """Check the default collection and the named ones, and that nothing lies about."""
    from rag.library import leftovers, places

    folders = {"index": settings.index}
    folders |= {f"collection {name}": each for name, each in places(settings.index).items()}
    left = leftovers(settings.index)
    for name, folder in folders.items():
        try:
            yield _index(name, folder, left)
        except (RagError, OSError) as error:
            yield Check(name, passed=False, detail=str(error))
    if left:
        said = f"{', '.join(map(str, left))}, of processes that were killed"
        yield Check("leftovers", passed=False, detail=f"{said}: 'rag doctor --mend' removes them.")


def _index(name: str, folder: Path, left: list[Path]) -> Check:
    """Check one index; what killed writers left behind in it goes to those ``left``."""
    from rag.index import check

    found = check(folder)
    left += found.leftovers
    manifest = found.manifest
    if found.faults:
        told = [f"\n     {each.what} → {each.remedy}" for each in found.faults]
        return Check(name, passed=False, detail=f"{_advice(found.lost)}{''.join(told)}")
    detail = (
        f"generation {manifest.generation}, {manifest.documents} document(s), "
        f"{manifest.passages} passage(s), every file as written"
    )
    return Check(name, passed=True, detail=detail)


def _advice(lost: Sequence[str]) -> str:
    if lost:
        return (
            f"lost is {', '.join(lost)}: 'rag doctor --mend --drop-lost' mends the rest; index "
            "what is lost again then."
        )
    return "damaged, and nothing lost: 'rag doctor --mend' mends it."


def _answer(settings: Settings) -> str:
    from rag.engine import Engine

    timings = Engine.open(settings).ask("Is it well?").timings_ms
    return f"a question took {timings.total:.0f} ms"


def _address(settings: Settings) -> str:
    from rag.server.serving import bind

    bind(settings.host, settings.port).close()
    return f"{settings.host}:{settings.port} is free"

"""Checks of a set-up, each with what mends it."""

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.errors import RagError
from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class Check:
    """One check and its outcome."""

    name: str
    passed: bool
    detail: str


def examine(settings: Settings) -> Sequence[Check]:
    """Check encoding, encoder, reader, index, a real question and the address, in that order."""
    return [
        Check("python", passed=True, detail=platform.python_version()),
        _check("encoding", lambda: _encoding(settings)),
        _check("encoder", lambda: _encoder(settings)),
        _check("reader", lambda: _reader(settings)),
        _check("index", lambda: _index(settings)),
        _check("answer", lambda: _answer(settings)),
        _check("address", lambda: _address(settings)),
    ]


def _check(name: str, probe: Callable[[], str]) -> Check:
    try:
        return Check(name, passed=True, detail=probe())
    except RagError as error:
        return Check(name, passed=False, detail=str(error))


def _encoding(settings: Settings) -> str:
    from rag.tokens import TiktokenTokenizer

    TiktokenTokenizer.named(settings.encoding)
    return f"{settings.encoding} loads"


def _encoder(settings: Settings) -> str:
    from rag.models import load_encoder

    encoder = load_encoder(settings.encoder, settings.models_folder, settings.threads)
    return f"{settings.encoder}, {encoder.dimension} dimensions, weights {encoder.fingerprint[:12]}"


def _reader(settings: Settings) -> str:
    from rag.models import load_reader

    reader = load_reader(settings.reader, settings.models_folder, settings.threads)
    return f"{settings.reader}, weights {reader.fingerprint[:12]}"


def _index(settings: Settings) -> str:
    from rag.index import Index

    manifest = Index.open(settings.index).manifest
    return (
        f"generation {manifest.generation}, {manifest.documents} document(s), "
        f"{manifest.passages} passage(s), every file as written"
    )


def _answer(settings: Settings) -> str:
    from rag.engine import Engine

    timings = Engine.open(settings).ask("Is it well?").timings_ms
    return f"a question took {timings.total:.0f} ms"


def _address(settings: Settings) -> str:
    from rag.server.serving import bind

    bind(settings.host, settings.port).close()
    return f"{settings.host}:{settings.port} is free"

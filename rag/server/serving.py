"""Runs the application with uvicorn on an address that is known to be free, here or in workers."""

import socket
from collections.abc import Callable

from rag.errors import AddressInUse
from rag.server.opening import begin, end
from rag.settings import Settings

_BACKLOG = 2048


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until stopped; ``announce`` gets the address once questions can be answered there.

    Raises:
        AddressInUse: another program listens there.
        Exception: the index or a model could not be opened; the server stops on it.
        WorkerLost: a worker ended before it could serve.
    """
    listener = bind(settings.host, settings.port)
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if settings.workers > 1:
        from rag.server.workers import supervise

        supervise(settings, listener, lambda: announce(address))
        return
    failures: list[Exception] = []

    def opened(error: Exception | None) -> None:
        end()
        if error is None:
            announce(address)
        else:
            failures.append(error)
            serving.should_exit = True

    opening = begin(settings)
    from rag.server.app import create_app
    from rag.server.running import server

    serving = server(create_app(opening, opened, settings))
    serving.run(sockets=[listener])
    if failures:
        raise failures[0]


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address.

    Raises:
        AddressInUse: another program listens there, or it is not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns off Nagle's delay, 40 ms an answer, only then.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressInUse(
            f"Cannot listen on {host}:{port} ({error.strerror}): another program may hold it; "
            "choose another port with --port or RAG_PORT (with make: PORT=8001)."
        ) from error
    return listener

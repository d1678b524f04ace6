"""Ends any Python process that reaches for another machine.

``tests/conftest.py`` runs it here; processes that tests start get it through PYTHONPATH.
"""

import os
import sys
from typing import Any

_LOCAL = ("127.", "::1", "localhost", "0.0.0.0")  # an address to allow, not to bind


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "localhost"
    elif event == "socket.getaddrinfo":
        host = arguments[0] or "localhost"
    else:
        return
    name = host.decode() if isinstance(host, bytes) else str(host)
    if not name.startswith(_LOCAL):
        os.write(2, f"a socket reached for {name!r}\n".encode())
        os._exit(86)


sys.addaudithook(_watch)

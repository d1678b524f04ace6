"""MCP: a collection as tools and resources for clients of the Model Context Protocol.

The protocol itself is spoken by the package ``mcp``, which the extra ``mcp`` brings and which takes
a second to import: import ``rag.mcp.server`` where a client is served, and not before.
"""

from importlib.util import find_spec

from rag.errors import MissingExtra


def require() -> None:
    """Check that the library that speaks the protocol is there.

    Raises:
        MissingExtra: it is not installed.
    """
    if find_spec("mcp") is None:
        raise MissingExtra("The library for MCP is not installed: pip install 'rag[mcp]'")

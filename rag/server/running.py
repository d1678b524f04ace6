"""An application -> the server that runs it."""

from fastapi import FastAPI
from uvicorn import Config, Server


def server(app: FastAPI) -> Server:
    """Return uvicorn for an application, without WebSockets: no route speaks them."""
    config = Config(app, log_level="warning", access_log=False, server_header=False, ws="none")
    return Server(config)

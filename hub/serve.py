"""Runs the hub: socket, log, signals."""

from __future__ import annotations

import logging
import socket
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import uvicorn

from hub.app import make_app
from hub.limits import Limits
from hub.protocol import ImpatientProtocol
from zoo.errors import ZooError

_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_LOG_BYTES = 16 * 2**20
_HEADER_BYTES = 32 * 1024
_KEEP_SECONDS = 15  # between two requests of one connection
_CLOSE_SECONDS = 5  # for requests to end when the server is told to


def serve(root: Path, host: str, port: int, **limits: Any) -> None:
    """Serve a folder until a signal comes; prints one line when ready.

    Args:
        root: The hub's folder; made where it is missing.
        host: Address to listen at.
        port: 0 for any.
        limits: Fields of `hub.limits.Limits` that differ.

    Raises:
        ZooError: The address cannot be had, or another server owns the folder.
    """
    root.mkdir(parents=True, exist_ok=True)
    caps = Limits(**limits)
    with _listen(host, port, caps.connections) as listener:
        app = make_app(root, **limits)
        _log_to(root / "log")
        config = uvicorn.Config(
            app,
            http=ImpatientProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=caps.connections,
            h11_max_incomplete_event_size=_HEADER_BYTES,
            timeout_keep_alive=_KEEP_SECONDS,
            timeout_graceful_shutdown=_CLOSE_SECONDS,
        )
        shown = f"[{host}]" if ":" in host else host
        _Server(config, f"Serving {root} at http://{shown}:{listener.getsockname()[1]}").run([listener])


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: str) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(self._ready + "\n")
        sys.stdout.flush()


def _listen(host: str, port: int, backlog: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=backlog)
    except (OSError, OverflowError) as error:
        why = str(getattr(error, "strerror", None) or error).partition(" (while")[0]
        raise ZooError(
            f"{host}:{port}: cannot listen there: {why}; choose another --host or --port"
        ) from None


def _log_to(path: Path) -> None:
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in (
        logging.StreamHandler(sys.stderr),
        RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=3),
    ):
        handler.setFormatter(logging.Formatter(_FORMAT))
        root.addHandler(handler)
    logging.raiseExceptions = False  # a full disk must not silence the server
    logging.getLogger("uvicorn.access").disabled = True

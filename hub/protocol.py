"""uvicorn's HTTP with deadlines that it lacks: for a request to begin, and for an answer to be taken."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = (
    10.0  # from the first byte of a request, or the opening of the connection, to the end of its header
)
TAKING_SECONDS = 30.0  # for the client to make room for more of an answer


class ImpatientProtocol(H11Protocol):
    """Ends a connection whose client sends its header, or takes its answer, a byte at a time."""

    _header: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Start to wait for a request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Stop to wait once a request is there."""
        super().data_received(data)
        self._watch()

    def pause_writing(self) -> None:
        """Start to wait for the client to take what was sent."""
        super().pause_writing()
        self._taking = self._taking or self.loop.call_later(TAKING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client takes."""
        super().resume_writing()
        self._stop_taking()

    def timeout_keep_alive_handler(self) -> None:
        """Close, and do not wait for ever for the client to take the last of it."""
        super().timeout_keep_alive_handler()
        self._taking = self._taking or self.loop.call_later(TAKING_SECONDS, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more to wait for."""
        self._stop_header()
        self._stop_taking()
        super().connection_lost(exc)

    def _watch(self) -> None:
        waiting = self.cycle is None or self.cycle.response_complete
        if not waiting:
            self._stop_header()
        elif self._header is None:
            self._header = self.loop.call_later(HEADER_SECONDS, self.transport.abort)

    def _stop_header(self) -> None:
        if self._header is not None:
            self._header.cancel()
            self._header = None

    def _stop_taking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

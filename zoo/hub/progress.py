"""How far a download is: a bar on a terminal, a line now and then elsewhere, nothing when it is quick."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from zoo.hub import settings

_QUIET_S = 1.0
_LINE_S = 10.0


class Progress:
    """Counts bytes and shows them on stderr.

    Args:
        title: What is downloaded.
        total: Bytes of all of it.
    """

    def __init__(self, title: str, total: int) -> None:
        self._title, self._total, self._done = title, total, 0
        self._next = time.monotonic() + _QUIET_S
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, count: int) -> None:
        """So many more bytes; fewer if negative."""
        self._done += count
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done)
        elif time.monotonic() >= self._next and not settings.quiet():
            self._show()

    def _show(self) -> None:
        if not sys.stderr.isatty():
            self._next = time.monotonic() + _LINE_S
            done, total = self._done / 1e6, self._total / 1e6
            print(f"{self._title}: {done:.1f} of {total:.1f} MB", file=sys.stderr, flush=True)  # noqa: T201
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
        from rich.progress import Progress as Bar

        columns = TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn()
        self._bar = Bar(*columns, TransferSpeedColumn(), TimeRemainingColumn(), console=Console(stderr=True))
        self._task = self._bar.add_task(self._title, total=self._total, completed=self._done)
        self._bar.start()

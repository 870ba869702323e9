"""Loops compiled by numba on first use, and kept on disk where there is a folder that may be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a loop with numba's `njit` and these options; it runs without the interpreter's lock.

    numba keeps the machine code beside the source or in the user's cache, and refuses where neither can be
    written, as in a read-only container. There each process compiles anew, in a second or so.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            return njit(cache=True, nogil=True, **options)(function)
        except RuntimeError:
            return njit(nogil=True, **options)(function)

    return decorate

"""Keep freed memory in the process, so that every training step reuses the buffers of the one before.

By default glibc hands large freed buffers back to the kernel, which must clear them again at the next step: a
tenth to a third of a step's time.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
_KEPT = 1 << 30
_LARGEST = 32 << 20  # the most glibc takes: larger buffers are mapped on their own as before


def keep_freed_memory() -> bool:
    """Ask the C library to keep up to 1 GiB of freed memory; False where it knows no such thing."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST) and mallopt(_TRIM_THRESHOLD, _KEPT))

"""A note to who asked for a model: a warning at the place outside this package that asked."""

from __future__ import annotations

import sys
import warnings

from zoo.errors import HubNote


def note(text: str) -> None:
    """Say something worth knowing that is no error."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "zoo":
        level, frame = level + 1, frame.f_back
    warnings.warn(text, HubNote, stacklevel=level)

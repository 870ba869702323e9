"""Where downloads and builds are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """`ZOO_CACHE`, or `difflogic-zoo` in the user's cache folder; it may not exist yet."""
    own = os.environ.get("ZOO_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "difflogic-zoo"

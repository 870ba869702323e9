"""What runs of real hosts share."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from zoo.cache import cache_folder

NO_SETTINGS: Mapping[str, float] = {}


class HostError(Exception):
    """A host or a compiler said something was wrong, or wrote nothing."""


def needs(program: str, packages: str) -> None:
    """Skip where a host is not installed; fail where continuous integration should have installed it."""
    if shutil.which(program) or Path(program).exists():
        return
    message = f"{program} is not here: install Debian's {packages}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def bends_last(settings: Mapping[str, float]) -> dict[str, float]:
    """Parameters, then `hold` under the number of the `gate` that is bent."""
    values = dict(settings)
    if "gate" in values:
        gate, hold = str(int(values.pop("gate"))), values.pop("hold")
        return {**values, gate: hold}
    return values


def environment() -> dict[str, str]:
    """With one cache for what zig builds of a target's C library, whoever calls it."""
    kinds = ("GLOBAL", "LOCAL")
    return {f"ZIG_{kind}_CACHE_DIR": str(cache_folder() / "zig") for kind in kinds} | os.environ


def make(folder: Path, *settings: str) -> None:
    """Build an export as its README says, with `NAME=value` settings of its Makefile."""
    done = subprocess.run(
        ["make", "-C", str(folder), *settings], env=environment(), capture_output=True, text=True
    )
    if done.returncode:
        raise HostError(done.stdout + done.stderr)

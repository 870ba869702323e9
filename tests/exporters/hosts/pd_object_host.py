"""The Pd object that loads any model, in a real Pd; its binaries are built once for all models."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from exporters.hosts.host import Wrapped
from tests.exporters.hosts import pd_host
from tests.exporters.hosts.hosts import NO_SETTINGS, make

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

_built: list[Path] = []


def build(folder: Path) -> None:
    """As the README says, or the binaries of an export whose sources are the same to the byte."""
    if _built and _sources(_built[0]) == _sources(folder):
        for path in _built[0].glob("*.pd_*"):
            shutil.copy(path, folder)
        return
    make(folder)
    _built[:] = [folder]


def _sources(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.suffix in (".c", ".h") or path.name == "Makefile"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def box(wrapped: Wrapped) -> str:
    """The object with the model's file."""
    return f"difflogic~ {wrapped.name}.gates"


def run_signals(
    folder: Path,
    wrapped: Wrapped,
    sound: Float32,
    rate: int,
    block: int,
    settings: Mapping[str, float] = NO_SETTINGS,
) -> list[list[Float32]]:
    """Two instances with these parameters: float32 (n,) for each signal outlet of each."""
    return pd_host.run_signals(folder, wrapped, sound, rate, block, box(wrapped), settings=settings)


def run_controls(folder: Path, wrapped: Wrapped, sound: Float32, rate: int) -> list[Int32]:
    """int32 (frames, controls) for each of two instances."""
    return pd_host.run_controls(folder, wrapped, sound, rate, box=box(wrapped))

"""Csound with 32-bit samples, as a Bela has it: what `scripts/build_csound32.sh` built."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from exporters.hosts.host import Wrapped
from tests.exporters.hosts import csound_host
from tests.exporters.hosts.hosts import make

Float32 = npt.NDArray[np.float32]

ROOT = Path(__file__).parents[3] / "build" / "csound32"
SINGLE = csound_host.Csound(
    (str(ROOT / "csound"),), {"LD_LIBRARY_PATH": str(ROOT), "OPCODE6DIR": str(ROOT / "plugins")}
)


def build(folder: Path) -> None:
    """As the README says for a Bela."""
    make(folder, "DOUBLE=", f"CSOUNDINCLUDEDIR={ROOT / 'include'}")


def run_signals(folder: Path, wrapped: Wrapped, sound: Float32, rate: int, block: int) -> list[list[Float32]]:
    """Two instances of the opcode in one instrument: float32 (n,) per output of each."""
    return csound_host.run_signals(folder, wrapped, sound, rate, block, SINGLE)


def run_controls(folder: Path, wrapped: Wrapped, sound: Float32, rate: int, block: int) -> Float32:
    """float32 (n, controls): the array that the opcode fills, in each of a block's samples."""
    return csound_host.run_controls(folder, wrapped, sound, rate, block, SINGLE)


def info(folder: Path, wrapped: Wrapped) -> str:
    """What this Csound prints of the opcode that says which model it is."""
    return csound_host.info(folder, wrapped, SINGLE)

"""Models in a real Csound, without a sound card: sound from a file in, every output a channel out."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from exporters.hosts.host import Wrapped
from tests.exporters.hosts.hosts import NO_SETTINGS, HostError, make

Float32 = npt.NDArray[np.float32]

TIMEOUT = 120

build = make


@dataclass(frozen=True)
class Csound:
    """A Csound.

    Args:
        command: To run it.
        environment: That it needs.
    """

    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


DOUBLE = Csound(("csound",))  # what systems have


def run_signals(
    folder: Path,
    wrapped: Wrapped,
    sound: Float32,
    rate: int,
    block: int,
    csound: Csound = DOUBLE,
    settings: Mapping[str, float] = NO_SETTINGS,
) -> list[list[Float32]]:
    """Two instances of the opcode in one instrument, with these arguments: float32 (n,) per output."""
    outputs = len(wrapped.signals)
    values = (
        dict.fromkeys((*wrapped.parameters, "reset"), 0.0)
        | {"enable": 1.0, "gate": -1.0, "hold": -1.0}
        | settings
    )
    given = [*(["aIn"] if wrapped.hears else []), *(f"{value:.10g}" for value in values.values() if settings)]
    piece = _signals(wrapped, ", ".join(given), rate, block, len(sound) / rate)
    found = _play(folder, wrapped, sound, rate, piece, csound)
    return [list(found[:outputs]), list(found[outputs:])]


def _play(
    folder: Path, wrapped: Wrapped, sound: Float32, rate: int, piece: str, csound: Csound = DOUBLE
) -> Float32:
    """float32 (channels, n) of a piece."""
    soundfile.write(folder / "in.wav", sound, rate, subtype="FLOAT")
    (folder / "out.wav").unlink(missing_ok=True)
    said = _csound(folder, wrapped, piece, csound)
    if not (folder / "out.wav").is_file():
        raise HostError(said[-2_000:])
    return soundfile.read(folder / "out.wav", dtype="float32", always_2d=True)[0].T[:, : len(sound)]


def _csound(folder: Path, wrapped: Wrapped, piece: str, csound: Csound = DOUBLE) -> str:
    """Run a piece; what Csound said."""
    (folder / "run.csd").write_text(piece)
    command = [
        *csound.command,
        f"--opcode-lib=./lib{wrapped.name}.so",
        "--nodisplays",
        "-W",
        "-f",
        "-o",
        "out.wav",
    ]
    done = subprocess.run(
        [*command, "run.csd"],
        cwd=folder,
        env=os.environ | csound.environment,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=TIMEOUT,
    )
    said = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode:
        raise HostError(said[-2_000:])
    return said


def run_controls(
    folder: Path, wrapped: Wrapped, sound: Float32, rate: int, block: int, csound: Csound = DOUBLE
) -> Float32:
    """float32 (n, controls): the array that the opcode fills, in each of a block's samples."""
    n = len(wrapped.controls)
    units = f"  aSound, kPlayed[] {wrapped.name} aIn\n"
    units += "".join(f"  a{k} upsamp kPlayed[{k}]\n" for k in range(n))
    piece = _piece(units, ", ".join(f"a{k}" for k in range(n)), n, len(sound) / rate, rate, block)
    return _play(folder, wrapped, sound, rate, piece, csound).T


def info(folder: Path, wrapped: Wrapped, csound: Csound = DOUBLE) -> str:
    """What Csound prints of the opcode that says which model it is."""
    units = f'  SId, SDigest, SLicence {wrapped.name}_info\n  prints "%s %s %s\\n", SId, SDigest, SLicence\n'
    piece = _piece(units, "aIn", 1, 0.1, 44_100, 64)
    soundfile.write(folder / "in.wav", np.zeros(4_410, np.float32), 44_100, subtype="FLOAT")
    return _csound(folder, wrapped, piece, csound)


def _signals(wrapped: Wrapped, given: str, rate: int, block: int, seconds: float) -> str:
    """Two instances, every output a channel."""
    outputs = len(wrapped.signals)
    variables = [[f"a{i}_{k}" for k in range(outputs)] for i in range(2)]
    units = "\n".join(f"  {', '.join(row)} {wrapped.name} {given}" for row in variables)
    everything = ", ".join(v for row in variables for v in row)
    return _piece(units, everything, 2 * outputs, seconds, rate, block)


def _piece(units: str, out: str, channels: int, seconds: float, rate: int, block: int) -> str:
    return f"""\
<CsoundSynthesizer>
<CsOptions>
</CsOptions>
<CsInstruments>
sr = {rate}
ksmps = {block}
nchnls = {channels}
0dbfs = 1
instr 1
  aIn soundin "in.wav"
{units}
  outc {out}
endin
</CsInstruments>
<CsScore>
i 1 0 {seconds + block / rate}
</CsScore>
</CsoundSynthesizer>
"""

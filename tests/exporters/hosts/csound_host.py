"""Models in a real Csound, without a sound card: sound from a file in, every output a channel out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from exporters.hosts.host import Wrapped
from tests.exporters.hosts.hosts import HostError, make

Float32 = npt.NDArray[np.float32]

TIMEOUT = 120

build = make


def run_signals(folder: Path, wrapped: Wrapped, sound: Float32, rate: int, block: int) -> list[list[Float32]]:
    """Two instances of the opcode in one instrument: float32 (n,) per output of each."""
    name, outputs = wrapped.name, len(wrapped.signals)
    soundfile.write(folder / "in.wav", sound, rate, subtype="FLOAT")
    (folder / "run.csd").write_text(_piece(wrapped, len(sound) / rate, rate, block))
    (folder / "out.wav").unlink(missing_ok=True)
    command = [
        "csound",
        f"--opcode-lib=./lib{name}.so",
        "--nodisplays",
        "-W",
        "-f",
        "-o",
        "out.wav",
        "run.csd",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT)
    said = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode or not (folder / "out.wav").is_file():
        raise HostError(said[-2_000:])
    found = soundfile.read(folder / "out.wav", dtype="float32", always_2d=True)[0].T[:, : len(sound)]
    return [list(found[:outputs]), list(found[outputs:])]


def _piece(wrapped: Wrapped, seconds: float, rate: int, block: int) -> str:
    outputs = len(wrapped.signals)
    variables = [[f"a{i}_{k}" for k in range(outputs)] for i in range(2)]
    given = " aIn" if wrapped.hears else ""
    units = "\n".join(f"  {', '.join(row)} {wrapped.name}{given}" for row in variables)
    everything = ", ".join(v for row in variables for v in row)
    return f"""\
<CsoundSynthesizer>
<CsOptions>
</CsOptions>
<CsInstruments>
sr = {rate}
ksmps = {block}
nchnls = {2 * outputs}
0dbfs = 1
instr 1
  aIn soundin "in.wav"
{units}
  outc {everything}
endin
</CsInstruments>
<CsScore>
i 1 0 {seconds + block / rate}
</CsScore>
</CsoundSynthesizer>
"""

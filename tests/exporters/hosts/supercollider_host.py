"""Models in a real scsynth, not in real time: sound from a file in, every output a channel out."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from exporters.hosts.host import Wrapped
from exporters.hosts.supercollider import class_name
from tests.exporters.hosts.hosts import NO_SETTINGS, HostError

Float32 = npt.NDArray[np.float32]

TIMEOUT = 120
PLUGINS = "/usr/lib/SuperCollider/plugins"
_UNPACKED = Path(__file__).parents[3] / "build" / "supercollider"  # where scripts/install_hosts.sh puts them
HEADERS = Path(_UNPACKED if _UNPACKED.is_dir() else "/", "usr/include/SuperCollider")


def build(folder: Path) -> None:
    """As the README says."""
    command = ["make", "-C", str(folder), f"SC={HEADERS}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise HostError(done.stdout + done.stderr)


def run_signals(
    folder: Path,
    wrapped: Wrapped,
    sound: Float32,
    rate: int,
    block: int,
    settings: Mapping[str, float] = NO_SETTINGS,
) -> list[list[Float32]]:
    """Two instances in one SynthDef, with these arguments: float32 (n,) per output of each.

    `gate` among them is held at `hold` by a command.
    """
    values = dict(settings)
    bent = [(int(values.pop("gate")), int(values.pop("hold")))] if "gate" in values else []
    outputs = len(wrapped.outputs)
    soundfile.write(folder / "in.wav", sound, rate, subtype="FLOAT")
    (folder / "score.osc").write_bytes(score(_synth(wrapped, values), len(sound) / rate, bent))
    (folder / "out.wav").unlink(missing_ok=True)
    command = ["scsynth", "-N", "score.osc", "in.wav", "out.wav", str(rate), "WAV", "float"]
    command += ["-i", "1", "-o", str(2 * outputs), "-z", str(block), "-U", f"{PLUGINS}:{folder}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=TIMEOUT)
    said = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode or "not installed" in said or "FAILURE" in said or not (folder / "out.wav").is_file():
        raise HostError(said[-2_000:])
    found = soundfile.read(folder / "out.wav", dtype="float32", always_2d=True)[0].T
    if found.shape[1] < len(sound):
        raise HostError(f"{found.shape[1]} frames of {len(sound)}: {said[-2_000:]}")
    found = found[:, : len(sound)]
    return [list(found[:outputs]), list(found[outputs:])]


def _synth(wrapped: Wrapped, settings: Mapping[str, float]) -> bytes:
    """The hardware's input, the model twice, Out."""
    outputs, hears = len(wrapped.outputs), wrapped.hears
    zero = (-1, 0)
    ugens = [ugen("In", [(-1, 1)], 1)] if hears else []
    given = [(0, 0)] if hears else []
    values = dict.fromkeys((*wrapped.parameters, "reset"), 0.0) | {"enable": 1.0} | settings
    constants = [0.0, 2.0 * outputs, *values.values()]  # the second one is the bus of inputs
    given += [(-1, 2 + k) for k in range(len(values))]
    first = len(ugens)
    ugens += [ugen(class_name(wrapped.name), given, outputs) for _ in range(2)]
    wires = [(first + i, k) for i in range(2) for k in range(outputs)]
    ugens.append(ugen("Out", [zero, *wires], 0))
    return synth_file(constants, ugens)


def synth_file(constants: Sequence[float], ugens: Sequence[bytes]) -> bytes:
    """A SynthDef file, version 2, of the SynthDef `model`."""
    body = _name("model") + struct.pack(">i", len(constants)) + struct.pack(f">{len(constants)}f", *constants)
    body += struct.pack(">iii", 0, 0, len(ugens)) + b"".join(ugens) + struct.pack(">h", 0)
    return b"SCgf" + struct.pack(">ih", 2, 1) + body


def ugen(cls: str, inputs: Sequence[tuple[int, int]], outputs: int) -> bytes:
    """A unit at audio rate; an input is (ugen, output), or (-1, constant)."""
    head = _name(cls) + struct.pack(">biih", 2, len(inputs), outputs, 0)
    return head + b"".join(struct.pack(">ii", *wire) for wire in inputs) + b"\2" * outputs


def _name(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()


def score(synth: bytes, seconds: float, bent: Sequence[tuple[int, int]] = ()) -> bytes:
    """The commands of a run that is not in real time, in which units 0 and 1 hold gates."""
    start = _message("/d_recv", synth)
    play = _message("/s_new", "model", 1000, 0, 0)
    end = _message("/c_set", 0, 0)
    bends = [_message("/u_cmd", 1000, unit, "bend", *pair) for unit in range(2) for pair in bent]
    return _bundle(0.0, start, play, *bends) + _bundle(seconds + 0.05, end)


def _message(address: str, *values: object) -> bytes:
    tags, data = ",", b""
    for value in values:
        if isinstance(value, bytes):
            tags += "b"
            data += struct.pack(">i", len(value)) + value + bytes(-len(value) % 4)
        elif isinstance(value, str):
            tags += "s"
            data += _string(value)
        else:
            tags += "i"
            data += struct.pack(">i", value)
    return _string(address) + _string(tags) + data


def _string(text: str) -> bytes:
    return text.encode() + bytes(4 - len(text) % 4)


def _bundle(seconds: float, *messages: bytes) -> bytes:
    whole = int(seconds)
    time = struct.pack(">II", whole, int((seconds - whole) * 2**32))
    data = b"#bundle\0" + time + b"".join(struct.pack(">i", len(m)) + m for m in messages)
    return struct.pack(">i", len(data)) + data

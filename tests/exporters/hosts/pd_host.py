"""Models in a real Pd, without a sound card: sound from a file in, every signal outlet to a file out."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from exporters.hosts.host import Wrapped
from exporters.hosts.pd.patches import Patch
from tests.exporters.hosts.hosts import NO_SETTINGS, HostError, bends_last, make

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

TIMEOUT = 300

build = make


def run_signals(
    folder: Path,
    wrapped: Wrapped,
    sound: Float32,
    rate: int,
    block: int,
    box: str | None = None,
    first: str = "reset",
    pd: Sequence[str] = ("pd",),
    settings: Mapping[str, float] = NO_SETTINGS,
) -> list[list[Float32]]:
    """Two instances of an object in one patch.

    Args:
        folder: Of the built export.
        wrapped: The model as it was exported.
        sound: float32 (n,) at `rate`; how long it is matters to what hears nothing too.
        rate: Of Pd, Hz.
        block: Block size of the subpatch they are in.
        box: Text of the object, `NAME~` when None.
        first: Messages that it gets before the sound begins.
        pd: The command.
        settings: Parameters that it gets before those, and a `gate` to `hold` after them.

    Returns:
        float32 (n,) for each signal outlet of each instance.
    """
    values = bends_last(settings)
    bends = [f"bend {name} {values.pop(name):g}" for name in list(values) if name.isdigit()]
    messages = ", ".join([*(f"{name} {value:.10g}" for name, value in values.items()), first, *bends])
    return _run(folder, wrapped, sound, rate, block, box or f"{wrapped.name}~", messages, pd)[0]


def run_controls(
    folder: Path, wrapped: Wrapped, sound: Float32, rate: int, block: int = 64, box: str | None = None
) -> list[Int32]:
    """int32 (frames, controls) for each of two instances: what the message outlet says of the oscillators."""
    _, said = _run(folder, wrapped, sound, rate, block, box or f"{wrapped.name}~", "reset", ("pd",))
    found = []
    for start in ("said-0: ", "said-1: "):
        lines = [line.removeprefix(start) for line in said.splitlines() if line.startswith(start)]
        rows = [line.split()[1:] for line in lines[lines.index("begins") + 1 :]]
        found.append(np.array(rows, np.int32))
    return found


def _run(
    folder: Path,
    wrapped: Wrapped,
    sound: Float32,
    rate: int,
    block: int,
    box: str,
    first: str,
    pd: Sequence[str],
) -> tuple[list[list[Float32]], str]:
    """Signals of two instances, and what Pd and their last outlets said."""
    soundfile.write(folder / "in.wav", sound, rate, subtype="FLOAT")
    names = [f"out-{i}-{k}" for i in range(2) for k in range(len(wrapped.signals))]
    inner = _inner(wrapped, block, box, first)
    (folder / "run.pd").write_text(_patch(names, inner, len(sound)))
    said = run_patch(folder, "run.pd", rate, pd)
    if "error" in said.lower():
        raise HostError(said[-2_000:])
    found = []
    for name in names:
        path = folder / f"{name}.wav"
        if not path.is_file():
            raise HostError(f"no {path.name}: {said[-2_000:]}")
        found.append(soundfile.read(path, dtype="float32")[0])
        path.unlink()
    return [found[: len(names) // 2], found[len(names) // 2 :]], said


def run_patch(folder: Path, patch: str, rate: int = 44_100, pd: Sequence[str] = ("pd",)) -> str:
    """Run a patch that quits; what Pd said.

    Raises:
        HostError: An object could not be made, or Pd failed.
    """
    command = [
        *pd,
        "-nogui",
        "-batch",
        "-noaudio",
        "-nrt",
        "-noprefs",
        "-stderr",
        "-r",
        str(rate),
        "-path",
        ".",
    ]
    done = subprocess.run(
        [*command, "-open", patch], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT
    )
    if "couldn't create" in done.stderr or done.returncode:
        raise HostError(done.stderr[-2_000:])
    return done.stderr


def _patch(names: list[str], inner: Patch, n: int) -> str:
    """All starts in one moment: reset, play and write; full arrays are saved, and Pd leaves."""
    arrays = ["in", *names]
    patch = Patch()
    for array in arrays:
        content = f"#N canvas 0 0 450 250 (subpatch) 0;\n#X array {array} {n} float 0;"
        patch.lines.append(f"{content}\n#X restore 600 20 graph;")
    patch.lines.append(f"{inner.text().rstrip()}\n#X restore 10 300 pd inner;".replace("12;", "inner 0;", 1))
    unit = len(patch.lines) - 1
    bang = patch.add("obj", 10, 10, "loadbang")
    steps = patch.add("obj", 10, 40, "t b b b")  # from right to left: load, switch on, start a little later
    read = patch.add("msg", 300, 80, "read -resize in.wav in")
    on = patch.add("msg", 200, 80, "; pd dsp 1")
    start = patch.add("obj", 10, 80, "delay 10")
    both = patch.add("obj", 10, 110, "t b b")
    wait = patch.add("obj", 100, 140, f"delay {n} 1 samp")
    later = patch.add("obj", 100, 170, "delay 300")
    saved = ", ".join(f"write -wave -bytes 4 {array}.wav {array}" for array in arrays[1:])
    write = patch.add("msg", 100, 200, saved)
    file = patch.add("obj", 300, 230, "soundfiler")
    leave = patch.add("msg", 100, 260, "; pd quit")
    then = patch.add("obj", 100, 185, "t b b")
    patch.wire(bang, steps)
    patch.wire(steps, read, 2)
    patch.wire(read, file)
    patch.wire(steps, on, 1)
    patch.wire(steps, start, 0)
    patch.wire(start, both)
    patch.wire(both, unit, 1)
    patch.wire(both, wait, 0)
    patch.wire(wait, later)
    patch.wire(later, then)
    patch.wire(then, write, 1)
    patch.wire(write, file)
    patch.wire(then, leave, 0)
    return patch.text()


def _inner(wrapped: Wrapped, block: int, box: str, first: str) -> Patch:
    """The subpatch with its own block size, two instances in it."""
    patch = Patch()
    go = patch.add("obj", 10, 10, "inlet")
    patch.add("obj", 300, 10, f"block~ {block}")
    order = patch.add("obj", 10, 40, "t b b")
    reset = patch.add("msg", 200, 70, first)
    play = patch.add("obj", 10, 70, "tabplay~ in")
    patch.wire(go, order)
    patch.wire(order, reset, 1)
    patch.wire(order, play, 0)
    for instance in range(2):
        unit = patch.add("obj", 10, 120 + 200 * instance, box)
        patch.wire(reset, unit)
        if wrapped.hears:
            patch.wire(play, unit)
        for k in range(len(wrapped.signals)):
            table = patch.add("obj", 10 + 90 * k, 160 + 200 * instance, f"tabwrite~ out-{instance}-{k}")
            patch.wire(unit, table, k)
            patch.wire(order, table, 0)
        if wrapped.controls:
            shown = patch.add("obj", 400, 160 + 200 * instance, f"print said-{instance}")
            patch.wire(unit, shown, len(wrapped.signals))
            begin = patch.add("msg", 400, 70, "begins")
            patch.wire(order, begin, 1)
            patch.wire(begin, shown)
    return patch

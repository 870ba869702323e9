"""Pictures of exports in their hosts, for docs/hosts: what a real host shows or plays.

python -m scripts.picture_hosts            all; needs scripts/install_hosts.sh, and puredata-gui, xvfb and imagemagick
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from matplotlib.figure import Figure

import zoo
from exporters.c.names import default_name
from exporters.hosts import HOSTS
from exporters.hosts.engine import best_engine
from exporters.hosts.host import Wrapped
from tasks.registry import get_task
from tests.exporters.hosts import bela_host, faust_host, supercollider_host

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "hosts"
QEMU = ("qemu-arm", "-L", str(ROOT / "build" / "arm-pd"))
MODEL, TUNE = "bela/onset-gates", "bela/bytebeat-42-gates"
LOOP = "loop_safari"  # in the public domain
DISPLAY = ":77"
SECONDS = 3.0


def main() -> None:
    """Every picture."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, draw in DRAWERS.items():
            print(name, flush=True)
            place = Path(folder, name)
            HOSTS[name].export(zoo.load(TUNE if name == "faust" else MODEL), place)
            draw(place, PICTURES / f"{name}.png")


def _pd(folder: Path, picture: Path) -> None:
    """The help patch in Pd's window."""
    subprocess.run(["make", "-C", str(folder)], check=True, capture_output=True)
    screen = subprocess.Popen(["Xvfb", DISPLAY, "-screen", "0", "1000x760x24"], stderr=subprocess.DEVNULL)
    environment = os.environ | {"DISPLAY": DISPLAY}
    time.sleep(2)
    command = ["pd", "-noaudio", "-nrt", "-noprefs", "-path", ".", "-open", "onset_gates~-help.pd"]
    pd = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL)
    try:
        time.sleep(8)  # for its window, and some drum hits
        cut = ["import", "-window", "root", "-crop", "700x592+80+60", "+repage", str(picture)]
        subprocess.run(cut, check=True, env=environment)
    finally:
        pd.kill()
        screen.kill()


def _browser(folder: Path, picture: Path) -> None:
    """The page in Chromium."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = folder / "shown.html"
    click = (
        '<script type="module">setTimeout(() => document.getElementById("play").click(), 500)</script></body>'
    )
    page.write_text((folder / "index.html").read_text().replace("</body>", click))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
    flags += ["--disable-background-networking", "--window-size=800,700", "--virtual-time-budget=6000"]
    with tempfile.TemporaryDirectory() as profile:
        flags += [f"--user-data-dir={profile}", f"--screenshot={picture}"]
        url = f"http://127.0.0.1:{server.server_port}/shown.html"
        subprocess.run(["chromium", *flags, url], check=True, capture_output=True, timeout=120)
    server.shutdown()


def _csound(folder: Path, picture: Path) -> None:
    """What the example plays."""
    subprocess.run(["make", "-C", str(folder)], check=True, capture_output=True)
    command = ["csound", "--opcode-lib=./libonset_gates.so", "--nodisplays", "-W", "-o", "out.wav"]
    subprocess.run(
        [*command, "onset_gates.csd"], cwd=folder, check=True, capture_output=True, stdin=subprocess.DEVNULL
    )
    sound, rate = soundfile.read(folder / "out.wav")
    part = sound[: int(SECONDS * rate)]
    figure = Figure(figsize=(8, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.plot([i / rate for i in range(len(part))], part, linewidth=0.5)
    axes.set(xlabel="seconds", ylabel="out", title="onset_gates.csd: drum hits, and a beep for each")
    figure.savefig(picture, dpi=100, metadata={"Software": None})


def _loop() -> Float32:
    """A real drum loop, float32."""
    (clip,) = (clip for clip in get_task("onset").load("test3") if clip.name == LOOP)
    return (clip.samples[: int(SECONDS * zoo.load(MODEL).rate)] / 32_768).astype(np.float32)


def _wrapped(id: str) -> Wrapped:
    model = zoo.load(id)
    return Wrapped(model, default_name(id), best_engine(model))


def _supercollider(folder: Path, picture: Path) -> None:
    """Trigger and score of a loop."""
    supercollider_host.build(folder)
    sound, rate = _loop(), zoo.load(MODEL).rate
    trigger, score = supercollider_host.run_signals(folder, _wrapped(MODEL), sound, rate, 64)[0]
    _plot(picture, rate, {"loop": sound, "score": score}, np.flatnonzero(trigger) / rate)


def _faust(folder: Path, picture: Path) -> None:
    """The beginning of a tune."""
    faust_host.build(folder)
    rate = zoo.load(TUNE).rate
    silent = np.zeros(int(8 * rate), np.float32)
    (sound,) = faust_host.run_signals(folder, _wrapped(TUNE), silent, rate, 64)[0]
    _plot(picture, rate, {"bytebeat_42_gates.dsp": sound})


def _bela(folder: Path, picture: Path) -> None:
    """A loop through the project on an emulated ARM: what goes in, and what comes out with its beeps."""
    bela_host.build_arm(folder)
    sound, rate = _loop(), zoo.load(MODEL).rate
    wrapped = _wrapped(MODEL)
    found, _ = bela_host.run_signals(folder, wrapped, sound, rate, 16, QEMU)
    _plot(picture, rate, {"audio in": sound, "audio out": found[-1]})


def _cpp(folder: Path, picture: Path) -> None:
    """What the example prints for a loop."""
    for command in (["cmake", "-B", "build"], ["cmake", "--build", "build"]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    sound, rate = _loop(), zoo.load(MODEL).rate
    raw = np.rint(sound * 32_768).astype(np.int16).tobytes()
    done = subprocess.run([folder / "build" / "example"], input=raw, check=True, capture_output=True)
    times = [float(line.split()[0]) for line in done.stdout.decode().splitlines()]
    _plot(picture, rate, {"loop": sound}, np.array(times))


def _plot(picture: Path, rate: int, lines: dict[str, Float32], hits: Float64 | None = None) -> None:
    """Signals over time, and a mark at every hit."""
    figure = Figure(figsize=(8, 1 + 1.6 * len(lines)), layout="constrained")
    for axes, (name, line) in zip(
        np.atleast_1d(figure.subplots(len(lines), sharex=True)), lines.items(), strict=True
    ):
        axes.plot(np.arange(len(line)) / rate, line, linewidth=0.5)
        axes.set_ylabel(name)
        for hit in [] if hits is None else hits:
            axes.axvline(hit, color="tab:red", linewidth=0.8, alpha=0.7)
    axes.set_xlabel("seconds")
    figure.savefig(picture, dpi=100, metadata={"Software": None})


DRAWERS = {
    "pd": _pd,
    "wasm": _browser,
    "csound": _csound,
    "supercollider": _supercollider,
    "faust": _faust,
    "bela": _bela,
    "cpp": _cpp,
}

if __name__ == "__main__":
    if shutil.which("Xvfb") is None:
        raise SystemExit("Xvfb is not here: install puredata-gui, xvfb and imagemagick")
    main()

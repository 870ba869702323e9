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

import soundfile
from matplotlib.figure import Figure

import zoo
from exporters.hosts import HOSTS

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "hosts"
MODEL = "bela/onset-gates"
DISPLAY = ":77"
SECONDS = 3.0


def main() -> None:
    """Every picture."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, draw in {"pd": _pd, "wasm": _browser, "csound": _csound}.items():
            print(name, flush=True)
            place = Path(folder, name)
            HOSTS[name].export(zoo.load(MODEL), place)
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


if __name__ == "__main__":
    if shutil.which("Xvfb") is None:
        raise SystemExit("Xvfb is not here: install puredata-gui, xvfb and imagemagick")
    main()

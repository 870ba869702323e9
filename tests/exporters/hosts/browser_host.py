"""The AudioWorklet in a real Chromium: a page renders with OfflineAudioContext and posts what it got."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from exporters.hosts.host import Wrapped, filled
from tests.exporters.hosts.hosts import HostError

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

TIMEOUT = 120
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--autoplay-policy=no-user-gesture-required",
)

PAGE = """\
<!doctype html>
<link rel="icon" href="data:,">
<script type="module">
try {
    const { @{name}, about } = await import("./@{name}.js");
    if (about.digest !== "@{digest}") throw new Error(`another model: ${about.digest}`);
    const heard = new Float32Array(await (await fetch("in.f32")).arrayBuffer());
    const context = new OfflineAudioContext({
        numberOfChannels: 2 * @{outputs}, length: heard.length, sampleRate: @{rate} });
    const merger = new ChannelMergerNode(context, { numberOfInputs: 2 * @{outputs} });
    merger.connect(context.destination);
    const buffer = new AudioBuffer({ length: heard.length, sampleRate: @{rate} });
    buffer.copyToChannel(heard, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    const nodes = [];
    for (let instance = 0; instance < 2; instance++) {
        const node = await @{name}(context);
        nodes.push(node);
        if (node.numberOfInputs) source.connect(node);
        for (let k = 0; k < @{outputs}; k++) node.connect(merger, k, instance * @{outputs} + k);
    }
    const played = [[], []];
    nodes.forEach((node, k) => { node.onanswer = ({ controls }) => played[k].push(...controls); });
    source.start();
    const rendered = await context.startRendering();
    const all = new Float32Array(2 * @{outputs} * heard.length);
    for (let k = 0; k < 2 * @{outputs}; k++) all.set(rendered.getChannelData(k), k * heard.length);
    while (played.some((numbers) => numbers.length < @{played})) await new Promise((go) => setTimeout(go, 5));
    await fetch("controls", { method: "POST", body: new Int32Array(played.flat()) });
    await fetch("result", { method: "POST", body: all });
} catch (error) {
    await fetch("error", { method: "POST", body: String(error && error.stack || error) });
}
</script>
"""


def build(folder: Path) -> None:
    """It comes built."""


def run_signals(folder: Path, wrapped: Wrapped, sound: Float32, rate: int, block: int) -> list[list[Float32]]:
    """Two nodes in one context, blocks of 128 as every browser has them: float32 (n,) per output of each."""
    assert block == 128
    outputs = len(wrapped.signals)
    found = np.frombuffer(_play(folder, wrapped, sound, rate)["/result"], np.float32).reshape(2 * outputs, -1)
    return [list(found[:outputs]), list(found[outputs:])]


def run_controls(folder: Path, wrapped: Wrapped, sound: Float32, rate: int) -> list[Int32]:
    """int32 (frames, controls) for each of two nodes: what their messages say of the oscillators."""
    found = np.frombuffer(_play(folder, wrapped, sound, rate)["/controls"], np.int32)
    return list(found.reshape(2, -1, len(wrapped.controls)))


def _play(folder: Path, wrapped: Wrapped, sound: Float32, rate: int) -> dict[str, bytes]:
    """What the page posts, by path."""
    sound.tofile(folder / "in.f32")
    numbers = len(sound) // wrapped.model.hop * len(wrapped.controls)
    words = wrapped.words() | {
        "outputs": str(len(wrapped.signals)),
        "rate": str(rate),
        "played": str(numbers),
    }
    (folder / "run.html").write_text(filled(PAGE, words))
    answer = render(folder)
    if "/result" not in answer:
        raise HostError(answer["/error"].decode(errors="replace"))
    return answer


def render(folder: Path) -> dict[str, bytes]:
    """Open run.html; the bodies of what it posts by path, until there is a result or an error."""
    done = threading.Event()
    answer: dict[str, bytes] = {}

    class Handler(SimpleHTTPRequestHandler):
        extensions_map: ClassVar = {**SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm"}

        def do_POST(self) -> None:
            answer[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            if self.path != "/controls":
                done.set()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    profile = tempfile.mkdtemp(prefix="chromium-")
    page = f"http://127.0.0.1:{server.server_port}/run.html"
    command = ["chromium", *FLAGS, f"--user-data-dir={profile}", page]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if not done.wait(TIMEOUT):
            raise HostError(f"nothing came back in {TIMEOUT} s")
    finally:
        browser.kill()
        browser.wait()
        server.shutdown()
        shutil.rmtree(profile, ignore_errors=True)
    return answer

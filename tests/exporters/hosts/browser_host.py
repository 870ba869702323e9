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

TIMEOUT = 120
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)

PAGE = """\
<!doctype html>
<link rel="icon" href="data:,">
<script type="module">
try {
    const { @{name} } = await import("./@{name}.js");
    const heard = new Float32Array(await (await fetch("in.f32")).arrayBuffer());
    const context = new OfflineAudioContext({
        numberOfChannels: 2 * @{outputs}, length: heard.length, sampleRate: @{rate} });
    const merger = new ChannelMergerNode(context, { numberOfInputs: 2 * @{outputs} });
    merger.connect(context.destination);
    const buffer = new AudioBuffer({ length: heard.length, sampleRate: @{rate} });
    buffer.copyToChannel(heard, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    for (let instance = 0; instance < 2; instance++) {
        const node = await @{name}(context);
        if (node.numberOfInputs) source.connect(node);
        for (let k = 0; k < @{outputs}; k++) node.connect(merger, k, instance * @{outputs} + k);
    }
    source.start();
    const rendered = await context.startRendering();
    const all = new Float32Array(2 * @{outputs} * heard.length);
    for (let k = 0; k < 2 * @{outputs}; k++) all.set(rendered.getChannelData(k), k * heard.length);
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
    sound.tofile(folder / "in.f32")
    words = {"name": wrapped.name, "outputs": str(outputs), "rate": str(rate)}
    (folder / "run.html").write_text(filled(PAGE, words))
    answer = render(folder)
    if answer[0] != "/result":
        raise HostError(answer[1].decode(errors="replace"))
    found = np.frombuffer(answer[1], np.float32).reshape(2 * outputs, -1)
    return [list(found[:outputs]), list(found[outputs:])]


def render(folder: Path) -> tuple[str, bytes]:
    """Open run.html; the path and body of the first thing that it posts."""
    done = threading.Event()
    answer: list[tuple[str, bytes]] = []

    class Handler(SimpleHTTPRequestHandler):
        extensions_map: ClassVar = {**SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm"}

        def do_POST(self) -> None:
            answer.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
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
    return answer[0]

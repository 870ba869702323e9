"""Several processes at once, and one that is killed: one download, no half model, and it goes on."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.zoo.hub.evil import COMMIT, Hub, Request
from zoo.hub.cache import HubCache

ROOT = Path(__file__).parents[3]
LOG = "training.csv"
GET = "from zoo.hub.get import fetch; from zoo.hub.names import RepoId; print(fetch(RepoId('test', 'tiny')))"


def start(code: str = GET) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.slow
def test_eight_processes_share_one_download(hub: Hub, cache: HubCache) -> None:
    hub.gap_s = 0.05
    running = [start() for _ in range(8)]
    answers = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0] * 8, answers
    (folder,) = {out for out, _ in answers}
    assert folder.strip() == str(next(iter(cache.models().values())))
    files = [name for name in hub.files if "/" not in name and "checkpoint" not in name]
    assert {name: len(hub.asked(f"/{name}")) for name in files} == dict.fromkeys(files, 1)
    assert list(cache.root.glob("locks/*")) == []


def test_a_killed_download_leaves_no_model_and_is_gone_on_with(hub: Hub, cache: HubCache) -> None:
    data = hub.files[LOG]

    def break_off(_: Request) -> Iterator[bytes]:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        yield head + data[:300_000]
        hub._stopped.wait(20)

    hub.evil[LOG] = [break_off, None]
    running = start()
    deadline = time.monotonic() + 30
    name = hashlib.sha256(data).hexdigest()
    while not any(p.stat().st_size >= 200_000 for p in cache.root.glob(f"partial/*/{name}")):
        assert time.monotonic() < deadline
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)
    running.kill()
    running.communicate(timeout=10)
    assert cache.models() == {}
    again = start()
    out, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    assert (Path(out.strip()) / LOG).read_bytes() == data
    first = int(hub.asked(LOG)[1].headers["range"].removeprefix("bytes=").rstrip("-"))
    assert 200_000 <= first <= 300_000


def test_without_any_socket_a_cached_model_loads(hub: Hub) -> None:
    assert start().wait(60) == 0
    hub.__exit__()
    code = (
        "import socket, ssl, warnings, zoo; warnings.simplefilter('ignore')\n"
        "def no(*_, **__): raise AssertionError('the network was used')\n"
        "socket.socket = socket.create_connection = socket.getaddrinfo = no\n"
        f"print(zoo.load('test/tiny@{COMMIT}').id, zoo.load('test/tiny', offline=True).id)"
    )
    out, err = start(code).communicate(timeout=60)
    assert (out.strip(), err) == ("test/tiny test/tiny", "")

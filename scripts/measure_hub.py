"""Measure the hub under load and under a large upload, and write docs/hub-results.md; nobody types a figure.

python -m scripts.measure_hub            measure, write docs/records/hub.json, render
python -m scripts.measure_hub --render   only render, from the record as it is

The server is `zoo hub serve` in a process of its own, its clients are threads of this one; both share the machine.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import http.client
import json
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.tokens import TokenBook
from scripts.render_readme import table

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "records" / "hub.json"
PAGE = ROOT / "docs" / "hub-results.md"
MODEL = ROOT / "zoo" / "models" / "bela" / "onset-gates"
READERS, WRITERS, SECONDS = 64, 16, 60.0
REPOS = 4
UPLOAD = 500_000_000  # bytes
BLOCK = 3 * 2**20  # bytes; a multiple of three, so that its base64 may be repeated


@dataclass(frozen=True)
class Served:
    """A hub that runs.

    Args:
        port: On this machine.
        token: That writes.
        pid: Its process.
    """

    port: int
    token: str
    pid: int

    def memory(self, entry: str) -> int:
        """Bytes: `VmRSS` is what it holds, `VmHWM` the most it ever held."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return 1024 * int(re.findall(rf"{entry}:\s+(\d+) kB", status)[0])


@contextmanager
def served(folder: Path, user: str = "lab") -> Iterator[Served]:
    """Serve a folder while the block runs."""
    token = TokenBook(folder).new(user)
    command = [sys.executable, "-m", "zoo.cli", "hub", "serve", str(folder), "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        yield Served(int(line.strip().rpartition(":")[2]), token, process.pid)
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


class Client:
    """One keep-alive connection."""

    def __init__(self, hub: Served) -> None:
        self._headers = {"Authorization": f"Bearer {hub.token}"}
        self._connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=60)

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The answer's body.

        Raises:
            OSError: Any status but 200.
        """
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise OSError(f"{method} {path}: {answer.status} {data[:200]!r}")
        return data

    def commit(self, repo: str, files: dict[str, bytes]) -> str:
        """Commit files; gives the commit's id."""
        lines: list[Any] = [{"key": "header", "value": {"summary": "A commit"}}]
        for path, data in files.items():
            content = base64.b64encode(data).decode()
            lines.append({"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}})
        body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        return str(json.loads(self.ask("POST", f"/api/models/{repo}/commit/main", body))["commitOid"])

    def create(self, repo: str) -> None:
        """A new repository."""
        owner, _, name = repo.partition("/")
        self.ask("POST", "/api/repos/create", json.dumps({"name": name, "organization": owner}).encode())


@dataclass
class Tally:
    """What one kind of client saw: seconds of each request, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def to_json(self, elapsed: float) -> dict[str, Any]:
        """Counts, rate and percentiles in milliseconds."""
        ordered = sorted(self.seconds)

        def at(share: float) -> float:
            return (
                round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else 0.0
            )

        return {
            "requests": len(ordered),
            "errors": len(self.errors),
            "first_errors": self.errors[:5],
            "per_second": round(len(ordered) / elapsed, 1),
            "ms": {"p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0)},
        }


def load(hub: Served, readers: int, writers: int, seconds: float) -> dict[str, Any]:
    """Readers get and check files while writers commit; what happened, and how many commits were lost."""
    first = Client(hub)
    files = {path.name: path.read_bytes() for path in MODEL.iterdir()}
    repos = [f"lab/model-{number}" for number in range(REPOS)]
    pins = {}
    for repo in repos:
        first.create(repo)
        pins[repo] = first.commit(repo, files)
    gets, commits = Tally(), Tally()
    made: dict[str, set[str]] = {repo: set() for repo in repos}
    start = threading.Barrier(readers + writers)

    def until_the_end(tally: Tally, once: Any) -> None:
        client = Client(hub)
        start.wait()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begun = time.monotonic()
            try:
                once(client)
            except (OSError, http.client.HTTPException, AssertionError) as error:
                tally.errors.append(f"{type(error).__name__}: {error}"[:300])
                client = Client(hub)
            else:
                tally.seconds.append(time.monotonic() - begun)

    def get(number: int) -> None:
        choose = random.Random(number)

        def once(client: Client) -> None:
            repo = choose.choice(repos)
            kind = choose.randrange(4)
            if kind == 0:
                client.ask("GET", f"/api/models/{repo}")
            elif kind == 1:
                client.ask("GET", f"/api/models/{repo}/tree/{pins[repo]}?recursive=true")
            else:
                name = choose.choice(sorted(files))
                assert client.ask("GET", f"/{repo}/resolve/{pins[repo]}/{name}") == files[name], name

        until_the_end(gets, once)

    def write(number: int) -> None:
        repo = repos[number % len(repos)]
        count = iter(range(1_000_000))

        def once(client: Client) -> None:
            step = next(count)
            made[repo].add(client.commit(repo, {f"notes/{number}.txt": f"{number} {step}\n".encode()}))

        until_the_end(commits, once)

    with ThreadPoolExecutor(readers + writers) as pool:
        jobs = [pool.submit(get, number) for number in range(readers)]
        jobs += [pool.submit(write, number) for number in range(writers)]
        for job in jobs:
            job.result()
    lost = sum(len(made[repo] - history(Client(hub), repo)) for repo in repos)
    return {
        "readers": readers,
        "writers": writers,
        "repositories": len(repos),
        "seconds": seconds,
        "gets": gets.to_json(seconds),
        "commits": commits.to_json(seconds),
        "commits_lost": lost,
        "peak_rss": hub.memory("VmHWM"),
    }


def history(client: Client, repo: str) -> set[str]:
    """Every commit of `main`."""
    found: set[str] = set()
    for page in range(1_000):
        path = f"/api/models/{repo}/commits/main?limit=100&p={page}"
        commits = {commit["id"] for commit in json.loads(client.ask("GET", path))}
        if not commits - found:
            break
        found |= commits
    return found


def upload(hub: Served, size: int) -> dict[str, Any]:
    """One large file there and back by a client that holds little; the server's memory before and at most."""
    client = Client(hub)
    client.create("lab/large")
    client.commit("lab/large", {"small.txt": b"so that everything is loaded"})
    before = hub.memory("VmRSS")
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=600)
    pieces, digest = _pieces(size)
    headers = {"Authorization": f"Bearer {hub.token}", "Transfer-Encoding": "chunked"}
    connection.request("POST", "/api/models/lab/large/commit/main", pieces, headers, encode_chunked=True)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 200:
        raise SystemExit(f"the upload was refused: {answer.status} {said[:200]!r}")
    sent = time.monotonic() - begun
    begun = time.monotonic()
    connection.request("GET", "/lab/large/resolve/main/large.bin")
    answer, back = connection.getresponse(), hashlib.sha256()
    while block := answer.read(2**20):
        back.update(block)
    assert back.digest() == digest.digest(), "other bytes came back"
    return {
        "bytes": size,
        "seconds": round(sent, 2),
        "seconds_back": round(time.monotonic() - begun, 2),
        "rss_before": before,
        "peak_rss": hub.memory("VmHWM"),
    }


def _pieces(size: int) -> tuple[Iterator[bytes], Any]:
    """The body of a commit with one file, and the digest of its content once all was taken."""
    block = random.Random(7).randbytes(BLOCK)
    coded, digest = base64.b64encode(block), hashlib.sha256()

    def pieces() -> Iterator[bytes]:
        yield b'{"key": "header", "value": {"summary": "Large"}}\n'
        yield b'{"key": "file", "value": {"path": "large.bin", "encoding": "base64", "content": "'
        for _ in range(size // BLOCK):
            digest.update(block)
            yield coded
        rest = block[: size % BLOCK]
        digest.update(rest)
        yield base64.b64encode(rest) + b'"}}\n'

    return pieces(), digest


def machine() -> dict[str, Any]:
    """Where this was measured, and how busy it was before."""
    cpus = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "processor": cpus[0] if cpus else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_average_before": [round(value, 2) for value in os.getloadavg()],
    }


def measure() -> dict[str, Any]:
    """Both, each on a hub of its own."""
    found: dict[str, Any] = {
        "schema": "hub/1",
        "command": "python -m scripts.measure_hub",
        "machine": machine(),
    }
    with tempfile.TemporaryDirectory() as folder:
        with served(Path(folder, "load")) as hub:
            found["load"] = load(hub, READERS, WRITERS, SECONDS)
        with served(Path(folder, "upload")) as hub:
            found["upload"] = upload(hub, UPLOAD)
    return found


def render(record: dict[str, Any]) -> str:
    """The page."""
    where, under, large = record["machine"], record["load"], record["upload"]
    busy = ", ".join(f"{value:.2f}" for value in where["load_average_before"])
    rows = []
    for name in ("gets", "commits"):
        part = under[name]
        ms = [f"{part['ms'][key]:,.0f}" for key in ("p50", "p95", "p99", "max")]
        rows.append([name, f"{part['requests']:,}", f"{part['errors']:,}", f"{part['per_second']:,.1f}", *ms])
    head = ["", "requests", "errors", "a second", "median, ms", "p95", "p99", "most"]
    grown = (large["peak_rss"] - large["rss_before"]) / 1e6
    return f"""\
# The hub under load

Written by `scripts/measure_hub.py` from `docs/records/hub.json`; nobody typed a figure. What the hub is: [its page](hub.md).

Server and clients ran on one machine with {where["cores"]} cores ({where["processor"]}, Python {where["python"]}), whose load
averages before the start were {busy}: what else ran took its share.

## Many clients

{under["readers"]} clients got information and files of {under["repositories"]} models and checked every byte, {under["writers"]} committed
to the same models, for {under["seconds"]:.0f} seconds. A commit is on the disk before it is answered.

{table(head, rows)}

Commits that were answered and are not in the history: {under["commits_lost"]}. The most memory that the server held:
{under["peak_rss"] / 1e6:.0f} MB.

## One large file

A file of {large["bytes"] / 1e6:,.0f} MB took {large["seconds"]:.1f} seconds in one commit, and {large["seconds_back"]:.1f} seconds back.
The server held {large["rss_before"] / 1e6:.0f} MB before and {large["peak_rss"] / 1e6:.0f} MB at most, {grown:.1f} MB more.
"""


def main() -> None:
    """Measure unless told not to, then render."""
    from zoo.atomic import write_file

    parser = argparse.ArgumentParser(description="Measure the hub and write its page of results.")
    parser.add_argument("--render", action="store_true", help="only render, from the record as it is")
    if not parser.parse_args().render:
        write_file(RECORD, json.dumps(measure(), indent=1, ensure_ascii=False) + "\n")
    write_file(PAGE, render(json.loads(RECORD.read_text())))


if __name__ == "__main__":
    main()

"""A server that is killed during commits, again and again, loses nothing that it said was done."""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pygit2
import pytest
from pygit2.enums import SortMode

from hub.tokens import TokenBook
from tests.hub.raw import commit_body, send

KILLS = 100
WRITERS = 3
LARGE = 1_100_000  # bytes: kept outside git
REPOS = ("one", "two")


class Phoenix:
    """A hub that is killed and serves again."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self.folder, self._process = folder, process
        self.port = self.pid = 0

    def rise(self) -> None:
        """Serve; knows the port and the process after it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("again\n")
        self._process.stdin.flush()
        self.port = self.pid = 0
        while not (self.port and self.pid):
            line = self._process.stdout.readline()
            assert line, "the server does not start"
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
            if found := re.search(r"pid (\d+)", line):
                self.pid = int(found[1])

    def fall(self) -> None:
        """Killed with no warning."""
        os.kill(self.pid, signal.SIGKILL)
        self.pid = 0


@contextmanager
def phoenix(folder: Path) -> Iterator[Phoenix]:
    """Runs while the block does."""
    program = [sys.executable, str(Path(__file__).with_name("forking.py")), str(folder)]
    with folder.with_suffix(".log").open("w") as log:
        process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
    bird = Phoenix(folder, process)
    try:
        bird.rise()
        yield bird
    finally:
        if bird.pid:
            bird.fall()
        assert process.stdin
        assert process.stdout
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def write_until_it_falls(port: int, token: str, writer: int, round_: int) -> list[tuple[str, str]]:
    """Commits that were acknowledged: repository and id. The last writer's are merged pull requests."""
    done = []
    repo = REPOS[writer % len(REPOS)]
    api = f"/api/models/lab/{repo}"
    for number in range(1_000):
        name = f"{round_}/{writer}-{number}"
        files = {f"{name}.txt": name.encode()}
        if number % 4 == 3:
            files["large.bin"] = hashlib.sha256(name.encode()).digest() * (LARGE // 32)
        try:
            if writer == WRITERS - 1:
                made = sent(port, f"{api}/commit/main?create_pr=1", token, commit_body(files, name))
                proposed = str(made["pullRequestUrl"]).rpartition("/")[2]
                made = sent(port, f"{api}/discussions/{proposed}/merge", token, {})
            else:
                made = sent(port, f"{api}/commit/main", token, commit_body(files, name))
        except (OSError, ValueError):
            return done
        done.append((repo, str(made["commitOid"])))
    raise AssertionError("it did not fall")


def sent(port: int, target: str, token: str, body: object) -> dict[str, object]:
    """What a server that is up answers; OSError or ValueError where it fell meanwhile."""
    answer = send(port, "POST", target, token, body)
    if answer.status == 0:
        raise OSError("no answer")
    assert answer.status == 200, answer
    found = answer.json()
    assert isinstance(found, dict)
    return found


def check(folder: Path, repo: str, acknowledged: set[str], known: set[str]) -> None:
    """What was acknowledged is there, every reference leads to a commit, every large file is itself."""
    git = pygit2.Repository(str(folder / "repos" / "models" / "lab" / f"{repo}.git"))
    for name in git.references:
        git.references[name].peel(pygit2.Commit)
    new = set()
    for commit in git.walk(git.references["refs/heads/main"].target, SortMode.TOPOLOGICAL):
        if str(commit.id) in known:
            break  # and with it all before
        new.add(str(commit.id))
        for blob in commit.tree:
            if blob.name == "large.bin" and isinstance(blob, pygit2.Blob):
                sha256 = blob.data.decode().split("sha256:")[1][:64]
                stored = folder / "objects" / sha256[:2] / sha256[2:4] / sha256
                assert hashlib.sha256(stored.read_bytes()).hexdigest() == sha256
    known |= new
    assert acknowledged <= known, acknowledged - known


def fsck(folder: Path) -> None:
    """Git itself finds nothing wrong."""
    for repo in REPOS:
        path = folder / "repos" / "models" / "lab" / f"{repo}.git"
        done = subprocess.run(
            ["git", "-C", str(path), "fsck", "--full", "--strict", "--no-dangling"],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_hundred_kills_during_commits(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    token = TokenBook(folder).new("lab")
    moments = random.Random(9)
    acknowledged: dict[str, set[str]] = {repo: set() for repo in REPOS}
    known: dict[str, set[str]] = {repo: set() for repo in REPOS}
    with phoenix(folder) as hub, ThreadPoolExecutor(WRITERS) as pool:
        for repo in REPOS:
            made = {"name": repo, "organization": "lab"}
            assert send(hub.port, "POST", "/api/repos/create", token, made).status == 200
        for round_ in range(KILLS):
            jobs = [
                pool.submit(write_until_it_falls, hub.port, token, writer, round_)
                for writer in range(WRITERS)
            ]
            time.sleep(moments.uniform(0, 0.25))
            hub.fall()
            for job in jobs:
                for repo, commit in job.result():
                    acknowledged[repo].add(commit)
            for repo in REPOS:
                check(folder, repo, acknowledged[repo], known[repo])
            hub.rise()
        fsck(folder)
        for repo in REPOS:
            body = commit_body({"after.txt": b"all is well"})
            assert send(hub.port, "POST", f"/api/models/lab/{repo}/commit/main", token, body).status == 200
            tree = send(hub.port, "GET", f"/api/models/lab/{repo}/tree/main").json()
            assert "after.txt" in [entry["path"] for entry in tree]
            assert send(hub.port, "GET", f"/api/models/lab/{repo}/discussions").status == 200
    assert sum(map(len, acknowledged.values())) > KILLS, "too few commits for kills to mean anything"

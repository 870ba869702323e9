"""Many writers at once: no commit is lost, and of those with one parent a single one is taken."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hub.raw import commit_body, send
from tests.hub.serving import serving

pytestmark = pytest.mark.slow


def test_no_commit_is_lost_among_sixteen_writers(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as hub:
        token = hub.token("lab")
        made = send(hub.port, "POST", "/api/repos/create", token, {"name": "busy", "organization": "lab"})
        assert made.status == 200
        target = "/api/models/lab/busy/commit/main"
        barrier = threading.Barrier(16)

        def write(writer: int) -> list[str]:
            barrier.wait()
            made = []
            for number in range(4):
                body = commit_body({f"{writer}/{number}.txt": f"{writer} {number}".encode()})
                answer = send(hub.port, "POST", target, token, body)
                assert answer.status == 200, answer
                made.append(answer.json()["commitOid"])
            return made

        with ThreadPoolExecutor(16) as pool:
            commits = [commit for made in pool.map(write, range(16)) for commit in made]
        history = send(hub.port, "GET", "/api/models/lab/busy/commits/main?limit=1000").json()
        assert set(commits) <= {commit["id"] for commit in history}
        assert len(set(commits)) == 64
        tree = send(hub.port, "GET", "/api/models/lab/busy/tree/main?recursive=true").json()
        assert sum(entry["type"] == "file" for entry in tree) == 64

        parent = history[0]["id"]

        def race(writer: int) -> int:
            barrier.wait()
            body = commit_body({f"race-{writer}.txt": b"first"}, parentCommit=parent)
            return send(hub.port, "POST", target, token, body).status

        with ThreadPoolExecutor(16) as pool:
            statuses = sorted(pool.map(race, range(16)))
        assert statuses == [200] + [412] * 15

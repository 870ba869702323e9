"""Every test of hostile clients: whatever it sends, the data stay the same and the server works."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.hub.hostile.besieged import API, SECRET, Besieged
from tests.hub.serving import serving


@pytest.fixture(scope="session")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    with serving(tmp_path_factory.mktemp("besieged") / "data") as hub:
        yield Besieged(hub)


@pytest.fixture(autouse=True)
def nothing_lost(besieged: Besieged) -> Iterator[None]:
    """Whatever a test sent: the data are the same, nothing lies about, and the server works."""
    before = besieged.digest()
    yield
    assert besieged.digest() == before
    assert besieged.outside.read_bytes() == SECRET
    assert sorted(path.name for path in besieged.outside.parent.iterdir()) == [
        "canary.txt",
        "data",
    ]
    assert besieged.send("GET", f"{API}/tree/main").status == 200
    deadline = time.monotonic() + 5
    while (left := list((besieged.hub.folder / "tmp").iterdir())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []

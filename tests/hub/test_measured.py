"""The hub under load and a large upload: no error, no lost commit, flat memory; and the page of results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.measure_hub import PAGE, READERS, RECORD, SECONDS, UPLOAD, WRITERS, load, render, served, upload

GROWTH = 48 * 2**20  # bytes that a server may need for an upload, whatever its size


@pytest.mark.slow
def test_sixty_four_readers_and_sixteen_writers_see_no_error(tmp_path: Path) -> None:
    with served(tmp_path) as hub:
        found = load(hub, READERS, WRITERS, 5.0)
    for part in (found["gets"], found["commits"]):
        assert part["first_errors"] == []
        assert part["errors"] == 0
    assert found["gets"]["requests"] > READERS
    assert found["commits"]["requests"] > WRITERS
    assert found["commits_lost"] == 0


@pytest.mark.slow
def test_memory_does_not_grow_with_an_upload(tmp_path: Path) -> None:
    with served(tmp_path) as hub:
        found = upload(hub, 200_000_000)
    assert found["peak_rss"] - found["rss_before"] < GROWTH


def test_the_page_is_rendered_from_the_record() -> None:
    record = json.loads(RECORD.read_text())
    assert PAGE.read_text() == render(record), "run `python -m scripts.measure_hub --render`"
    assert (record["load"]["readers"], record["load"]["writers"]) == (READERS, WRITERS)
    assert (record["load"]["seconds"], record["upload"]["bytes"]) == (SECONDS, UPLOAD)

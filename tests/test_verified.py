"""docs/verified.md is what its record says, and the record is of the models that are bundled now."""

import json

import pytest

from scripts.render_verified import COLUMNS, PAGE, RECORD, render
from zoo.index import entries

RECORDED = {row["id"]: row for row in json.loads(RECORD.read_text())["models"]}
EMULATED = [name for name in COLUMNS if "emulated" in name]


def test_the_page_is_rendered_from_the_record() -> None:
    assert PAGE.read_text() == render(json.loads(RECORD.read_text()))


@pytest.mark.parametrize("name", entries())
def test_every_bundled_model_was_verified_as_it_is(name: str) -> None:
    row = RECORDED.get(name)
    assert row is not None, f"run: zoo verify {name} --record docs/records/verify.json"
    assert row["manifest"] == entries()[name].manifest_sha256, f"{name} has changed since it was verified"
    assert all(check["ok"] is not False for check in row["checks"])
    ran = {check["what"]: check for check in row["checks"] if check["digest"]}
    assert {"numpy", "PyTorch, hard mode", "C on host"} <= set(ran)
    left = {check["what"] for check in row["checks"] if check["ok"] is None}
    assert left <= {"assembly on pru (emulated)"}, "only a PRU may be too small"
    for over in ("all", "emulated"):
        digests = {check["digest"] for check in row["checks"] if check["over"] == over and check["ok"]}
        assert len(digests) == 1
    assert set(EMULATED) <= set(ran) | left


def test_a_difference_cannot_become_a_page() -> None:
    record = json.loads(RECORD.read_text())
    record["models"][0]["checks"][-1]["ok"] = False
    with pytest.raises(SystemExit, match="implementations differ"):
        render(record)

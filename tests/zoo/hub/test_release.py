"""What is published: nothing under a closed licence, and no number that is not the record's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import zoo
from tests.tiny import tiny_model
from zoo import ModelError, ZooError
from zoo.config import Source
from zoo.folder import amend_folder, load_config
from zoo.hub.names import RepoId
from zoo.hub.release import HOW_BUILT, check_licences, prepare
from zoo.index import entries, find_folder

CHECKPOINT = {"checkpoint.safetensors": b"weights to train on from"}


def measured(tmp_path: Path, value: float = 0.912345678901) -> Path:
    """A model of a task, with its record."""
    base = tiny_model()
    model = zoo.Model.from_parts(
        base.frontend, base.circuit, base.head, id="local/mine", summary="A: 'b' # c", task="onset@1",
        licence="MIT AND CC-BY-4.0",
    )  # fmt: skip
    record = {
        "model": {"revision": base.circuit.digest()},
        "task": {"id": "onset@1", "main_metric": "f_50ms"},
        "sets": {"test1": {"what": "kits: new", "f_50ms": value}, "test2": {"what": "loops", "f_50ms": None}},
    }
    return zoo.save(
        model, tmp_path / "mine", extra={"record.json": json.dumps(record).encode(), **CHECKPOINT}
    )


def test_each_target_of_a_task_is_measured_for_itself(tmp_path: Path) -> None:
    found = [
        prepare(find_folder(f"bela/{name}"), RepoId("me", name)).beside[".eval_results/sound.yaml"]
        for name in ("kick-gates", "snare-gates")
    ]
    assert b"task_id: kick_test_exact_bits" in found[0]
    assert b"task_id: snare_test_exact_bits" in found[1]


@pytest.mark.parametrize("licence", ["CC-BY-NC-4.0", "for non-commercial use", "NOASSERTION", "CC-BY-ND-4.0"])
@pytest.mark.parametrize("of", ["model", "source"])
def test_closed_licences_are_not_published(of: str, licence: str, tmp_path: Path) -> None:
    base = tiny_model()
    source = Source(title="loops", authors="A", licence=licence if of == "source" else "CC0-1.0", origin="x")
    model = zoo.Model.from_parts(
        base.frontend, base.circuit, base.head, id="local/mine", summary="mine", sources=(source,),
        licence=licence if of == "model" else "MIT",
    )  # fmt: skip
    with pytest.raises(ZooError, match=f"is {licence}. Only what everybody may use"):
        prepare(zoo.save(model, tmp_path / "mine"), RepoId("bela", "closed"))


def test_every_bundled_model_may_be_published() -> None:
    for entry in entries().values():
        check_licences(load_config(entry.folder))


@pytest.mark.parametrize("name", ["sub/BUILT.txt", "a b.so", ".hidden"])
def test_files_of_builds_have_names_that_a_model_may_have(name: str, tmp_path: Path) -> None:
    folder = zoo.save(tiny_model(), tmp_path / "tiny")
    place = tmp_path / "builds" / "armv7" / "pd"
    (place / "sub").mkdir(parents=True)
    (place / HOW_BUILT).write_text(f"circuit: {tiny_model().circuit.digest()}\n")
    (place / name).write_bytes(b"")
    with pytest.raises(ZooError, match="cannot be prebuilt/armv7-pd/"):
        prepare(folder, RepoId("bela", "built"), prebuilt=tmp_path / "builds")


def test_numbers_of_another_circuit_are_not_published(tmp_path: Path) -> None:
    folder = measured(tmp_path)
    record = json.loads((folder / "record.json").read_bytes())
    for wrong, said in (
        ({**record, "model": {"revision": "0" * 64}}, "record.json: circuit: expected"),
        ({**record, "task": {"id": "onset@2", "main_metric": "f_50ms"}}, "record.json: task: expected"),
        ({"sets": {}}, "record.json: record: expected"),
    ):
        amend_folder(folder, {"record.json": json.dumps(wrong).encode()})
        with pytest.raises(ModelError, match=said):
            prepare(folder, RepoId("bela", "wrong"))

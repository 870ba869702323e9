"""Strict loading of files and manifest, and saving that is whole or not at all."""

import json
import os
from pathlib import Path

import pytest

import zoo
from tests.folders import put, refused
from tests.tiny import MAKERS, drums, register_model, tiny_model
from zoo import ModelError
from zoo.folder import amend_folder, read_files
from zoo.manifest import MAX_BYTES


@pytest.mark.parametrize("name", MAKERS)
def test_round_trip(name: str, tmp_path: Path) -> None:
    model = MAKERS[name](4)
    again = zoo.load(zoo.save(model, tmp_path / "deep" / name))
    samples = drums(0.5, 3, model.rate)
    assert again.config == model.config
    assert again.circuit.digest() == model.circuit.digest()
    lanes, found = model.circuit.lanes, again.circuit.lanes
    assert (found is None) == (lanes is None)
    assert found is None or lanes is None or found.width == lanes.width
    assert zoo.predictions_digest([again.predict(samples)]) == zoo.predictions_digest(
        [model.predict(samples)]
    )
    assert again.folder == tmp_path / "deep" / name


def test_saving_twice_gives_the_same_bytes(folder: Path, saved: dict[str, bytes], tmp_path: Path) -> None:
    zoo.save(zoo.load(folder), tmp_path / "again")
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == saved


# --- files and manifest ---


@pytest.mark.parametrize(
    "name", ["config.json", "model.safetensors", "golden.safetensors", "README.md", "manifest.json"]
)
def test_missing_files(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refused(folder, name)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "golden.safetensors", "README.md"])
@pytest.mark.parametrize("damage", ["flip", "cut", "grow", "empty"])
def test_changed_files(folder: Path, name: str, damage: str) -> None:
    data = bytearray((folder / name).read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
    changed = {"flip": data, "cut": data[:-1], "grow": data + b"\n", "empty": b""}[damage]
    (folder / name).write_bytes(changed)
    refused(folder, name, "SHA-256" if damage == "flip" else "size", "manifest.json")


@pytest.mark.parametrize("name", ["model.py", ".git", "weights.bin", "config.json.bak", "pytorch_model.pkl"])
def test_unknown_files(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"x")
    refused(folder, name, "Move it elsewhere")
    (folder / name).unlink()
    put(folder, name, b"x")
    refused(folder, name, "Move it elsewhere")


@pytest.mark.parametrize(
    "name", ["../evil.json", "prebuilt/../config.json", "/etc/passwd", "prebuilt/x/../../y"]
)
def test_paths_that_leave_the_folder(folder: Path, name: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"][name] = {"bytes": 1, "sha256": "0" * 64}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    refused(folder, name, "file name")


def test_unknown_folders(folder: Path) -> None:
    (folder / "extra").mkdir()
    refused(folder, "extra", "no folder but prebuilt")


def test_links(folder: Path, tmp_path: Path) -> None:
    (folder / "config.json").rename(tmp_path / "config.json")
    (folder / "config.json").symlink_to(tmp_path / "config.json")
    refused(folder, "config.json", "a symbolic link")


def test_a_linked_folder_inside(folder: Path, tmp_path: Path) -> None:
    (folder / "prebuilt").symlink_to(tmp_path)
    refused(folder, "prebuilt", "a symbolic link")


def test_special_files(folder: Path) -> None:
    (folder / "README.md").unlink()
    os.mkfifo(folder / "README.md")
    refused(folder, "README.md", "a special file")


@pytest.mark.parametrize("name", ["config.json", "manifest.json", "model.safetensors", "golden.safetensors"])
def test_oversized_files_are_refused_before_they_are_read(folder: Path, name: str) -> None:
    if name != "manifest.json":
        manifest = json.loads((folder / "manifest.json").read_bytes())
        manifest["files"][name]["bytes"] = MAX_BYTES[name] + 1
        (folder / "manifest.json").write_text(json.dumps(manifest))
    with (folder / name).open("r+b") as file:
        file.truncate(MAX_BYTES[name] + 1)  # sparse: no disk is used
    refused(folder, name, f"at most {MAX_BYTES[name]} bytes")


@pytest.mark.parametrize(
    "text",
    [
        b"[]", b"{", b"\xff", b'{"format": "difflogic-zoo/1"}',  b'{"format": "other/1", "files": {}}',
        b'{"format": "difflogic-zoo/1", "files": []}',
        b'{"format": "difflogic-zoo/1", "files": {"config.json": 3}}',
        b'{"format": "difflogic-zoo/1", "files": {"config.json": {"bytes": "3", "sha256": ""}}}',
        b'{"format": "difflogic-zoo/1", "files": {}, "files": {}}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_wrong_manifests(folder: Path, text: bytes) -> None:
    (folder / "manifest.json").write_bytes(text)
    refused(folder, "manifest.json")


def test_no_folder(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "no folder", "zoo list")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "a file manifest.json")


# --- saving ---


def test_saving_over_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("keep me")
    with pytest.raises(ModelError, match="expected a model folder or nothing"):
        zoo.save(tiny_model(), tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "keep me"


@pytest.mark.parametrize("theirs", ["{}", '{"format": "difflogic-zoo/1", "files": {}}'])
def test_saving_over_what_has_a_manifest_of_another_kind_is_refused(tmp_path: Path, theirs: str) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "manifest.json").write_text(theirs)
    (site / "index.html").write_text("keep me")
    with pytest.raises(ModelError, match="expected a model folder or nothing"):
        zoo.save(tiny_model(), site)
    assert sorted(path.name for path in site.iterdir()) == ["index.html", "manifest.json"]


def test_saving_over_a_model_replaces_it(folder: Path) -> None:
    zoo.save(register_model(), folder)
    assert zoo.load(folder).id == "test/register"


def test_saving_through_a_link_keeps_the_link(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "place" / "link"
    link.parent.mkdir()
    link.symlink_to(folder)
    zoo.save(register_model(), link)
    assert link.is_symlink()
    assert zoo.load(folder).id == "test/register"
    assert [path.name for path in link.parent.iterdir()] == ["link"]


def test_a_failing_save_leaves_the_old_model(folder: Path, saved: dict[str, bytes]) -> None:
    with pytest.raises(ModelError, match="file name"):
        zoo.save(register_model(), folder, extra={"evil.py": b""})
    with pytest.raises(ModelError, match="at most"):
        zoo.save(register_model(), folder, extra={"record.json": bytes(MAX_BYTES["record.json"] + 1)})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == saved
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_records_and_prebuilt_files_travel_with_the_model(folder: Path) -> None:
    extra = {
        "record.json": b'{"accuracy": {"kits": {"f_50ms": 0.9512345}}}',
        "training.csv": b"step,loss\n1,0.5\n",
        "prebuilt/cortex-a8/tiny.o": b"\x7fELF",
    }
    amend_folder(folder, extra)
    assert extra.items() <= read_files(folder).items()
    assert zoo.load(folder).id == "test/tiny"
    assert "0.9512" in (folder / "README.md").read_text()
    (folder / "prebuilt" / "cortex-a8" / "tiny.o").write_bytes(b"\x7fELG")
    refused(folder, "tiny.o", "SHA-256")


def test_a_record_that_is_no_object_is_refused(folder: Path) -> None:
    put(folder, "record.json", b"[1, 2")
    refused(folder, "record.json", "a JSON object")

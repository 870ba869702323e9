"""Strict loading: whatever is wrong with a folder gets one clear error, and saving is whole or not at all."""

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
from tests.tiny import MAKERS, drums, register_model, tiny_model
from zoo import ModelError
from zoo.folder import MAX_BYTES, amend_folder, load_folder, read_files
from zoo.tensors import to_bytes


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a saved model."""
    folder = zoo.save(tiny_model(), tmp_path_factory.mktemp("saved") / "tiny")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def folder(saved: dict[str, bytes], tmp_path: Path) -> Path:
    """A fresh copy of it."""
    root = tmp_path / "tiny"
    root.mkdir()
    for name, data in saved.items():
        (root / name).write_bytes(data)
    return root


def put(folder: Path, name: str, data: bytes) -> None:
    """Write a file and enter it in the manifest: what a careful attacker would do."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def refused(folder: Path, *parts: str) -> None:
    """Loading raises one ModelError of one line that holds all parts and says how to mend it."""
    with pytest.raises(ModelError) as caught:
        load_folder(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 1_500
    for part in parts:
        assert part in message
    assert caught.value.mend
    assert message.endswith(caught.value.mend)


@pytest.mark.parametrize("name", MAKERS)
def test_round_trip(name: str, tmp_path: Path) -> None:
    model = MAKERS[name](4)
    again = zoo.load(zoo.save(model, tmp_path / "deep" / name))
    samples = drums(0.5, 3, model.rate)
    assert again.config == model.config
    assert again.circuit.digest() == model.circuit.digest()
    assert (again.circuit.lanes is None) == (model.circuit.lanes is None)
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
    import os

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


# --- config ---


def changed_config(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_bytes())
        change(config)
        put(folder, "config.json", json.dumps(config).encode())

    return apply


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda c: c.update(extra=1), "extra"),
        (lambda c: c.pop("licence"), "licence"),
        (lambda c: c.update(format="difflogic-zoo/2"), "format"),
        (lambda c: c.update(id="no-namespace"), "id"),
        (lambda c: c.update(id="../../etc"), "id"),
        (lambda c: c.update(id="a/b\n"), "id"),
        (lambda c: c.update(summary="two\nlines"), "summary"),
        (lambda c: c.update(summary=7), "summary"),
        (lambda c: c.update(task="onset"), "task"),
        (lambda c: c["frontend"].update(kind="mfcc"), "frontend"),
        (lambda c: c["frontend"].update(hop="128"), "frontend.shift_filterbank.hop"),
        (lambda c: c["frontend"].update(hop=128.0), "frontend.shift_filterbank.hop"),
        (lambda c: c["frontend"].update(hop=True), "frontend.shift_filterbank.hop"),
        (lambda c: c["frontend"].update(hop=4_096), "hop: expected 1 to 256"),
        (lambda c: c["frontend"].update(hop=2**80), "hop"),
        (lambda c: c["frontend"].update(shifts=[40] * 9), "shifts"),
        (lambda c: c["frontend"].update(lags=[1] * 65), "lags"),
        (lambda c: c["frontend"].pop("peaks"), "peaks"),
        (lambda c: c["head"].update(threshold=0), "threshold: expected 1 to"),
        (lambda c: c["head"].update(kind="pickle"), "head"),
        (lambda c: c["circuit"].update(gates=-1), "circuit.gates"),
        (lambda c: c["circuit"].update(gates=2**40), "circuit.gates"),
        (lambda c: c["circuit"].update(gates=127), "circuit.op"),
        (lambda c: c["circuit"].update(inputs=96), "frontend.feature"),
        (lambda c: c["circuit"].update(lane_words=None), "tensors"),
        (lambda c: c["circuit"].update(sha256="0" * 64), "circuit digest"),
        (lambda c: c["circuit"].update(sha256="zz"), "circuit.sha256"),
        (lambda c: c.update(training={"seed": 1}), "training"),
        (lambda c: c.update(sources=[{"title": "x"}]), "sources.0"),
    ],
)
def test_wrong_configs(folder: Path, change: Callable[[dict[str, Any]], Any], where: str) -> None:
    changed_config(change)(folder)
    refused(folder, where)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff\xfe",
        b'{"id": "a/b", "id": "a/b"}',
        b"[" * 60_000,
        b'{"id": NaN}',
        b"9" * 5_000,
    ],
)
def test_configs_that_are_no_config(folder: Path, text: bytes) -> None:
    put(folder, "config.json", text)
    refused(folder, "config.json")


def test_hostile_names_are_printed_harmlessly(folder: Path) -> None:
    (folder / "x\x1b[2J\n.py").write_bytes(b"")
    refused(folder, "x?[2J?.py")


def test_a_head_that_does_not_fit_the_circuit(folder: Path) -> None:
    changed_config(lambda c: c.update(head={"kind": "group_sum", "classes": 5}))(folder)
    refused(folder, "group_sum: circuit outputs: expected a multiple of 5, found 64")


# --- tensors ---


def tensors() -> dict[str, np.ndarray]:
    model = tiny_model()
    parts = {
        f"circuit.{n}": getattr(model.circuit, n)
        for n in ("op", "a", "b", "outputs", "register_next", "register_init")
    }
    parts |= {f"lanes.{n}": getattr(model.circuit.lanes, n) for n in ("word_a", "word_b", "rotation")}
    return parts | {f"frontend.{n}": t for n, t in model.frontend.tensors().items()}


def with_tensor(name: str, change: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
    return {**tensors(), name: change(tensors()[name])}


def with_value(name: str, index: int, value: int) -> dict[str, np.ndarray]:
    found = tensors()
    found[name] = found[name].copy()
    found[name][index] = value
    return found


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        (lambda: with_value("circuit.op", 3, 16), "op[3]: expected 0 to 15"),
        (lambda: with_value("circuit.a", 5, 69), "a[5]: expected 0 to 68"),  # reads itself: a cycle
        (lambda: with_value("circuit.a", 5, 70), "cycle"),
        (lambda: with_value("circuit.b", 0, -1), "b[0]: expected 0 to 63"),
        (lambda: with_value("circuit.a", 5, 1), "lanes: a[5]: expected node"),
        (lambda: with_value("circuit.outputs", 0, 192), "outputs[0]: expected 0 to 191"),
        (lambda: with_value("lanes.rotation", 0, 32), "lanes.rotation[0]"),
        (lambda: with_value("circuit.op", 0, 0), "circuit digest"),
        (lambda: with_value("frontend.feature", 0, 60_000), "feature: expected below"),
        (lambda: with_tensor("circuit.op", lambda t: t.astype(np.int32)), "U8 (128), found I32 (128)"),
        (lambda: with_tensor("circuit.a", lambda t: t.astype(np.float32)), "I32 (128), found F32 (128)"),
        (lambda: with_tensor("circuit.a", lambda t: t.reshape(2, 64)), "found I32 (2, 64)"),
        (lambda: with_tensor("circuit.a", lambda t: t[:-1]), "found I32 (127)"),
        (lambda: {**tensors(), "extra": np.zeros(1, np.int32)}, "tensors: expected"),
        (lambda: {**tensors(), "../../x": np.zeros(1, np.int32)}, "tensor name"),
        (lambda: {k: v for k, v in tensors().items() if k != "circuit.b"}, "tensors: expected"),
    ],
)  # fmt: skip
def test_wrong_tensors(folder: Path, changed: Callable[[], dict[str, np.ndarray]], where: str) -> None:
    put(folder, "model.safetensors", to_bytes(changed()))
    refused(folder, "model.safetensors" if "feature" not in where else "config.json", where)


def safetensors(header: bytes, body: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + body


def header_with(**entry: Any) -> bytes:
    """A header with all expected names, one of them changed."""
    start, header = 0, {}
    for name, tensor in tensors().items():
        kind = {"uint8": "U8", "int32": "I32", "uint16": "U16"}[tensor.dtype.name]
        header[name] = {
            "dtype": kind,
            "shape": list(tensor.shape),
            "data_offsets": [start, start + tensor.nbytes],
        }
        start += tensor.nbytes
    header["circuit.op"] |= entry
    return json.dumps(header).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        safetensors(b"{}", length=2**63),
        safetensors(b"{}", length=3),
        safetensors(b"", length=0),
        safetensors(b" " * (2 << 20)),
        safetensors(b"not json"),
        safetensors(b"[]"),
        safetensors(b"\xff\xff"),
        safetensors(b'{"circuit.op": 1, "circuit.op": 2}'),
        safetensors(b'{"circuit.op": 1}'),
        safetensors(header_with(shape=[2**40]), bytes(4_000)),
        safetensors(header_with(shape=[-1]), bytes(4_000)),
        safetensors(header_with(shape="x"), bytes(4_000)),
        safetensors(header_with(shape=[True]), bytes(4_000)),
        safetensors(header_with(shape=[128.0]), bytes(4_000)),
        safetensors(header_with(extra=1), bytes(4_000)),
        safetensors(header_with(data_offsets=[0, 2**60]), bytes(4_000)),
        safetensors(header_with(data_offsets=[-1, 127]), bytes(4_000)),
        safetensors(header_with(data_offsets=[1, 129]), bytes(4_000)),
        safetensors(header_with(), bytes(10)),
        safetensors(header_with(), bytes(100_000)),
        safetensors(b'{"__metadata__": {"a": "b"}}'),
    ],
)
def test_files_that_are_no_safetensors(folder: Path, data: bytes) -> None:
    put(folder, "model.safetensors", data)
    refused(folder, "model.safetensors")


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_is_one_clear_error_or_still_a_valid_model(folder: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    name = ["config.json", "model.safetensors", "golden.safetensors"][seed % 3]
    data = bytearray((folder / name).read_bytes())
    limit = min(len(data), 2_000)  # where the structure is
    for _ in range(rng.integers(1, 4)):
        data[rng.integers(limit)] = rng.integers(256)
    put(folder, name, bytes(data))
    try:
        model = load_folder(folder)  # a changed digit or word may still make one
    except ModelError:
        return
    model.circuit.validate()
    assert len(model(drums(0.1)).scores) > 0


# --- saving ---


def test_saving_over_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("keep me")
    with pytest.raises(ModelError, match="expected a model folder or nothing"):
        zoo.save(tiny_model(), tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "keep me"


def test_saving_over_a_model_replaces_it(folder: Path) -> None:
    zoo.save(register_model(), folder)
    assert zoo.load(folder).id == "test/register"


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

"""Strict loading of config and tensors: wrong types, ranges, cycles and damage get one clear error each."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.folders import put, refused
from tests.tiny import drums, tiny_model
from zoo import ModelError
from zoo.folder import load_folder
from zoo.tensors import to_bytes

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

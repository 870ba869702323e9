"""Damaged files of every format: one clear refusal, or a valid circuit; never anything else."""

import contextlib
import io
import json
import time
from pathlib import Path

import numpy as np
import pytest

from tests.zoo.interchange.circuits import any_circuit
from tests.zoo.interchange.difflogic_text import difflogic_c, layered
from tests.zoo.interchange.test_difflogic import WIDTHS, tensors_of
from tests.zoo.interchange.test_torchlogix import BOOL, PACKED, document, gate
from zoo.circuit import Circuit
from zoo.errors import ZooError
from zoo.interchange import read, write_aiger, write_blif


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, **tensors_of(layered(1, (4, 6, 4)), (4, 6, 4), ["0.", "1."]))
    return file.getvalue()


def safetensors() -> bytes:
    from safetensors.numpy import save

    return save(tensors_of(layered(1, (4, 6, 4)), (4, 6, 4), ["0.", "1."]))


def torch() -> bytes:
    library = pytest.importorskip("torch")
    file = io.BytesIO()
    tensors = tensors_of(layered(1, (4, 6)), (4, 6), ["0."])
    library.save({name: library.from_numpy(array) for name, array in tensors.items()}, file)
    return file.getvalue()


def torchlogix() -> bytes:
    gates = [gate(2 + i, op, i, i + 1) for i, op in enumerate(["AND", "XOR", "NOT", "OR_NOT_A"])]
    sums = [{"node_id": 8 + i, "input_ids": [3, 4 + i], "tau": 2.0, "beta": float(i)} for i in range(2)]
    return json.dumps(document(gates, [8, 9], sum_nodes=sums)).encode()


SEEDS = {
    "net.aag": lambda: write_aiger(any_circuit(5, 3), binary=False),
    "net.aig": lambda: write_aiger(any_circuit(5, 3)),
    "net.blif": lambda: write_blif(any_circuit(5, 3)).encode(),
    "net.json": torchlogix,
    "bool.c": BOOL.encode,
    "words.c": PACKED.encode,
    "logic_gate_net.c": lambda: difflogic_c(layered(5, WIDTHS), WIDTHS, 4, 16).encode(),
    "net.npz": npz,
    "net.safetensors": safetensors,
    "net.pt": torch,
}


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes changed, taken out, doubled, moved or put in, or the end cut off."""
    out = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        at, length = int(rng.integers(0, len(out) + 1)), int(rng.integers(1, 12))
        kind = rng.integers(0, 6)
        if kind == 0:
            out[at : at + 1] = bytes(rng.integers(0, 256, 1, np.uint8))
        elif kind == 1:
            del out[at : at + length]
        elif kind == 2:
            out[at:at] = out[at : at + length]
        elif kind == 3:
            piece = out[at : at + length]
            out[(to := int(rng.integers(0, len(out) + 1))) : to] = piece
        elif kind == 4:
            words = [
                b"0",
                b"-1",
                b"99999999",
                b"\n",
                b"(",
                b")",
                b"~",
                b" ",
                b"1e999",
                b"\\\n",
                b"\x00",
                b"\xff",
            ]
            out[at:at] = words[rng.integers(0, len(words))]
        elif len(out) > 1:
            del out[int(rng.integers(1, len(out))) :]
    return bytes(out)


@pytest.mark.parametrize("name", SEEDS)
def test_damaged_files_are_refused_or_read(name: str, tmp_path: Path) -> None:
    rng, data, path = np.random.default_rng(1), SEEDS[name](), tmp_path / name
    path.write_bytes(data)
    assert isinstance(read(path).circuit, Circuit)
    refused = 0
    for _ in range(30 if name == "net.pt" else 250):
        path.write_bytes(damaged(data, rng))
        try:
            read(path).circuit.validate()
        except ZooError as error:
            refused += 1
            message = str(error)
            assert name in message
            assert message.isprintable()
            assert len(message) < 1_500
    assert refused > 10


LONG = {
    "deep.aag": b"aag 3000 1 0 1 2999\n2\n6000\n"
    + b"".join(b"%d %d 2\n" % (2 * i, 2 * i - 2) for i in range(2, 3001)),
    "wide.aig": b"aig 1048577 1048577 0 1 0\n2\n",
    "claims.aig": b"aig 999999 1 0 1 999998\n2\n",
    "outputs.aag": b"aag 1 1 0 4000000000 0\n2\n",
    "digits.aag": b"aag " + b"9" * 100_000,
    "brackets.c": b"void logic_gate_net(int const *inp, int *out) {\n\tout[0] = "
    + b"(" * 200_000
    + b";\n}\n",
    "inverters.c": b"void logic_gate_net(int const *inp, int *out) {\n\tout[0] = "
    + b"~" * 200_000
    + b"inp[0];\n}\n",
    "spaces.c": b"void logic_gate_net(int const *inp, int *out) {\n" + b" " * 500_000 + b"x\n}\n",
    "chain.blif": b".model m\n.inputs x0\n.outputs x20000\n"
    + b"".join(b".names x%d x%d\n0 1\n" % (i, i + 1) for i in range(20_000)),
    "continued.blif": b".inputs a \\\n" * 50_000,
    "rows.blif": b".inputs a b\n.outputs y\n.names a b y\n" + b"10 1\n" * 30_000,
    "nested.json": b'{"gates": ' + b"[" * 200_000,
}


@pytest.mark.parametrize("name", LONG)
def test_long_files_end_soon(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(LONG[name])
    start = time.process_time()
    with contextlib.suppress(ZooError):
        read(path).circuit.validate()
    assert time.process_time() - start < 5


def test_what_would_take_much_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoo.interchange.source.MAX_LINES", 100)
    monkeypatch.setattr("zoo.interchange.source.MAX_LINE", 1_000)
    monkeypatch.setattr("zoo.interchange.blif.MAX_NODES", 100)
    monkeypatch.setattr("zoo.interchange.tensors.MAX_TENSORS", 100)
    for name, content, message in [
        ("lines.blif", b"\n" * 101, "lines: expected at most 100, found 101"),
        (
            "long.blif",
            b"# " + b"x" * 1_000,
            "long.blif:1: line: expected at most 1000 characters, found 1002",
        ),
        (
            "words.blif",
            b".inputs" + b" a\\\n" * 99 + b" a a a",
            "words.blif:1: command: expected at most 100 words",
        ),
        ("files.npz", b"PK\3\4" + b"PK\1\2" * 101, "zip archive: expected at most 100 files, found 101"),
        ("header.safetensors", b"\xff" * 8, "a header of at most 1048576 bytes, found 18446744073709551615"),
    ]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ZooError, match=message):
            read(tmp_path / name)


def test_larger_files_are_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large.blif").open("wb") as file:
        file.truncate((64 << 20) + 1)
    with (tmp_path / "larger.npz").open("wb") as file:
        file.truncate((256 << 20) + 1)
    for name in ("large.blif", "larger.npz"):
        with pytest.raises(ZooError, match=f"{name}: size: expected at most .* bytes"):
            read(tmp_path / name)

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.zoo.interchange.circuits import same
from tests.zoo.interchange.difflogic_text import difflogic_c, layered
from zoo.circuit import Circuit
from zoo.errors import FormatError
from zoo.heads import GroupSum
from zoo.interchange import read

WIDTHS = (9, 14, 30, 12)


def tensors_of(circuit: Circuit, widths: tuple[int, ...], names: list[str], seed: int = 0) -> dict[str, Any]:
    """Weights whose largest is the gate, and connections, as difflogic has them."""
    rng = np.random.default_rng(seed)
    arrays, first, start = {}, 0, 0
    for name, before, width in zip(names, widths, widths[1:], strict=False):
        chosen = slice(start, start + width)
        weights = rng.normal(size=(width, 16)).astype(np.float32)
        weights[np.arange(width), circuit.op[chosen]] = 9
        arrays[f"{name}weights"] = weights
        arrays[f"{name}indices"] = np.stack([circuit.a[chosen], circuit.b[chosen]]).astype(np.int64) - first
        first, start = first + before, start + width
    return arrays


def save_npz(path: Path, arrays: dict[str, Any]) -> None:
    np.savez_compressed(path, **arrays)


def save_safetensors(path: Path, arrays: dict[str, Any]) -> None:
    from safetensors.numpy import save_file

    save_file(arrays, path)


def save_torch(path: Path, arrays: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    torch.save({name: torch.from_numpy(array) for name, array in arrays.items()}, path)


SAVERS = {"npz": save_npz, "safetensors": save_safetensors, "pt": save_torch}


@pytest.mark.parametrize("suffix", SAVERS)
def test_weights_and_connections_are_a_circuit(suffix: str, tmp_path: Path) -> None:
    circuit = layered(3, WIDTHS)
    arrays = tensors_of(circuit, WIDTHS, ["2.", "9.", "10."])  # by number, not by letter
    SAVERS[suffix](tmp_path / f"net.{suffix}", arrays | {"inputs": np.array(9), "classes": np.array([4])})
    found = read(tmp_path / f"net.{suffix}")
    assert found.circuit.digest() == circuit.digest()
    assert found.head == GroupSum(4)


def test_rows_by_themselves_other_floats_and_inputs_by_hand(tmp_path: Path) -> None:
    circuit = layered(3, WIDTHS)
    arrays = tensors_of(circuit, WIDTHS, ["a.0.", "a.1.", "a.2."])
    for name in ("a.0.", "a.1.", "a.2."):
        arrays[f"{name}indices.0"], arrays[f"{name}indices.1"] = arrays.pop(f"{name}indices")
        arrays[f"{name}weights"] = np.asfortranarray(arrays[f"{name}weights"].astype(np.float16))
    save_npz(tmp_path / "net.npz", arrays)
    assert same(read(tmp_path / "net.npz", inputs=9).circuit, circuit)
    assert read(tmp_path / "net.npz", inputs=20).circuit.n_inputs == 20


def change(name: str, function: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def apply(arrays: dict[str, Any]) -> None:
        arrays[name] = function(arrays[name])

    return apply


WRONG: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda t: t.pop("1.indices"), "expected 1.indices, found .* state_dict leaves the connections out"),
    (lambda t: [t.pop(f"{i}.weights") for i in range(3)], "tensors: expected 0.weights, 0.indices"),
    (change("1.weights", lambda w: w[:, :4]), r"1.weights: expected floats \(gates, 16\), found .* \(30, 4"),
    (change("1.weights", lambda w: w.astype(np.int32)), "tensor 1.weights: expected floats"),
    (change("1.weights", lambda w: w * np.inf), "tensor 1.weights: expected finite numbers"),
    (change("1.weights", lambda w: w[:-1]), r"1.indices: expected integers \(29,\), found .* \(30,\)"),
    (change("1.indices", lambda i: i + 99), "tensor 1.indices: expected 0 to 13, found"),
    (change("0.indices", lambda i: i - 20), "tensor 0.indices: expected 0 to .*, found -20"),
    (change("0.indices", lambda i: i.astype(np.float32)), "rows of 0.indices: expected integers"),
    (change("0.indices", lambda i: i[0]), r"tensor 0.indices: expected shape \(2, gates\), found \(14,\)"),
    (lambda t: t.update(classes=np.array(5)), "classes: expected 2 or more that divide 12, found 5"),
    (lambda t: t.update(inputs=np.array(-1)), "tensor inputs: expected one integer"),
    (lambda t: t.update(inputs=np.array(3)), "tensor 0.indices: expected 0 to 2, found"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "message"), WRONG)
def test_tensors_that_do_not_fit_are_named(
    damage: Callable[[dict[str, Any]], Any], message: str, tmp_path: Path
) -> None:
    arrays = tensors_of(layered(3, WIDTHS), WIDTHS, ["0.", "1.", "2."])
    damage(arrays)
    save_safetensors(tmp_path / "net.safetensors", {k: np.ascontiguousarray(v) for k, v in arrays.items()})
    with pytest.raises(FormatError, match=message):
        read(tmp_path / "net.safetensors")


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 16)}"), "do not make float32"),
        (
            npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"c" * 8),
            "numbers are expected, not object",
        ),
        (b"\x93NUMPY\x07\x00", "version"),
        (b"", "array 0.weights.npy: expected a .npy file"),
    ],
)
def test_arrays_that_lie_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "net.npz", "w") as archive:
        archive.writestr("0.weights.npy", content)
    with pytest.raises(FormatError, match=message):
        read(tmp_path / "net.npz")


def test_archives_that_swell_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoo.interchange.tensors.MAX_TENSOR_BYTES", 1_000_000)
    save_npz(tmp_path / "net.npz", {"0.weights": np.zeros(1_000_000, np.uint8)})
    assert (tmp_path / "net.npz").stat().st_size < 2_000
    with pytest.raises(FormatError, match="size unpacked: expected at most 1000000 bytes, found 1000128"):
        read(tmp_path / "net.npz")


def test_a_pickle_runs_nothing(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "sprung",)

    torch.save({"0.weights": Trap()}, tmp_path / "net.pt")
    with pytest.raises(FormatError, match="tensors by name, and no other objects"):
        read(tmp_path / "net.pt")
    torch.save({"0.weights": torch.zeros(1).expand(1 << 40)}, tmp_path / "wide.pt")
    with pytest.raises(FormatError, match="at most 268435456 bytes, found more"):
        read(tmp_path / "wide.pt")
    torch.save(torch.nn.Linear(1, 1), tmp_path / "whole.pt")
    with pytest.raises(FormatError, match="tensors by name"):
        read(tmp_path / "whole.pt")
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(tmp_path / "net.pt") as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            new.writestr(member.filename, old.read(member))
    (tmp_path / "net.pt").write_bytes(packed.getvalue())
    with pytest.raises(FormatError, match="expected no compression"):
        read(tmp_path / "net.pt")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_its_c_is_a_circuit_of_as_many_gates(bits: int, tmp_path: Path) -> None:
    circuit = layered(5, WIDTHS)
    (tmp_path / "net.c").write_text(difflogic_c(circuit, WIDTHS, 4, bits))
    found = read(tmp_path / "net.c")
    assert found.head == GroupSum(4)
    assert found.circuit.n_gates == circuit.n_gates
    assert same(found.circuit, circuit)


def test_the_gates_alone_have_no_classes(tmp_path: Path) -> None:
    circuit = layered(5, WIDTHS)
    text = difflogic_c(circuit, WIDTHS, 4, 32).partition("void apply")[0]
    (tmp_path / "net.c").write_text(text)
    assert read(tmp_path / "net.c").head is None
    assert same(read(tmp_path / "net.c", inputs=9).circuit, circuit)


WRONG_C = [
    ("void logic_gate_net(", "void other(", ": function: expected logic_gate_net, found none"),
    ("const long long v0 = ", "const int v0 = ", ":6: statement: expected `const long long v0 = ...;`"),
    ("const long long v1 = ", "const long long v0 = ", ":7: v0: expected one definition"),
    ("out[1] = ", "out[2] = ", ":51: output: expected out[1], found out[2]"),
    ("v3 = ", "v3 = v7 & ", ":9: expression: expected a value that is defined before, found v7"),
    ("v3 = ", "v3 = inp[9] & ", ":9: expression: expected a value that is defined before, found inp[9]"),
    ("v3 = ", "v3 = inp[0] + ", ":9: expression: expected names, & | ^ ( ) and ~"),
    ("v3 = ", "v3 = (", ":9: expression: expected a whole expression"),
    ("v3 = ", "v3 = )", ":9: expression: expected a value, found )"),
    ("v3 = ", "v3 = !", ":9: expression: expected a value, or ~ to invert, found !"),
    ("v3 = ", "v3 = inp[0] inp[1] ", ":9: expression: expected an operator, found inp[1]"),
    ("v3 = ", "v3 = 1LL & ", ":9: expression: expected a value that is defined before, found 1LL"),
    ("malloc(12*", "malloc(13*", ": outputs: expected 13, found 12"),
    ("malloc(9*", "malloc(999999999*", ": inputs: expected 1 to 1048576, found 999999999"),
    ("c < 4;", "c < 5;", ": classes: expected a number that divides 12, found 5"),
    ("\n}\n", "\n", "logic_gate_net: expected a closing brace"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG_C)
def test_c_that_difflogic_does_not_write_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    text = difflogic_c(layered(5, WIDTHS), WIDTHS, 4, 64)
    assert old in text
    changed = text.replace(old, new) if old == "\n}\n" else text.replace(old, new, 1)
    (tmp_path / "net.c").write_text(changed)
    with pytest.raises(FormatError) as caught:
        read(tmp_path / "net.c", "difflogic-c")
    assert message in str(caught.value)

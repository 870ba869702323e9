from pathlib import Path

import numpy as np
import pytest

import zoo
from tests.zoo.interchange.circuits import any_circuit, frames_for, same
from tests.zoo.interchange.difflogic_text import difflogic_c, layered
from zoo.cli import run_command
from zoo.frontends import samples_of_bits
from zoo.interchange import FORMATS, read, write_aiger, write_blif

WIDTHS = (9, 14, 30, 12)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    out = capsys.readouterr()
    return " ".join((out.out + out.err).split())


def test_a_network_of_difflogic_becomes_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    circuit = layered(5, WIDTHS)
    (tmp_path / "My Net.c").write_text(difflogic_c(circuit, WIDTHS, 4, 64))
    out = tmp_path / "model"
    assert run_command(["import", str(tmp_path / "My Net.c"), "-o", str(out), "--licence", "MIT"]) == 0
    assert said(capsys).startswith(f"local/my-net: wrote {out}: 56 gates, 0 registers, 9 input bits")
    model = zoo.load(out)
    bits = frames_for(circuit)
    answer = model(samples_of_bits(bits))
    counts = circuit.evaluate(bits).reshape(len(bits), 4, 3).sum(axis=2)
    assert np.array_equal(answer.counts, counts)
    assert np.array_equal(answer.classes, counts.argmax(axis=1))
    assert model.config.licence == "MIT"
    assert "samples_of_bits" in (out / "README.md").read_text()


def test_registers_and_bare_bits(tmp_path: Path) -> None:
    circuit = any_circuit(7, 4)
    (tmp_path / "net.blif").write_text(write_blif(circuit))
    assert run_command(["import", str(tmp_path / "net.blif"), "-o", str(tmp_path / "model")]) == 0
    model = zoo.load(tmp_path / "model")
    bits = frames_for(circuit)
    assert np.array_equal(model(samples_of_bits(bits)).values, circuit.evaluate(bits))


def test_a_smaller_circuit_on_request(tmp_path: Path) -> None:
    circuit = layered(5, WIDTHS)
    (tmp_path / "net.c").write_text(difflogic_c(circuit, WIDTHS, 4, 64))
    run = ["import", str(tmp_path / "net.c"), "-o", str(tmp_path / "model"), "--optimise"]
    assert run_command(run) == 0
    smaller = zoo.load(tmp_path / "model").circuit
    assert smaller.n_gates < circuit.n_gates
    assert same(smaller, circuit)


@pytest.mark.parametrize("kind", ["aiger", "aiger-ascii", "blif"])
def test_out_and_in_again(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    circuit = layered(2, WIDTHS)
    (tmp_path / "net.aag").write_bytes(write_aiger(circuit, binary=False))
    model, again = tmp_path / "model", tmp_path / "again"
    assert run_command(["import", str(tmp_path / "net.aag"), "-o", str(model), "--classes", "3"]) == 0
    assert run_command(["export", str(model), "--to", kind, "-o", str(tmp_path / "out")]) == 0
    assert "from the 9 bits of the front end to the 12 that the head takes" in said(capsys)
    (file,) = (tmp_path / "out").iterdir()
    names = read(file).names
    assert names is not None
    assert names.outputs[4:6] == ("class1[0]", "class1[1]")
    assert run_command(["import", str(file), "-o", str(again), "--classes", "3", "--id", "me/again"]) == 0
    one, other = zoo.load(model), zoo.load(again)
    assert same(one.circuit, other.circuit)
    assert (one.head, one.frontend) == (other.head, other.frontend)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["net.aag", "--classes", "5"], "Error: group_sum: circuit outputs: expected a multiple of 5"),
        (["net.aag", "--classes", "1"], "Error: group_sum: classes: expected 2 to 65535, found 1"),
        (["net.aag", "--inputs", "9"], "Error: inputs: expected 1 or more, for difflogic only"),
        (["net.aag", "--from", "edif"], f"Error: format: expected one of {', '.join(FORMATS)}, found 'edif'"),
        (["net.aag", "--from", "blif"], "net.aag:1: line: expected a command such as .model or .names"),
        (["net.aag", "--id", "BAD"], "Error: id: String should match pattern"),
        (["net.aag", "--licence", ""], "Error: licence: String should have at least 1 character"),
        (["net.v"], "net.v: file name: expected one that ends in .safetensors"),
        (["none.aag"], "none.aag: No such file or directory"),
        (["."], "Is a directory"),
        (["4.c", "--classes", "3"], "Error: the file has 4 classes; leave out classes=3"),
        (["constant.aag"], "inputs of the circuit: expected 1 to 65535, found 0"),
    ],
)  # fmt: skip
def test_refusals_are_one_line_and_leave_nothing(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    circuit = layered(2, WIDTHS)
    Path("net.aag").write_bytes(write_aiger(circuit, binary=False))
    Path("4.c").write_text(difflogic_c(circuit, WIDTHS, 4, 64))
    Path("net.v").write_text("module m; endmodule")
    Path("constant.aag").write_text("aag 1 0 1 1 0\n2 3\n2\n")
    assert run_command(["import", *arguments, "-o", "model"]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not Path("model").exists()

import re
from pathlib import Path

import numpy as np
import pytest

from exporters.passes.proof import prove
from tests.zoo.interchange.circuits import any_circuit, frames_for, run_blif, same
from zoo.circuit import Circuit
from zoo.errors import FormatError, ZooError
from zoo.interchange import Names, write_blif
from zoo.interchange.blif import read_blif
from zoo.interchange.netlist import Imported, default_names
from zoo.interchange.source import Source


def read(text: str) -> Imported:
    return read_blif(Source(Path("net.blif"), text.encode()))


COUNTER = """# two bits
.model counter
.inputs clk \\
        up
.clock clk
.outputs high parity
.latch next_low low re clk 1
.latch next_high high re clk
.names up low next_low
10 1
01 1
.names up low high next_high
11- 1
--1 1
.names low high parity # odd
00 0
11 0
.end
"""


def test_covers_latches_and_a_clock() -> None:
    found = read(COUNTER)
    assert found.names == Names(("up",), ("low", "high"), ("high", "parity"))
    assert found.circuit.register_init.tolist() == [1, 0]
    bits = np.array([[0], [1], [1], [0]], np.uint8)
    assert found.circuit.evaluate(bits).tolist() == [[0, 1], [0, 1], [1, 1], [1, 0]]


def test_constants_and_wide_covers() -> None:
    names = " ".join(f"x{i}" for i in range(9))
    covers = f".names a\n.names b\n1\n.names {names} c\n1-------0 1\n"
    found = read(f".model m\n.inputs {names}\n.outputs a b c\n{covers}")
    bits = frames_for(found.circuit)
    expected = np.stack([0 * bits[:, 0], 0 * bits[:, 0] + 1, bits[:, 0] & (1 - bits[:, 8])], axis=1)
    assert np.array_equal(found.circuit.evaluate(bits), expected)


def test_what_no_output_needs_may_lack_definitions() -> None:
    found = read(".model m\n.inputs a\n.outputs a\n.names missing unused\n1 1\n.names own own\n0 1\n")
    assert found.circuit.n_gates == 0


@pytest.mark.parametrize("seed", range(60))
def test_round_trips(seed: int) -> None:
    circuit = any_circuit(seed)
    text = write_blif(circuit, comment="made\nby a test")
    found = read(text)
    assert found.names == default_names(circuit)
    assert same(circuit, found.circuit)
    assert found.circuit.n_gates <= circuit.n_gates + circuit.n_outputs + circuit.n_registers
    bits = frames_for(circuit, frames=20)
    assert np.array_equal(run_blif(text, bits), circuit.evaluate(bits))


@pytest.mark.parametrize("seed", range(0, 60, 6))
def test_round_trips_are_proved(seed: int) -> None:
    circuit = any_circuit(seed)
    proof = prove(circuit, read(write_blif(circuit)).circuit)
    assert proof.equal
    assert proof.method != "random"


@pytest.mark.parametrize("op", range(16))
def test_a_gate_that_reads_a_node_twice(op: int) -> None:
    twice = np.zeros(1, np.int32)
    circuit = Circuit(1, np.array([op], np.uint8), twice, twice, np.ones(1, np.int32))
    text = write_blif(circuit)
    assert same(circuit, read(text).circuit)
    for cover in re.findall(r"\.names ((?:\S+ )*)\S+\n((?:[^.].*\n)*)", text):
        assert bool(cover[0]) <= bool(cover[1])  # no tool takes inputs without rows


def test_names_of_gates_keep_clear_of_given_names() -> None:
    circuit = any_circuit(1)
    names = default_names(circuit)
    given = Names(tuple(f"n{i}" for i in range(circuit.n_inputs)), names.registers, names.outputs)
    assert same(circuit, read(write_blif(circuit, names=given)).circuit)
    with pytest.raises(ZooError, match="names in BLIF"):
        write_blif(circuit, names=Names(names.inputs, names.registers, ("a b", *names.outputs[1:])))


HEAD = ".model m\n.inputs a b\n.outputs y\n"
WRONG = {
    "hello\n": (":1: line", "a command"),
    ".model m\n.inputs a\n": (".outputs", "at least one"),
    HEAD + ".names a b y\n11 1\n.names y\n": (":6: signal y", "a definition in line 4 too"),
    HEAD + ".names a c y\n11 1\n": (":4: signal c", "a definition, found none"),
    HEAD: (":3: signal y", "a definition, found none"),
    HEAD + ".names a b y\n111 1\n": (":5: row of .names", "2 of 0, 1 and -, then 0 or 1, found 111 1"),
    HEAD + ".names a b y\n1x 1\n": (":5: row of .names", "found 1x 1"),
    HEAD + ".names a b y\n11 2\n": (":5: row of .names", "found 11 2"),
    HEAD + ".names a b y\n11\n": (":5: row of .names", "found 11"),
    HEAD + ".names a b y\n11 1\n00 0\n": (":6: row of .names", "1 as in the rows before, found 0"),
    HEAD + ".names a x y\n11 1\n.names y b x\n11 1\n": (":4: signal y", "no cycle without a latch"),
    HEAD + ".subckt adder a=a y=y\n": (":4: command", "found .subckt. Flatten it first"),
    HEAD + ".gate nand2 A=a B=b Y=y\n": (":4: command", "found .gate. Flatten it first"),
    HEAD + ".names a b y\n11 1\n.model other\n": (":6: .model", "one model, found another"),
    HEAD + ".latch a\n": (":4: .latch", "input output"),
    HEAD + ".latch a y 7\n": (":4: .latch", "found a y 7"),
    HEAD + ".latch a y ah b 0\n": (":4: type of .latch", "re or fe, found ah"),
    HEAD + ".latch a y re b 0\n.latch a z re c 0\n": (":5: clocks", "one, found"),
    HEAD + ".latch b y re b 0\n": (":4: clock b", "no other use"),
    HEAD + ".names\n": (":4: .names", "at least an output"),
    ".model m\n.inputs a a\n.outputs a\n": (":2: signal a", "one definition"),
    ".model m\n.inputs a\\\nb\n.outputs q\n": (":4: signal q", "a definition"),
}


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_damage_is_refused_with_its_line(text: str) -> None:
    where, what = WRONG[text]
    with pytest.raises(FormatError) as caught:
        read(text)
    assert where in str(caught.value)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)

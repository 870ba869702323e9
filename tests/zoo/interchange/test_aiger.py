from pathlib import Path

import numpy as np
import pytest

from exporters.passes.proof import prove
from tests.zoo.interchange.circuits import any_circuit, frames_for, run_aag, same
from zoo.circuit import Circuit
from zoo.errors import FormatError, ZooError
from zoo.interchange import Names, write_aiger
from zoo.interchange.aiger import read_aiger
from zoo.interchange.netlist import Imported
from zoo.interchange.source import Source


def read(data: bytes | str) -> Imported:
    return read_aiger(Source(Path("net.aig"), data.encode() if isinstance(data, str) else data))


HALF_ADDER = """aag 7 2 0 2 3
2
4
6
12
6 13 15
12 2 4
14 3 5
i0 x
i1 y
o0 sum
o1 carry
c
half adder
"""
TOGGLE = "aag 5 1 1 2 3\n2\n4 10\n4\n5\n6 5 2\n8 4 3\n10 7 9\ni0 enable\nl0 state\n"


def test_a_half_adder_with_its_names() -> None:
    found = read(HALF_ADDER)
    assert found.names == Names(("x", "y"), (), ("sum", "carry"))
    every = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8)
    assert found.circuit.evaluate(every).tolist() == [[0, 0], [1, 0], [1, 0], [0, 1]]
    assert found.circuit.n_gates == 2  # an XOR and an AND


def test_a_latch_is_a_register() -> None:
    found = read(TOGGLE.replace("10 7 9", "10 6 9"))  # next = ~state & enable & ~(state & ~enable)
    assert found.names == Names(("enable",), ("state",), ("o0", "o1"))
    bits = np.array([[1], [1], [0], [1]], np.uint8)
    assert found.circuit.evaluate(bits).tolist() == run_aag(TOGGLE.replace("10 7 9", "10 6 9"), bits).tolist()


@pytest.mark.parametrize(("reset", "start"), [("", 0), (" 0", 0), (" 1", 1), (" 2", 0)])
def test_resets(reset: str, start: int) -> None:
    ascii_, binary = f"aag 1 0 1 1 0\n2 3{reset}\n2\n", f"aig 1 0 1 1 0\n3{reset}\n2\n"
    for text in (ascii_, binary):
        circuit = read(text).circuit
        assert circuit.register_init.tolist() == [start]
        assert circuit.evaluate(np.zeros((3, 0), np.uint8)).ravel().tolist() == [start, 1 - start, start]


def test_bad_states_are_outputs_too() -> None:
    found = read("aag 2 2 0 1 0 2\n2\n4\n3\n2\n5\nb1 last\no0 first\n")
    assert found.names == Names(("i0", "i1"), (), ("first", "b0", "last"))
    assert found.circuit.evaluate(np.array([[1, 0]], np.uint8)).tolist() == [[0, 1, 1]]


def test_gates_may_come_in_any_order_and_variables_have_gaps() -> None:
    text = "aag 90 2 0 1 2\n20\n4\n180\n180 60 4\n60 20 5\n"
    assert read(text).circuit.evaluate(frames_for(read(text).circuit)).max() == 0


@pytest.mark.parametrize("seed", range(60))
def test_round_trips(seed: int) -> None:
    circuit = any_circuit(seed)
    binary, ascii_ = write_aiger(circuit), write_aiger(circuit, binary=False, comment="two\nlines")
    one, other = read(binary), read(ascii_)
    assert one.names == other.names
    assert one.circuit.digest() == other.circuit.digest()
    assert same(circuit, one.circuit)
    bits = frames_for(circuit, frames=20)
    assert np.array_equal(run_aag(ascii_.decode(), bits), circuit.evaluate(bits))
    again = read(write_aiger(one.circuit, one.names))
    assert same(circuit, again.circuit)
    assert again.circuit.n_gates <= one.circuit.n_gates


@pytest.mark.parametrize("seed", range(0, 60, 6))
def test_round_trips_are_proved(seed: int) -> None:
    circuit = any_circuit(seed)
    proof = prove(circuit, read(write_aiger(circuit)).circuit)
    assert proof.equal
    assert proof.method != "random"


def test_large_differences_take_more_bytes() -> None:
    a, b, outputs = np.array([[0, 0], [39_999, 40_000], [40_001, 40_000]], np.int32)
    wide = Circuit(40_000, np.array([1, 7], np.uint8), a, b, outputs)
    assert same(wide, read(write_aiger(wide)).circuit)


def test_names_that_do_not_fit_are_not_written() -> None:
    nothing = np.zeros(0, np.int32)
    circuit = Circuit(1, nothing.astype(np.uint8), nothing, nothing, np.zeros(1, np.int32))
    for names, message in [
        (Names((), (), ("y",)), "names of inputs: expected 1, found 0"),
        (Names(("a",), (), ("a",)), "expected each once, found 'a' twice"),
        (Names(("a\nb",), (), ("y",)), "expected printable text"),
    ]:
        with pytest.raises(ZooError, match=message):
            write_aiger(circuit, names)


WRONG = {
    "": ("net.aig:1: header", "found ''"),
    "aag 1 1 0 1": ("net.aig:1: header", "`aag M I L O A`"),
    "aig 5 1 0 1 0\n2\n": ("net.aig:1: header", "M exactly I + L + A = 1, found 5"),
    "aag 0 1 0 1 0\n2\n2\n": ("net.aig:1: header", "M at least I + L + A = 1, found 0"),
    "aag 9999999999 1 0 1 0\n2\n2\n": ("net.aig:1: header", "at most"),
    "aag 1 1 0 0 0\n2\n": ("net.aig:1: header", "at least one output"),
    "aag 1 1 0 1 0 0 1\n2\n2\n2\n": ("net.aig:1: header", "no constraints"),
    "aag 1 1 0 1 0\n": ("net.aig:2: input 0", "the end of the file"),
    "aag 1 1 0 1 0\n3\n2\n": ("net.aig:2: input 0", "an even literal"),
    "aag 2 2 0 1 0\n2\n2\n2\n": ("net.aig:3: input 1", "also defined in line 2"),
    "aag 1 1 0 1 0\n2\n9\n": ("net.aig:3: output 0", "1 numbers of at most 3, found '9'"),
    "aag 1 1 0 1 0\n2\n-1\n": ("net.aig:3: output 0", "found '-1'"),
    "aag 2 1 1 1 0\n2\n4 2 3\n4\n": ("net.aig:3: reset of latch 0", "0, 1 or 4, found 3"),
    "aag 3 1 0 1 1\n2\n4\n4 2 6\n": ("variables", "a definition of 6"),
    "aag 3 1 0 1 2\n2\n4\n4 6 2\n6 4 2\n": ("net.aig:4: AND 4", "no cycle"),
    "aag 1 1 0 1 0\n2\n2\ni1 x\n": ("net.aig:4: symbol", "i0 to i0, each once, found i1"),
    "aag 1 1 0 1 0\n2\n2\nl0 x\n": ("net.aig:4: symbol", "no l"),
    "aag 1 1 0 1 0\n2\n2\nhello\n": ("net.aig:4: symbol", "i, l, o or b with a number"),
    "aag 1 1 0 1 0\n2\n2\ni0 a\x1bb\n": ("net.aig:4: name of i0", "printable text"),
    "aig 2 1 0 1 1\n4\n\x02": ("AND 0 at byte 17", "the end of the file"),
    "aig 2 1 0 1 1\n4\n\x00\x00": ("AND 0 at byte 16", "a difference up to 4, found 0"),
    "aig 2 1 0 1 1\n4\n\x09\x00": ("AND 0 at byte 16", "a difference up to 4, found 9"),
}


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_damage_is_refused_with_its_line(text: str) -> None:
    where, what = WRONG[text]
    with pytest.raises(FormatError) as caught:
        read(text)
    assert where in str(caught.value)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zoo.circuit import Circuit
from zoo.errors import FormatError, ModelError
from zoo.heads import ControlValues, GroupSum
from zoo.interchange import read
from zoo.interchange.netlist import Imported

EVERY = np.array([[a, b] for a in (0, 1) for b in (0, 1)], np.uint8)
MEANING = {
    "CONST_FALSE": "0000", "CONST_TRUE": "1111", "WIRE": "0011", "NOT": "1100", "NOT_A": "1100",
    "NOT_B": "1010", "AND": "0001", "OR": "0111", "XOR": "0110", "NAND": "1110", "NOR": "1000",
    "XNOR": "1001",
    "AND_NOT_B": "0010", "AND_NOT_A": "0100", "OR_NOT_B": "1011", "OR_NOT_A": "1101",
}  # fmt: skip


def gate(number: int, op: str, in0: int = -1, in1: int = -1) -> dict[str, Any]:
    return {"gate_id": number, "op": op, "in0": in0, "in1": in1, "node_idx": -1}


def document(gates: list[dict[str, Any]], outputs: list[int], **more: Any) -> dict[str, Any]:
    shape = {"input_shape": [2], "output_shape": [len(outputs)]}
    return {"n_inputs": 2, "gates": gates, "outputs": outputs, **shape, **more}


def read_json(content: object, tmp_path: Path) -> Imported:
    (tmp_path / "net.json").write_text(json.dumps(content))
    return read(tmp_path / "net.json")


def columns(circuit: Circuit) -> list[str]:
    return ["".join(map(str, column)) for column in circuit.evaluate(EVERY).T]


def test_every_operation(tmp_path: Path) -> None:
    gates = [gate(2 + i, op, 0, 1) for i, op in enumerate(MEANING)]
    found = read_json(document(gates, list(range(2, 18))), tmp_path)
    assert columns(found.circuit) == list(MEANING.values())
    assert found.circuit.n_gates == 16
    assert found.head is None


def test_missing_inputs_are_false_and_ids_may_have_gaps(tmp_path: Path) -> None:
    gates = [gate(9, "OR", 0), gate(5, "NAND", -1, 1), gate(7, "CONST_TRUE"), gate(40, "XOR", 9, 7)]
    found = read_json(document(gates, [9, 5, 7, 40, 0]), tmp_path)
    assert columns(found.circuit) == ["0011", "1111", "1111", "1100", "0011"]


def test_sums_become_groups_of_equal_size(tmp_path: Path) -> None:
    sums = [
        {"node_id": 8, "input_ids": [0, 2, 2], "tau": 5.0, "beta": 0.5},
        {"node_id": 9, "input_ids": [1], "tau": 5.0, "beta": 2.5},
    ]
    found = read_json(document([gate(2, "AND", 0, 1)], [9, 8], sum_nodes=sums), tmp_path)
    assert found.head == GroupSum(2)
    a, b = EVERY.astype(int).T
    expected = np.stack([b + 2, a + 2 * (a & b)], axis=1)
    assert np.array_equal(found.head.decode(found.circuit.evaluate(EVERY)), expected)
    alone = read_json(document([], [8], sum_nodes=[{"node_id": 8, "input_ids": [0, 1, 1]}]), tmp_path)
    assert alone.head == ControlValues(values=1, group=3)


GOOD = document([gate(2, "AND", 0, 1)], [2])
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"n_inputs": -1}, "circuit.n_inputs: expected an integer 0 to 1048576, found -1"),
    ({"n_inputs": True}, "circuit.n_inputs: expected an integer"),
    ({"gates": 3}, "gates: expected a list of objects, found int"),
    ({"gates": [gate(2, "MUX", 0, 1)]}, r"gates\[0\].op: expected CONST_FALSE.*, found MUX"),
    ({"gates": [gate(2, "AND", 0, 3)]}, r"gates\[0\]: expected ids that are defined before, found 3"),
    ({"gates": [gate(1, "AND", 0, 1)]}, r"gates\[0\].gate_id: expected an id of its own, found 1"),
    ({"gates": [{"gate_id": 2, "op": "AND", "in0": 0.5, "in1": 0}]}, r"gates\[0\].in0: expected an integer"),
    ({"outputs": [7]}, r"outputs\[0\]: expected ids that are defined before, found 7"),
    ({"outputs": []}, "outputs: expected all bits, or all sums"),
    ({"outputs": "2"}, "circuit.outputs: expected a list of integers"),
    ({"sum_nodes": [{"node_id": 2, "input_ids": []}]}, "an id of its own, found 2"),
    ({"sum_nodes": [{"node_id": 3, "input_ids": [4]}]}, "ids that are defined before, found 4"),
    ({"sum_nodes": [{"node_id": 3, "input_ids": [], "tau": "x"}]}, "tau: expected a number, found x"),
    ({"sum_nodes": [{"node_id": 3, "input_ids": [1]}], "outputs": [2, 3]}, "all sums, found 1 sums of 2"),
    (
        {"sum_nodes": [{"node_id": i, "input_ids": [1], "tau": float(i)} for i in (3, 4)], "outputs": [3, 4]},
        "sums: expected one tau above 0, and betas that differ by integers",
    ),
    (
        {"sum_nodes": [{"node_id": i, "input_ids": [1], "beta": i * 1e7} for i in (3, 4)], "outputs": [3, 4]},
        "sums: expected at most 1048576 bits in all",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), WRONG, ids=range(len(WRONG)))
def test_damage_is_refused(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=message):
        read_json(GOOD | change, tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"n_inputs": 2, "n_inputs": 3}', "\xff"])
def test_what_is_no_json_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "net.json").write_bytes(text.encode("latin1"))
    with pytest.raises(ModelError, match="net.json: circuit"):
        read(tmp_path / "net.json")


BOOL = """\
#include <stdbool.h>
#include <stdint.h>

void circuit(
    const bool in[2],
    uint8_t   out[2])
{
    bool g2 = (in[0] & in[1]);
    bool g3 = (!g2);

    // --- raw inputs to sum reductions ---
    bool raw[3];
    raw[0] = g3;
    raw[1] = ((!in[0]) | in[1]);
    raw[2] = false;

    // --- outputs ---
    {
        int s = 0;
        for (int i = 0; i < 2; i++) s += (int)raw[i];
        out[0] = s;
    }
    {
        int s = 0;
        for (int i = 2; i < 3; i++) s += (int)raw[i];
        out[1] = s + 1;
    }
}
"""
PACKED = """\
void circuit(
    const uint16_t in[2],
    float   out[32])
{
    uint16_t g2 = ~(in[0] & in[1]);
    uint16_t raw[2];
    raw[0] = g2;
    raw[1] = (g2 ^ ~(uint16_t)0);
    for (int p = 0; p < 16; p++) {
        {
            int s = 0;
            for (int i = 0; i < 1; i++) s += (int)((raw[i] >> p) & 1);
            out[p * 2 + 0] = ((float)s + 0.0f) / 10.0f;
        }
        {
            int s = 0;
            for (int i = 1; i < 2; i++) s += (int)((raw[i] >> p) & 1);
            out[p * 2 + 1] = ((float)s + 0.0f) / 10.0f;
        }
    }
}
"""
BITS = """\
void circuit(
    const uint64_t in[2],
    uint64_t   out[2])
{
    out[0] = (~(in[0] | in[1]) ^ ((uint64_t)0 & in[0]));
    out[1] = in[1];
}
"""


def read_c(text: str, tmp_path: Path) -> Imported:
    (tmp_path / "net.c").write_text(text)
    return read(tmp_path / "net.c")


def test_c_of_bools_of_words_and_of_bits(tmp_path: Path) -> None:
    a, b = EVERY.astype(int).T
    sums = read_c(BOOL, tmp_path)
    assert sums.head == GroupSum(2)
    expected = np.stack([1 - (a & b) + ((1 - a) | b), 0 * a + 1], axis=1)
    assert np.array_equal(sums.head.decode(sums.circuit.evaluate(EVERY)), expected)
    packed = read_c(PACKED, tmp_path)
    assert packed.head == GroupSum(2)
    assert columns(packed.circuit) == ["1110", "0001"]
    bits = read_c(BITS, tmp_path)
    assert bits.head is None
    assert columns(bits.circuit) == ["1000", "0101"]


WRONG_C = [
    ("void circuit(", "void other(", ": function: expected circuit, found none"),
    ("const bool in[2]", "const bool in[9999999]", ": inputs: expected at most 1048576"),
    ("bool g3", "uint8_t g3", ":9: statement: expected a statement of torchlogix"),
    ("bool g3", "bool g2", ":9: g2: expected one definition"),
    ("(!g2)", "(~g2)", ":9: expression: expected a value, or ! to invert, found ~"),
    ("(!g2)", "(!g4)", ":9: expression: expected a value that is defined before, found g4"),
    ("raw[1] =", "raw[2] =", ":14: statement"),
    ("i = 2; i < 3", "i = 2; i < 4", ":25: sum: expected a part of raw[3], found 2 to 4"),
    ("out[1] = s + 1", "out[0] = s + 1", ":26: statement"),
    ("for (int i = 2; i < 3; i++) s += (int)raw[i];", "", ":26: output: expected a sum before it"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG_C)
def test_c_that_torchlogix_does_not_write_is_refused(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    assert old in BOOL
    with pytest.raises(FormatError) as caught:
        read_c(BOOL.replace(old, new), tmp_path)
    assert message in str(caught.value)

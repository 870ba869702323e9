"""torchlogix circuits: its JSON (`Circuit.write_json`) and its C (`get_c_code`, bool or packed in words).

Sums of outputs become a GroupSum, or control values where there is only one. A sum of torchlogix is
(count + beta) / tau. All must share tau, which is left out, as is the smallest beta: neither changes which
sum is the largest. What a beta has above the smallest is counted by outputs that are always 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zoo.heads import ControlValues, GroupSum
from zoo.interchange.builder import FALSE, TRUE, Builder
from zoo.interchange.netlist import Imported
from zoo.interchange.source import MAX_NODES, Source

# The operation of each kind of gate, over in0 and in1; an input of -1 is false.
OPERATIONS = {
    "CONST_FALSE": 0, "CONST_TRUE": 15, "WIRE": 3, "NOT": 12, "NOT_A": 12, "NOT_B": 10,
    "AND": 1, "OR": 7, "XOR": 6, "NAND": 14, "NOR": 8, "XNOR": 9,
    "AND_NOT_B": 2, "AND_NOT_A": 4, "OR_NOT_B": 11, "OR_NOT_A": 13,
}  # fmt: skip

MEND = "Write the file again with torchlogix."


@dataclass(frozen=True)
class Sum:
    """An output that counts nodes: (count + beta) / tau."""

    nodes: list[int]
    tau: float
    beta: float


def finish(source: Source, builder: Builder, outputs: list[int | Sum]) -> Imported:
    """The circuit, with its outputs in groups where they are sums.

    Raises:
        FormatError: Bits beside sums, sums that tau or beta set apart, or nothing at all.
    """
    sums = [output for output in outputs if isinstance(output, Sum)]
    if not outputs or len(sums) not in (0, len(outputs)):
        mend = "Import them one after the other: a model has one kind of answer."
        raise source.error(
            None, "outputs", "all bits, or all sums", f"{len(sums)} sums of {len(outputs)}", mend
        )
    if not sums:
        return Imported(builder.circuit([output for output in outputs if isinstance(output, int)]))
    lowest = min(each.beta for each in sums)
    extra = [each.beta - lowest for each in sums]
    if len({each.tau for each in sums}) > 1 or sums[0].tau <= 0 or any(more % 1 for more in extra):
        expected = "one tau above 0, and betas that differ by integers"
        mend = "Sums that are scaled apart cannot be compared as counts."
        raise source.error(None, "sums", expected, sorted({(e.tau, e.beta) for e in sums}), mend)
    group = max(1, *(len(each.nodes) + int(more) for each, more in zip(sums, extra, strict=True)))
    if group * len(sums) > MAX_NODES:
        raise source.error(None, "sums", f"at most {MAX_NODES} bits in all", group * len(sums))
    nodes: list[int] = []
    for each, more in zip(sums, extra, strict=True):
        rest = {TRUE: int(more), FALSE: group - len(each.nodes) - int(more)}
        nodes += each.nodes
        nodes += [node for value, count in rest.items() if count for node in [builder.node(value)] * count]
    head = GroupSum(len(sums)) if len(sums) > 1 else ControlValues(values=1, group=group)
    return Imported(builder.circuit(nodes), head=head)


def read_torchlogix(source: Source) -> Imported:
    """Read the JSON; every gate becomes one gate.

    Raises:
        FormatError: A key, a gate or an id is not what it should be.
        ModelError: It is no JSON.
    """
    from zoo.tensors import parse_object

    document = parse_object(source.path, "circuit", source.data)
    builder = Builder(_integer(source, document, "circuit", "n_inputs", 0, MAX_NODES))
    nodes: dict[int, int] = {i: i for i in range(builder.n_inputs)}
    for i, gate in enumerate(_objects(source, document, "gates")):
        what = f"gates[{i}]"
        op = OPERATIONS.get(str(gate.get("op")))
        if op is None:
            raise source.error(None, f"{what}.op", ", ".join(OPERATIONS), gate.get("op"), MEND)
        ids = [_integer(source, gate, what, key, -1, 2**53) for key in ("in0", "in1")]
        operands = [None if x < 0 else _known(source, nodes, what, x) for x in ids]
        op = _without_missing(op, *(x is None for x in operands))
        some = next((x for x in operands if x is not None), min(builder.first_gate, 1) - 1)
        own = _integer(source, gate, what, "gate_id", 0, 2**53)
        if own in nodes:
            raise source.error(None, f"{what}.gate_id", "an id of its own", own, MEND)
        nodes[own] = builder.gate(op, *(some if x is None else x for x in operands))
    sums: dict[int, Sum] = {}
    for i, each in enumerate(_objects(source, document, "sum_nodes") if "sum_nodes" in document else []):
        what = f"sum_nodes[{i}]"
        ids = [_known(source, nodes, what, x) for x in _ids(source, each, what, "input_ids")]
        own = _integer(source, each, what, "node_id", 0, 2**53)
        if own in nodes or own in sums:
            raise source.error(None, f"{what}.node_id", "an id of its own", own, MEND)
        tau, beta = (_number(source, each, what, key, usual) for key, usual in (("tau", 1.0), ("beta", 0.0)))
        sums[own] = Sum(ids, tau, beta)
    outputs = [
        sums[x] if x in sums else _known(source, nodes, f"outputs[{i}]", x)
        for i, x in enumerate(_ids(source, document, "circuit", "outputs"))
    ]
    return finish(source, builder, outputs)


def _without_missing(op: int, no_a: bool, no_b: bool) -> int:
    """The operation where a missing input is false, as one of those that remain."""
    f00, f01, f10, f11 = op >> 3 & 1, op >> 2 & 1, op >> 1 & 1, op & 1
    if no_a:
        f10, f11 = f00, f01
    if no_b:
        f01, f11 = f00, f10
    return f00 << 3 | f01 << 2 | f10 << 1 | f11


def _objects(source: Source, document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = document.get(key)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise source.error(None, key, "a list of objects", type(found).__name__, MEND)
    return found


def _ids(source: Source, document: dict[str, Any], what: str, key: str) -> list[int]:
    found = document.get(key)
    if not isinstance(found, list) or not all(type(each) is int for each in found):
        raise source.error(None, f"{what}.{key}", "a list of integers", type(found).__name__, MEND)
    return found


def _integer(source: Source, document: dict[str, Any], what: str, key: str, low: int, high: int) -> int:
    found = document.get(key)
    if type(found) is not int or not low <= found <= high:
        raise source.error(None, f"{what}.{key}", f"an integer {low} to {high}", found, MEND)
    return found


def _number(source: Source, document: dict[str, Any], what: str, key: str, usual: float) -> float:
    found = document.get(key, usual)
    if type(found) not in (int, float) or not abs(found) < 1e9:
        raise source.error(None, f"{what}.{key}", "a number", found, MEND)
    return float(found)


def _known(source: Source, nodes: dict[int, int], what: str, number: int) -> int:
    """The node of an id that was defined before."""
    node = nodes.get(number)
    if node is None:
        raise source.error(None, what, "ids that are defined before", number, MEND)
    return node

"""What straight-line code does step by step, before it has registers: gates, complements, copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from exporters.pru.flat_netlist import NOT, Netlist

COPY, ZERO = 0, 15  # kinds of items beside AND, XOR, OR and NOT

# A word of data memory: its number in one of three areas, whose places are known only at the end.
LEAF, SLOT, OUT = 0, 1 << 24, 2 << 24
ANYWHERE = -1  # where a value goes that may stand in any word of OUT


class Item(NamedTuple):
    """One step: `result` from `a` and `b`, all literals; -1 where there is none.

    COPY has no result: it brings a value that is stored into a register, from where it is stored again.
    """

    kind: int
    result: int
    a: int = -1
    b: int = -1


@dataclass
class Items:
    """The steps and what has to be in memory after them.

    Args:
        steps: In order.
        stores: Literal -> words that it must be stored in, or ANYWHERE.
        moves: Word of a register -> word of another whose old value it takes.
        aliases: Output -> word that holds it without doing anything.
    """

    steps: list[Item]
    stores: dict[int, list[int]] = field(default_factory=dict)
    moves: dict[int, int] = field(default_factory=dict)
    aliases: dict[int, int] = field(default_factory=dict)


def items(net: Netlist, order: Sequence[int], ordered: bool) -> Items:
    """The steps of a netlist, its gates in the given order.

    Args:
        net: What to compute.
        order: Numbers of its gates.
        ordered: Output i stands in word i of OUT, also where it repeats or is an input.
    """
    result = Items([])
    _place_outputs(net, ordered, result)
    for r, literal in enumerate(net.register_next):
        word, node = LEAF + net.n_inputs + r, literal >> 1
        if net.n_inputs <= node < net.n_leaves and not literal & 1:
            if node != net.n_inputs + r:
                result.moves[word] = LEAF + node
        else:
            result.stores.setdefault(literal, []).append(word)
    extra = _extra_steps(net, order, result)
    result.steps += extra.pop(-1, [])
    for gate in order:
        kind, a, b = net.gates[gate]
        result.steps.append(Item(kind, 2 * (net.n_leaves + gate), a, b))
        result.steps += extra.get(gate, ())
    return result


def _place_outputs(net: Netlist, ordered: bool, result: Items) -> None:
    for i, literal in enumerate(net.outputs):
        if ordered:
            result.stores.setdefault(literal, []).append(OUT + i)
        elif literal >> 1 < net.n_inputs and not literal & 1:
            result.aliases[i] = LEAF + (literal >> 1)
        else:
            result.stores[literal] = [ANYWHERE]


def _extra_steps(net: Netlist, order: Sequence[int], result: Items) -> dict[int, list[Item]]:
    """Complements, copies and constants that are stored: gate after which they are made (-1: first) -> steps.

    A complement is made right after its gate; what comes from an input or register, after the last gate that
    reads it.
    """
    last: dict[int, int] = {}
    for gate in order:
        for operand in net.gates[gate][1:]:
            last[operand >> 1] = gate
    extra: dict[int, list[Item]] = {}
    constant = net.constant
    if constant in result.stores or constant + 1 in result.stores:
        extra[-1] = [Item(ZERO, constant)]
    for literal in result.stores:
        node = literal >> 1
        if literal & 1:
            after = node - net.n_leaves if net.n_leaves <= node < constant >> 1 else last.get(node, -1)
            extra.setdefault(after, []).append(Item(NOT, literal, literal ^ 1))
        elif node < net.n_leaves:
            extra.setdefault(last.get(node, -1), []).append(Item(COPY, -1, literal))
    return extra

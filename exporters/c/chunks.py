"""Cut a netlist into functions of limited size, and find the slots for what passes between them.

Compilers take far more than twice as long for a function twice as long; with this, time grows with the gates.
"""

from __future__ import annotations

from dataclasses import dataclass

from exporters.c.netlist import Netlist

GATES_A_CHUNK = 128


@dataclass(frozen=True)
class Chunk:
    """The gates of one function.

    Args:
        gates: (node, op, a, b) in order of evaluation.
        loads: Slot of each node that an earlier chunk left.
        stores: Slot of each node that a later chunk needs.
    """

    gates: tuple[tuple[int, int, int, int], ...]
    loads: dict[int, int]
    stores: dict[int, int]


def split(netlist: Netlist, size: int = GATES_A_CHUNK) -> tuple[list[Chunk], int]:
    """The chunks, and how many slots they share; a slot is used again after its value's last chunk."""
    pieces = [netlist.gates[first : first + size] for first in range(0, len(netlist.gates), size)]
    made = {gate[0]: k for k, piece in enumerate(pieces) for gate in piece}
    last: dict[int, int] = {}
    for k, piece in enumerate(pieces):
        for _, _, a, b in piece:
            last.update({node: k for node in (a, b) if made.get(node, k) < k})
    free: list[int] = []
    ending: dict[int, list[int]] = {}
    slot: dict[int, int] = {}
    chunks, n_slots = [], 0
    for k, piece in enumerate(pieces):
        loads = {node: slot[node] for _, _, a, b in piece for node in (a, b) if made.get(node, k) < k}
        stores = {}
        for node in (gate[0] for gate in piece if gate[0] in last):
            if not free:
                free.append(n_slots)
                n_slots += 1
            slot[node] = stores[node] = free.pop()
            ending.setdefault(last[node], []).append(slot[node])
        free += ending.pop(k, [])
        chunks.append(Chunk(piece, loads, stores))
    return chunks, n_slots

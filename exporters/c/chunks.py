"""Cut a circuit into functions of limited size, and find the slots for what passes between them.

Compilers take far more than twice as long for a function twice as long; with this, time grows with the gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zoo.circuit import Circuit

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


def split(circuit: Circuit, order: Sequence[int], size: int = GATES_A_CHUNK) -> tuple[list[Chunk], int]:
    """The chunks, and how many slots they share; a slot is used again after its value's last chunk.

    Args:
        circuit: Where the gates come from.
        order: Node ids of its live gates, operands first.
        size: Gates a chunk.
    """
    first = circuit.n_inputs + circuit.n_registers
    op, a_of, b_of = circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist()
    gates = [(node, op[node - first], a_of[node - first], b_of[node - first]) for node in order]
    pieces = [tuple(gates[start : start + size]) for start in range(0, len(gates), size)]
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

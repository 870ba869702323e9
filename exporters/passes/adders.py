"""Gates behind a circuit's last one, and the full adder that counts of ones are made of.

Two full adders in a row that hand their carries on as a pair cost eight gates instead of ten: bits of one
weight travel in pairs (x, x ^ y), which both the sums and the carries need anyway. With a third bit z,

    s = z ^ (x ^ y),   n = (x ^ y) | (x ^ z),   carry = n ^ s

and n is the difference between the carry and s; the second adder turns n into the difference between both
carries in one gate (E. Demenkov, A. Kojevnikov, A. Kulikov, G. Yaroslavtsev, "New upper bounds on the Boolean
circuit complexity of symmetric functions", 2010). A count of n bits takes about 4.5 n gates; full adders
take 5 n.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from zoo.circuit import Circuit

ZERO, AND, A_NOT_B, XOR, OR = 0, 1, 2, 6, 7

Pair = tuple[int, int]


@dataclass
class Adders:
    """Gates after node `start - 1`."""

    start: int
    gates: list[tuple[int, int, int]] = field(default_factory=list)

    def gate(self, op: int, a: int, b: int) -> int:
        """One more; its node."""
        self.gates.append((op, a, b))
        return self.start + len(self.gates) - 1

    def add(self, z: int, x: int, differ: int) -> Pair:
        """The first adder: s and n of the module's text."""
        return self.gate(XOR, z, differ), self.gate(OR, differ, self.gate(XOR, x, z))

    def add_second(self, s: int, n: int, x: int, differ: int) -> tuple[int, Pair]:
        """A second adder after the first one's s and n: its sum, and both carries as a pair."""
        carry = self.gate(XOR, n, s)
        held = self.gate(A_NOT_B, self.gate(XOR, s, x), differ)  # its carry is s ^ held
        return self.gate(XOR, s, differ), (carry, self.gate(XOR, n, held))

    def after(self, circuit: Circuit, outputs: list[int]) -> Circuit:
        """The circuit followed by these gates, with other outputs and without lanes."""
        columns = np.array(self.gates, np.int32).reshape(-1, 3).T
        return replace(
            circuit,
            op=np.concatenate([circuit.op, columns[0].astype(np.uint8)]),
            a=np.concatenate([circuit.a, columns[1]]),
            b=np.concatenate([circuit.b, columns[2]]),
            outputs=np.array(outputs, np.int32),
            lanes=None,
        )

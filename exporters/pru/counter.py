"""Counter bits on the PRU: the frame number, and its Gray code on request."""

from __future__ import annotations

from exporters.pru.code import Code
from exporters.pru.front import Front
from exporters.pru.gates import Gates
from exporters.pru.memory import MemoryMap
from zoo.frontends import CounterBits

AT_ONCE = 16  # planes in registers


def counter_front(fe: CounterBits, gates: Gates, memory: MemoryMap) -> Front:
    """A counter in memory; samples only say how many frames to run."""
    features, encode = Code(), Code()
    state = memory.place("counter", 4, "number of the next frame")
    features.constant("r0", state, note="frame number")
    features.op("lbbo", "&r1", "r0", 0, 4)
    features.op("add", "r2", "r1", 1)
    features.op("clr", "r2", "r2", fe.width, note=f"modulo 2^{fe.width}")
    features.op("sbbo", "&r2", "r0", 0, 4)
    start = int(gates.inputs[:, 0].min())
    if fe.gray:
        encode.op("lsr", "r2", "r1", 1)
        encode.op("xor", "r2", "r1", "r2", note="Gray code")
    if gates.planes:
        _planes(encode, fe, start)
    else:
        if fe.gray:
            encode.op("lsl", "r3", "r2", fe.width)
            encode.op("or", "r1", "r1", "r3")
            encode.op("lsr", "r2", "r2", 32 - fe.width)
        encode.constant("r0", start)
        encode.op("sbbo", "&r1", "r0", 0, -(-fe.n_bits // 8))
    return Front(features, encode)


def _planes(code: Code, fe: CounterBits, start: int) -> None:
    """A word a bit."""
    code.constant("r0", start)
    bits = [("r1", i) for i in range(fe.width)] + [("r2", i) for i in range(fe.width) if fe.gray]
    for first in range(0, len(bits), AT_ONCE):
        group = bits[first : first + AT_ONCE]
        for j, (register, bit) in enumerate(group):
            code.op("lsr", f"r{5 + j}", register, bit)
            code.op("and", f"r{5 + j}", f"r{5 + j}", 1)
        code.op("sbbo", "&r5", "r0", 4 * first, 4 * len(group))

"""PCM bits on the PRU: the delay line is the bits themselves; a sample moves them up and comes below."""

from __future__ import annotations

import numpy as np

from exporters.pru.code import Code
from exporters.pru.front import Front
from exporters.pru.gates import Gates
from exporters.pru.memory import MemoryMap
from zoo.frontends import PcmBits
from zoo.lanes import pack_words

AT_ONCE = 16  # words of the line in registers
PLANES_AT_ONCE = 24


def pcm_front(fe: PcmBits, gates: Gates, memory: MemoryMap, samples: int) -> Front:
    """A delay line, in words of bits or, for planes, in a word a bit.

    Raises:
        DoesNotFitError: The line does not fit.
    """
    features, encode = Code(), Code()
    _newest(features, fe, samples)
    if gates.planes:
        _planes(encode, fe, gates, memory)
    else:
        _words(encode, fe, gates, memory)
    return Front(features, encode)


def _newest(code: Code, fe: PcmBits, samples: int) -> None:
    """r2 = the code of the new sample, its bits in reverse from the top."""
    code.constant("r0", samples, note="samples")
    code.op("lbbo", "&r1", "r0", 0, 2)
    code.op("xor", "r1.b1", "r1.b1", 128, note="offset binary")
    code.op("lsr", "r1", "r1.w0", 16 - fe.width)
    if fe.code == "gray":
        code.op("lsr", "r2", "r1", 1)
        code.op("xor", "r1", "r1", "r2")
    code.op("ldi", "r2", 0)
    for bit in range(fe.width):
        code.op("qbbc", f"features_bit{bit}", "r1", bit)
        code.op("set", "r2", "r2", 31 - bit)
        code.label(f"features_bit{bit}")


def _silence(fe: PcmBits) -> np.ndarray:
    """uint8 (n_bits,): the line before the first sample."""
    return fe.bits(np.zeros(1, np.int16))[0]


def _words(code: Code, fe: PcmBits, gates: Gates, memory: MemoryMap) -> None:
    """Shift the line by a code; the word below it holds the new one. A second copy goes to the circuit."""
    start = int(gates.inputs[:, 0].min())
    n_words = -(-fe.n_bits // 32)
    start_bits = pack_words(_silence(fe)[None]).astype("<u4").tobytes()
    line = memory.place(
        "line", 4 * (n_words + 1), "the new code, then the delay line", b"\0" * 4 + start_bits
    )
    code.constant("r0", line, note="the delay line")
    code.op("sbbo", "&r2", "r0", 0, 4)
    chunks, rest = divmod(n_words, AT_ONCE)
    code.constant("r0", line + 4 * AT_ONCE * chunks)
    code.constant("r1", start + 4 * AT_ONCE * chunks)
    if rest:
        _shift(code, fe.width, rest)
    if chunks:
        code.constant("r3", line)
        code.label("encode_line")
        code.op("sub", "r0", "r0", 4 * AT_ONCE)
        code.op("sub", "r1", "r1", 4 * AT_ONCE)
        _shift(code, fe.width, AT_ONCE)
        code.op("qbne", "encode_line", "r0", "r3")


def _shift(code: Code, width: int, n_words: int) -> None:
    """Words after r0, by way of registers from r5 on; the one at r0 gives the bits that come in."""
    code.op("lbbo", "&r4", "r0", 0, 4 * (n_words + 1))
    for i in reversed(range(n_words)):
        code.op("lsl", f"r{5 + i}", f"r{5 + i}", width)
        code.op("lsr", "r29", f"r{4 + i}", 32 - width)
        code.op("or", f"r{5 + i}", f"r{5 + i}", "r29")
    code.op("sbbo", "&r5", "r0", 4, 4 * n_words)
    code.op("sbbo", "&r5", "r1", 0, 4 * n_words)


def _planes(code: Code, fe: PcmBits, gates: Gates, memory: MemoryMap) -> None:
    """Move the planes up by a code's bits, from the top down, and put the new ones below."""
    start = int(gates.inputs[:, 0].min())
    memory.contents[_item_at(memory, start)] = _planes_image(fe, gates, memory, start)
    moved, step = fe.n_bits - fe.width, 4 * fe.width
    chunks, rest = divmod(moved, PLANES_AT_ONCE)
    code.constant("r0", start + 4 * PLANES_AT_ONCE * chunks, note="planes")
    if rest:
        code.op("lbbo", "&r5", "r0", 0, 4 * rest)
        code.op("sbbo", "&r5", "r0", step, 4 * rest)
    if chunks:
        code.constant("r3", start)
        code.label("encode_line")
        code.op("sub", "r0", "r0", 4 * PLANES_AT_ONCE)
        code.op("lbbo", "&r5", "r0", 0, 4 * PLANES_AT_ONCE)
        code.op("sbbo", "&r5", "r0", step, 4 * PLANES_AT_ONCE)
        code.op("qbne", "encode_line", "r0", "r3")
    for j in range(fe.width):
        code.op("lsr", f"r{5 + j}", "r2", 32 - fe.width + j)
        code.op("and", f"r{5 + j}", f"r{5 + j}", 1)
    code.constant("r0", start)
    code.op("sbbo", "&r5", "r0", 0, step)


def _item_at(memory: MemoryMap, address: int) -> int:
    """Start of the item that an address lies in."""
    return next(item.address for item in memory.items if item.address <= address < item.address + item.size)


def _planes_image(fe: PcmBits, gates: Gates, memory: MemoryMap, start: int) -> bytes:
    """Contents of the circuit's item, with the planes of silence in it."""
    item = _item_at(memory, start)
    before = memory.contents[item]
    planes = _silence(fe).astype("<u4").tobytes()
    at = start - item
    return before[:at].ljust(at, b"\0") + planes + before[at + len(planes) :]

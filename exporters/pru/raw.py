"""Raw bits on the PRU: the samples of a frame, one after the other, become the inputs of the circuit."""

from __future__ import annotations

from exporters.pru.code import Code
from exporters.pru.front import Front
from exporters.pru.gates import Gates
from zoo.frontends import RawBits


def raw_front(fe: RawBits, gates: Gates, samples: int) -> Front:
    """A loop over the samples, to words of 32 bits or, for planes, to a word a bit."""
    code = Code()
    code.constant("r0", samples, note="samples")
    code.constant("r1", int(gates.inputs[:, 0].min()))
    code.constant("r3", samples + 2 * fe.width)
    code.op("ldi", "r2", 0)
    if gates.planes:
        _planes(code)
    else:
        _words(code)
    return Front(Code(), code)


def _planes(code: Code) -> None:
    code.label("encode_sample")
    code.op("lbbo", "&r2", "r0", 0, 2)
    code.op("add", "r0", "r0", 2)
    code.op("ldi", "r4", 0)
    code.op("qbbs", "encode_next", "r2", 15, note="below 0")
    code.op("qbeq", "encode_next", "r2", 0)
    code.op("ldi", "r4", 1)
    code.label("encode_next")
    code.op("sbbo", "&r4", "r1", 0, 4)
    code.op("add", "r1", "r1", 4)
    code.op("qbne", "encode_sample", "r0", "r3")


def _words(code: Code) -> None:
    """Circuits of lanes have a multiple of 32 inputs, so no word stays unfinished."""
    code.op("ldi", "r4", 0)
    code.op("ldi", "r5", 0)
    code.label("encode_sample")
    code.op("lbbo", "&r2", "r0", 0, 2)
    code.op("add", "r0", "r0", 2)
    code.op("qbbs", "encode_next", "r2", 15, note="below 0")
    code.op("qbeq", "encode_next", "r2", 0)
    code.op("set", "r4", "r4", "r5")
    code.label("encode_next")
    code.op("add", "r5", "r5", 1)
    code.op("qbne", "encode_more", "r5", 32)
    code.op("sbbo", "&r4", "r1", 0, 4)
    code.op("add", "r1", "r1", 4)
    code.op("ldi", "r4", 0)
    code.op("ldi", "r5", 0)
    code.label("encode_more")
    code.op("qbne", "encode_sample", "r0", "r3")

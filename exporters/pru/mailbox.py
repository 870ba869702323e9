"""The mailbox: how the host and the program talk, and the header by which a loader knows what it loads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exporters.pru.code import Code
from exporters.pru.memory import MemoryMap
from zoo.model import Model

MAGIC = 0x5A47_4C44  # "DLGZ"
VERSION = 1
STOP = 0xFFFF_FFFF

# Offsets of words.
FIELDS = {
    "MAGIC": (0x00, "the letters DLGZ"),
    "VERSION": (0x04, "of this layout"),
    "DIGEST": (0x08, "the first 8 bytes of the circuit's SHA-256"),
    "HOP": (0x10, "samples a frame"),
    "VALUES": (0x14, "integers a frame"),
    "RATE": (0x18, "samples a second"),
    "SAMPLES_AT": (0x1C, "where the samples are, int16, from the start of the mailbox"),
    "VALUES_AT": (0x20, "where the values are, int32, from the start of the mailbox"),
    "REQUEST": (0x24, "the host counts up when the samples are there; all ones stops the program"),
    "DONE": (0x28, "the program copies the request when the answer is there"),
    "ANSWER": (0x2C, "1 for an onset, the class of a GroupSum, else 0"),
    "CYCLES": (0x30, "cycles that the frame took"),
}
VALUES_AT = 0x34
CONTROL = (0x22000, 0x24000)  # control registers of both cores, as a core sees them
CYCLE = 0x0C


@dataclass(frozen=True)
class Mailbox:
    """Where the mailbox and its arrays stand.

    Args:
        address: Of the header.
        samples: Of the samples.
        values: Of the values.
    """

    address: int
    samples: int
    values: int


def place_mailbox(model: Model, memory: MemoryMap) -> Mailbox:
    """Take room for it, the header filled in."""
    n_values = model.head.n_values
    samples_at = VALUES_AT + 4 * n_values
    head = np.zeros(VALUES_AT // 4, "<u4")
    head[:2] = MAGIC, VERSION
    head[2:4] = np.frombuffer(bytes.fromhex(model.circuit.digest())[:8], "<u4")
    head[4:9] = model.hop, n_values, model.rate, samples_at, VALUES_AT
    size = samples_at + 2 * model.hop
    address = memory.place("mailbox", size, "header, requests, answers, values, samples", head.tobytes())
    return Mailbox(address, address + samples_at, address + VALUES_AT)


def begin(code: Code, mailbox: Mailbox, core: int) -> None:
    """Wait for a request, then set the cycle counter to zero and let it run."""
    code.label("start")
    code.label("poll")
    code.constant("r0", mailbox.address)
    code.op("lbbo", "&r1", "r0", FIELDS["REQUEST"][0], 8, note="request, done")
    code.op("qbeq", "poll", "r1", "r2")
    code.op("add", "r2", "r1", 1)
    code.op("qbne", "count", "r2", 0)
    code.op("sbbo", "&r1", "r0", FIELDS["DONE"][0], 4)
    code.op("halt")
    code.op("qba", "poll")
    code.label("count")
    code.constant("r0", CONTROL[core])
    code.op("lbbo", "&r1", "r0", 0, 4)
    code.op("clr", "r1", "r1", 3)
    code.op("sbbo", "&r1", "r0", 0, 4)
    code.op("ldi", "r2", 0)
    code.op("sbbo", "&r2", "r0", CYCLE, 4)
    code.op("set", "r1", "r1", 3)
    code.op("sbbo", "&r1", "r0", 0, 4)


def end(code: Code, mailbox: Mailbox, core: int) -> None:
    """Give the answer in r6 and the cycles, then say that it is done."""
    code.label("finish")
    code.constant("r0", CONTROL[core])
    code.op("lbbo", "&r7", "r0", CYCLE, 4)
    code.constant("r0", mailbox.address)
    code.op("sbbo", "&r6", "r0", FIELDS["ANSWER"][0], 8, note="answer, cycles")
    code.op("lbbo", "&r1", "r0", FIELDS["REQUEST"][0], 4)
    code.op("sbbo", "&r1", "r0", FIELDS["DONE"][0], 4)
    code.op("jmp", "poll")

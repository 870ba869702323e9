"""The note tracker on the PRU: filters in registers, crossings timed bit by bit, one division a frame.

The core has no arithmetic shift: a number with 2^31 added is shifted, and 2^31 shifted as far taken away.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from exporters.pru.code import Code
from exporters.pru.memory import MemoryMap
from zoo.frontends import NoteTracker
from zoo.frontends.filterbank import INPUT_SHIFT
from zoo.frontends.note import CHANGE, LEVEL_SHIFT, LONGEST, MAX_AGE, NEAR, PERIODS, PITCH_BITS, TIME_BITS

SIGN = 0x8000  # added to differences of loudness, so that none is negative
BIG = "r20"  # 2^31
LOW = 5  # registers of the sample loop: low passes from here on, then the slow one and two followers
BEFORE, SINCE, ARMED, LIMIT, SAMPLE, END = "r16", "r17", "r18", "r19", "r22", "r23"


class NoteMemory:
    """Where the front end keeps its numbers.

    Args:
        fe: The front end.
        memory: Takes them.
    """

    def __init__(self, fe: NoteTracker, memory: MemoryMap) -> None:
        self.fe = fe
        self.filters = memory.place("low", 4 * (len(fe.low) + 3), "low passes, the slow one, followers")
        start = np.array([0, LONGEST, 0], "<u4").tobytes()
        what = "the band, time since the last one, armed"
        self.crossing = memory.place("crossing", len(start), what, start)
        self.measure = memory.place("measure", 12, "periods, their time, the increment")
        self.periods = memory.place("periods", 4 * (PERIODS + 1), "the latest ones, newest first")
        past = np.full(max(fe.lags), fe.silence, "<u2").tobytes()
        self.past = memory.place("loudness", len(past), "of the frames before, latest first", past)
        ages = np.array([MAX_AGE, MAX_AGE, 0], "<u4").tobytes()
        self.ages = memory.place("ages", len(ages), "since a rise, since a fall; the note", ages)
        self.features = memory.place("features", 2 * fe.n_features, "halfwords")

    def places(self) -> npt.NDArray[np.int64]:
        """int64 (n_features, 2): address and offset of each feature."""
        lags = range(2, 2 + len(self.fe.lags))
        return np.array(
            [(self.features + 2 * k, SIGN if k in lags else 0) for k in range(self.fe.n_features)], np.int64
        )


def shift_right(code: Code, register: str, by: object, spare: str) -> None:
    """`register >> by`, keeping the sign; `BIG` holds 2^31."""
    code.op("add", register, register, BIG)
    code.op("lsr", register, register, by)
    code.op("lsr", spare, BIG, by)
    code.op("sub", register, register, spare)


def note_code(place: NoteMemory, samples: int) -> Code:
    """Instructions from samples (int16, from an address on) to features."""
    code = Code()
    _samples(code, place, samples)
    _measure(code, place)
    _describe(code, place)
    return code


def _samples(code: Code, place: NoteMemory, samples: int) -> None:
    """Filters over all samples of the hop, and what happens at crossings."""
    fe, slow = place.fe, LOW + len(place.fe.low)
    height, level = slow + 1, slow + 2
    count = level + 1 - LOW
    code.constant(BIG, 1 << 31)
    code.constant(LIMIT, LONGEST)
    code.constant(SAMPLE, samples)
    code.constant(END, samples + 2 * fe.hop)
    code.constant("r0", place.filters)
    code.op("lbbo", f"&r{LOW}", "r0", 0, 4 * count)
    code.constant("r0", place.crossing)
    code.op("lbbo", f"&{BEFORE}", "r0", 0, 12)
    code.label("features_sample")
    code.op("lbbo", "&r0", SAMPLE, 0, 2)
    code.op("add", SAMPLE, SAMPLE, 2)
    code.op("lsl", "r0", "r0", 16)
    shift_right(code, "r0", 16 - INPUT_SHIFT, "r1")
    _follow(code, level, "input")
    for k, shift in enumerate(fe.low):
        _low_pass(code, LOW + k, shift)
        code.op("mov", "r0", f"r{LOW + k}")
    _low_pass(code, slow, fe.high)
    code.op("sub", "r0", "r0", f"r{slow}", note="the band")
    _follow(code, height, "band")
    code.op("add", SINCE, SINCE, 1 << TIME_BITS)
    code.op("min", SINCE, SINCE, LIMIT)
    code.op("lsr", "r1", f"r{height}", 1)
    code.op("add", "r1", "r0", "r1")
    code.op("qbbc", "features_high", "r1", 31)
    code.op("ldi", ARMED, 1)
    code.label("features_high")
    code.op("qbeq", "features_next", ARMED, 0)
    code.op("qbbs", "features_next", "r0", 31)
    code.op("qbeq", "features_next", "r0", 0)
    code.op("qbbs", "features_crossing", BEFORE, 31)
    code.op("qbne", "features_next", BEFORE, 0)
    code.label("features_crossing")
    code.op("ldi", ARMED, 0)
    _crossing(code, place)
    code.label("features_next")
    code.op("mov", BEFORE, "r0")
    code.op("qbeq", "features_heard", SAMPLE, END)
    code.op("jmp", "features_sample")
    code.label("features_heard")
    code.constant("r0", place.filters)
    code.op("sbbo", f"&r{LOW}", "r0", 0, 4 * count)
    code.constant("r0", place.crossing)
    code.op("sbbo", f"&{BEFORE}", "r0", 0, 12)
    code.op("mov", "r10", f"r{level}")


def _low_pass(code: Code, low: int, shift: int) -> None:
    """A low pass takes a step towards r0."""
    code.op("sub", "r1", "r0", f"r{low}")
    shift_right(code, "r1", shift, "r2")
    code.op("add", f"r{low}", f"r{low}", "r1")


def _follow(code: Code, register: int, what: str) -> None:
    """A follower takes a step towards the magnitude of r0."""
    code.op("mov", "r1", "r0")
    code.op("qbbc", f"features_{what}", "r1", 31)
    code.op("rsb", "r1", "r1", 0)
    code.label(f"features_{what}")
    code.op("sub", "r1", "r1", f"r{register}")
    shift_right(code, "r1", LEVEL_SHIFT, "r2")
    code.op("add", f"r{register}", f"r{register}", "r1")


def _crossing(code: Code, place: NoteMemory) -> None:
    """An upward crossing between the last sample and this one, whose band is r0."""
    code.op("sub", "r1", "r0", BEFORE, note="the whole step")
    code.op("rsb", "r2", BEFORE, 0, note="what of it lies below 0")
    code.op("ldi", "r3", 0)
    for bit in range(TIME_BITS):
        code.op("add", "r2", "r2", "r2")
        code.op("add", "r3", "r3", "r3")
        code.op("qbgt", f"features_part{bit}", "r2", "r1")
        code.op("sub", "r2", "r2", "r1")
        code.op("add", "r3", "r3", 1)
        code.label(f"features_part{bit}")
    code.op("rsb", "r3", "r3", 1 << TIME_BITS)
    code.op("sub", "r4", SINCE, "r3", note="the period")
    code.op("mov", SINCE, "r3")
    code.constant("r21", place.periods)
    code.constant("r24", place.measure)
    code.op("lbbo", "&r25", "r21", 0, 4)
    code.op("lbbo", "&r27", "r24", 0, 8, note="periods, their time")
    code.op("sub", "r26", "r4", "r25")
    code.op("qbbc", "features_apart", "r26", 31)
    code.op("rsb", "r26", "r26", 0)
    code.label("features_apart")
    code.op("lsr", "r29", "r25", NEAR)
    code.op("qbeq", "features_another", "r27", 0)
    code.op("qble", "features_near", "r29", "r26")
    code.label("features_another")
    code.op("ldi", "r27", 0)
    code.op("ldi", "r28", 0)
    code.label("features_near")
    code.op("add", "r1", "r21", 4 * (PERIODS - 1))
    code.label("features_move")
    code.op("lbbo", "&r2", "r1", 0, 4)
    code.op("sbbo", "&r2", "r1", 4, 4)
    code.op("sub", "r1", "r1", 4)
    code.op("qble", "features_move", "r1", "r21")
    code.op("sbbo", "&r4", "r21", 0, 4)
    code.op("add", "r27", "r27", 1)
    code.op("add", "r28", "r28", "r4")
    code.constant("r29", place.fe.window << TIME_BITS)
    code.label("features_window")
    code.op("qbge", "features_measured", "r27", 2)
    code.op("qblt", "features_drop", "r27", PERIODS)
    code.op("qbge", "features_measured", "r28", "r29")
    code.label("features_drop")
    code.op("sub", "r27", "r27", 1)
    code.op("lsl", "r1", "r27", 2)
    code.op("lbbo", "&r2", "r21", "r1", 4)
    code.op("sub", "r28", "r28", "r2")
    code.op("qba", "features_window")
    code.label("features_measured")
    code.op("sbbo", "&r27", "r24", 0, 8)


def _measure(code: Code, place: NoteMemory) -> None:
    """r7 becomes the increment: periods by their time, by shifts and subtractions."""
    code.constant("r24", place.measure)
    code.op("lbbo", "&r5", "r24", 0, 12, note="periods, their time, the increment")
    code.op("qbgt", "features_found", "r5", 2)
    code.op("lsl", "r0", "r5", PITCH_BITS + 2 + TIME_BITS)
    code.op("lsl", "r1", "r6", PITCH_BITS)
    code.op("qble", "features_found", "r0", "r1")
    code.op("ldi", "r7", 0)
    code.op("ldi", "r2", PITCH_BITS)
    code.label("features_divide")
    code.op("sub", "r2", "r2", 1)
    code.op("lsl", "r1", "r6", "r2")
    code.op("qbgt", "features_smaller", "r0", "r1")
    code.op("sub", "r0", "r0", "r1")
    code.op("set", "r7", "r7", "r2")
    code.label("features_smaller")
    code.op("qbne", "features_divide", "r2", 0)
    code.op("sbbo", "&r7", "r24", 8, 4)
    code.label("features_found")


def _describe(code: Code, place: NoteMemory) -> None:
    """Features from the increment (r7) and the followed magnitude (r10)."""
    fe = place.fe
    code.constant("r9", fe.floor)
    code.op("lsr", "r4", "r10", INPUT_SHIFT)
    code.op("add", "r4", "r4", "r9")
    code.op("lmbd", "r5", "r4", 1, note="exponent")
    code.op("lsl", "r4", "r4", 4)
    code.op("lsr", "r4", "r4", "r5")
    code.op("and", "r4", "r4", 15)
    code.op("lsl", "r5", "r5", 4)
    code.op("or", "r8", "r4", "r5", note="loudness")
    code.constant("r0", place.features)
    code.constant("r1", place.past)
    code.op("sbbo", "&r7", "r0", 0, 2)
    code.op("sbbo", "&r8", "r0", 2, 2)
    code.constant("r9", SIGN)
    code.op("add", "r9", "r9", "r8")
    for i, lag in enumerate(fe.lags):
        code.op("lbbo", "&r2", "r1", 2 * lag - 2, 2)
        code.op("sub", "r3", "r9", "r2.w0")
        code.op("sbbo", "&r3", "r0", 4 + 2 * i, 2)
        if i == 0:
            code.op("mov", "r10", "r3")
    if max(fe.lags) > 1:
        code.op("add", "r2", "r1", 2 * (max(fe.lags) - 2))
        code.label("features_past")
        code.op("lbbo", "&r3", "r2", 0, 2)
        code.op("sbbo", "&r3", "r2", 2, 2)
        code.op("sub", "r2", "r2", 2)
        code.op("qble", "features_past", "r2", "r1")
    code.op("sbbo", "&r8", "r1", 0, 2)
    _ages(code, place)
    code.op("ldi", "r2", PITCH_BITS)
    code.add("r0", 2 * fe.n_described, "r3")
    code.label("features_bit")
    code.op("sub", "r2", "r2", 1)
    code.op("lsr", "r3", "r7", "r2")
    code.op("and", "r3", "r3", 1)
    code.op("sbbo", "&r3", "r0", 0, 2)
    code.op("add", "r0", "r0", 2)
    code.op("qbne", "features_bit", "r2", 0)


def _ages(code: Code, place: NoteMemory) -> None:
    """Frames since a rise or another note, and since a fall: increment r7, difference r10 (2^15 added)."""
    fe = place.fe
    code.constant("r1", place.ages)
    code.op("lbbo", "&r11", "r1", 0, 12, note="both ages, the note")
    for age in ("r11", "r12"):
        code.op("add", age, age, 1)
        code.op("min", age, age, MAX_AGE)
    code.constant("r2", SIGN + fe.rise)
    code.op("qble", "features_rose", "r10", "r2")
    code.op("sub", "r3", "r7", "r13")
    code.op("qbbc", "features_other", "r3", 31)
    code.op("rsb", "r3", "r3", 0)
    code.label("features_other")
    code.op("lsr", "r2", "r7", CHANGE)
    code.op("qbge", "features_same", "r3", "r2")
    code.label("features_rose")
    code.op("ldi", "r11", 0)
    code.op("mov", "r13", "r7")
    code.label("features_same")
    code.constant("r2", SIGN - fe.rise)
    code.op("qbgt", "features_kept", "r2", "r10")
    code.op("ldi", "r12", 0)
    code.label("features_kept")
    code.op("sbbo", "&r11", "r1", 0, 12)
    code.op("sbbo", "&r11", "r0", 4 + 2 * len(fe.lags), 2)
    code.op("sbbo", "&r12", "r0", 6 + 2 * len(fe.lags), 2)

"""The sign autocorrelation on the PRU: signs in words, XOR and popcount over bytes, sums of the last hops.

Samples and low passes are kept with 2^21 added, as in the filterbank. Ones are counted to bytes of at most 64
over the hop, and the bytes are added once a lag. A word of signs some lag ago is two neighbours shifted
together; the second shift is split in two, because the core takes a shift by 32 for none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from exporters.pru.code import Code
from exporters.pru.filterbank import OFFSET
from exporters.pru.memory import MemoryMap
from zoo.frontends import SignAutocorrelation
from zoo.frontends.autocorrelation import WORD
from zoo.frontends.filterbank import INPUT_SHIFT

LOW, MAGNITUDE, SIGNS, OUT, LEFT = 5, 20, 21, 22, 23  # registers of the sample loop; low passes from LOW on
WORDS_AT_ONCE = 16


class AutocorrelationMemory:
    """Where the front end keeps its numbers.

    Args:
        fe: The front end.
        memory: Takes them.
    """

    def __init__(self, fe: SignAutocorrelation, memory: MemoryMap) -> None:
        self.fe = fe
        self.past, self.now = fe.past_words, fe.hop // WORD
        lags = len(fe.lags)
        start = np.full(len(fe.low) + 1, OFFSET, "<u4").tobytes()
        self.low = memory.place("low", len(start), "low passes, the slow one last, 2^21 added", start)
        self.signs = memory.place("signs", 4 * (self.past + self.now), "signs of the past, then of the hop")
        sums = np.full(lags, fe.hops * fe.hop, "<u2").tobytes()
        self.features = memory.place("features", 2 * lags + 2, "halfwords: equal signs, the log", sums)
        ring = np.full(lags * fe.hops, fe.hop, "<u2").tobytes()
        self.counts = memory.place("counts", len(ring), "equal signs of each of the last hops, a ring", ring)
        self.row = memory.place("row", 4, "offset of the oldest row of the ring")
        table = bytes(byte for lag in fe.lags for byte in (4 * (lag // WORD), lag % WORD))
        self.lags = memory.place("lags", len(table), "bytes of whole words and the shift of each lag", table)

    def places(self) -> npt.NDArray[np.int64]:
        """int64 (n_features, 2): address and offset of each feature."""
        return np.array([(self.features + 2 * k, 0) for k in range(self.fe.n_features)], np.int64)


def autocorrelation_code(place: AutocorrelationMemory, samples: int) -> Code:
    """Instructions from samples (int16, from an address on) to features."""
    code = Code()
    _signs(code, place, samples)
    _log(code, place)
    _counts(code, place)
    _move(code, place)
    return code


def _signs(code: Code, place: AutocorrelationMemory, samples: int) -> None:
    """All samples of the hop: signs to memory, the magnitude to its register."""
    fe, n = place.fe, len(place.fe.low) + 1
    code.constant("r0", samples, note="samples")
    code.constant("r1", samples + 2 * fe.hop)
    code.constant("r2", place.low)
    code.op("lbbo", f"&r{LOW}", "r2", 0, 4 * n)
    code.op("ldi", f"r{MAGNITUDE}", 0)
    code.constant(f"r{OUT}", place.signs + 4 * place.past)
    code.op("ldi", f"r{LEFT}", WORD)
    code.label("features_sample")
    code.op("lbbo", "&r3", "r0", 0, 2)
    code.op("xor", "r3.b1", "r3.b1", 128, note="2^15 added")
    code.op("lsl", "r2", "r3.w0", INPUT_SHIFT)
    x = "r2"
    for k, shift in enumerate((*fe.low, fe.high)):
        _stage(code, x, LOW + k, shift, k)
        x = f"r{LOW + k}" if k < len(fe.low) else x
    code.op("lsr", f"r{SIGNS}", f"r{SIGNS}", 1)
    code.op("sub", "r3", x, f"r{LOW + n - 1}", note="the band")
    code.op("qbbs", "features_below", "r3", 31)
    code.op("qbeq", "features_sign", "r3", 0)
    code.op("set", f"r{SIGNS}", f"r{SIGNS}", 31)
    code.op("qba", "features_sign")
    code.label("features_below")
    code.op("rsb", "r3", "r3", 0)
    code.label("features_sign")
    code.op("add", f"r{MAGNITUDE}", f"r{MAGNITUDE}", "r3")
    code.op("add", "r0", "r0", 2)
    code.op("sub", f"r{LEFT}", f"r{LEFT}", 1)
    code.op("qbne", "features_sample", f"r{LEFT}", 0)
    code.op("sbbo", f"&r{SIGNS}", f"r{OUT}", 0, 4)
    code.op("add", f"r{OUT}", f"r{OUT}", 4)
    code.op("ldi", f"r{LEFT}", WORD)
    code.op("qbne", "features_sample", "r0", "r1")
    code.constant("r2", place.low)
    code.op("sbbo", f"&r{LOW}", "r2", 0, 4 * n)


def _stage(code: Code, x: str, low: int, shift: int, k: int) -> None:
    """A low pass takes a step; below 0, `d >> k` is `-(~d >> k) - 1`."""
    code.op("sub", "r3", x, f"r{low}", note=f"shift {shift}")
    code.op("qbbs", f"features_negative{k}", "r3", 31)
    code.op("lsr", "r4", "r3", shift)
    code.op("add", f"r{low}", f"r{low}", "r4")
    code.op("qba", f"features_stage{k}")
    code.label(f"features_negative{k}")
    code.op("not", "r3", "r3")
    code.op("lsr", "r4", "r3", shift)
    code.op("sub", f"r{low}", f"r{low}", "r4")
    code.op("sub", f"r{low}", f"r{low}", 1)
    code.label(f"features_stage{k}")


def _log(code: Code, place: AutocorrelationMemory) -> None:
    """16 log2 of the magnitude, the last feature."""
    code.constant("r7", place.fe.floor)
    code.op("lsr", "r4", f"r{MAGNITUDE}", INPUT_SHIFT)
    code.op("add", "r4", "r4", "r7")
    code.op("lmbd", "r5", "r4", 1, note="exponent")
    code.op("lsl", "r4", "r4", 4)
    code.op("lsr", "r4", "r4", "r5")
    code.op("and", "r4", "r4", 15)
    code.op("lsl", "r5", "r5", 4)
    code.op("or", "r4", "r4", "r5")
    code.constant("r0", place.features + 2 * len(place.fe.lags))
    code.op("sbbo", "&r4", "r0", 0, 2)


def _counts(code: Code, place: AutocorrelationMemory) -> None:
    """For each lag the equal signs of this hop; they join the sum, those of the oldest hop leave it."""
    fe = place.fe
    stride = 2 * len(fe.lags)
    code.constant("r20", 0x5555_5555)
    code.constant("r21", 0x3333_3333)
    code.constant("r22", 0x0F0F_0F0F)
    code.constant("r23", place.signs + 4 * place.past, note="signs of this hop")
    code.constant("r0", place.lags)
    code.constant("r1", place.lags + 2 * len(fe.lags))
    code.constant("r5", place.features)
    code.constant("r16", place.row)
    code.op("lbbo", "&r17", "r16", 0, 4)
    code.constant("r6", place.counts)
    code.op("add", "r6", "r6", "r17")
    code.label("features_lag")
    code.op("lbbo", "&r2", "r0", 0, 2)
    code.op("rsb", "r3", "r2.b1", 31)
    code.op("sub", "r4", "r23", "r2.b0")
    code.op("sub", "r4", "r4", 4)
    code.op("lbbo", "&r8", "r4", 0, 4, note="the word before")
    code.op("mov", "r7", "r23")
    code.op("ldi", "r9", 0)
    code.op("ldi", "r10", place.now)
    code.label("features_word")
    code.op("add", "r4", "r4", 4)
    code.op("lbbo", "&r11", "r4", 0, 4)
    code.op("lbbo", "&r12", "r7", 0, 4)
    code.op("add", "r7", "r7", 4)
    code.op("lsr", "r8", "r8", 1)
    code.op("lsr", "r8", "r8", "r3")
    code.op("lsl", "r13", "r11", "r2.b1")
    code.op("or", "r13", "r13", "r8")
    code.op("mov", "r8", "r11")
    code.op("xor", "r13", "r13", "r12", note="1 where signs differ")
    code.op("lsr", "r14", "r13", 1)
    code.op("and", "r14", "r14", "r20")
    code.op("sub", "r13", "r13", "r14")
    code.op("lsr", "r14", "r13", 2)
    code.op("and", "r14", "r14", "r21")
    code.op("and", "r13", "r13", "r21")
    code.op("add", "r13", "r13", "r14")
    code.op("lsr", "r14", "r13", 4)
    code.op("add", "r13", "r13", "r14")
    code.op("and", "r13", "r13", "r22", note="ones of each byte")
    code.op("add", "r9", "r9", "r13")
    code.op("sub", "r10", "r10", 1)
    code.op("qbne", "features_word", "r10", 0)
    code.op("add", "r13", "r9.b0", "r9.b1")
    code.op("add", "r13", "r13", "r9.b2")
    code.op("add", "r13", "r13", "r9.b3")
    code.constant("r14", fe.hop)
    code.op("sub", "r13", "r14", "r13", note="equal signs")
    code.op("lbbo", "&r14", "r5", 0, 2)
    code.op("lbbo", "&r15", "r6", 0, 2)
    code.op("add", "r14", "r14.w0", "r13.w0")
    code.op("sub", "r14", "r14", "r15.w0")
    code.op("sbbo", "&r14", "r5", 0, 2)
    code.op("sbbo", "&r13", "r6", 0, 2)
    code.op("add", "r5", "r5", 2)
    code.op("add", "r6", "r6", 2)
    code.op("add", "r0", "r0", 2)
    code.op("qbne", "features_lag", "r0", "r1")
    code.constant("r2", stride)
    code.op("add", "r17", "r17", "r2")
    code.constant("r2", stride * fe.hops)
    code.op("qbne", "features_kept", "r17", "r2")
    code.op("ldi", "r17", 0)
    code.label("features_kept")
    code.op("sbbo", "&r17", "r16", 0, 4)


def _move(code: Code, place: AutocorrelationMemory) -> None:
    """The hop's signs join the past."""
    for first in range(0, place.past, WORDS_AT_ONCE):
        size = 4 * min(WORDS_AT_ONCE, place.past - first)
        code.constant("r0", place.signs + 4 * (first + place.now))
        code.op("lbbo", "&r5", "r0", 0, size)
        code.constant("r0", place.signs + 4 * first)
        code.op("sbbo", "&r5", "r0", 0, size)

"""The shift filterbank on the PRU: filter stages in registers, logs by LMBD, differences by halfwords.

The core has no arithmetic shift. Where a difference d is negative, `d >> k` is `-(~d >> k) - 1`, and the size
of what the stage removes is `~d - (~d >> k)`. Samples and low passes are kept with 2^21 added, which
differences do not notice. Logs, differences and fluxes fit halfwords, two to a register.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from exporters.pru.code import Code, half
from exporters.pru.memory import MemoryMap
from zoo.frontends import ShiftFilterbank
from zoo.frontends.filterbank import INPUT_SHIFT

OFFSET = 0x8000 << INPUT_SHIFT  # of samples and low passes
STAGES_A_PASS = 12  # low passes and sums fit the registers
SIGN = 0x8000  # added to differences, so that none is negative
A, Q = 6, 18  # registers of two rows of halfwords


class FilterbankMemory:
    """Where the front end keeps its numbers.

    Args:
        fe: The front end.
        memory: Takes them.
    """

    def __init__(self, fe: ShiftFilterbank, memory: MemoryMap) -> None:
        self.fe = fe
        self.depth = max((*fe.lags, *fe.peaks), default=0)
        self.stride = -(-2 * fe.n_bands // 4) * 4  # bytes of a row
        self.references = len(fe.lags) + len(fe.peaks)
        start = np.full(fe.n_bands, OFFSET, "<u4").tobytes()
        self.low = memory.place("low", len(start), "low passes, 2^21 added", start)
        self.sums = memory.place("sums", 4 * fe.n_bands, "magnitudes of the hop")
        self.passes = -(-fe.n_bands // STAGES_A_PASS)
        self.signal = (
            memory.place("signal", 4 * fe.hop, "what the stages so far let through") if self.passes > 1 else 0
        )
        self.flux = self.stride * (1 + self.references)  # from the first feature on
        self.across = self.flux + 2 * len(fe.flux) * self.references  # from the first feature on
        self.size = self.across + 2 * sum(fe.n_bands - span for span in fe.spans)
        self.features = memory.place("features", self.size, "halfwords: logs, differences, fluxes")
        if self.depth:
            self.levels = memory.place("levels", self.stride, "logs, 2^15 added")
            self.row = memory.place("row", 4, "offset of the oldest row of the history")
            line = np.full(self.stride // 2, fe.silence, "<u2").tobytes() * self.depth
            self.history = memory.place("history", len(line), "logs of the last hops, a ring of rows", line)
        if fe.peaks:
            self.loudest = memory.place("loudest", self.stride, "largest logs of the last hops")

    def places(self) -> npt.NDArray[np.int64]:
        """int64 (n_features, 2): address and offset of each feature."""
        fe = self.fe
        rows = [
            (self.features + r * self.stride + 2 * k, SIGN if r else 0)
            for r in range(1 + self.references)
            for k in range(fe.n_bands)
        ]
        fluxes = len(fe.flux) * self.references
        rows += [(self.features + self.flux + 2 * i, 0) for i in range(fluxes)]
        across = sum(fe.n_bands - span for span in fe.spans)
        rows += [(self.features + self.across + 2 * i, SIGN) for i in range(across)]
        return np.array(rows, np.int64)


def filterbank_code(place: FilterbankMemory, samples: int) -> tuple[Code, Code]:
    """Instructions from samples (int16, from an address on) to features, and their subroutines."""
    fe, code, after = place.fe, Code(), Code()
    stages = -(-fe.n_bands // place.passes)
    for first in range(0, fe.n_bands, stages):
        _pass(code, place, samples, range(first, min(first + stages, fe.n_bands)))
    _logs(code, place)
    if place.depth:
        _references(code, place)
        _reference(after, place)
    _across(code, place)
    return code, after


def _pass(code: Code, place: FilterbankMemory, samples: int, stages: range) -> None:
    """Some stages over all samples of the hop."""
    fe, n = place.fe, len(stages)
    last = stages[-1] + 1 == fe.n_bands
    low, total = 5, 5 + n
    out = "r29" if stages[0] == 0 and not last else "r0"
    source, size = (samples, 2) if stages[0] == 0 else (place.signal, 4)
    code.constant("r0", source, note="samples" if stages[0] == 0 else "what the stages so far let through")
    code.constant("r1", source + size * fe.hop)
    if out != "r0":
        code.constant(out, place.signal)
    code.constant("r2", place.low + 4 * stages[0])
    code.op("lbbo", f"&r{low}", "r2", 0, 4 * n)
    for i in range(n):
        code.op("ldi", f"r{total + i}", 0)
    label = f"features_pass{stages[0]}"
    code.op("qba", label)
    for i, k in enumerate(stages):
        _negative(code, low + i, fe.shifts[k], k)
    code.label(label)
    if stages[0] == 0:
        code.op("lbbo", "&r3", "r0", 0, 2)
        code.op("xor", "r3.b1", "r3.b1", 128, note="2^15 added")
        code.op("lsl", "r2", "r3.w0", INPUT_SHIFT)
    else:
        code.op("lbbo", "&r2", "r0", 0, 4)
    for i, k in enumerate(stages):
        _stage(code, "r2" if i == 0 else f"r{low + i - 1}", low + i, total + i, fe.shifts[k], k)
    if not last:
        code.op("sbbo", f"&r{low + n - 1}", out, 0, 4)
        if out != "r0":
            code.op("add", out, out, 4)
    code.op("add", "r0", "r0", size)
    code.op("qbne", label, "r0", "r1")
    code.constant("r2", place.low + 4 * stages[0])
    code.op("sbbo", f"&r{low}", "r2", 0, 4 * n)
    code.constant("r2", place.sums + 4 * stages[0])
    code.op("sbbo", f"&r{total}", "r2", 0, 4 * n)


def _stage(code: Code, x: str, low: int, total: int, shift: int, k: int) -> None:
    """The low pass takes a step; what it removed adds to the sum."""
    code.op("sub", "r3", x, f"r{low}", note=f"stage {k}: shift {shift}")
    code.op("qbbs", f"features_negative{k}", "r3", 31)
    code.op("lsr", "r4", "r3", shift)
    code.op("add", f"r{low}", f"r{low}", "r4")
    code.label(f"features_stage{k}")
    code.op("sub", "r3", "r3", "r4")
    code.op("add", f"r{total}", f"r{total}", "r3")


def _negative(code: Code, low: int, shift: int, k: int) -> None:
    """The same where the signal is below the low pass."""
    code.label(f"features_negative{k}")
    code.op("not", "r3", "r3")
    code.op("lsr", "r4", "r3", shift)
    code.op("sub", f"r{low}", f"r{low}", "r4")
    code.op("sub", f"r{low}", f"r{low}", 1)
    code.op("qba", f"features_stage{k}")


def _logs(code: Code, place: FilterbankMemory) -> None:
    """16 log2 of each magnitude: to the features, and with 2^15 added to the levels."""
    fe = place.fe
    code.constant("r0", place.sums)
    code.constant("r1", place.sums + 4 * fe.n_bands)
    code.constant("r2", place.features)
    if place.depth:
        code.constant("r3", place.levels)
    code.constant("r7", fe.floor)
    code.label("features_log")
    code.op("lbbo", "&r4", "r0", 0, 4)
    code.op("lsr", "r4", "r4", INPUT_SHIFT)
    code.op("add", "r4", "r4", "r7")
    code.op("lmbd", "r5", "r4", 1, note="exponent")
    code.op("lsl", "r4", "r4", 4)
    code.op("lsr", "r4", "r4", "r5")
    code.op("and", "r4", "r4", 15)
    code.op("lsl", "r5", "r5", 4)
    code.op("or", "r4", "r4", "r5")
    code.op("sbbo", "&r4", "r2", 0, 2)
    if place.depth:
        code.op("set", "r4", "r4", 15)
        code.op("sbbo", "&r4", "r3", 0, 2)
        code.op("add", "r3", "r3", 2)
    code.op("add", "r0", "r0", 4)
    code.op("add", "r2", "r2", 2)
    code.op("qbne", "features_log", "r0", "r1")


def _references(code: Code, place: FilterbankMemory) -> None:
    """Differences to earlier rows and to the largest of them; then the history takes this row.

    r1 is where the history stands, r2 the offset of its oldest row, which is the next to be written.
    """
    fe, stride = place.fe, place.stride
    code.constant("r1", place.row)
    code.op("lbbo", "&r2", "r1", 0, 4)
    code.constant("r1", place.history)
    for i, lag in enumerate(fe.lags):
        _outputs(code, place, i)
        _row_before(code, place, lag, f"features_lag{i}")
        code.op("lbbo", f"&r{A}", "r1", "r3", stride)
        code.op("jal", "r0.w0", "features_reference")
    seen = 0
    for window, i in sorted((window, i) for i, window in enumerate(fe.peaks, len(fe.lags))):
        _loudest(code, place, seen, window, i)
        seen = window
        _outputs(code, place, i)
        code.op("jal", "r0.w0", "features_reference")
    code.constant("r3", place.features)
    code.op("lbbo", f"&r{A}", "r3", 0, stride)
    code.op("sbbo", f"&r{A}", "r1", "r2", stride)
    code.op("add", "r2", "r2", stride)
    code.constant("r3", stride * place.depth)
    code.op("qbne", "features_kept", "r2", "r3")
    code.op("ldi", "r2", 0)
    code.label("features_kept")
    code.constant("r3", place.row)
    code.op("sbbo", "&r2", "r3", 0, 4)


def _outputs(code: Code, place: FilterbankMemory, reference: int) -> None:
    """Where the subroutine writes."""
    code.constant("r4", place.features + place.stride * (1 + reference))
    if place.fe.flux:
        code.constant("r5", place.features + place.flux + 2 * len(place.fe.flux) * reference)


def _row_before(code: Code, place: FilterbankMemory, hops: int, label: str) -> None:
    """r3 = offset of the row so many hops ago."""
    code.constant("r3", place.stride * hops)
    code.op("rsb", "r3", "r3", "r2")
    _wrapped(code, place, label)


def _wrapped(code: Code, place: FilterbankMemory, label: str) -> None:
    """Bring a negative offset in r3 back into the ring."""
    code.op("qbbc", label, "r3", 31)
    code.constant(f"r{Q}", place.stride * place.depth)
    code.op("add", "r3", "r3", f"r{Q}")
    code.label(label)


def _loudest(code: Code, place: FilterbankMemory, seen: int, window: int, reference: int) -> None:
    """The largest logs of the last `window` rows, of which `seen` are done, to the registers of A."""
    fe, stride, label = place.fe, place.stride, f"features_peak{reference}"
    if seen:
        code.constant("r3", place.loudest)
        code.op("lbbo", f"&r{A}", "r3", 0, stride)
    else:
        for i in range(stride // 4):
            code.op("ldi", f"r{A + i}", 0)
    if window > seen:
        _row_before(code, place, seen, f"{label}_first") if seen else code.op("mov", "r3", "r2")
        code.op("ldi", "r0", window - seen)
        code.label(label)
        code.op("sub", "r3", "r3", stride)
        _wrapped(code, place, f"{label}_row")
        code.op("lbbo", f"&r{Q}", "r1", "r3", stride)
        for k in range(fe.n_bands):
            code.op("max", half(A, k), half(A, k), half(Q, k))
        code.op("sub", "r0", "r0", 1)
        code.op("qbne", label, "r0", 0)
        code.constant("r3", place.loudest)
        code.op("sbbo", f"&r{A}", "r3", 0, stride)


def _reference(code: Code, place: FilterbankMemory) -> None:
    """Subroutine: differences of the logs to the row in A go to r4 on, their fluxes to r5 on."""
    fe, stride = place.fe, place.stride
    code.label("features_reference")
    if fe.flux:
        code.constant("r3", place.features)
        code.op("lbbo", f"&r{Q}", "r3", 0, stride)
        for k in range(fe.n_bands):
            code.op("max", half(Q, k), half(Q, k), half(A, k))
            code.op("sub", half(Q, k), half(Q, k), half(A, k), note="what it is above, or 0")
    for low, high in fe.flux:
        code.op("mov", "r3", half(Q, low))
        for k in range(low + 1, high):
            code.op("add", "r3", "r3", half(Q, k))
        code.op("sbbo", "&r3", "r5", 0, 2)
        code.op("add", "r5", "r5", 2)
    code.constant("r3", place.levels)
    code.op("lbbo", f"&r{Q}", "r3", 0, stride)
    for k in range(fe.n_bands):
        code.op("sub", half(A, k), half(Q, k), half(A, k))
    code.op("sbbo", f"&r{A}", "r4", 0, stride)
    code.op("jmp", "r0.w0")


def _across(code: Code, place: FilterbankMemory) -> None:
    """Differences of bands to those some stages later."""
    fe = place.fe
    if not fe.spans:
        return
    code.constant("r4", place.features)
    code.op("lbbo", f"&r{Q}", "r4", 0, place.stride)
    code.constant("r4", place.features + place.across)
    for span in fe.spans:
        for k in range(fe.n_bands - span):
            code.op("set", "r3", half(Q, k), 15, note=f"2^15 + band {k} - band {k + span}")
            code.op("sub", "r3", "r3", half(Q, k + span))
            code.op("sbbo", "&r3", "r4", 0, 2)
            code.op("add", "r4", "r4", 2)

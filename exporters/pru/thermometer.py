"""Thermometer bits on the PRU: a loop over a table of thresholds, or straight code that holds them.

Features are halfwords that are never negative: what was added to each is added to its thresholds too. The
table follows the places of the bits, so their order, and the rotation words are kept in, cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from exporters.pru.code import Code, byte, half
from exporters.pru.gates import Gates
from exporters.pru.memory import MemoryMap
from zoo.frontends import ThermometerFrontEnd

Int64 = npt.NDArray[np.int64]

TOP = 0xFFFF  # no feature is as large
AT_ONCE, PLANES_AT_ONCE = 16, 8  # bits of one record, at most
WORDS_A_PASS = 20  # registers for words in straight code
FEATURES_AT_ONCE = 8  # halfwords in four registers


def thresholds(fe: ThermometerFrontEnd, places: Int64) -> Int64:
    """int64 (n_bits,): thresholds of the halfwords, 0 (always) to 65,535 (never)."""
    return np.clip(fe.threshold.astype(np.int64) + places[fe.feature, 1], 0, TOP)


def thermometer_table(
    fe: ThermometerFrontEnd, places: Int64, gates: Gates, memory: MemoryMap
) -> tuple[Code, Code]:
    """A loop over records of some bits: their thresholds, then where their features stand.

    Returns:
        The code, and the loop as a subroutine.

    Raises:
        DoesNotFitError: The table does not fit.
    """
    base = int(places[:, 0].min())
    offset = places[fe.feature, 0] - base
    wide = bool(offset.max(initial=0) > 255)
    start, source = _order(gates)
    at_once = bits_at_once(len(source), gates.planes)
    limit = thresholds(fe, places)
    records = []
    for first in range(0, len(source), at_once):
        bits = source[first : first + at_once]
        limits = [limit[i] if i >= 0 else TOP for i in bits]
        offsets = [offset[i] if i >= 0 else 0 for i in bits]
        kind = "<u2" if wide else np.uint8
        records.append(np.array(limits, "<u2").tobytes() + np.array(offsets, kind).tobytes())
    code, after = Code(), Code()
    code.constant("r2", base, note="features")
    code.constant("r3", start, note="bits")
    for address, count in memory.place_records("thresholds", records, "thermometer: thresholds and features"):
        code.constant("r0", address, note=f"{count} records")
        code.constant("r1", address + count * len(records[0]))
        code.op("jal", "r4.w2", "encode_table")
    _table_loop(after, at_once, len(records[0]), wide, gates.planes)
    return code, after


def bits_at_once(n_bits: int, planes: bool) -> int:
    """How many bits a loop makes in one round: as many as leave nothing over (words are whole)."""
    most = PLANES_AT_ONCE if planes else AT_ONCE
    return max(n for n in range(1, most + 1) if n_bits % n == 0)


def _order(gates: Gates) -> tuple[int, list[int]]:
    """Address of the first byte of bits, and which input each place from there on holds, -1 for none."""
    address, bit = gates.inputs[:, 0], gates.inputs[:, 1]
    start = int(address.min())
    place = (address - start) // 4 if gates.planes else (address - start) * 8 + bit
    source = np.full(int(place.max()) + 1, -1, np.int64)
    source[place] = np.arange(len(place))
    return start, source.tolist()


def _table_loop(code: Code, at_once: int, size: int, wide: bool, planes: bool) -> None:
    """Subroutine: records from r0 to r1, features from r2 on; bits go to r3 on."""
    limits, value, words = 5, 21, 22
    code.label("encode_table")
    code.op("lbbo", f"&r{limits}", "r0", 0, size, note="thresholds, then offsets of features")
    if not planes:
        code.op("ldi", "r4.w0", 0)
    for i in range(at_once):
        if planes:
            code.op("ldi", f"r{words + i}", 0)
        offset = half(limits, at_once + i) if wide else byte(limits, 2 * at_once + i)
        code.op("lbbo", f"&r{value}", "r2", offset, 2)
        code.op("qbgt", f"encode_no{i}", f"r{value}.w0", half(limits, i))
        if planes:
            code.op("ldi", f"r{words + i}", 1)
        else:
            code.op("set", "r4.w0", "r4.w0", i)
        code.label(f"encode_no{i}")
    step = 4 * at_once if planes else at_once // 8
    code.op("sbbo", f"&r{words}" if planes else "&r4", "r3", 0, step)
    code.op("add", "r3", "r3", step)
    code.op("add", "r0", "r0", size)
    code.op("qbne", "encode_table", "r0", "r1")
    code.op("jmp", "r4.w2")


def thermometer_unrolled(fe: ThermometerFrontEnd, places: Int64, gates: Gates) -> Code:
    """Straight code: words in registers, each feature against its thresholds from the lowest up."""
    limit = thresholds(fe, places)
    start, source = _order(gates)
    code = Code()
    for first in range(0, -(-len(source) // 32), WORDS_A_PASS):
        bits = [
            (i, place) for place, i in enumerate(source) if i >= 0 and 0 <= place // 32 - first < WORDS_A_PASS
        ]
        n_words = 1 + max(place // 32 for _, place in bits) - first
        for word in range(n_words):
            code.op("ldi", f"r{6 + word}", 0)
        wanted: dict[int, list[tuple[int, int]]] = {}
        for i, place in bits:
            wanted.setdefault(int(fe.feature[i]), []).append((int(limit[i]), place - 32 * first))
        for group in _runs(sorted(wanted), places):
            code.constant("r1", int(places[group[0], 0]))
            span = int(places[group[-1], 0] - places[group[0], 0]) + 2
            code.op("lbbo", "&r26", "r1", 0, span)
            for feature in group:
                register = half(26, int(places[feature, 0] - places[group[0], 0]) // 2)
                _feature(code, register, sorted(wanted[feature]), f"encode_{first}_{feature}")
        code.constant("r1", start + 4 * first)
        code.op("sbbo", "&r6", "r1", 0, 4 * n_words)
    return code


def _runs(features: list[int], places: Int64) -> Iterator[list[int]]:
    """Features that one burst brings."""
    group: list[int] = []
    for feature in features:
        if group and int(places[feature, 0] - places[group[0], 0]) >= 2 * FEATURES_AT_ONCE:
            yield group
            group = []
        group.append(feature)
    if group:
        yield group


def _feature(code: Code, register: str, bits: list[tuple[int, int]], label: str) -> None:
    """Set the bits whose threshold a feature reaches; the first one that it does not reach ends it."""
    anchor, tested = None, -1
    for limit, place in bits:
        if limit > 0 and limit != tested:
            if anchor is None or limit - anchor > 255:
                anchor = limit
                if limit > 255:
                    code.op("ldi", "r2", limit)
                code.op("sub", "r0", register, "r2" if limit > 255 else limit)
                code.op("qbbs", label, "r0", 31)
            else:
                code.op("qbgt", label, "r0", limit - anchor)
            tested = limit
        code.op("set", f"r{6 + place // 32}", f"r{6 + place // 32}", place % 32)
    code.label(label)

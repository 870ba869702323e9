"""Heads on the PRU: counts of ones by adds, shifts and masks, and the state of the onset head.

Every head leaves its answer in r6: 1 for an onset, the class of a GroupSum, else 0. Its values go to the
mailbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from exporters.pru.code import Code
from exporters.pru.gates import Gates
from exporters.pru.memory import MemoryMap
from exporters.pru.oscillators import OscillatorMemory, increment_code, oscillator_code
from zoo.heads import ControlValues, GroupSum, Head, OnsetScore, OscillatorBank, PositionalSample

Int64 = npt.NDArray[np.int64]

ONES = 0xFFFF_FFFF
PLANES_AT_ONCE = 16


def head_code(head: Head, gates: Gates, memory: MemoryMap, values: int) -> tuple[Code, Code]:
    """Instructions of any head in the registry, and their subroutines.

    Args:
        head: What it does.
        gates: Where the outputs of the circuit stand.
        memory: Takes state and tables.
        values: Address of the head's values, int32 each.

    Raises:
        DoesNotFitError: A table does not fit.
    """
    code, after = Code(), Code()
    _HEADS[type(head)](head, gates, memory, values, code, after)
    return code, after


def _onset_score(
    head: OnsetScore, gates: Gates, memory: MemoryMap, values: int, code: Code, after: Code
) -> None:
    _counts(1, gates, memory, values, code, after)
    earlier = head.frames - 1
    start = np.zeros(2 + earlier, "<u4")
    start[0] = 1
    state = memory.place("head", start.nbytes, "armed, wait, counts of earlier frames", start.tobytes())
    code.constant("r0", values)
    code.op("lbbo", "&r4", "r0", 0, 4, note="ones of this frame")
    code.constant("r1", state)
    code.op("lbbo", "&r10", "r1", 0, start.nbytes, note="armed, wait, earlier counts")
    if earlier:
        code.op("sbbo", "&r4", "r1", 8, 4)
        if earlier > 1:
            code.op("sbbo", "&r12", "r1", 12, 4 * (earlier - 1))
        for i in range(earlier):
            code.op("add", "r4", "r4", f"r{12 + i}")
        code.op("sbbo", "&r4", "r0", 0, 4)
    code.op("qbeq", "head_waited", "r11", 0)
    code.op("sub", "r11", "r11", 1)
    code.label("head_waited")
    code.constant("r5", head.rearm)
    code.op("qble", "head_high", "r4", "r5", note="the score has not fallen")
    code.op("ldi", "r10", 1)
    code.label("head_high")
    code.op("ldi", "r6", 0)
    code.op("qbeq", "head_done", "r10", 0)
    code.op("qbne", "head_done", "r11", 0)
    code.constant("r5", head.threshold)
    code.op("qbgt", "head_done", "r4", "r5")
    code.op("ldi", "r6", 1, note="a hit")
    code.op("ldi", "r10", 0)
    code.op("ldi", "r11", head.refractory)
    code.label("head_done")
    code.op("sbbo", "&r10", "r1", 0, 8)


def _group_sum(head: GroupSum, gates: Gates, memory: MemoryMap, values: int, code: Code, after: Code) -> None:
    _counts(head.classes, gates, memory, values, code, after)
    if head.frames > 1:
        _add_earlier(head, memory, values, code)
    code.constant("r0", values)
    code.op("lbbo", "&r4", "r0", 0, 4, note="the largest count so far")
    code.op("ldi", "r6", 0, note="its class")
    code.op("ldi", "r2", 0)
    code.op("ldi", "r3", head.classes - 1)
    code.label("head_class")
    code.op("add", "r2", "r2", 1)
    code.op("add", "r0", "r0", 4)
    code.op("lbbo", "&r5", "r0", 0, 4)
    code.op("qbge", "head_smaller", "r5", "r4")
    code.op("mov", "r4", "r5")
    code.op("mov", "r6", "r2")
    code.label("head_smaller")
    code.op("qbne", "head_class", "r2", "r3")


def _add_earlier(head: GroupSum, memory: MemoryMap, values: int, code: Code) -> None:
    """To each count those of the frames before, which stand in a row, latest first."""
    earlier = head.frames - 1
    state = memory.place("head", 4 * earlier * head.classes, "counts of earlier frames, class after class")
    code.constant("r0", values)
    code.constant("r1", state)
    code.constant("r2", values + 4 * head.classes)
    code.label("head_earlier")
    code.op("lbbo", "&r4", "r0", 0, 4, note="ones of this frame")
    code.op("lbbo", "&r10", "r1", 0, 4 * earlier)
    code.op("sbbo", "&r4", "r1", 0, 4)
    if earlier > 1:
        code.op("sbbo", "&r10", "r1", 4, 4 * (earlier - 1))
    for i in range(earlier):
        code.op("add", "r4", "r4", f"r{10 + i}")
    code.op("sbbo", "&r4", "r0", 0, 4)
    code.op("add", "r0", "r0", 4)
    code.op("add", "r1", "r1", 4 * earlier)
    code.op("qbne", "head_earlier", "r0", "r2")


def _control_values(
    head: ControlValues, gates: Gates, memory: MemoryMap, values: int, code: Code, after: Code
) -> None:
    _counts(head.values, gates, memory, values, code, after)
    code.op("ldi", "r6", 0)


def _positional_sample(
    head: PositionalSample, gates: Gates, memory: MemoryMap, values: int, code: Code, after: Code
) -> None:
    code.op("ldi", "r4", 0)
    word = -1
    for i, (address, bit) in enumerate(_word_bits(gates.outputs).tolist()):
        if address != word:
            code.constant("r0", address)
            code.op("lbbo", "&r5", "r0", 0, 4)
            word = address
        code.op("qbbc", f"head_bit{i}", "r5", bit)
        code.op("set", "r4", "r4", 15 - i)
        code.label(f"head_bit{i}")
    code.op("ldi", "r5", 0x8000)
    code.op("sub", "r4", "r4", "r5", note="offset binary to a signed number")
    code.constant("r0", values)
    code.op("sbbo", "&r4", "r0", 0, 4)
    code.op("ldi", "r6", 0)


def _oscillator_bank(
    head: OscillatorBank, gates: Gates, memory: MemoryMap, values: int, code: Code, after: Code
) -> None:
    place = OscillatorMemory(head, memory)
    groups = replace(gates, outputs=gates.outputs[head.pitch :])
    _counts(head.n_groups, groups, memory, place.controls + 4, code, after)
    increment_code(place, head, gates, code)
    oscillator_code(place, head, values, code, after)


_HEADS: dict[type, Callable[..., None]] = {
    OnsetScore: _onset_score,
    GroupSum: _group_sum,
    PositionalSample: _positional_sample,
    ControlValues: _control_values,
    OscillatorBank: _oscillator_bank,
}


def _word_bits(places: Int64) -> Int64:
    """(address of the byte, bit in it) -> (address of the word, bit in it)."""
    return np.stack([places[:, 0] & ~3, (places[:, 0] & 3) * 8 + places[:, 1]], axis=1)


def _counts(groups: int, gates: Gates, memory: MemoryMap, values: int, code: Code, after: Code) -> None:
    """Ones of each group of consecutive outputs, to the values."""
    places = _word_bits(gates.outputs)
    if not len(places):  # the values stay 0
        return
    if gates.planes:
        _count_planes(groups, places, values, code)
        return
    entries = [list(_masks(group)) for group in np.split(places, groups)]
    code.constant("r7", 0x5555_5555)
    code.constant("r8", 0x3333_3333)
    code.constant("r9", 0x0F0F_0F0F)
    flat = [entry for group in entries for entry in group]
    whole = all(mask == ONES for _, mask in flat) and len({len(group) for group in entries}) == 1
    in_a_row = all(address == flat[0][0] + 4 * i for i, (address, _) in enumerate(flat))
    code.constant("r3", values)
    if whole and in_a_row:
        _count_words(groups, len(entries[0]), flat[0][0], code)
    else:
        _count_masked(entries, memory, code, after)


def _masks(group: Int64) -> Iterator[tuple[int, int]]:
    """Address and mask of the words of a group; a bit that counts twice is in two masks."""
    left: dict[int, list[int]] = {}
    for address, bit in group.tolist():
        masks = left.setdefault(address, [])
        level = next((i for i, mask in enumerate(masks) if not mask >> bit & 1), len(masks))
        if level == len(masks):
            masks.append(0)
        masks[level] |= 1 << bit
    for address, masks in left.items():
        for mask in masks:
            yield address, mask


def _popcount(code: Code) -> None:
    """r4 += ones in r5."""
    code.op("lsr", "r6", "r5", 1)
    code.op("and", "r6", "r6", "r7")
    code.op("sub", "r5", "r5", "r6", note="ones in each two bits")
    code.op("lsr", "r6", "r5", 2)
    code.op("and", "r6", "r6", "r8")
    code.op("and", "r5", "r5", "r8")
    code.op("add", "r5", "r5", "r6", note="in each four")
    code.op("lsr", "r6", "r5", 4)
    code.op("add", "r5", "r5", "r6")
    code.op("and", "r5", "r5", "r9", note="in each byte")
    for i in range(4):
        code.op("add", "r4", "r4", f"r5.b{i}")


def _count_words(groups: int, words: int, first: int, code: Code) -> None:
    """Whole words in a row, as many for each group."""
    code.constant("r0", first, note="outputs")
    code.constant("r1", first + 4 * words * groups)
    code.label("head_group")
    code.op("ldi", "r4", 0)
    if groups > 1:
        code.constant("r2", 4 * words)
        code.op("add", "r2", "r2", "r0")
    end = "r2" if groups > 1 else "r1"
    code.label("head_word")
    code.op("lbbo", "&r5", "r0", 0, 4)
    _popcount(code)
    code.op("add", "r0", "r0", 4)
    code.op("qbne", "head_word", "r0", end)
    code.op("sbbo", "&r4", "r3", 0, 4)
    if groups > 1:
        code.op("add", "r3", "r3", 4)
        code.op("qbne", "head_group", "r0", "r1")


def _count_masked(entries: list[list[tuple[int, int]]], memory: MemoryMap, code: Code, after: Code) -> None:
    """Words with masks from a table; the last entry of a group says so."""
    base = min(address for group in entries for address, _ in group)
    records = [
        np.array([mask], "<u4").tobytes() + np.array([address - base, i + 1 == len(group)], "<u2").tobytes()
        for group in entries
        for i, (address, mask) in enumerate(group)
    ]
    code.constant("r2", base, note="outputs")
    code.op("ldi", "r4", 0)
    for address, count in memory.place_records("groups", records, "head: masks and words of each group"):
        code.constant("r0", address, note=f"{count} records")
        code.constant("r1", address + 8 * count)
        code.op("jal", "r12.w0", "head_table")
    after.label("head_table")
    after.op("lbbo", "&r10", "r0", 0, 8, note="mask; offset, end of the group")
    after.op("lbbo", "&r5", "r2", "r11.w0", 4)
    after.op("and", "r5", "r5", "r10")
    _popcount(after)
    after.op("qbeq", "head_goes_on", "r11.w2", 0)
    after.op("sbbo", "&r4", "r3", 0, 4)
    after.op("add", "r3", "r3", 4)
    after.op("ldi", "r4", 0)
    after.label("head_goes_on")
    after.op("add", "r0", "r0", 8)
    after.op("qbne", "head_table", "r0", "r1")
    after.op("jmp", "r12.w0")


def _count_planes(groups: int, places: Int64, values: int, code: Code) -> None:
    """Bit 0 of words in a row, as many at a time as leave nothing over."""
    first, size = int(places[0, 0]), len(places) // groups
    at_once = max(n for n in range(1, PLANES_AT_ONCE + 1) if size % n == 0)
    code.constant("r0", first, note="outputs")
    code.constant("r1", first + 4 * len(places))
    code.constant("r3", values)
    code.label("head_group")
    code.op("ldi", "r4", 0)
    if groups > 1:
        code.constant("r2", 4 * size)
        code.op("add", "r2", "r2", "r0")
    code.label("head_plane")
    code.op("lbbo", "&r5", "r0", 0, 4 * at_once)
    for i in range(at_once):
        code.op("and", f"r{5 + i}", f"r{5 + i}", 1)
        code.op("add", "r4", "r4", f"r{5 + i}")
    code.op("add", "r0", "r0", 4 * at_once)
    code.op("qbne", "head_plane", "r0", "r2" if groups > 1 else "r1")
    code.op("sbbo", "&r4", "r3", 0, 4)
    if groups > 1:
        code.op("add", "r3", "r3", 4)
        code.op("qbne", "head_group", "r0", "r1")

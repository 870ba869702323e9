"""The oscillator bank on the PRU: a wave a hop, two waves and noise a sample, products by adding."""

from __future__ import annotations

import numpy as np

from exporters.pru.code import Code
from exporters.pru.gates import Gates
from exporters.pru.memory import MemoryMap
from exporters.pru.note import BIG, shift_right
from zoo.heads import OscillatorBank
from zoo.oscillators import CYCLE, DETAIL, FRACTION, NOISE_DETAIL, SEED, sine_table

HALF, QUARTER = CYCLE // 2, CYCLE // 4
BURST = 64  # bytes that move at once
WAVE = -(-4 * (HALF + 1) // BURST) * BURST  # bytes of a wave
INDEX = 32 - (CYCLE - 1).bit_length()
LOWS = 22  # registers of the noise's low passes, at most seven


class OscillatorMemory:
    """Where the head keeps its numbers.

    Args:
        head: The sizes.
        memory: Takes them.
    """

    def __init__(self, head: OscillatorBank, memory: MemoryMap) -> None:
        offset = (sine_table().astype(np.int32) + 32_768).astype("<u2").tobytes()
        self.sine = memory.place("sine", len(offset), "a cycle, 2^15 added", offset)
        self.waves = memory.place("waves", 2 * WAVE, "half cycles of the frame before and of this one")
        self.sums = memory.place("sums", 8 * (QUARTER + 1), "a quarter cycle: odd harmonics, even ones")
        self.controls = memory.place("controls", 4 * head.bank.n_controls, "what the gates ask for")
        start = np.array([0, SEED], "<u4").tobytes()
        self.words = memory.place("words", len(start), "phase, noise", start)
        # Of each band: shift, last two bits of the level, whether it sounds; before, then now.
        self.levels = memory.place("levels", 8 * max(1, head.noise), "of the noise, before and now")
        self.lows = memory.place("lows", 4 * max(1, head.noise), "low passes of the noise")


def oscillator_code(
    place: OscillatorMemory, head: OscillatorBank, values: int, code: Code, after: Code
) -> None:
    """From controls to samples.

    Args:
        place: Where everything stands.
        head: The sizes.
        values: Address of the samples, int32 each.
        code: Grows by the instructions.
        after: Grows by a subroutine.
    """
    code.constant(BIG, 1 << 31)
    _age(place, head, code)
    _sums(place, head, code)
    _wave(place, code)
    _levels(place, head, code)
    _samples(place, head, values, code)
    _times(after)


def increment_code(place: OscillatorMemory, head: OscillatorBank, gates: Gates, code: Code) -> None:
    """The first outputs, most significant first, to the first control."""
    code.op("ldi", "r4", 0)
    word = -1
    for i, (byte, bit) in enumerate(gates.outputs[: head.pitch].tolist()):
        address, number = byte & ~3, (byte & 3) * 8 + bit
        if address != word:
            code.constant("r0", address)
            code.op("lbbo", "&r5", "r0", 0, 4)
            word = address
        code.op("qbbc", f"head_pitch{i}", "r5", number)
        code.op("set", "r4", "r4", head.pitch - 1 - i)
        code.label(f"head_pitch{i}")
    code.constant("r0", place.controls)
    code.op("sbbo", "&r4", "r0", 0, 4)


def _age(place: OscillatorMemory, head: OscillatorBank, code: Code) -> None:
    """What is now was before; sums begin at 0."""
    code.constant("r0", place.waves)
    code.constant("r1", place.waves + WAVE)
    code.constant("r2", place.waves + WAVE)
    code.label("head_copy")
    code.op("lbbo", "&r4", "r1", 0, BURST)
    code.op("sbbo", "&r4", "r0", 0, BURST)
    code.op("add", "r0", "r0", BURST)
    code.op("add", "r1", "r1", BURST)
    code.op("qbne", "head_copy", "r0", "r2")
    code.constant("r0", place.sums)
    code.constant("r1", place.sums + 8 * (QUARTER + 1))
    code.op("ldi", "r4", 0)
    code.label("head_zero")
    code.op("sbbo", "&r4", "r0", 0, 4)
    code.op("add", "r0", "r0", 4)
    code.op("qbne", "head_zero", "r0", "r1")
    code.constant(BIG, 1 << 31)


def _sums(place: OscillatorMemory, head: OscillatorBank, code: Code) -> None:
    """Every harmonic that sounds joins its sum."""
    bank = head.bank
    code.constant("r0", place.controls)
    code.op("lbbo", "&r2", "r0", 0, 8, note="r2 increment, r3 gain")
    code.op("add", "r0", "r0", 8)
    code.op("ldi", "r4", 0, note="harmonic")
    code.op("ldi", "r5", 0, note="its increment")
    code.constant("r7", 1 << (bank.pitch + 1))
    code.constant("r8", place.sine)
    code.constant("r16", 32_768)
    code.constant("r17", 2 * CYCLE - 1)
    code.label("head_harmonic")
    code.op("add", "r4", "r4", 1)
    code.op("add", "r5", "r5", "r2")
    code.op("qble", "head_summed", "r5", "r7", note="half the rate")
    code.op("lbbo", "&r9", "r0", 0, 4)
    code.op("add", "r0", "r0", 4)
    code.op("qbeq", "head_harmonic_end", "r9", 0)
    code.op("add", "r9", "r9", "r3", note="level")
    code.op("qbgt", "head_harmonic_end", "r9", bank.quiet)
    code.op("lsr", "r10", "r9", 2)
    code.op("rsb", "r10", "r10", 2 + bank.top, note="shift")
    code.constant("r11", place.sums)
    code.op("qbbs", "head_odd", "r4", 0)
    code.constant("r11", place.sums + 4 * (QUARTER + 1))
    code.label("head_odd")
    code.op("ldi", "r12", 0, note="twice the step of the sine")
    code.op("lsl", "r13", "r4", 1)
    code.op("ldi", "r14", QUARTER + 1)
    code.label("head_step")
    code.op("ldi", "r15", 0)
    code.op("lbbo", "&r15", "r8", "r12", 2)
    code.op("sub", "r15", "r15", "r16")
    _four_to_seven(code, "r15", "r9", "r18", "step")
    code.op("lsl", "r15", "r15", DETAIL)
    shift_right(code, "r15", "r10", "r18")
    code.op("lbbo", "&r18", "r11", 0, 4)
    code.op("add", "r18", "r18", "r15")
    code.op("sbbo", "&r18", "r11", 0, 4)
    code.op("add", "r11", "r11", 4)
    code.op("add", "r12", "r12", "r13")
    code.op("and", "r12", "r12", "r17")
    code.op("sub", "r14", "r14", 1)
    code.op("qbne", "head_step", "r14", 0)
    code.label("head_harmonic_end")
    code.op("qbne", "head_harmonic", "r4", bank.harmonics)
    code.label("head_summed")


def _four_to_seven(code: Code, x: str, level: str, spare: str, label: str) -> None:
    """Multiply x by 4 plus the last two bits of the level."""
    code.op("add", spare, x, x)
    code.op("qbbs", f"head_{label}1", level, 0)
    code.op("ldi", x, 0)
    code.label(f"head_{label}1")
    code.op("qbbc", f"head_{label}2", level, 1)
    code.op("add", x, x, spare)
    code.label(f"head_{label}2")
    code.op("add", spare, spare, spare)
    code.op("add", x, x, spare)


def _wave(place: OscillatorMemory, code: Code) -> None:
    """Odd harmonics mirror at the quarter, even ones turn over too."""
    code.constant("r0", place.sums)
    code.constant("r1", place.sums + 4 * (QUARTER + 1))
    code.op("mov", "r4", "r1", note="the end of the odd ones")
    code.constant("r2", place.waves + WAVE)
    code.constant("r3", place.waves + WAVE + 4 * HALF)
    code.label("head_wave")
    code.op("lbbo", "&r5", "r0", 0, 4)
    code.op("lbbo", "&r7", "r1", 0, 4)
    code.op("add", "r8", "r5", "r7")
    shift_right(code, "r8", DETAIL, "r9")
    code.op("sbbo", "&r8", "r2", 0, 4)
    code.op("sub", "r8", "r5", "r7")
    shift_right(code, "r8", DETAIL, "r9")
    code.op("sbbo", "&r8", "r3", 0, 4)
    code.op("add", "r0", "r0", 4)
    code.op("add", "r1", "r1", 4)
    code.op("add", "r2", "r2", 4)
    code.op("sub", "r3", "r3", 4)
    code.op("qbne", "head_wave", "r0", "r4")


def _levels(place: OscillatorMemory, head: OscillatorBank, code: Code) -> None:
    """Shift, level and whether it sounds of every band, behind those of the frame before."""
    bank = head.bank
    if not bank.noise:
        return
    code.constant("r0", place.controls)
    code.op("lbbo", "&r3", "r0", 4, 4, note="gain")
    code.add("r0", 8 + 4 * bank.harmonics, "r1")
    code.constant("r1", place.levels)
    code.constant("r2", place.levels + 8 * bank.noise)
    code.label("head_level")
    code.op("lbbo", "&r4", "r1", 4, 4)
    code.op("sbbo", "&r4", "r1", 0, 4)
    code.op("lbbo", "&r5", "r0", 0, 4)
    code.op("ldi", "r4", 0)
    code.op("qbeq", "head_silent", "r5", 0)
    code.op("add", "r5", "r5", "r3")
    code.op("qbgt", "head_silent", "r5", bank.quiet)
    code.op("lsr", "r7", "r5", 2)
    code.op("rsb", "r4.b0", "r7.b0", 2 + NOISE_DETAIL + bank.top)
    code.op("mov", "r4.b1", "r5.b0")
    code.op("ldi", "r4.b2", 1)
    code.label("head_silent")
    code.op("sbbo", "&r4", "r1", 4, 4)
    code.op("add", "r0", "r0", 4)
    code.op("add", "r1", "r1", 8)
    code.op("qbne", "head_level", "r1", "r2")


def _samples(place: OscillatorMemory, head: OscillatorBank, values: int, code: Code) -> None:
    """Both waves, the noise, and the fade between them."""
    bank = head.bank
    bands = bank.noise
    code.constant("r0", place.controls)
    code.op("lbbo", "&r4", "r0", 0, 4)
    code.op("lsl", "r4", "r4", 30 - bank.pitch, note="a step of the phase")
    code.constant("r0", place.words)
    code.op("lbbo", "&r2", "r0", 0, 8, note="r2 phase, r3 noise")
    if bands > 1:
        code.constant("r0", place.lows)
        code.op("lbbo", f"&r{LOWS}", "r0", 0, 4 * (bands - 1))
    code.constant("r0", values)
    code.op("ldi", "r1", 0)
    code.constant("r5", place.waves)
    code.constant("r7", place.waves + WAVE)
    code.label("head_sample")
    code.op("add", "r2", "r2", "r4")
    code.op("mov", "r10", "r2")
    code.op("qbbc", "head_first", "r2", 31)
    code.op("not", "r10", "r10", note="the second half: backwards, turned over")
    code.label("head_first")
    code.op("lsr", "r11", "r10", INDEX)
    code.op("lsl", "r11", "r11", 2)
    code.op("lsr", "r12", "r10", INDEX - FRACTION)
    code.op("and", "r12", "r12", (1 << FRACTION) - 1)
    for out, wave in (("r8", "r5"), ("r9", "r7")):
        code.op("lbbo", "&r13", wave, "r11", 8)
        code.op("sub", "r14", "r14", "r13")
        code.op("mov", "r15", "r12")
        code.op("jal", "r21.w0", "head_times")
        shift_right(code, "r16", FRACTION, "r17")
        code.op("add", out, "r13", "r16")
        code.op("qbbc", f"head_up{out}", "r2", 31)
        code.op("rsb", out, out, 0)
        code.label(f"head_up{out}")
    for shift, name in ((13, "lsl"), (17, "lsr"), (5, "lsl")):
        code.op(name, "r13", "r3", shift)
        code.op("xor", "r3", "r3", "r13")
    if bands:
        _noise(place, bands, code)
    code.op("sub", "r14", "r9", "r8")
    code.op("mov", "r15", "r1")
    code.op("jal", "r21.w0", "head_times")
    shift_right(code, "r16", head.hop.bit_length() - 1, "r17")
    code.op("add", "r8", "r8", "r16")
    code.op("add", "r8", "r8", BIG)
    code.constant("r13", (1 << 31) + 32_767)
    code.op("min", "r8", "r8", "r13")
    code.constant("r13", (1 << 31) - 32_768)
    code.op("max", "r8", "r8", "r13")
    code.op("sub", "r8", "r8", BIG)
    code.op("sbbo", "&r8", "r0", 0, 4)
    code.op("add", "r0", "r0", 4)
    code.op("add", "r1", "r1", 1)
    code.op("ldi", "r13", head.hop)
    code.op("qbeq", "head_end", "r1", "r13")
    code.op("jmp", "head_sample")
    code.label("head_end")
    code.constant("r0", place.words)
    code.op("sbbo", "&r2", "r0", 0, 8)
    if bands > 1:
        code.constant("r0", place.lows)
        code.op("sbbo", f"&r{LOWS}", "r0", 0, 4 * (bands - 1))
    code.op("ldi", "r6", 0)


def _noise(place: OscillatorMemory, bands: int, code: Code) -> None:
    """Every band at the levels of both frames."""
    code.op("mov", "r12", "r3")
    code.op("ldi", "r12.w0", 0)
    shift_right(code, "r12", 16 - NOISE_DETAIL, "r13")
    code.constant("r19", place.levels)
    for k in range(bands):
        band = "r12"
        if k < bands - 1:
            low, band = f"r{LOWS + k}", "r10"
            code.op("sub", "r10", "r12", low)
            shift_right(code, "r10", k + 1, "r13")
            code.op("add", low, low, "r10")
            code.op("sub", "r10", "r12", low)
            code.op("mov", "r12", low)
        code.op("lbbo", "&r16", "r19", 8 * k, 8, note="before, now")
        for out, level in (("r8", "r16"), ("r9", "r17")):
            label = f"noise{k}{out}"
            code.op("qbeq", f"head_{label}", f"{level}.b2", 0)
            code.op("mov", "r14", band)
            code.op("mov", "r15", f"{level}.b1")
            _four_to_seven(code, "r14", "r15", "r18", label)
            code.op("mov", "r15", f"{level}.b0")
            shift_right(code, "r14", "r15", "r18")
            code.op("add", out, out, "r14")
            code.label(f"head_{label}")


def _times(after: Code) -> None:
    """r16 = r14 times r15, which is small; both are spent."""
    after.label("head_times")
    after.op("ldi", "r16", 0)
    after.label("head_double")
    after.op("qbbc", "head_doubled", "r15", 0)
    after.op("add", "r16", "r16", "r14")
    after.label("head_doubled")
    after.op("add", "r14", "r14", "r14")
    after.op("lsr", "r15", "r15", 1)
    after.op("qbne", "head_double", "r15", 0)
    after.op("jmp", "r21.w0")

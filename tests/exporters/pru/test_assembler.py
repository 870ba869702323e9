"""The assembler and the disassembler: known words, round trips, and messages."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.pru.assembler import AssemblyError, assemble
from exporters.pru.disassembler import disassemble, line
from exporters.pru.isa import FORMS, Instruction, Register, decode, encode

# The words that pasm 0.87 (-V3) gives for these lines.
KNOWN = """\
        and r10, r2, r3            // 10e3e2ea
start:  add r5.b1, r6.w2, 200      // 01c8c625
        not r7, r8                 // 1700e8e7
        ldi r3.b1, 65535           // 24ffff23
        lmbd r2.b3, r3.w1, r4      // 26e4a362
        lbco &r1.b1, c24, r3, b2   // 9ee3f821
        sbbo &r1, r6, 255, 124     // efffa681
        lbbo &r9, r2, 4, 4         // f1042289
        xin 10, &r0, 120           // 2e853b80
        xout 11, &r2.b1, 3         // 2f058122
        xchg 12, &r1, 4            // 2f860181
        zero &r5, 10               // 2eff8485
        fill &r5, 7                // 2eff0305
        loop done, 10              // 31090011
        jmp 100                    // 21006400
        jmp r3.w0                  // 20830000
        jal r3.w2, start           // 230001c3
        qbge start, r1, 5          // 7705e1f0
        qbbs start, r31.t30        // d71effef
        slp 1                      // 3e800000
        mvid r4, *r1.b0++          // 2c4201e4
        mvib *--r1.b2, r5.b3       // 2d806541
        set r3.t5                  // 1f05e3e3
        clr r3, r4.t9              // 1d09e4e3
        wbs r31.t3                 // c903ff00
        mov r2, r1.w0              // 108181e2
        mov r1, 0x12345678         // 241234c1 24567881
        iloop done, r2.b1          // 30228002
        or r0, r0, r0              // 12e0e0e0
done:   halt                       // 2a000000
"""


def known() -> tuple[list[str], list[int]]:
    lines, words = [], []
    for row in KNOWN.splitlines():
        code, _, expected = row.partition("//")
        lines.append(code)
        words += [int(word, 16) for word in expected.split()]
    return lines, words


def test_known_words() -> None:
    lines, words = known()
    program = assemble("\n".join(lines))
    for address, (word, expected) in enumerate(zip(program.words, words, strict=True)):
        assert f"{word:08x}" == f"{expected:08x}", program.where(address)


def canonical(rng: random.Random, n: int) -> list[int]:
    """Words of instructions that exist, with the bits clear that mean nothing."""
    forms = list(FORMS.values())
    found: list[int] = []
    while len(found) < n:
        form = rng.choice(forms)
        word = form.match | rng.getrandbits(32) & ~form.mask
        if form.name.startswith("mvi"):  # pointers stand in r1.b0-r1.b3
            word = word & ~0x9F9F | 0x0101
        instruction = decode(word)
        if instruction:
            found.append(encode(instruction))
    return found


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20))
def test_any_words_come_back(words: list[int]) -> None:
    assert assemble("\n".join(disassemble(words))).words.tolist() == words


def test_instructions_come_back_as_instructions() -> None:
    words = canonical(random.Random(1), 6000)
    lines = disassemble(words)
    assert assemble("\n".join(lines)).words.tolist() == words
    seen = {text.split()[0] for text in lines}
    assert seen >= set(FORMS)
    for word, text in zip(words, lines, strict=True):
        if text.startswith(".word"):
            assert refused(decode(word)), hex(word)


def refused(instruction: Instruction | None) -> bool:
    """What may have no name: a burst past r31, an empty loop, a bit past 31, a device that only reads."""
    assert instruction is not None
    name, operands = instruction
    if name in ("loop", "iloop"):
        return operands[0] < 2
    if name in ("qbbs", "qbbc"):
        return operands[2] > 31
    first, length = (operands[1], operands[2]) if name[0] == "x" else (operands[0], operands[-1])
    assert isinstance(first, Register)
    past = not isinstance(length, Register) and 4 * first.number + first.part + length > 124
    return past or (name[0] == "x" and (first.number == 31 or operands[0] > 253))


def test_every_word_has_at_most_one_form() -> None:
    rng = random.Random(2)
    for _ in range(20000):
        word = rng.getrandbits(32)
        assert sum(word & form.mask == form.match & form.mask for form in FORMS.values()) <= 1


def test_origin_and_entry() -> None:
    program = assemble(".origin 8\n.entrypoint go\n  halt\ngo: qba go\n")
    assert program.origin == 8
    assert program.entry == program.labels["go"] == 9
    assert program.lines == (3, 4)
    assert program.words.dtype == np.uint32
    assert disassemble(program.words, origin=8) == ["halt", "qba 9"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("halt\nand r1, r2", "line 2: `and r1, r2`: and takes 3 operands"),
        ("foo r1", "there is no instruction foo; expected one of adc, add"),
        ("ldi r1, 70000", "found 70000, which is not within 0 to 65535"),
        ("mov r1.b0, 300", "not within 0 to 255"),
        ("and r1, r2, r33", "expected a register or a number from 0 to 255, found r33"),
        ("and r1, r2.w3, r3", "found r2.w3"),
        ("qba nowhere", "write `nowhere:` where it leads"),
        ("a: qba b\n" + "halt\n" * 600 + "b: halt", "601 instructions away; use jmp"),
        ("lbbo &r1, r2.b0, 0, 4", "expected a whole register that holds an address, found r2.b0"),
        ("lbco &r1, 24, 0, 4", "expected an entry of the constant table, c0-c31, found 24"),
        ("lbco &r1, c24, 0, 125", "not within 1 to 124"),
        ("lbco &r30, c24, 0, 12", "run past r31"),
        ("loop x, 3\nx: halt", "it needs one instruction inside"),
        ("loop x, 257\nhalt\nx: halt", "1 to 256"),
        ("a: halt\na: halt", "line 2: `a: halt`: the label a is defined already, for address 0"),
        ("x: qbbs x, r1, 32", "bits 0 to 31, not 32"),
        ("xin: halt", "choose another label"),
        ("mvib r1, r2", "use mov between registers"),
        ("mvib r1, *r2.b0", "*r1.bN"),
        ("xin 10, &r31, 4", "r31 takes no part"),
        ("xout 255, &r1, 4", "can only be read"),
        ("halt\n.origin 5", "expected .origin before the first label"),
        (".origin 1, 2\nhalt", "expected one operand of .origin, found 2"),
        ("halt\n.word", "expected one operand of .word, found 0"),
        (".entrypoint nowhere\nhalt", "line 1: `.entrypoint nowhere`"),
        ("= 5", "expected `label:`, an instruction and its operands"),
    ],
)
def test_messages(text: str, expected: str) -> None:
    with pytest.raises(AssemblyError) as caught:
        assemble(text, name="net.p")
    assert str(caught.value).startswith("net.p, line ")
    assert expected in str(caught.value)


def test_gas_dialect() -> None:
    assert line(0x9EE3F821, dialect="gas") == "lbco &r1.b1, 24, r3, r0.b2"
    assert line(0x7E00009C, dialect="gas") == ".word 0x7e00009c"  # gas's QBA: pasm sets bit 24
    assert line(0x7F00009C, dialect="gas") == "qba .-400"

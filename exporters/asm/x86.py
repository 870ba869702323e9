"""Block mode in x86-64 assembly: 128 frames in an SSE2 register, or 256 in an AVX2 register.

GNU assembler syntax that gcc, clang and zig take, for the calling convention of Linux, BSD and macOS:

    void SYMBOL(uint32_t *state, const uint32_t *in, uint32_t *out)        planes, aligned to a register
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exporters.schedule import (
    Allocation,
    Copy,
    Gate,
    Instruction,
    Load,
    Machine,
    Place,
    Store,
    allocate,
    depth_first,
    repeated,
)
from zoo.circuit import Circuit

# Every logic instruction has an integer and a float form; the float form is a byte shorter.
LOGIC = {1: "andps", 4: "andnps", 6: "xorps", 7: "orps"}
_BASES = {"state": "rdi", "in": "rsi", "out": "rdx", "slot": "rsp"}
_OPS = frozenset({*LOGIC, 12})


@dataclass(frozen=True)
class Vectors:
    """A set of vector registers.

    Args:
        bytes: Size of one; a plane fills it.
        machine: What its instructions can do.
    """

    bytes: int
    machine: Machine


SSE2 = Vectors(16, Machine(16, _OPS, destructive=True, memory_operand=True))
AVX2 = Vectors(32, Machine(16, _OPS, memory_operand=True))

NEAREST_CACHE = 32 * 1024

HEAD = """\
#if !defined(__x86_64__) || defined(_WIN32)
#error "this is x86-64 assembly for the System V calling convention; use the portable export here"
#endif
#ifdef __APPLE__
#define SYMBOL(name) _##name
#else
#define SYMBOL(name) name
#endif
#ifdef __ELF__
#define SECTION(name) .section .text.name, "ax", @progbits
#else
#define SECTION(name) .text
#endif
.intel_syntax noprefix
.text
"""

# The processor has AVX2 (leaf 7, ebx bit 5) and the system saves its registers (leaf 1, ecx bit 27; xcr0).
CHECK = """\
.globl SYMBOL(@symbol)
SYMBOL(@symbol):
push rbx
mov eax, 1
cpuid
and ecx, 0x18000000
cmp ecx, 0x18000000
jne 1f
xor ecx, ecx
xgetbv
and eax, 6
cmp eax, 6
jne 1f
xor eax, eax
cpuid
cmp eax, 7
jb 1f
mov eax, 7
xor ecx, ecx
cpuid
mov eax, ebx
shr eax, 5
and eax, 1
pop rbx
ret
1:
xor eax, eax
pop rbx
ret

"""

TAIL = """\
.text
.balign 32
ones:
.fill 32, 1, 255
.att_syntax prefix
#ifdef __ELF__
.section .note.GNU-stack,"",@progbits
#endif
"""


def x86_source(circuits: Mapping[str, Circuit], vectors: Vectors, check: str = "") -> str:
    """An assembly file with a function for each circuit.

    Args:
        circuits: Symbol -> circuit, optimised for the basis `X86`.
        vectors: `SSE2` or `AVX2`.
        check: Symbol of one more function, `int32_t CHECK(void)`: 1 where processor and system have AVX2.

    Raises:
        ValueError: A gate is not in the basis.
    """
    return x86_file(
        {symbol: scheduled(circuit, vectors) for symbol, circuit in circuits.items()}, vectors, check
    )


def scheduled(circuit: Circuit, vectors: Vectors) -> Allocation:
    """Order and registers; a circuit whose values overflow the nearest cache has its first level repeated."""
    allocation = allocate(circuit, depth_first(circuit), vectors.machine)
    if vectors.bytes * (circuit.n_inputs + allocation.n_slots) <= NEAREST_CACHE:
        return allocation
    again = repeated(circuit)
    return allocate(again, depth_first(again), vectors.machine)


def x86_file(code: Mapping[str, Allocation], vectors: Vectors, check: str = "") -> str:
    """As `x86_source`, of code that has its registers."""
    functions = [_function(symbol, allocation, vectors) for symbol, allocation in code.items()]
    if check:
        functions.append(CHECK.replace("@symbol", check))
    return "".join([HEAD, *functions, TAIL])


def _function(symbol: str, allocation: Allocation, vectors: Vectors) -> str:
    frame = vectors.bytes * allocation.n_slots
    lines = [f"/* {symbol}: {frame} bytes of stack */", f"SECTION({symbol})", f".globl SYMBOL({symbol})"]
    lines += [".balign 64", f"SYMBOL({symbol}):"]
    if frame:
        lines += ["push rbp", "mov rbp, rsp", f"sub rsp, {frame}", f"and rsp, {-vectors.bytes}"]
    lines += [_line(instruction, vectors) for instruction in allocation.code]
    if not vectors.machine.destructive:
        lines.append("vzeroupper")
    lines += (["mov rsp, rbp", "pop rbp"] if frame else []) + ["ret", ""]
    return "\n".join(lines)


def _line(instruction: Instruction, vectors: Vectors) -> str:
    """One instruction; AVX's have a v before their name and a register more, for the first operand."""
    size, longer = vectors.bytes, not vectors.machine.destructive
    v, r = ("v", "ymm") if longer else ("", "xmm")

    def target(dst: int, a: int, bank: str = r) -> str:
        return f"{bank}{dst}, {bank}{a}" if longer else f"{bank}{dst}"

    match instruction:
        case Load(reg, place):
            return f"{v}movaps {r}{reg}, {_at(place, size)}"
        case Store(reg, place):
            return f"{v}movaps {_at(place, size)}, {r}{reg}"
        case Copy(dst, src):
            return f"{v}movaps {r}{dst}, {r}{src}"
        case Gate(0, dst, _, _):
            return f"{v}xorps {target(dst, dst, 'xmm')}, xmm{dst}"
        case Gate(15, dst, _, _):
            return f"{v}pcmpeqd {target(dst, dst)}, {r}{dst}"
        case Gate(12, dst, a, _):
            return f"{v}xorps {target(dst, a)}, [rip + ones]"
        case Gate(op, dst, a, b):
            operand = _at(b, size) if isinstance(b, Place) else f"{r}{b}"
            return f"{v}{LOGIC[op]} {target(dst, a)}, {operand}"


def _at(place: Place, size: int) -> str:
    offset = size * place.number
    return f"[{_BASES[place.array]} + {offset}]" if offset else f"[{_BASES[place.array]}]"

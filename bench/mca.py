"""A second opinion on cycles: LLVM's machine code analyser on the instruction stream of an export.

llvm-mca knows no Cortex-A8. It knows the Cortex-A9, which runs out of order (fewer cycles), the Cortex-R52,
which issues two in order and waits longer for loads (more), and the Cortex-A53 itself. It is optional: a part
of LLVM that a system's package manager installs.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.core_model import Block
from bench.targets.machine import A64, EmulatedMachine, Program
from zoo.errors import ZooError

PROGRAM = "llvm-mca"
OPTIMISTIC, PESSIMISTIC, SAME = "cortex-a9", "cortex-r52", "cortex-a53"
TIME_LIMIT = 120

_CONDITION = "eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le"
_LEFT_OUT = re.compile(
    rf"((b|bl|bx|blx|cbn?z|ret|br|blr|tbn?z)(\.\w+)?|b({_CONDITION})(\.w)?|it[te]*|v?(push|pop)(\.w)?|(ldm|stm)\w*(\.w)?)$"
)
_ALIGNMENT = re.compile(r":0x([0-9a-f]+)\]")


class McaError(ZooError):
    """llvm-mca is not there, or refused an instruction."""


@dataclass(frozen=True)
class Analysis:
    """What llvm-mca says of a stream of instructions.

    Args:
        core: The core.
        instructions: How many it was given.
        cycles: From the first to the last.
        left_out: Branches, and what not every core's model knows: `it`, pushes and pops.
    """

    core: str
    instructions: int
    cycles: int
    left_out: int


def available() -> bool:
    """Whether llvm-mca is here."""
    return shutil.which(PROGRAM) is not None


def analyse(machine: EmulatedMachine, core: str, function: str, *arguments: int) -> Analysis:
    """Run a function in the emulator and give llvm-mca the instructions that ran.

    Args:
        machine: With the program in it.
        core: What llvm-mca calls it.
        function: What to run.
        arguments: Its arguments.

    Raises:
        McaError: llvm-mca is not installed, does not know the core's timing, or refuses an instruction.
    """
    lines, left_out = instructions_of(machine.program, machine.trace(function, *arguments))
    return Analysis(core, len(lines), cycles_of(lines, core, machine.program.architecture is A64), left_out)


def instructions_of(program: Program, blocks: Iterable[Block]) -> tuple[list[str], int]:
    """The stream as assembly, and how many instructions are left out of it."""
    text = _text(program)
    lines, left_out = [], 0
    for address, size in blocks:
        at = address
        while at < address + size:
            length, line = text[at]
            if _LEFT_OUT.match(line.split()[0]):
                left_out += 1
            else:
                lines.append(line)
            at += length
    return lines, left_out


def _text(program: Program) -> dict[int, tuple[int, str]]:
    """Bytes and assembly of every instruction, by address; conditions are left out with their `it`."""
    import capstone

    if program.architecture is A64:
        reader = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)
        condition = re.compile("$^")
    else:
        reader = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB)
        reader.detail = True
        condition = re.compile(rf"({_CONDITION})(?=$|\.)")
    found = {}
    for address, code in program.regions():
        for i in reader.disasm(code, address):
            name = i.mnemonic
            if reader.detail and 0 < i.cc < capstone.arm.ARM_CC_AL:
                name = condition.sub("", name)
            found[i.address] = i.size, f"{name} {_ALIGNMENT.sub(_decimal, i.op_str)}"
    return found


def cycles_of(lines: Sequence[str], core: str, a64: bool = False) -> int:
    """Cycles of a straight line of instructions.

    Raises:
        McaError: As `analyse`.
    """
    if not available():
        raise McaError(f"{PROGRAM} is not installed; on Debian or Ubuntu it is in the package llvm")
    machine = ["-mtriple=aarch64"] if a64 else ["-mtriple=thumbv7", "-mattr=+neon,+thumb2"]
    options = ["-iterations=1", "-instruction-info=false", "-resource-pressure=false"]
    command = [PROGRAM, *machine, f"-mcpu={core}", *options]
    done = subprocess.run(
        command, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=TIME_LIMIT
    )
    found = re.search(r"Total Cycles: +(\d+)", done.stdout)
    if done.returncode or found is None:
        said = (done.stderr.strip() or done.stdout.strip())[:400]
        raise McaError(f"{' '.join(command)}: {said}")
    return int(found[1])


def _decimal(found: re.Match[str]) -> str:
    return f":{int(found[1], 16)}]"

"""Random circuits with all that a format must carry, and evaluators that share no code with the readers."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from zoo.circuit import Circuit

Bits = npt.NDArray[np.uint8]


def any_circuit(seed: int, n_registers: int | None = None) -> Circuit:
    """All operations, registers, constants, unused gates; outputs that are inputs, registers or repeated."""
    rng = np.random.default_rng(seed)
    n_inputs = int(rng.integers(0, 9))
    n_registers = int(rng.integers(0, 6)) if n_registers is None else n_registers
    if not n_inputs and not n_registers:
        n_inputs = 1
    first, n_gates = n_inputs + n_registers, int(rng.integers(0, 70))
    limit = np.arange(first, first + n_gates)
    outputs = rng.integers(0, first + n_gates, 7)
    outputs[-2:] = outputs[0]
    return Circuit(
        n_inputs,
        rng.integers(0, 16, n_gates),
        rng.integers(0, limit),
        rng.integers(0, limit),
        outputs,
        rng.integers(0, first + n_gates, n_registers),
        rng.integers(0, 2, n_registers),
    )


def frames_for(circuit: Circuit, seed: int = 0, frames: int = 130) -> Bits:
    """uint8 (frames, inputs)."""
    return np.random.default_rng(seed).integers(0, 2, (frames, circuit.n_inputs)).astype(np.uint8)


def same(one: Circuit, other: Circuit) -> bool:
    """Equal sizes, and equal outputs over random frames."""
    sizes = [(c.n_inputs, c.n_outputs, c.n_registers) for c in (one, other)]
    bits = frames_for(one)
    return sizes[0] == sizes[1] and np.array_equal(one.evaluate(bits), other.evaluate(bits))


def run_aag(text: str, bits: Bits) -> Bits:
    """Evaluate ASCII AIGER as its definition reads."""
    lines = text.split("\nc\n")[0].splitlines()
    rows = [[int(word) for word in line.split()] for line in lines if line[0].isdigit()]
    n_inputs, n_latches, n_outputs = (int(word) for word in text.split("\n")[0].split()[2:5])
    inputs, rows = rows[:n_inputs], rows[n_inputs:]
    latches, rows = rows[:n_latches], rows[n_latches:]
    outputs, ands = rows[:n_outputs], rows[n_outputs:]
    state = {row[0]: row[2] if len(row) > 2 else 0 for row in latches}
    out = []
    for frame in bits.tolist():
        value = {0: 0, **{row[0]: bit for row, bit in zip(inputs, frame, strict=True)}, **state}

        def of(literal: int, value: dict[int, int] = value) -> int:
            return value[literal & ~1] ^ literal & 1

        for left, one, other in ands:
            value[left] = of(one) & of(other)
        out.append([of(row[0]) for row in outputs])
        state = {row[0]: of(row[1]) for row in latches}
    return np.array(out, np.uint8)


def run_blif(text: str, bits: Bits) -> Bits:
    """Evaluate BLIF whose covers stand in order, row by row."""
    statements: list[list[list[str]]] = []
    for line in text.replace("\\\n", " ").splitlines():
        words = line.partition("#")[0].split()
        if words and words[0].startswith("."):
            statements.append([words])
        elif words:
            statements[-1].append(words)

    def lists(command: str) -> list[str]:
        return [word for s in statements if s[0][0] == command for word in s[0][1:]]

    latches = [s[0][1:] for s in statements if s[0][0] == ".latch"]
    state = {latch[1]: int(latch[-1]) for latch in latches}
    out = []
    for frame in bits.tolist():
        value = dict(zip(lists(".inputs"), frame, strict=True)) | state
        for (command, *names), *rows in statements:
            if command != ".names":
                continue
            ones = "".join(str(value[name]) for name in names[:-1])
            patterns = [row[0] for row in rows if len(row) > 1]
            fits = [all(c in ("-", bit) for c, bit in zip(p, ones, strict=True)) for p in patterns]
            matched = any(fits) if ones else bool(rows)
            result = rows[0][-1] if rows else "1"
            value[names[-1]] = int(result) if matched else 1 - int(result)
        out.append([value[name] for name in lists(".outputs")])
        state = {latch[1]: value[latch[0]] for latch in latches}
    return np.array(out, np.uint8)


def run_verilog(text: str, bits: Bits) -> Bits:
    """Evaluate the module of gates that the exporter writes, one assignment after the other, as Python."""
    module = text.partition("endmodule")[0]
    assigns = re.findall(r"(?:wire|assign) (\w+(?:\[\d+\])?) = (.*);", module)
    after = re.findall(r"r\[(\d+)\] <= (.*);", module)
    start = re.search(r"initial r = \d+'b([01]+);", module)
    n_outputs = len([left for left, _ in assigns if left.startswith("y[")])

    def python(expression: str) -> str:
        expression = expression.replace("1'b", "").replace("~", "1 ^ ")
        return re.sub(r"\b([xry])\[(\d+)\]|\b(n\d+)", lambda m: f"v['{m.group()}']", expression)

    def compiled(expression: str) -> Callable[[dict[str, int]], int]:
        # In Python & binds tighter than ^, so that 1 ^ a must stand in brackets.
        bracketed = re.sub(r"1 \^ (v\['[^']*'\]|\([^()]*\))", r"(1 ^ \1)", python(expression))
        code = compile(bracketed, "verilog", "eval")
        return lambda v: int(eval(code, {"v": v}))

    steps = [(left, compiled(right)) for left, right in assigns]
    nexts = [(f"r[{i}]", compiled(right)) for i, right in after]
    state = {f"r[{i}]": int(bit) for i, bit in enumerate(start[1][::-1])} if start else {}
    out = []
    for frame in bits.tolist():
        value = {f"x[{i}]": bit for i, bit in enumerate(frame)} | state
        for left, function in steps:
            value[left] = function(value)
        out.append([value[f"y[{i}]"] for i in range(n_outputs)])
        state = {name: function(value) for name, function in nexts}
    return np.array(out, np.uint8)

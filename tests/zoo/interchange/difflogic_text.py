"""C in the form that difflogic's CompiledLogicNet gives to a network, put together for tests."""

from __future__ import annotations

import itertools
import math

import numpy as np

from zoo.circuit import Circuit

TYPES = {8: "char", 16: "short", 32: "int", 64: "long long"}
ZERO = {8: "(char) 0", 16: "(short) 0", 32: "0", 64: "0LL"}

EXPRESSIONS = [
    "{zero}", "{a} & {b}", "{a} & ~{b}", "{a}", "{b} & ~{a}", "{b}", "{a} ^ {b}", "{a} | {b}",
    "~({a} | {b})", "~({a} ^ {b})", "~{b}", "~{b} | {a}", "~{a}", "~{a} | {b}", "~({a} & {b})", "~{zero}",
]  # fmt: skip


def layered(seed: int, widths: tuple[int, ...]) -> Circuit:
    """Layers of random gates; the first width is that of the inputs."""
    rng = np.random.default_rng(seed)
    op, a, b, first = [], [], [], 0
    for before, width in itertools.pairwise(widths):
        op.append(rng.integers(0, 16, width))
        a.append(first + rng.integers(0, before, width))
        b.append(first + rng.integers(0, before, width))
        first += before
    outputs = np.arange(first, first + widths[-1])
    return Circuit(widths[0], *map(np.concatenate, (op, a, b)), outputs)  # type: ignore[arg-type]


def difflogic_c(circuit: Circuit, widths: tuple[int, ...], classes: int, bits: int) -> str:
    """The two functions for a circuit of `layered`."""
    word, n_inputs, n_outputs = TYPES[bits], widths[0], widths[-1]
    nodes = [f"inp[{i}]" for i in range(n_inputs)] + [f"v{i}" for i in range(circuit.n_gates)]
    statements = []
    for i, (op, a, b) in enumerate(zip(circuit.op, circuit.a, circuit.b, strict=True)):
        text = EXPRESSIONS[op].format(a=nodes[a], b=nodes[b], zero=ZERO[bits])
        text = f"({word}) ({text})" if bits < 32 else text
        last = i - (circuit.n_gates - n_outputs)
        statements.append(f"\tout[{last}] = {text};" if last >= 0 else f"\tconst {word} v{i} = {text};")
    count = math.ceil(math.log2(n_outputs / classes + 1))
    lines = [
        "#include <stddef.h>", "#include <stdlib.h>", "#include <stdbool.h>", "",
        f"void logic_gate_net({word} const *inp, {word} *out) {{", *statements, "}", "",
        "void apply_logic_gate_net (bool const *inp, int *out, size_t len) {",
        f"    {word} *inp_temp = malloc({n_inputs}*sizeof({word}));",
        f"    {word} *out_temp = malloc({n_outputs}*sizeof({word}));",
        f"    {word} *out_temp_o = malloc({count}*sizeof({word}));",
        "    for(size_t i = 0; i < len; ++i) {",
        f"        for(size_t c = 0; c < {classes}; ++c) {{  // for each class",
        "        }", "    }", "}", "",
    ]  # fmt: skip
    return "\n".join(lines)

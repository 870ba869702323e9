"""Circuits in Faust's own language: every gate a signal of 0 or 1, every register a delay of one sample."""

from __future__ import annotations

from exporters.c.gates_flat import frame_code
from exporters.c.names import ExportError
from exporters.gatesfile.program import run_program
from exporters.hosts.host import Wrapped
from exporters.passes import THUMB, optimise
from zoo.circuit import Circuit
from zoo.frontends import CounterBits, PcmBits
from zoo.heads import PositionalSample

GATES = {
    0: "0",
    1: "{a} & {b}",
    2: "{a} & (1 - {b})",
    4: "(1 - {a}) & {b}",
    6: "xor({a}, {b})",
    7: "{a} | {b}",
    8: "1 - ({a} | {b})",
    9: "1 - xor({a}, {b})",
    11: "{a} | (1 - {b})",
    12: "1 - {a}",
    13: "(1 - {a}) | {b}",
    14: "1 - ({a} & {b})",
    15: "1",
}


def faust_text(wrapped: Wrapped) -> str:
    """The `.dsp` of a model that gives a sample a sample.

    Raises:
        ExportError: It answers once in many samples, or its registers hear themselves.
    """
    model = wrapped.model
    fe, circuit = model.frontend, optimise(model.circuit)
    if not isinstance(model.head, PositionalSample) or not isinstance(fe, (CounterBits, PcmBits)):
        raise ExportError(
            f"{model.id}: it answers every {model.hop} samples, and Faust would run all its gates at every "
            "sample. Export it for another host: --to pd, supercollider, csound, bela or cpp"
        )
    if run_program(circuit).loops:
        raise ExportError(f"{model.id}: its registers hear themselves. Export it for another host: --to pd")
    gates = "\n".join(f"    {line}" for line in [*_inputs(fe), *_circuit(circuit)])
    bits = " + ".join(f"({_node(circuit, n)} << {15 - k})" for k, n in enumerate(circuit.outputs.tolist()))
    head = _head(wrapped)
    if isinstance(fe, CounterBits):
        start, process = (
            _COUNTER.format(rate=model.rate, mask=(1 << fe.width) - 1),
            "process = model(t) * enabled;",
        )
    else:
        start, process = _HEARS, "process = model;"
    argument = "t" if isinstance(fe, CounterBits) else "x"
    body = f"model({argument}) = (sample - 32768) / 32768.0 with {{\n{gates}\n    sample = {bits};\n}};\n"
    return f"{head}{start}\n{body}\n{process}\n"


def has_foreign(wrapped: Wrapped) -> bool:
    """Whether a function of t alone can be the model: it keeps nothing, and t is one word of bits."""
    fe, circuit = wrapped.model.frontend, wrapped.model.circuit
    return isinstance(fe, CounterBits) and fe.n_bits <= 32 and not circuit.n_registers


def foreign_header(wrapped: Wrapped) -> dict[str, str]:
    """A tune as one C function from t to the sample, and the Faust program that calls it."""
    model, name = wrapped.model, wrapped.name
    fe = model.frontend
    assert isinstance(fe, CounterBits)
    circuit = optimise(model.circuit, THUMB)
    code = frame_code(circuit, "$name_flat", "static ").replace("$NAME", name.upper()).replace("$name", name)
    gray = f" | ((uint32_t)t ^ (uint32_t)t >> 1) << {fe.width}" if fe.gray else ""
    head = _head(wrapped)
    bits = " | ".join(f"(out[0] >> {k} & 1u) << {15 - k}" for k in range(circuit.n_outputs))
    header = _FOREIGN.format(name=name, NAME=name.upper(), code=code, bits=bits, gray=gray)
    counter = _COUNTER.format(rate=model.rate, mask=(1 << fe.width) - 1)
    call = f'model = ffunction(int {name}_sample(int), "{name}_ffunction.h", "");\n'
    program = f"{head}{counter}\n{call}\nprocess = (model(t) - 32768) / 32768.0 * enabled;\n"
    return {f"{name}_ffunction.h": header, f"{name}_ffunction.dsp": program}


def _head(wrapped: Wrapped) -> str:
    """What Faust's tools say about the program, `info` in other hosts."""
    config, digest = wrapped.model.config, wrapped.model.circuit.digest()
    return _HEAD.format(
        name=wrapped.name, id=config.id, licence=config.licence, summary=config.summary, digest=digest
    )


def _inputs(fe: CounterBits | PcmBits) -> list[str]:
    if isinstance(fe, CounterBits):
        lines = [f"n{k} = (t >> {k}) & 1;" for k in range(fe.width)]
        if fe.gray:
            lines += [f"n{fe.width + k} = xor(t >> {k}, t >> {k + 1}) & 1;" for k in range(fe.width)]
        return lines
    lines = [f"code = (heard(x) + 32768) >> {16 - fe.width};"]
    if fe.code == "gray":
        lines = [f"plain = (heard(x) + 32768) >> {16 - fe.width};", "code = xor(plain, plain >> 1);"]
    silence = 32_768 >> (16 - fe.width)
    silence ^= silence >> 1 if fe.code == "gray" else 0
    for tap in range(fe.taps):
        late = "code" if not tap else f"(xor(code, {silence}) @ {tap})"
        value = late if not tap else f"xor({late}, {silence})"
        for b in range(fe.width):
            lines.append(f"n{tap * fe.width + b} = ({value} >> {fe.width - 1 - b}) & 1;")
    return lines


def _circuit(circuit: Circuit) -> list[str]:
    """Registers and gates; an order is not needed, since Faust sees definitions and not steps."""
    first = circuit.n_inputs + circuit.n_registers
    lines = []
    for r, (following, init) in enumerate(
        zip(circuit.register_next.tolist(), circuit.register_init.tolist(), strict=True)
    ):
        node, after = _node(circuit, circuit.n_inputs + r), _node(circuit, following)
        lines.append(f"{node} = 1 - ((1 - {after})');" if init else f"{node} = {after}';")
    for g, (op, a, b) in enumerate(
        zip(circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist(), strict=True)
    ):
        gate = GATES[op].format(a=_node(circuit, a), b=_node(circuit, b))
        lines.append(f"{_node(circuit, first + g)} = {gate};")
    return lines


def _node(circuit: Circuit, node: int) -> str:
    del circuit
    return f"n{node}"


_HEAD = """\
declare name "{name}";
declare description "{summary}";
declare author "{id}";
declare license "{licence}";
declare digest "{digest}";

// Generated by difflogic-zoo: change the model, not this file.

"""

_COUNTER = """\
SR = min(192000.0, max(1.0, fconstant(int fSamplingFreq, <math.h>)));
rate = hslider("rate [unit:Hz]", {rate}, 1000, 48000, 1);
offset = nentry("offset", 0, 0, {mask}, 1);
enabled = int(nentry("enable", 1, 0, 1, 1)); // 0 pauses the tune and gives silence
run = 1 - int(button("reset"));

// Time in samples of the tune, by whole numbers alone: at a rate of SR, one a sample.
step = int(rate * 65536.0 / SR + 0.5) * enabled;
parts = ((_ & 65535) + step) * run ~ _;
counted = ((_ + (parts >> 16)) & {mask}) * run ~ _;
t = (counted' + offset) & {mask};
"""

_HEARS = """\
// As a 16-bit file has it: the nearest whole number, ties to even.
heard(x) = int(max(-32768.0, min(32767.0, rint(x * 32768.0))));
"""

_FOREIGN = """\
/* Sample t of the tune, 0 to 65535. Generated by difflogic-zoo: change the model, not this file. */

#ifndef {NAME}_FFUNCTION_H
#define {NAME}_FFUNCTION_H

#include <stdint.h>

#define {NAME}_NOINLINE
#define {NAME}_RESTRICT

{code}
static inline int {name}_sample(int t)
{{
    uint32_t in[2] = {{(uint32_t)t{gray}, 0}}, out[1] = {{0}};
    {name}_flat(0, in, out);
    return (int)({bits});
}}

#endif
"""

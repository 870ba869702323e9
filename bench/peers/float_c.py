"""A network in plain float C, written so that a compiler can vectorise it: no library, no intrinsics.

    void peer_init(void);
    void peer_hop(const float *features, float *logit);       as many as the network gives
    void peer_run(const float *features, uint32_t frames, float *logits);

Weights lie in blocks of sixteen outputs, input after input, so that sums need no adding across a vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.peers.nets import Dense, Float, Gru, Net

ROWS = 16
ALIGNED = "__attribute__((aligned(16)))"

HEAD = """\
#include <stdint.h>

#define ROWS 16

typedef float float4 __attribute__((vector_size(16), aligned(16), may_alias)); /* of GCC and clang */

"""

DENSE = """\
__attribute__((noinline))
static void dense(const float *w, const float *bias, const float *x, int inputs, int outputs, float *y)
{
    for (int row = 0; row < outputs; row += ROWS) {
        const float4 *b = (const float4 *)(bias + row);
        float4 s0 = b[0], s1 = b[1], s2 = b[2], s3 = b[3], *out = (float4 *)(y + row);
#pragma GCC unroll 4
        for (int i = 0; i < inputs; i++, w += ROWS) {
            const float4 *column = (const float4 *)w;
            s0 += column[0] * x[i];
            s1 += column[1] * x[i];
            s2 += column[2] * x[i];
            s3 += column[3] * x[i];
        }
        out[0] = s0, out[1] = s1, out[2] = s2, out[3] = s3;
    }
}

static void rectify(float *y, int n)
{
    for (int k = 0; k < n; k++)
        y[k] = y[k] > 0.0f ? y[k] : 0.0f;
}

static float dot(const float *w, const float *x, int n)
{
    float sum = 0.0f;
    for (int i = 0; i < n; i++)
        sum += w[i] * x[i];
    return sum;
}

"""

SIGMOID = """\
typedef int32_t int4 __attribute__((vector_size(16), aligned(16), may_alias));

/* Four logistic functions: 2^t as a power of two times a polynomial, the reciprocal by Newton's steps. */
static float4 sigmoid(float4 x)
{
    const float4 highest = {60.0f, 60.0f, 60.0f, 60.0f}, lowest = -highest;
    float4 t = x * -1.44269504f, fraction, power, d, r;
    int4 high = t > highest, low = t < lowest, whole;
    t = (float4)(((int4)t & ~(high | low)) | ((int4)highest & high) | ((int4)lowest & low));
    whole = __builtin_convertvector(t + 64.0f, int4);
    fraction = t + 64.0f - __builtin_convertvector(whole, float4);
    power = 1.0f + fraction * (0.69314718f + fraction * (0.24022651f + fraction * (0.05550411f
          + fraction * (0.00961813f + fraction * (0.00133336f + fraction * 0.00015469f)))));
    d = 1.0f + (float4)((int4)power + (whole - 64) * 8388608);
    r = (float4)(0x7EF311C7 - (int4)d);
    r *= 2.0f - d * r;
    r *= 2.0f - d * r;
    r *= 2.0f - d * r;
    return r;
}

"""

RUN = """
void peer_run(const float *features, uint32_t frames, float *logits)
{
    peer_init();
    for (; frames; frames--, features += %d, logits += %d)
        peer_hop(features, logits);
}
"""


def float_source(net: Net) -> str:
    """The file's text; mean and deviation of the features are folded into the first layer."""
    net = net.folded()
    body = _gru(net.gru, net.layers[0]) if net.gru is not None else _chain(net.layers)
    return HEAD + DENSE + body + RUN % (net.inputs, net.outputs)


def blocked(weight: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(outputs, inputs) -> (outputs / 16 rounded up, inputs, 16), zeros where there is no output."""
    rows = -(-len(weight) // ROWS)
    padded = np.zeros((rows * ROWS, weight.shape[1]), weight.dtype)
    padded[: len(weight)] = weight
    return padded.reshape(rows, ROWS, -1).transpose(0, 2, 1)


def padded_rows(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(n,) with zeros up to a multiple of 16."""
    return np.pad(values, (0, -len(values) % ROWS))


def array(kind: str, name: str, numbers: Sequence[str]) -> str:
    """C of a constant array."""
    lines = [", ".join(numbers[k : k + 8]) for k in range(0, len(numbers), 8)]
    text = ",\n    ".join(lines)
    return f"static const {kind} {name}[{len(numbers)}] {ALIGNED} = {{\n    {text}\n}};\n\n"


def _array(name: str, values: Float) -> str:
    return array("float", name, [float(x).hex() + "f" for x in values.ravel()])


def _gru(gru: Gru, out: Dense) -> str:
    n = gru.hidden
    text = _array("input_weight", blocked(gru.input_weight)) + _array("input_bias", gru.input_bias)
    text += _array("state_weight", blocked(gru.state_weight)) + _array("state_bias", gru.state_bias)
    constants, answer = _answer(out, "out", "state")
    text += constants + SIGMOID
    return (
        text
        + f"""\
static float state[{n}] __attribute__((aligned(16)));

void peer_init(void)
{{
    for (int k = 0; k < {n}; k++)
        state[k] = 0.0f;
}}

void peer_hop(const float *features, float *logit)
{{
    static float from_input[{3 * n}] __attribute__((aligned(16)));
    static float from_state[{3 * n}] __attribute__((aligned(16)));
    dense(input_weight, input_bias, features, {gru.inputs}, {3 * n}, from_input);
    dense(state_weight, state_bias, state, {n}, {3 * n}, from_state);
    for (int k = 0; k < {2 * n}; k += 4)
        *(float4 *)(from_input + k) = sigmoid(*(float4 *)(from_input + k) + *(float4 *)(from_state + k));
    for (int k = 0; k < {n}; k += 4) {{
        float4 reset = *(float4 *)(from_input + k), update = *(float4 *)(from_input + {n} + k);
        float4 sum = *(float4 *)(from_input + {2 * n} + k) + reset * *(float4 *)(from_state + {2 * n} + k);
        float4 fresh = 2.0f * sigmoid(2.0f * sum) - 1.0f, *old = (float4 *)(state + k);
        *old = fresh + update * (*old - fresh);
    }}
{answer}}}
"""
    )


def _chain(layers: tuple[Dense, ...]) -> str:
    text, body = "static uint32_t frame;\n\nvoid peer_init(void) { frame = 0; }\n\n", ""
    given = "features"
    for k, layer in enumerate(layers):
        last = k == len(layers) - 1
        if not last:
            text += _array(f"w{k}", blocked(layer.weight)) + _array(f"b{k}", padded_rows(layer.bias))
            text += f"static float y{k}[{-(-layer.outputs // ROWS) * ROWS}] {ALIGNED};\n"
        if layer.taps > 1:
            body += gather(k, layer, given, "float")
            text += f"static float past{k}[{layer.history}][{layer.inputs}], "
            text += f"x{k}[{layer.taps * layer.inputs}];\n\n"
            given = f"x{k}"
        inputs = layer.taps * layer.inputs
        if last:
            constants, answer = _answer(layer, f"w{k}", given)
            text, body = text + constants, body + answer
        else:
            rows = -(-layer.outputs // ROWS) * ROWS
            body += f"    dense(w{k}, b{k}, {given}, {inputs}, {rows}, y{k});\n    rectify(y{k}, {rows});\n"
            given = f"y{k}"
    return text + f"void peer_hop(const float *features, float *logit)\n{{\n{body}    frame++;\n}}\n"


def _answer(layer: Dense, name: str, given: str) -> tuple[str, str]:
    """C of the last layer: its constants, and the statements that write what it answers to `logit`."""
    inputs = layer.weight.shape[1]
    if layer.outputs == 1:
        bias = float(layer.bias[0]).hex()
        return _array(name, layer.weight), f"    *logit = {bias}f + dot({name}, {given}, {inputs});\n"
    rows = -(-layer.outputs // ROWS) * ROWS
    text = _array(name, blocked(layer.weight)) + _array(f"{name}_bias", padded_rows(layer.bias))
    text += f"static float {name}_answer[{rows}] {ALIGNED};\n\n"
    return text, (
        f"    dense({name}, {name}_bias, {given}, {inputs}, {rows}, {name}_answer);\n"
        f"    for (int k = 0; k < {layer.outputs}; k++)\n        logit[k] = {name}_answer[k];\n"
    )


def gather(k: int, layer: Any, given: str, kind: str) -> str:
    """C that keeps the newest frame and lays the frames that layer `k` looks at side by side in `x<k>`.

    Before the first frame its copy stands.
    """
    n, history = layer.inputs, layer.history
    return f"""\
    for (uint32_t t = frame ? {history - 1} : 0; t < {history}; t++) {{
        {kind} *kept = past{k}[(frame + t) % {history}];
        for (int i = 0; i < {n}; i++)
            kept[i] = {given}[i];
    }}
    for (uint32_t tap = 0; tap < {layer.taps}; tap++) {{
        const {kind} *kept = past{k}[(frame + tap * {layer.dilation}) % {history}];
        for (int i = 0; i < {n}; i++)
            x{k}[tap * {n} + i] = kept[i];
    }}
"""

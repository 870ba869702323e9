"""A quantised network in plain C: int8 products in pairs, int32 sums, tables for sigmoid and tanh.

    void peer_init(void);
    void peer_hop(const int8_t *features, int32_t *score);
    void peer_run(const int8_t *features, uint32_t frames, int32_t *scores);

Weights lie in blocks of sixteen outputs, input after input; two products of 127 fit 16 bits.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from bench.peers.float_c import ALIGNED, ROWS, array, blocked, gather, padded_rows
from bench.peers.int8 import (
    GATE_BITS,
    LIMIT,
    SIGMOID_SHIFT,
    STATE_SHIFT,
    TABLE,
    TANH_SHIFT,
    Int8Dense,
    Int8Gru,
    Int8Net,
    Sums,
    sigmoid_table,
    tanh_table,
)

HEAD = """\
#include <stdint.h>

#define ROWS 16

typedef int8_t char8 __attribute__((vector_size(8), aligned(8), may_alias)); /* of GCC and clang */
typedef int16_t short8 __attribute__((vector_size(16)));
typedef int32_t int4 __attribute__((vector_size(16), aligned(16), may_alias));

/* Two inputs times eight weights each. */
static short8 products(const int8_t *w, char8 x0, char8 x1)
{
    return __builtin_convertvector(*(const char8 *)w, short8) * __builtin_convertvector(x0, short8)
         + __builtin_convertvector(*(const char8 *)(w + ROWS), short8) * __builtin_convertvector(x1, short8);
}

#define LOW(p) __builtin_convertvector(__builtin_shufflevector(p, p, 0, 1, 2, 3), int4)
#define HIGH(p) __builtin_convertvector(__builtin_shufflevector(p, p, 4, 5, 6, 7), int4)

/* Scaled sums of an even number of inputs. */
__attribute__((noinline))
static void dense(const int8_t *w, const int32_t *bias, const int32_t *multiplier, int shift,
                  const int8_t *x, int inputs, int outputs, int32_t *y)
{
    for (int row = 0; row < outputs; row += ROWS) {
        const int4 *b = (const int4 *)(bias + row), *m = (const int4 *)(multiplier + row);
        int4 s0 = b[0], s1 = b[1], s2 = b[2], s3 = b[3], *out = (int4 *)(y + row);
#pragma GCC unroll 4
        for (int i = 0; i < inputs; i += 2, w += 2 * ROWS) {
            char8 x0 = (char8){0} + x[i], x1 = (char8){0} + x[i + 1];
            short8 p = products(w, x0, x1), q = products(w + 8, x0, x1);
            s0 += LOW(p), s1 += HIGH(p), s2 += LOW(q), s3 += HIGH(q);
        }
        out[0] = (s0 * m[0] + (1 << (shift - 1))) >> shift;
        out[1] = (s1 * m[1] + (1 << (shift - 1))) >> shift;
        out[2] = (s2 * m[2] + (1 << (shift - 1))) >> shift;
        out[3] = (s3 * m[3] + (1 << (shift - 1))) >> shift;
    }
}

static int32_t within(int32_t x, int32_t low, int32_t high)
{
    return x < low ? low : x > high ? high : x;
}

"""

RUN = """
void peer_run(const int8_t *features, uint32_t frames, int32_t *scores)
{
    peer_init();
    for (; frames; frames--, features += %d)
        peer_hop(features, scores++);
}
"""


def int8_source(net: Int8Net) -> str:
    """The file's text."""
    body = _gru(net.gru, net.layers[0]) if net.gru is not None else _chain(net.layers)
    return HEAD + body + RUN % net.inputs


def _array(kind: str, name: str, values: npt.NDArray[Any]) -> str:
    return array(kind, name, [str(x) for x in values.ravel().tolist()])


def _constants(name: str, sums: Sums) -> str:
    return (
        _array("int8_t", f"{name}_weight", blocked(sums.weight))
        + _array("int32_t", f"{name}_bias", padded_rows(sums.bias))
        + _array("int32_t", f"{name}_multiplier", padded_rows(sums.multiplier))
    )


def _call(name: str, sums: Sums, x: str, y: str) -> str:
    rows = -(-len(sums.weight) // ROWS) * ROWS
    constants = f"{name}_weight, {name}_bias, {name}_multiplier, {sums.shift}"
    return f"    dense({constants}, {x}, {sums.weight.shape[1]}, {rows}, {y});\n"


def _score(name: str, layer: Int8Dense, x: str) -> str:
    """The last layer has one row, whose products are added one after the other."""
    sums, n = layer.sums, layer.sums.weight.shape[1]
    scaled = f"(sum * {int(sums.multiplier[0])} + {1 << (sums.shift - 1)}) >> {sums.shift}"
    return f"""\
    int32_t sum = {int(sums.bias[0])};
    for (int i = 0; i < {n}; i++)
        sum += {name}_weight[i] * {x}[i];
    *score = within({scaled}, {layer.low}, {layer.high});
"""


def _gru(gru: Int8Gru, out: Int8Dense) -> str:
    n = gru.hidden
    text = _constants("input", gru.of_input) + _constants("state", gru.of_state)
    text += _array("int8_t", "out_weight", out.sums.weight)
    text += _array("int16_t", "sigmoid", sigmoid_table()) + _array("int16_t", "tanh_", tanh_table())
    return (
        text
        + f"""\
static int32_t state[{n}];
static int8_t seen[{n}] {ALIGNED};

void peer_init(void)
{{
    for (int k = 0; k < {n}; k++)
        state[k] = seen[k] = 0;
}}

static int32_t gate(int32_t sum)
{{
    return sigmoid[within((sum >> {SIGMOID_SHIFT}) + {TABLE // 2}, 0, {TABLE - 1})];
}}

void peer_hop(const int8_t *features, int32_t *score)
{{
    static int32_t i[{3 * n}] {ALIGNED}, s[{3 * n}] {ALIGNED};
{_call("input", gru.of_input, "features", "i")}{_call("state", gru.of_state, "seen", "s")}\
    for (int k = 0; k < {n}; k++) {{
        int32_t reset = gate(i[k] + s[k]), update = gate(i[{n} + k] + s[{n} + k]);
        int32_t inner = i[{2 * n} + k] + ((reset * s[{2 * n} + k]) >> {GATE_BITS});
        int32_t fresh = tanh_[within((inner >> {TANH_SHIFT}) + {TABLE // 2}, 0, {TABLE - 1})];
        state[k] = fresh + ((update * (state[k] - fresh)) >> {GATE_BITS});
        seen[k] = within((state[k] + {1 << (STATE_SHIFT - 1)}) >> {STATE_SHIFT}, {-LIMIT}, {LIMIT});
    }}
{_score("out", out, "seen")}}}
"""
    )


def _chain(layers: tuple[Int8Dense, ...]) -> str:
    text, body = "static uint32_t frame;\n\nvoid peer_init(void) { frame = 0; }\n\n", ""
    given = "features"
    for k, layer in enumerate(layers):
        last, rows = k == len(layers) - 1, -(-len(layer.sums.weight) // ROWS) * ROWS
        if last:
            text += _array("int8_t", f"w{k}_weight", layer.sums.weight)
        else:
            text += _constants(f"w{k}", layer.sums)
            text += f"static int32_t sums{k}[{rows}] {ALIGNED};\nstatic int8_t y{k}[{rows}] {ALIGNED};\n"
        if layer.taps > 1:
            body += gather(k, layer, given, "int8_t")
            text += f"static int8_t past{k}[{layer.history}][{layer.inputs}], "
            text += f"x{k}[{layer.taps * layer.inputs}];\n\n"
            given = f"x{k}"
        if last:
            body += _score(f"w{k}", layer, given)
        else:
            body += _call(f"w{k}", layer.sums, given, f"sums{k}")
            body += f"    for (int k = 0; k < {rows}; k++)\n"
            body += f"        y{k}[k] = within(sums{k}[k], {layer.low}, {layer.high});\n"
            given = f"y{k}"
    return text + f"void peer_hop(const int8_t *features, int32_t *score)\n{{\n{body}    frame++;\n}}\n"

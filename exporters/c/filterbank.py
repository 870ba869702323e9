"""The shift filterbank in C: filter stages in passes that fit the registers, integer log2, thermometer."""

from __future__ import annotations

from exporters.c.part import Part, indented
from exporters.c.thermometer import thermometer_code
from zoo.frontends import ShiftFilterbank
from zoo.frontends.filterbank import INPUT_SHIFT

# A stage keeps two values (low pass, sum) in registers; ARM has 13 or 14 for everything.
STAGES_A_PASS = 3
LONG, BLOCK = 64, 8  # a running maximum over more hops than this goes by blocks of so many

STAGE = """\
/* One stage: the low pass takes a step, what it removed adds to the sum, and the rest goes on. */
static int32_t $name_stage(int32_t x, int32_t *low, int32_t *sum, int shift)
{
    int32_t band = x - *low, step = band >> shift;
    *low += step;
    band -= step;
    *sum += band < 0 ? -band : band;
    return *low;
}

"""

LOG2 = """\
/* 16 log2(v) with the mantissa cut to 4 bits; v is 1 to 2^28 - 1. */
static int32_t $name_log2(uint32_t v)
{
#if defined(__GNUC__)
    int32_t e = 31 - (int32_t)__builtin_clz(v);
#else
    int32_t e = 0;
    while (v >> e > 1)
        e++;
#endif
    return (e << 4) + (int32_t)(((v << 4) >> e) & 15u);
}

"""


def filterbank_part(fe: ShiftFilterbank) -> Part:
    """`$name_features` and `$name_encode` of a shift filterbank, and their state."""
    depth = max((*fe.lags, *fe.peaks), default=0)
    row = (2 * depth - 1).bit_length()  # a band's row is a power of two long: its address is a shift
    fields = [f"int32_t low[{fe.n_bands}]; /* low passes */"]
    init = [f"for (i = 0; i < {fe.n_bands}; i++)", "    s->low[i] = 0;"]
    if depth:
        fields += [
            f"uint16_t history[{fe.n_bands << row}]; /* of each band the last {depth} logs, a ring, twice */",
            "uint32_t hop; /* where in the ring this hop goes */",
        ]
        init += ["s->hop = 0;", f"for (i = 0; i < {fe.n_bands << row}; i++)"]
        init += [f"    s->history[i] = {fe.silence};"]
    if _in_blocks(fe):
        fields.append(f"uint16_t blocks[{fe.n_bands << row}]; /* of the largest of {BLOCK} logs, likewise */")
        init += [f"for (i = 0; i < {fe.n_bands << row}; i++)", f"    s->blocks[i] = {fe.silence};"]
    body = ["int32_t n, x;", *_passes(fe)]
    if fe.n_bands > STAGES_A_PASS:
        body.insert(1, "int32_t signal[$NAME_HOP]; /* what the stages so far let through */")
    if depth:
        body += _differences(fe, depth, row) + _fluxes(fe)
    body += _across(fe)
    code = (
        f"{STAGE}{LOG2}/* Logs of {fe.n_bands} bands, their differences to earlier hops, and fluxes. */\n"
        "void $name_features($name_state *s, const int16_t *samples, int32_t *features)\n"
        f"{{\n{indented(body)}}}\n\n{thermometer_code(fe)}"
    )
    return Part(fields, init, code)


def _passes(fe: ShiftFilterbank) -> list[str]:
    """All stages, so many a pass over the hop; one pass hands its low pass to the next through `signal`."""
    lines: list[str] = []
    for first in range(0, fe.n_bands, STAGES_A_PASS):
        stages = range(first, min(first + STAGES_A_PASS, fe.n_bands))
        source = f"(int32_t)((uint32_t)(int32_t)samples[n] << {INPUT_SHIFT})" if first == 0 else "signal[n]"
        lines.append("{")
        lines += [f"    int32_t low{k} = s->low[{k}], sum{k} = 0;" for k in stages]
        lines += ["    for (n = 0; n < $NAME_HOP; n++) {", f"        x = {source};"]
        lines += [f"        x = $name_stage(x, &low{k}, &sum{k}, {fe.shifts[k]});" for k in stages]
        if stages[-1] + 1 < fe.n_bands:
            lines.append("        signal[n] = x;")
        lines.append("    }")
        for k in stages:
            lines += [
                f"    s->low[{k}] = low{k};",
                f"    features[{k}] = $name_log2((uint32_t)(sum{k} >> {INPUT_SHIFT}) + {fe.floor}u);",
            ]
        lines.append("}")
    return lines


def _in_blocks(fe: ShiftFilterbank) -> bool:
    """Whether a window is so long that maxima of blocks are worth a ring."""
    return max(fe.peaks, default=0) > LONG


def _differences(fe: ShiftFilterbank, depth: int, row: int) -> list[str]:
    """For each band its differences to earlier values and to running maxima; then the ring moves on.

    Every value stands in the ring twice, `depth` apart, so the last `depth` of them always stand in a row.
    Long windows are read in blocks, whose maxima stand in a ring of their own.
    """
    bands = fe.n_bands
    lines = [
        f"for (n = 0; n < {bands}; n++) {{",
        f"    uint16_t *ring = s->history + (n << {row});",
        f"    const uint16_t *then = ring + s->hop + {depth}; /* then[-j] is the value j hops ago */",
        f"    int32_t now = features[n], *out = features + {bands} + n;",
    ]
    lines += [f"    out[{i * bands}] = now - then[-{lag}];" for i, lag in enumerate(fe.lags)]
    blocks = _in_blocks(fe)
    if blocks:
        lines += [
            f"    uint16_t *maxima = s->blocks + (n << {row});",
            f"    const uint16_t *block = maxima + s->hop + {depth}; /* of then[-j], then[-j - 1] ... */",
            "    int32_t last = now;",
        ]
    if fe.peaks:
        lines += ["    int32_t j = 1, most = 0;"]
    seen = 0
    for window, i in sorted((window, i) for i, window in enumerate(fe.peaks, len(fe.lags))):
        if blocks and window - seen >= BLOCK:
            lines.append(f"    for (; j <= {window - BLOCK + 1}; j += {BLOCK})")
            lines.append("        most = block[-j] > most ? block[-j] : most;")
        if window > seen:
            lines += [f"    for (; j <= {window}; j++)", "        most = then[-j] > most ? then[-j] : most;"]
            seen = window
        lines.append(f"    out[{i * bands}] = now - most;")
    if blocks:
        lines += [f"    for (j = 1; j < {BLOCK}; j++)", "        last = then[-j] > last ? then[-j] : last;"]
        lines.append(f"    maxima[s->hop] = maxima[s->hop + {depth}] = (uint16_t)last;")
    lines += [f"    ring[s->hop] = ring[s->hop + {depth}] = (uint16_t)now;", "}"]
    lines.append(f"s->hop = s->hop == {depth - 1} ? 0 : s->hop + 1;")
    return lines


def _fluxes(fe: ShiftFilterbank) -> list[str]:
    """Sums of positive differences over ranges of bands."""
    references = len(fe.lags) + len(fe.peaks)
    if not fe.flux:
        return []
    lines = ["{", f"    const int32_t *difference = features + {fe.n_bands};"]
    lines += [
        f"    int32_t *flux = features + {fe.n_bands * (1 + references)}, r;",
        f"    for (r = 0; r < {references}; r++) {{",
    ]
    for low, high in fe.flux:
        lines += [
            f"        for (n = {low}, x = 0; n < {high}; n++)",
            "            x += difference[n] > 0 ? difference[n] : 0;",
            "        *flux++ = x;",
        ]
    return [*lines, f"        difference += {fe.n_bands};", "    }", "}"]


def _across(fe: ShiftFilterbank) -> list[str]:
    """Differences of bands to those some stages later."""
    at = fe.n_features - sum(fe.n_bands - span for span in fe.spans)
    lines = []
    for span in fe.spans:
        lines += [
            f"for (n = 0; n < {fe.n_bands - span}; n++)",
            f"    features[{at} + n] = features[n] - features[n + {span}];",
        ]
        at += fe.n_bands - span
    return lines

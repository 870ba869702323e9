"""The sign autocorrelation in C: signs in words, equal ones counted by XOR and popcount, sums over hops."""

from __future__ import annotations

from exporters.c.filterbank import LOG2
from exporters.c.part import Part, indented, table
from exporters.c.thermometer import thermometer_code
from zoo.frontends import SignAutocorrelation
from zoo.frontends.autocorrelation import WORD
from zoo.frontends.filterbank import INPUT_SHIFT

POPCOUNT = """\
/* Ones of x. */
static uint32_t $name_ones(uint32_t x)
{
    x -= (x >> 1) & 0x55555555u;
    x = (x & 0x33333333u) + ((x >> 2) & 0x33333333u);
    x = (x + (x >> 4)) & 0x0F0F0F0Fu;
    x += x >> 8;
    return (x + (x >> 16)) & 63u;
}

"""


def autocorrelation_part(fe: SignAutocorrelation) -> Part:
    """`$name_features` and `$name_encode` of a sign autocorrelation, and their state."""
    past, now, lags = fe.past_words, fe.hop // WORD, len(fe.lags)
    stages = len(fe.low) + 1
    fields = [
        f"int32_t low[{stages}]; /* low passes, the slow one last */",
        f"uint32_t signs[{past + now}]; /* of the past, then of this hop; bit i is the i-th sample's */",
        f"uint16_t sum[{lags}]; /* equal signs of the last {fe.hops} hops */",
        f"uint16_t count[{fe.hops}][{lags}]; /* of each of them, a ring */",
        "uint32_t hop; /* where in the ring this hop goes */",
    ]
    init = [
        "s->hop = 0;",
        f"for (i = 0; i < {stages}; i++)",
        "    s->low[i] = 0;",
        f"for (i = 0; i < {past + now}; i++)",
        "    s->signs[i] = 0;",
        f"for (i = 0; i < {lags}; i++)",
        f"    s->sum[i] = {fe.hops * fe.hop};",
        f"for (i = 0; i < {fe.hops * lags}; i++)",
        f"    s->count[i / {lags}][i % {lags}] = {fe.hop};",
    ]
    rows = table([str(lag) for lag in fe.lags], 16)
    code = (
        f"{LOG2}{POPCOUNT}static const uint16_t $name_lag[{lags}] = {{\n{rows}}};\n\n"
        "/* Equal signs at each lag over the last hops, and the log of the band's magnitude. */\n"
        "void $name_features($name_state *s, const int16_t *samples, int32_t *features)\n"
        f"{{\n{indented([*_signs(fe), *_counts(fe)])}}}\n\n{thermometer_code(fe)}"
    )
    return Part(fields, init, code)


def _signs(fe: SignAutocorrelation) -> list[str]:
    """The band's signs go behind those of the past; its magnitude becomes the last feature."""
    slow = len(fe.low)
    names = [*(f"low{k}" for k in range(slow)), "slow"]
    stages = [(f"low{k}", shift) for k, shift in enumerate(fe.low)]
    return [
        f"uint32_t *word = s->signs + {fe.past_words}, bits = 0;",
        "int32_t n, x, band, magnitude = 0;",
        *(f"int32_t {name} = s->low[{k}];" for k, name in enumerate(names)),
        "for (n = 0; n < $NAME_HOP; n++) {",
        f"    x = (int32_t)((uint32_t)(int32_t)samples[n] << {INPUT_SHIFT});",
        *(line for name, k in stages for line in (f"    {name} += (x - {name}) >> {k};", f"    x = {name};")),
        f"    slow += (x - slow) >> {fe.high};",
        "    band = x - slow;",
        "    magnitude += band < 0 ? -band : band;",
        "    bits |= (uint32_t)(band > 0) << (n & 31);",
        "    if ((n & 31) == 31) {",
        "        *word++ = bits;",
        "        bits = 0;",
        "    }",
        "}",
        *(f"s->low[{k}] = {name};" for k, name in enumerate(names)),
        f"features[{len(fe.lags)}] = $name_log2((uint32_t)(magnitude >> {INPUT_SHIFT}) + {fe.floor}u);",
    ]


def _counts(fe: SignAutocorrelation) -> list[str]:
    """Each lag's words are two neighbours shifted together; the ring gives what leaves the sum."""
    now, past, lags = fe.hop // WORD, fe.past_words, len(fe.lags)
    return [
        f"for (n = 0; n < {lags}; n++) {{",
        "    uint32_t lag = $name_lag[n], shift = lag & 31u, equal = $NAME_HOP, k;",
        f"    const uint32_t *here = s->signs + {past}, *then = here - (lag >> 5);",
        f"    for (k = 0; k < {now}; k++) {{",
        "        uint32_t earlier = then[k];",
        "        if (shift)",
        "            earlier = earlier << shift | then[(int32_t)k - 1] >> (32u - shift);",
        "        equal -= $name_ones(here[k] ^ earlier);",
        "    }",
        "    s->sum[n] = (uint16_t)(s->sum[n] + equal - s->count[s->hop][n]);",
        "    s->count[s->hop][n] = (uint16_t)equal;",
        "    features[n] = s->sum[n];",
        "}",
        f"s->hop = s->hop == {fe.hops - 1} ? 0 : s->hop + 1;",
        f"for (n = 0; n < {past}; n++)",
        f"    s->signs[n] = s->signs[n + {now}];",
    ]

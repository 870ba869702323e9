"""The oscillator bank in C: a wave a frame, two waves and noise a sample, every product a few adds."""

from __future__ import annotations

from exporters.c.part import Part, indented, table
from zoo.heads import OscillatorBank
from zoo.oscillators import CYCLE, DETAIL, FRACTION, NOISE_DETAIL, SEED, STEPS, sine_table

HALF, QUARTER = CYCLE // 2, CYCLE // 4
INDEX = 32 - (CYCLE - 1).bit_length()
PROTOTYPE = """
#define $NAME_CONTROLS @controls /* integers a frame that the oscillators play */

/*
 * Render one frame from controls: phase increment, gain, harmonics, noise bands. $name_head does it with what
 * the gates answer.
 */
void $name_render($name_state *s, const int32_t *controls, int32_t *samples);

/* The controls of a frame from what the gates answer. */
void $name_controls(const uint32_t *outputs, int32_t *controls);
"""

# $name_head counts each group where it lies, which is faster; this is for who wants the numbers too.
CONTROLS = """
void $name_controls(const uint32_t *outputs, int32_t *controls)
{
    uint32_t at, end = @pitch, k;
    controls[0] = 0;
    for (at = 0; at < end; at++)
        controls[0] += controls[0] + (int32_t)((outputs[at >> 5] >> (at & 31)) & 1u);
    for (k = 1; k < $NAME_CONTROLS; k++)
        for (controls[k] = 0, end += @group; at < end;) {
            uint32_t room = 32u - (at & 31), n = end - at < room ? end - at : room;
            uint32_t part = (outputs[at >> 5] >> (at & 31)) << (32u - n);
            controls[k] += (int32_t)$name_count(&part, 1);
            at += n;
        }
}
"""

# A level is (4 + its last two bits) << (its other bits), and full scale is the loudest.
COMMON = f"""\
static const int16_t $name_sine[{CYCLE}] = {{
@sine}};

/* x times n by doubling and adding; n is below 2^8. */
static int32_t $name_times(int32_t x, uint32_t n)
{{
    int32_t sum = 0;
    for (; n; n >>= 1) {{
        sum += x & -(int32_t)(n & 1u);
        x += x;
    }}
    return sum;
}}

/* x times 4 to 7. */
static int32_t $name_step(int32_t x, int32_t level)
{{
    int32_t twice = x + x;
    return twice + twice + (x & -(level & 1)) + (twice & -((level >> 1) & 1));
}}

/* Half a cycle of all harmonics from a quarter: odd ones mirror there, even ones turn over too. */
static void $name_wave(const int32_t *controls, int32_t *wave)
{{
    int32_t odd[{QUARTER + 1}], even[{QUARTER + 1}], reach = 0, h, p;
    for (p = 0; p <= {QUARTER}; p++)
        odd[p] = even[p] = 0;
    for (h = 1; h <= @harmonics; h++) {{
        int32_t level = controls[1] + controls[1 + h], shift = @shift - (level >> 2);
        int32_t *total = h & 1 ? odd : even;
        uint32_t at = 0;
        reach += controls[0];
        if (controls[1 + h] == 0 || level < @quiet || reach >= @nyquist)
            continue;
        for (p = 0; p <= {QUARTER}; p++) {{
            int32_t x = $name_step($name_sine[at], level);
            total[p] += (int32_t)((uint32_t)x << {DETAIL}) >> shift;
            at = (at + (uint32_t)h) & {CYCLE - 1}u;
        }}
    }}
    for (p = 0; p <= {QUARTER}; p++) {{
        wave[p] = (odd[p] + even[p]) >> {DETAIL};
        wave[{HALF} - p] = (odd[p] - even[p]) >> {DETAIL};
    }}
}}
"""


def oscillator_part(head: OscillatorBank, n_outputs: int, count: str, groups: list[str]) -> Part:
    """`$name_head`, `$name_render` and `$name_controls`.

    Args:
        head: The sizes.
        n_outputs: Of the circuit.
        count: C that counts the ones of words.
        groups: Statements that put the count of each group into `score`.
    """
    bank = head.bank
    shift = 2 + bank.top
    rows = table([str(value) for value in sine_table().tolist()], 16)
    common = COMMON.replace("@sine", rows).replace("@harmonics", str(bank.harmonics))
    common = common.replace("@shift", str(shift)).replace("@quiet", str(bank.quiet))
    common = common.replace("@nyquist", str(1 << (bank.pitch + 1)))
    fields = [
        f"int32_t wave[2][{HALF + 1}]; /* half a cycle of the last two frames */",
        "uint32_t last; /* which of them is the latest */",
        "uint32_t phase, noise;",
    ]
    init = [
        "s->last = 0;",
        "s->phase = 0;",
        f"s->noise = 0x{SEED:08X}u;",
        f"for (i = 0; i <= {HALF}; i++)",
        "    s->wave[0][i] = s->wave[1][i] = 0;",
    ]
    if bank.noise:
        fields += [
            f"int32_t level[2][{bank.noise}]; /* of the noise bands */",
            f"int32_t low_noise[{bank.noise}]; /* low passes */",
        ]
        init += [
            f"for (i = 0; i < {bank.noise}; i++)",
            "    s->level[0][i] = s->level[1][i] = s->low_noise[i] = 0;",
        ]
    controls = CONTROLS.replace("@pitch", str(head.pitch)).replace("@group", str(head.group))
    code = [
        f"{count}\n{common}\n",
        f"void $name_render($name_state *s, const int32_t *controls, int32_t *samples)\n{{\n"
        f"{indented(_render(head))}}}\n\n",
        "int32_t $name_head($name_state *s, const uint32_t *outputs, int32_t *score)\n{\n",
        f"{indented(_head(head, groups))}}}\n",
        controls,
    ]
    says = "Returns 0; the samples of the frame are in score."
    prototypes = PROTOTYPE.replace("@controls", str(bank.n_controls))
    return Part(fields, init, "".join(code), says, prototypes)


def _head(head: OscillatorBank, groups: list[str]) -> list[str]:
    """The outputs' controls, rendered: the pitch's bits stand first, the groups behind them."""
    n = head.pitch
    return [
        f"int32_t controls[{head.bank.n_controls}], *counts = controls + 1, i;",
        "controls[0] = 0;",
        f"for (i = 0; i < {n}; i++)",
        "    controls[0] += controls[0] + (int32_t)((outputs[i >> 5] >> (i & 31)) & 1u);",
        *(line.replace("score[", "counts[") for line in groups),
        "$name_render(s, controls, score);",
        "return 0;",
    ]


def _render(head: OscillatorBank) -> list[str]:
    """Waves, then samples."""
    bank, bits = head.bank, head.hop.bit_length() - 1
    mask = (1 << FRACTION) - 1
    noise = bank.noise
    levels = [
        f"for (i = 0; i < {noise}; i++) {{",
        f"    int32_t ones = controls[{2 + bank.harmonics} + i], sum = controls[1] + ones;",
        f"    s->level[s->last][i] = ones && sum >= {bank.quiet} ? sum : 0;",
        "}",
    ]
    return [
        "const int32_t *wave[2];",
        *(["const int32_t *level[2];"] if noise else []),
        "int32_t i, n;",
        "s->last ^= 1u;",
        "wave[0] = s->wave[s->last ^ 1u];",
        "wave[1] = s->wave[s->last];",
        "$name_wave(controls, s->wave[s->last]);",
        *(levels if noise else []),
        *(["level[0] = s->level[s->last ^ 1u];", "level[1] = s->level[s->last];"] if noise else []),
        f"for (n = 0; n < {head.hop}; n++) {{",
        "    int32_t both[2], sound;",
        "    uint32_t place, at, part, later;",
        *(["    int32_t rest, band, k;"] if noise else []),
        f"    s->phase += (uint32_t)controls[0] << {30 - bank.pitch};",
        "    /* The second half of a cycle is the first, backwards and turned over. */",
        "    later = s->phase >> 31;",
        "    place = later ? ~s->phase : s->phase;",
        f"    at = place >> {INDEX};",
        f"    part = (place >> {INDEX - FRACTION}) & {mask}u;",
        "    for (i = 0; i < 2; i++) {",
        "        int32_t here = wave[i][at];",
        f"        here += $name_times(wave[i][at + 1] - here, part) >> {FRACTION};",
        "        both[i] = later ? -here : here;",
        "    }",
        "    s->noise ^= s->noise << 13;",
        "    s->noise ^= s->noise >> 17;",
        "    s->noise ^= s->noise << 5;",
        *(_noise(head) if noise else []),
        f"    sound = both[0] + ($name_times(both[1] - both[0], (uint32_t)n) >> {bits});",
        "    samples[n] = sound > 32767 ? 32767 : sound < -32768 ? -32768 : sound;",
        "}",
    ]


def _noise(head: OscillatorBank) -> list[str]:
    """Bands of the noise, each at the levels of both frames."""
    bank = head.bank
    split = [
        f"        if (k < {bank.noise - 1}) {{",
        "            s->low_noise[k] += (rest - s->low_noise[k]) >> (k + 1);",
        "            band = rest - s->low_noise[k];",
        "            rest = s->low_noise[k];",
        "        }",
    ]
    return [
        f"    rest = (int32_t)(s->noise & 0xFFFF0000u) >> {16 - NOISE_DETAIL};",
        f"    for (k = 0; k < {bank.noise}; k++) {{",
        "        band = rest;",
        *(split if bank.noise > 1 else []),
        "        for (i = 0; i < 2; i++)",
        "            if (level[i][k])",
        f"                both[i] += $name_step(band, level[i][k]) >> ({2 + NOISE_DETAIL + bank.top} - "
        "(level[i][k] >> 2));",
        "    }",
    ]


assert STEPS == 4  # $name_step and the shifts by 2 are made for it

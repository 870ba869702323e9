"""Heads in C: popcounts of output words, and the onset head's state."""

from __future__ import annotations

from collections.abc import Callable

from exporters.c.oscillators import oscillator_part
from exporters.c.part import Part, indented, words
from zoo.heads import ControlValues, GroupSum, Head, OnsetScore, OscillatorBank, PositionalSample

# Three words share the adds from 4-bit fields upwards: 3 x 4 fits a nibble, and 1,365 triples fit a halfword.
COUNT = """\
/* Ones in the pairs, then the nibbles, of x: each nibble holds 0 to 4. */
static uint32_t $name_nibbles(uint32_t x)
{
    x -= (x >> 1) & 0x55555555u;
    return (x & 0x33333333u) + ((x >> 2) & 0x33333333u);
}

/* Ones in n words, n at most 4,095. */
static uint32_t $name_count(const uint32_t *w, uint32_t n)
{
    uint32_t halves = 0, x;
    for (; n >= 3; n -= 3, w += 3) {
        x = $name_nibbles(w[0]) + $name_nibbles(w[1]) + $name_nibbles(w[2]);
        x = (x & 0x0F0F0F0Fu) + ((x >> 4) & 0x0F0F0F0Fu);
        halves += (x & 0x00FF00FFu) + ((x >> 8) & 0x00FF00FFu);
    }
    for (; n; n--, w++) {
        x = $name_nibbles(w[0]);
        x = (x & 0x0F0F0F0Fu) + ((x >> 4) & 0x0F0F0F0Fu);
        halves += (x & 0x00FF00FFu) + ((x >> 8) & 0x00FF00FFu);
    }
    return (halves & 0xFFFFu) + (halves >> 16);
}
"""

SIGNATURE = "int32_t $name_head($name_state *s, const uint32_t *outputs, int32_t *score)\n{\n"


def head_part(head: Head, n_outputs: int) -> Part:
    """The C of any head in the registry."""
    return _EMITTERS[type(head)](head, n_outputs)


def _onset_score(head: OnsetScore, n_outputs: int) -> Part:
    before = range(head.frames - 1)
    body = [
        f"int32_t ones = (int32_t)$name_count(outputs, {words(n_outputs)});",
        *(["int32_t now = ones;"] if before else []),
        *(f"ones += s->before[{i}];" for i in before),
        *(f"s->before[{i}] = s->before[{i - 1}];" for i in reversed(before[1:])),
        *(["s->before[0] = now;"] if before else []),
        "*score = ones;",
        "if (s->wait)",
        "    s->wait--;",
        f"if (ones < {head.rearm})",
        "    s->armed = 1;",
        f"if (s->armed && s->wait == 0 && ones >= {head.threshold}) {{",
        "    s->armed = 0;",
        f"    s->wait = {head.refractory};",
        "    return 1;",
        "}",
        "return 0;",
    ]
    return Part(
        fields=[
            "int32_t armed; /* the score has fallen since the last hit */",
            "int32_t wait; /* frames */",
            *(
                [f"int32_t before[{len(before)}]; /* ones of the frames before, latest first */"]
                if before
                else []
            ),
        ],
        init=["s->armed = 1;", "s->wait = 0;", *(f"s->before[{i}] = 0;" for i in before)],
        code=f"{COUNT}\n{SIGNATURE}{indented(body)}}}\n",
        returns="Returns 1 when this frame is an onset, else 0; the score is in score.",
    )


def _group_sum(head: GroupSum, n_outputs: int) -> Part:
    size, before = n_outputs // head.classes, head.frames - 1
    earlier = [
        f"for (i = 0; i < {head.classes}; i++) {{",
        "    int32_t now = score[i], k;",
        f"    for (k = {before - 1}; k >= 0; k--) {{",
        "        score[i] += s->before[k][i];",
        "        s->before[k][i] = k ? s->before[k - 1][i] : now;",
        "    }",
        "}",
    ]
    body = [
        "int32_t i, best = 0;",
        *([] if before else ["(void)s;"]),
        *_group_counts(head.classes, size),
        *(earlier if before else []),
        f"for (i = 1; i < {head.classes}; i++)",
        "    if (score[i] > score[best])",
        "        best = i;",
        "return best;",
    ]
    says = "Returns the class: the first of the largest counts, which are in score."
    fields = [f"int32_t before[{before}][{head.classes}]; /* ones of the frames before, latest first */"]
    total = before * head.classes
    init = [f"for (i = 0; i < {total}; i++)", f"    s->before[i / {head.classes}][i % {head.classes}] = 0;"]
    code = f"{COUNT}\n{SIGNATURE}{indented(body)}}}\n"
    return Part(fields, init, code, says) if before else Part(code=code, returns=says)


def _control_values(head: ControlValues, n_outputs: int) -> Part:
    body = ["(void)s;", *_group_counts(head.values, head.group), "return 0;"]
    code = f"{COUNT}\n{SIGNATURE}{indented(body)}}}\n"
    return Part(code=code, returns="Returns 0; the values are in score.")


def _positional_sample(head: PositionalSample, n_outputs: int) -> Part:
    body = ["uint32_t x = outputs[0], u = 0;", "(void)s;"]
    body += [f"u |= ((x >> {i}) & 1u) << {15 - i};" for i in range(head.width)]
    body += ["*score = (int32_t)u - 32768;", "return 0;"]
    return Part(code=f"{SIGNATURE}{indented(body)}}}\n", returns="Returns 0; the sample is in score.")


def _oscillator_bank(head: OscillatorBank, n_outputs: int) -> Part:
    return oscillator_part(head, n_outputs, COUNT, _group_counts(head.n_groups, head.group, head.pitch))


def _group_counts(groups: int, size: int, before: int = 0) -> list[str]:
    """One statement a group of consecutive outputs; only the words at its edges need a mask.

    Args:
        groups: How many.
        size: Outputs of each.
        before: Outputs ahead of the first.
    """
    lines = []
    if any((before + g * size) % 32 for g in range(groups + 1)):
        lines.append("uint32_t edge;")
    for g in range(groups):
        first, end = before + g * size, before + (g + 1) * size
        terms = []
        low, high = -(-first // 32), end // 32  # whole words
        if low > high:  # within one word
            edges = [(high, first % 32, end % 32)]
        else:
            edges = [(low - 1, first % 32, 32)] if first % 32 else []
            edges += [(high, 0, end % 32)] if end % 32 else []
            if high > low:
                terms.append(f"$name_count(outputs + {low}, {high - low})")
        lines.append(f"score[{g}] = " + (f"(int32_t){terms[0]};" if terms else "0;"))
        for word, start, stop in edges:
            mask = ((1 << stop) - 1) & ~((1 << start) - 1)
            lines.append(f"edge = outputs[{word}] & 0x{mask:08X}u;")
            lines.append(f"score[{g}] += (int32_t)$name_count(&edge, 1);")
    return lines


_EMITTERS: dict[type, Callable[..., Part]] = {
    OnsetScore: _onset_score,
    GroupSum: _group_sum,
    PositionalSample: _positional_sample,
    ControlValues: _control_values,
    OscillatorBank: _oscillator_bank,
}

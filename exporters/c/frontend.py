"""Front ends in C: PCM bits, counter bits and raw bits here, the others in their own files."""

from __future__ import annotations

from collections.abc import Callable

from exporters.c.autocorrelation import autocorrelation_part
from exporters.c.filterbank import filterbank_part
from exporters.c.note import note_part
from exporters.c.part import Part, indented, words
from zoo.frontends import (
    CounterBits,
    FrontEnd,
    NoteTracker,
    PcmBits,
    RawBits,
    ShiftFilterbank,
    SignAutocorrelation,
)

FEATURES = "void $name_features($name_state *s, const int16_t *samples, int32_t *features)\n{\n"
ENCODE = "void $name_encode(const int32_t *features, uint32_t *bits)\n{\n"

# The bits of a code stand most significant first, so a field is the code with its bits reversed.
REVERSE = """\
static uint32_t $name_reverse16(uint32_t x)
{
    x = ((x >> 1) & 0x5555u) | ((x & 0x5555u) << 1);
    x = ((x >> 2) & 0x3333u) | ((x & 0x3333u) << 2);
    x = ((x >> 4) & 0x0F0Fu) | ((x & 0x0F0Fu) << 4);
    return ((x >> 8) & 0x00FFu) | ((x & 0x00FFu) << 8);
}
"""


def frontend_part(frontend: FrontEnd) -> Part:
    """The C of any front end in the registry: `$name_features` and `$name_encode`."""
    return _EMITTERS[type(frontend)](frontend)


def _pcm_bits(fe: PcmBits) -> Part:
    ring = 1 << (fe.taps - 1).bit_length()
    silence = 32_768 >> (16 - fe.width)
    gray = fe.code == "gray"
    features = [
        "uint32_t k, newest = s->newest;",
        f"uint32_t code = (uint32_t)((int32_t)samples[0] + 32768) >> {16 - fe.width};",
        *(["code ^= code >> 1;"] if gray else []),
        "s->codes[newest] = (uint16_t)code;",
        f"for (k = 0; k < {fe.taps}; k++)",
        f"    features[k] = (int32_t)s->codes[(newest - k) & {ring - 1}u];",
        f"s->newest = (newest + 1) & {ring - 1}u;",
    ]
    encode = [
        "uint32_t k, field, lane = 0;",
        f"for (k = 0; k < {words(fe.n_bits)}; k++)",
        "    bits[k] = 0;",
        f"for (k = 0; k < {fe.taps}; k++) {{",
        f"    field = $name_reverse16((uint32_t)features[k]) >> {16 - fe.width};",
        "    *bits |= field << lane;",
        f"    lane += {fe.width};",
        "    if (lane >= 32) {",
        "        lane -= 32;",
        "        bits++;",
        "        if (lane)",
        f"            *bits |= field >> ({fe.width} - lane);",
        "    }",
        "}",
    ]
    start = silence ^ (silence >> 1) if gray else silence
    return Part(
        fields=[f"uint16_t codes[{ring}]; /* the last samples, a ring */", "uint32_t newest;"],
        init=["s->newest = 0;", f"for (i = 0; i < {ring}; i++)", f"    s->codes[i] = {start};"],
        code=(
            f"/* Feature k is the code of the sample k steps ago. */\n{FEATURES}{indented(features)}}}\n\n"
            f"{REVERSE}\n{ENCODE}{indented(encode)}}}\n"
        ),
    )


def _counter_bits(fe: CounterBits) -> Part:
    features = [
        "(void)samples;",
        "features[0] = (int32_t)s->t;",
        f"s->t = (s->t + 1) & 0x{(1 << fe.width) - 1:X}u;",
    ]
    encode = ["uint32_t t = (uint32_t)features[0];"]
    if fe.gray:
        encode.append("uint32_t gray = t ^ (t >> 1);")
    first = "t"
    if fe.gray:
        first += f" | (gray << {fe.width})"
    encode.append(f"bits[0] = {first};")
    if words(fe.n_bits) > 1:
        encode.append(f"bits[1] = gray >> {32 - fe.width};")
    return Part(
        fields=["uint32_t t; /* the next frame's number */"],
        init=["s->t = 0;"],
        code=(
            f"/* The samples only say that a frame passes. */\n{FEATURES}{indented(features)}}}\n\n"
            f"{ENCODE}{indented(encode)}}}\n"
        ),
    )


def _raw_bits(fe: RawBits) -> Part:
    features = [
        "uint32_t k;",
        "(void)s;",
        f"for (k = 0; k < {fe.width}; k++)",
        "    features[k] = samples[k] > 0;",
    ]
    encode = [
        "uint32_t k;",
        f"for (k = 0; k < {words(fe.width)}; k++)",
        "    bits[k] = 0;",
        f"for (k = 0; k < {fe.width}; k++)",
        "    bits[k >> 5] |= (uint32_t)(features[k] > 0) << (k & 31u);",
    ]
    return Part(
        code=(
            f"/* Sample k of a frame is input k of the gates. */\n{FEATURES}{indented(features)}}}\n\n"
            f"{ENCODE}{indented(encode)}}}\n"
        ),
    )


_EMITTERS: dict[type, Callable[..., Part]] = {
    ShiftFilterbank: filterbank_part,
    PcmBits: _pcm_bits,
    CounterBits: _counter_bits,
    RawBits: _raw_bits,
    SignAutocorrelation: autocorrelation_part,
    NoteTracker: note_part,
}

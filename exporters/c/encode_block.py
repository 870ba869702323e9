"""Features of a block of frames straight into bit planes."""

from __future__ import annotations

from exporters.c.part import indented, table
from exporters.c.thermometer import clipped_threshold
from zoo.frontends import CounterBits, FrontEnd, PcmBits, RawBits, ThermometerFrontEnd


def encode_block_code(fe: FrontEnd) -> str:
    """`$name_encode_block` of any front end in the registry: a plane at a time, 32 frames a word.

    Every front end gives `tables`, `start` (statements before the first plane), `each` (statements before
    each plane, which set x to the feature of the first frame), and the plane's bit as a C expression of *x.
    """
    tables, start, each, bit = "", ["uint32_t i, k, f, w;"], ["const int32_t *x = features;"], ""
    if isinstance(fe, ThermometerFrontEnd):
        numbers = table([str(feature) for feature in fe.feature], 16)
        thresholds = table([str(clipped_threshold(fe, i)) for i in range(fe.n_bits)], 12)
        tables = (
            f"static const uint16_t $name_feature[$NAME_BITS] = {{\n{numbers}}};\n"
            f"static const int32_t $name_threshold[$NAME_BITS] = {{\n{thresholds}}};\n\n"
        )
        each, bit = ["const int32_t *x = features + $name_feature[i];"], "(*x >= $name_threshold[i])"
    elif isinstance(fe, PcmBits):
        start.append(f"uint32_t tap = 0, shift = {fe.width};")
        each = [
            "const int32_t *x;",
            "if (shift == 0) {",
            f"    shift = {fe.width};",
            "    tap++;",
            "}",
            "shift--;",
            "x = features + tap;",
        ]
        bit = "(((uint32_t)*x >> shift) & 1u)"
    elif isinstance(fe, CounterBits):
        bit = "(((uint32_t)*x >> i) & 1u)"
        if fe.gray:
            bit = (
                f"((i < {fe.width} ? (uint32_t)*x >> i : "
                f"((uint32_t)*x ^ ((uint32_t)*x >> 1)) >> (i - {fe.width})) & 1u)"
            )
    elif isinstance(fe, RawBits):
        each, bit = ["const int32_t *x = features + i;"], "(*x > 0)"
    body = [
        *start,
        "for (i = 0; i < $NAME_BITS; i++) {",
        *(f"    {line}" for line in each),
        "    for (k = 0; k < $NAME_BLOCK_WORDS; k++) {",
        "        for (w = 0, f = 0; f < 32; f++, x += $NAME_FEATURES)",
        f"            w |= (uint32_t){bit} << f;",
        "        *planes++ = w;",
        "    }",
        "}",
    ]
    signature = "void $name_encode_block(const int32_t *features, uint32_t *planes)"
    return f"{tables}{signature}\n{{\n{indented(body)}}}\n"

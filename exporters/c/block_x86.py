"""The edges of block mode in SSE2 and AVX2 intrinsics: features or bytes to planes, and planes to numbers.

Bytes and numbers turn on a matrix of 16 x 16 bytes, transposed in four rounds of byte shuffles. AVX2 does it
in both halves of a register, each half for its own 128 lanes.
"""

from __future__ import annotations

import numpy as np

from exporters.c.part import indented, table
from exporters.c.thermometer import clipped_threshold
from zoo.frontends import ThermometerFrontEnd

COLUMNS = 16  # bytes of a row that are transposed at once

_NAMES = {
    "sse2": {"V": "__m128i", "mm": "_mm", "si": "si128"},
    "avx2": {"V": "__m256i", "mm": "_mm256", "si": "si256"},
}


def pack_code(n_bits: int, vectors: str) -> str:
    """`$name_pack_block`: eight rows of bytes become bytes of eight lanes, which are then transposed."""
    wide = vectors == "avx2"
    step = 32 if wide else 16
    rows = []
    if n_bits >= step:
        rows = [f"for (i = 0; i + {step} <= $NAME_BITS; i += {step})"]
        rows += ["    @mm_storeu_@si((@V *)(row[r] + i), $name_eight(bits + i));"]
    left = [n_bits // 32 * 32] if wide and n_bits % 32 >= 16 else []
    left += [n_bits - 16] if n_bits % 16 and n_bits > 16 else []
    rows += [f"_mm_storeu_si128((__m128i *)(row[r] + {i}), $name_eight_16(bits + {i}));" for i in left]
    if n_bits < 16:
        rows = ["for (i = 0; i < $NAME_BITS; i++)", "    for (row[r][i] = 0, f = 8; f--;)"]
        rows += ["        row[r][i] = (uint8_t)(row[r][i] << 1 | bits[$NAME_BITS * f + i]);"]
    load = "_mm_loadu_si128((const __m128i *)(row + @padded * {r}))"
    if wide:
        load = f"_mm256_set_m128i({load.replace('{r}', '({r} + 16)')}, {load})"
    text = PACK.replace("@bytes\n", indented(rows, 2)).replace("@rows16", "32" if wide else "16")
    text = text.replace("@load\n", indented([f"x[{r}] = {load.replace('{r}', str(r))};" for r in range(16)]))
    text = text.replace("@store\n", indented([f"@mm_store_@si(out + {r}, x[{r}]);" for r in range(16)]))
    eights = _eight("$name_eight", *_NAMES[vectors].values()) if n_bits >= step else ""
    if wide and left:
        eights += _eight("$name_eight_16", *_NAMES["sse2"].values())
    elif left:
        text = text.replace("$name_eight_16", "$name_eight")
    padded = -(-n_bits // COLUMNS) * COLUMNS
    return _filled(TRANSPOSE + eights + text, vectors).replace("@padded", str(padded))


def integers_code(planes: int, vectors: str) -> str:
    """`$name_integers`: once the planes of a number are transposed, a bit's column is a frame's number.

    Args:
        planes: Bits of a number, at most 16.
        vectors: "sse2" or "avx2".

    Returns:
        C in which `@groups` stands for the numbers a frame, and `@offset` for what is added to each.
    """
    wide = vectors == "avx2"
    fill = [f"x[{p}] = @mm_load_@si((const @V *)(planes + {p}));" for p in range(planes)]
    fill += [f"x[{p}] = @mm_setzero_@si();" for p in range(planes, COLUMNS)]
    low = "mask & 0xFFFFu" if wide else "mask"
    store = [f"values[(8 * r + f) * @groups] = (int32_t)({low})@offset;"]
    store += ["values[(8 * r + 128 + f) * @groups] = (int32_t)(mask >> 16)@offset;"] if wide else []
    text = INTEGERS.replace("@fill\n", indented(fill, 2)).replace("@store\n", indented(store, 4))
    return _filled(text, vectors).replace("@planes", str(planes))


def thermometer_code(fe: ThermometerFrontEnd, vectors: str) -> str:
    """`$name_encode_block` of the shift filterbank: 8 or 16 frames of a feature are compared at once."""
    order = np.argsort(fe.feature, kind="stable")
    features, counts = np.unique(fe.feature, return_counts=True)
    # x > threshold - 1, of features that are far from both ends of int16
    below = [max(clipped_threshold(fe, i), 1 - 2**15) - 1 for i in order.tolist()]
    tables = {
        "uint16_t $name_feature": features.tolist(),
        "uint16_t $name_bits_of": counts.tolist(),
        "uint16_t $name_bit": order.tolist(),
        "int16_t $name_below": below,
    }
    text = "".join(
        f"static const {name}[{len(values)}] = {{\n{table([str(value) for value in values], 12)}}};\n"
        for name, values in tables.items()
    )
    pair = "@mm_packs_epi16(@mm_cmpgt_epi16(x[{0}], limit), @mm_cmpgt_epi16(x[{1}], limit))"
    low, high = (f"(uint32_t)@mm_movemask_epi8({pair.format(i, i + 1)})" for i in (0, 2))
    word, step = f"{low} | {high} << 16", 4
    if vectors == "avx2":  # packs takes the halves of its operands in turn
        pair = f"_mm256_permute4x64_epi64({pair.format(0, 1)}, 0xD8)"
        word, step = f"(uint32_t)@mm_movemask_epi8({pair})", 2
    text += ENCODE.replace("@word", word).replace("@step", str(step))
    return _filled(text, vectors).replace("@features", str(len(features)))


def _eight(name: str, vector: str, mm: str, si: str) -> str:
    """The function that makes eight rows of bytes of 0 and 1 one row of bytes of eight lanes."""
    lines = [f"{vector} v = {mm}_loadu_{si}((const {vector} *)(row + 7 * $NAME_BITS));"]
    for f in range(6, -1, -1):
        load = f"{mm}_loadu_{si}((const {vector} *)(row + {f} * $NAME_BITS))"
        lines.append(f"v = {mm}_or_{si}({mm}_add_epi8(v, v), {load});")
    lines.append("return v;")
    return f"$NAME_SIMD static {vector} {name}(const uint8_t *row)\n{{\n{indented(lines)}}}\n\n"


def _filled(text: str, vectors: str) -> str:
    """The template with the names of one instruction set."""
    rounds = [
        f"{to}[{2 * i + high}] = @mm_unpack{'hi' if high else 'lo'}_epi8({x}[{i}], {x}[{i + 8}]);"
        for x, to in ("xy", "yx", "xy", "yx")
        for i in range(8)
        for high in (0, 1)
    ]
    text = text.replace("@rounds\n", indented(rounds))
    for key, name in _NAMES[vectors].items():
        text = text.replace(f"@{key}", name)
    return text


TRANSPOSE = """\
/* Byte c of x[r] and byte r of x[c] change places, in each half of a register. */
$NAME_SIMD static void $name_transpose(@V *x)
{
    @V y[16];
@rounds
}

"""

PACK = """\
/* 16 columns of all rows to 16 planes. */
$NAME_SIMD static void $name_columns(const uint8_t *row, @V *out)
{
    @V x[16];
@load
    $name_transpose(x);
@store
}

$NAME_SIMD void $name_pack_block(const uint8_t *bits, uint32_t *planes)
{
    uint8_t row[@rows16][@padded];
    @V *out = (@V *)planes, last[16];
    uint32_t r, i, f;
    for (r = 0; r < @rows16; r++, bits += 8 * $NAME_BITS) {
@bytes
        for (f = $NAME_BITS; f < @padded; f++)
            row[r][f] = 0;
    }
    for (i = 0; i + 16 <= $NAME_BITS; i += 16)
        $name_columns(row[0] + i, out + i);
    if (i < $NAME_BITS) {
        $name_columns(row[0] + i, last);
        for (r = 0; i < $NAME_BITS; i++, r++)
            @mm_store_@si(out + i, last[r]);
    }
}
"""

INTEGERS = """\
/* Planes of numbers, the least significant first, to numbers. */
$NAME_SIMD static void $name_integers(const $name_plane *planes, int32_t *values)
{
    uint32_t g, r, f, mask;
    for (g = 0; g < @groups; g++, planes += @planes, values++) {
        @V x[16];
@fill
        $name_transpose(x);
        for (r = 0; r < 16; r++)
            for (f = 8; f--;) {
                mask = (uint32_t)@mm_movemask_epi8(x[r]);
@store
                x[r] = @mm_add_epi8(x[r], x[r]);
            }
    }
}
"""

ENCODE = """\

$NAME_SIMD void $name_encode_block(const int32_t *features, uint32_t *planes)
{
    @V column[@step * $NAME_BLOCK_WORDS];
    int16_t *values = (int16_t *)column;
    uint32_t k, f, n, at = 0;
    for (k = 0; k < @features; k++) {
        const int32_t *feature = features + $name_feature[k];
        for (f = 0; f < $NAME_BLOCK_FRAMES; f++)
            values[f] = (int16_t)feature[f * $NAME_FEATURES];
        for (n = $name_bits_of[k]; n; n--, at++) {
            const @V limit = @mm_set1_epi16($name_below[at]), *x = column;
            uint32_t *plane = planes + $NAME_BLOCK_WORDS * $name_bit[at];
            for (f = 0; f < $NAME_BLOCK_WORDS; f++, x += @step)
                plane[f] = @word;
        }
    }
}
"""

"""Block mode: a plane for each bit, a frame in each lane, from features or bits to the head's integers."""

from __future__ import annotations

from dataclasses import dataclass

from exporters.c.block_x86 import integers_code as x86_integers
from exporters.c.block_x86 import pack_code as x86_pack
from exporters.c.block_x86 import thermometer_code as x86_thermometer
from exporters.c.encode_block import encode_block_code
from exporters.c.gates_flat import GATES as FRAME
from exporters.c.gates_flat import QUALIFIERS, block_code, with_registers
from exporters.c.part import Part, declared, indented
from exporters.c.stream import stream_mode
from exporters.c.targets import Target
from exporters.passes import optimise
from exporters.schedule import running_sums
from zoo.circuit import Circuit
from zoo.frontends import FrontEnd, ThermometerFrontEnd
from zoo.heads import ControlValues, GroupSum, Head, PositionalSample
from zoo.model import Model

GATES = "$name_gates_block"
SUMS = "$name_sums_block"

# A SIMD extraction of integers handles so many planes; larger counts take the plain loop.
MOST_PLANES = 16


@dataclass(frozen=True)
class Counts:
    """What the head's integers are made of: groups of consecutive outputs.

    Args:
        groups: Integers a frame.
        size: Outputs in each group.
        planes: Bits of each integer.
        offset: Added to each.
        sample: The outputs of the one group are the integer's bits, most significant first, left aligned.
    """

    groups: int
    size: int
    planes: int
    offset: int = 0
    sample: bool = False


def counts_of(head: Head, n_outputs: int) -> Counts:
    """The groups of any head in the registry."""
    if isinstance(head, PositionalSample):
        return Counts(1, n_outputs, 16, -32_768, sample=True)
    groups = 1
    if isinstance(head, GroupSum):
        groups = head.classes
    elif isinstance(head, ControlValues):
        groups = head.values
    size = n_outputs // groups
    return Counts(groups, size, size.bit_length())


@dataclass(frozen=True)
class Block:
    """Block mode of a model.

    Args:
        prototypes: For the header; all texts are empty without block mode.
        types: For the top of the C file.
        code: For the C file.
        assembly: For the assembly file, empty when the C compiler makes everything.
        frame: `$name_gates` by way of the block's code, where that spares compiling the gates a second time.
    """

    prototypes: str = ""
    types: str = ""
    code: str = ""
    assembly: str = ""
    frame: Part | None = None


def block_mode(model: Model, target: Target) -> Block:
    """Everything that block mode adds to an export."""
    circuit = optimise(model.circuit, target.basis)
    counts = counts_of(model.head, circuit.n_outputs)
    code, assembled = [], dict[str, Circuit]()
    fused = target.fused and not counts.sample and not circuit.n_registers
    if target.block is None:
        plane = "$name_plane" if target.words > 1 else "uint32_t"
        code.append(QUALIFIERS + block_code(circuit, GATES, plane))
    else:
        assembled[GATES] = circuit
    if fused:
        assembled[SUMS] = optimise(running_sums(circuit, counts.groups), target.basis)
        code.append(declared(SUMS))
    stream = stream_mode(model, circuit, target)
    if target.block is None:
        code += [block_code(rank, symbol, plane, "static ") for symbol, rank in stream.ranks.items()]
    else:
        assembled |= stream.ranks
    integers = INTEGERS
    if target.vectors and counts.planes <= MOST_PLANES:
        integers = x86_integers(counts.planes, target.vectors)
    for key, value in (("planes", counts.planes), ("groups", counts.groups)):
        integers = integers.replace(f"@{key}", f"{value}u")
    code += [
        _init_code(circuit),
        _encode_code(model.frontend, target),
        x86_pack(model.frontend.n_bits, target.vectors) if target.vectors else PACK,
        integers.replace("@offset", f" - {-counts.offset}" if counts.offset else ""),
        _counts_code(counts),
        _values_code(counts, fused),
        *([stream.code] if stream.code else []),
    ]
    prototypes, types, text = (
        _prototypes(circuit, target) + stream.prototypes,
        _types(target),
        "\n".join(code),
    )
    assembly = target.block(assembled) if target.block is not None else ""
    return Block(prototypes, types, text, assembly, _frame_part(circuit))


TWO_WORDS = """\
#if defined(__GNUC__)
typedef uint64_t $name_plane __attribute__((may_alias));
#else
typedef uint64_t $name_plane;
#endif
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "this machine keeps the two words of a plane the other way round; use the export for portable"
#endif
#define $NAME_SIMD
"""


def _encode_code(frontend: FrontEnd, target: Target) -> str:
    """`$name_encode_block`; only the filterbank has so many bits that vectors pay."""
    if target.vectors and isinstance(frontend, ThermometerFrontEnd):
        return x86_thermometer(frontend, target.vectors)
    return encode_block_code(frontend)


def _types(target: Target) -> str:
    """The C type of a plane, and the attribute of functions that use it."""
    if target.words == 1:
        return "typedef uint32_t $name_plane;\n#define $NAME_SIMD\n"
    if target.words == 2:
        return TWO_WORDS
    size, include, simd = 4 * target.words, "", ""
    if target.vectors:
        include, simd = "#include <immintrin.h>\n\n", f' __attribute__((target("{target.vectors}")))'
    return (
        f"{include}typedef uint32_t $name_plane __attribute__((vector_size({size}), may_alias));\n"
        f"#define $NAME_SIMD{simd}\n"
    )


def _init_code(circuit: Circuit) -> str:
    """The planes of the registers at the start."""
    body = ["(void)state;"]
    if circuit.n_registers:
        init = ", ".join(str(bit) for bit in circuit.register_init.tolist())
        body = [
            f"static const uint8_t start[{circuit.n_registers}] = {{{init}}};",
            "uint32_t r, k;",
            f"for (r = 0; r < {circuit.n_registers}; r++)",
            "    for (k = 0; k < $NAME_BLOCK_WORDS; k++)",
            "        *state++ = start[r] ? 0xFFFFFFFFu : 0;",
        ]
    return f"void $name_init_block(uint32_t *state)\n{{\n{indented(body)}}}\n"


def _frame_part(circuit: Circuit) -> Part:
    """One frame in the first lane of a block."""
    body = ["$name_plane in[$NAME_BITS], out[$NAME_OUTPUTS], state[$NAME_STATE_PLANES + 1];", "(void)s;"]
    body += ["$name_spread(bits, $NAME_BITS, (uint32_t *)in);"]
    if circuit.n_registers:
        body += ["$name_spread(s->registers, $NAME_STATE_PLANES, (uint32_t *)state);"]
    body += [f"{GATES}((uint32_t *)state, (const uint32_t *)in, (uint32_t *)out);"]
    body += ["$name_gather((const uint32_t *)out, $NAME_OUTPUTS, outputs);"]
    if circuit.n_registers:
        body += ["$name_gather((const uint32_t *)state, $NAME_STATE_PLANES, s->registers);"]
    return with_registers(circuit, f"{SPREAD}\n{FRAME}\n{{\n{indented(body)}}}\n")


SPREAD = """\
/* n packed bits to the first lane of as many planes; what the other lanes hold does not matter. */
static void $name_spread(const uint32_t *bits, uint32_t n, uint32_t *planes)
{
    uint32_t i;
    for (i = 0; i < n; i++)
        planes[$NAME_BLOCK_WORDS * i] = bits[i >> 5] >> (i & 31);
}

static void $name_gather(const uint32_t *planes, uint32_t n, uint32_t *bits)
{
    uint32_t i;
    for (i = 0; i < n; i++) {
        if ((i & 31) == 0)
            bits[i >> 5] = 0;
        bits[i >> 5] |= (planes[$NAME_BLOCK_WORDS * i] & 1u) << (i & 31);
    }
}
"""

PACK = """\
static uint32_t $name_four(const uint8_t *row)
{
    return row[0] | (uint32_t)row[1] << 8 | (uint32_t)row[2] << 16 | (uint32_t)row[3] << 24;
}

/* Four bytes of eight rows, which hold 0 or 1: byte j of the result has bit j of row after row. */
static uint32_t $name_eight(const uint8_t *row)
{
    uint32_t v = $name_four(row + 7 * $NAME_BITS);
    v = v << 1 | $name_four(row + 6 * $NAME_BITS);
    v = v << 1 | $name_four(row + 5 * $NAME_BITS);
    v = v << 1 | $name_four(row + 4 * $NAME_BITS);
    v = v << 1 | $name_four(row + 3 * $NAME_BITS);
    v = v << 1 | $name_four(row + 2 * $NAME_BITS);
    v = v << 1 | $name_four(row + $NAME_BITS);
    return v << 1 | $name_four(row);
}

void $name_pack_block(const uint8_t *bits, uint32_t *planes)
{
    uint32_t i, j, k, f, a, b, c, d;
    for (k = 0; k < $NAME_BLOCK_WORDS; k++, planes++, bits += 32 * $NAME_BITS) {
        for (i = 0; i + 4 <= $NAME_BITS; i += 4) {
            a = $name_eight(bits + i);
            b = $name_eight(bits + 8 * $NAME_BITS + i);
            c = $name_eight(bits + 16 * $NAME_BITS + i);
            d = $name_eight(bits + 24 * $NAME_BITS + i);
            for (j = 0; j < 4; j++, a >>= 8, b >>= 8, c >>= 8, d >>= 8)
                planes[$NAME_BLOCK_WORDS * (i + j)] =
                    (a & 255u) | (b & 255u) << 8 | (c & 255u) << 16 | (d & 255u) << 24;
        }
        for (; i < $NAME_BITS; i++) {
            for (a = 0, f = 32; f--;)
                a = a << 1 | bits[$NAME_BITS * f + i];
            planes[$NAME_BLOCK_WORDS * i] = a;
        }
    }
}
"""

INTEGERS = """\
/* Planes of numbers, the least significant first, to numbers. */
static void $name_integers(const $name_plane *planes, int32_t *values)
{
    const uint32_t *words = (const uint32_t *)planes;
    uint32_t g, k, f, p, v;
    for (g = 0; g < @groups; g++, words += @planes * $NAME_BLOCK_WORDS)
        for (k = 0; k < $NAME_BLOCK_WORDS; k++)
            for (f = 0; f < 32; f++) {
                for (v = 0, p = 0; p < @planes; p++)
                    v |= ((words[p * $NAME_BLOCK_WORDS + k] >> f) & 1u) << p;
                values[(32 * k + f) * @groups + g] = (int32_t)v@offset;
            }
}
"""

# Seven full adders make one plane of eights from eight planes; only that one ripples through the rest.
COUNT = """\
/* high and low: the two bits of low + x + y. */
#define $NAME_ADD(high, low, x, y) \\
    do { \\
        const $name_plane x_ = (x), y_ = (y), t_ = (low) ^ x_; \\
        high = ((low) & x_) | (t_ & y_); \\
        low = t_ ^ y_; \\
    } while (0)

/* In each lane, how many of n planes are 1, as @planes planes of a number. */
$NAME_SIMD static void $name_count_planes(const $name_plane *x, uint32_t n, $name_plane *sum)
{
    $name_plane c[@places], low, t, u, v, w;
    uint32_t p;
    for (p = 0; p < @places; p++)
        c[p] = x[0] ^ x[0];
    for (; n >= 8; n -= 8, x += 8) {
        low = c[0];
        $NAME_ADD(t, low, x[0], x[1]);
        $NAME_ADD(u, low, x[2], x[3]);
        $NAME_ADD(v, c[1], t, u);
        $NAME_ADD(t, low, x[4], x[5]);
        $NAME_ADD(u, low, x[6], x[7]);
        $NAME_ADD(w, c[1], t, u);
        $NAME_ADD(t, c[2], v, w);
        c[0] = low;
        for (p = 3; p < @places; p++) {
            u = c[p] & t;
            c[p] ^= t;
            t = u;
        }
    }
    for (; n; n--, x++)
        for (t = *x, p = 0; p < @places; p++) {
            u = c[p] & t;
            c[p] ^= t;
            t = u;
        }
    for (p = 0; p < @planes; p++)
        sum[p] = c[p];
}
"""


def _counts_code(counts: Counts) -> str:
    """`$name_counts_block`: output planes to integers."""
    body = [
        "const $name_plane *x = (const $name_plane *)out;",
        f"$name_plane planes[{counts.groups * counts.planes}];",
        "uint32_t i;",
    ]
    if counts.sample:
        body += ["for (i = 0; i < 16; i++)", "    planes[i] = x[0] ^ x[0];"]
        body += [f"for (i = 0; i < {counts.size}; i++)", "    planes[15 - i] = x[i];"]
        count = ""
    else:
        body += [f"for (i = 0; i < {counts.groups}; i++)"]
        body += [
            f"    $name_count_planes(x + {counts.size} * i, {counts.size}, planes + {counts.planes} * i);"
        ]
        count = (
            COUNT.replace("@planes", str(counts.planes)).replace("@places", str(max(3, counts.planes))) + "\n"
        )
    body += ["$name_integers(planes, values);"]
    signature = "$NAME_SIMD void $name_counts_block(const uint32_t *out, int32_t *values)"
    return f"{count}{signature}\n{{\n{indented(body)}}}\n"


def _values_code(counts: Counts, fused: bool) -> str:
    """`$name_values_block`: gates, then integers; where it pays, the gates count too."""
    size = counts.groups * counts.planes if fused else "$NAME_OUTPUTS"
    body = [f"$name_plane planes[{size}];"]
    body += [f"{SUMS if fused else GATES}(state, in, (uint32_t *)planes);"]
    body += [
        "$name_integers(planes, values);" if fused else "$name_counts_block((uint32_t *)planes, values);"
    ]
    signature = "$NAME_SIMD void $name_values_block(uint32_t *state, const uint32_t *in, int32_t *values)"
    return f"{signature}\n{{\n{indented(body)}}}\n"


PROTOTYPES = """
/*
 * Block mode: $NAME_BLOCK_FRAMES @frames at once. A plane is one bit of all of them, $NAME_BLOCK_WORDS words:
 * @frame f is bit f % 32 of word f / 32. Arrays of planes are aligned to a plane's size.
@notes */
#define $NAME_BLOCK_WORDS @words /* words of a plane */
#define $NAME_BLOCK_FRAMES @lanes /* lanes of a plane */
#define $NAME_STATE_PLANES @registers /* planes of the state; with 0 the state may be NULL */

/* The state before the first block. */
void $name_init_block(uint32_t *state);

/* Features, row after row, to $NAME_BITS planes. */
void $name_encode_block(const int32_t *features, uint32_t *planes);

/* Bits as bytes of 0 and 1, row after row of $NAME_BITS, to $NAME_BITS planes. */
void $name_pack_block(const uint8_t *bits, uint32_t *planes);

/* $NAME_BITS planes to $NAME_OUTPUTS planes. */
void $name_gates_block(uint32_t *state, const uint32_t *in, uint32_t *out);

/* $NAME_OUTPUTS planes to the head's integers of each frame alone, row after row of $NAME_VALUES. */
void $name_counts_block(const uint32_t *out, int32_t *values);

/* The two in one, which may be faster: $NAME_BITS planes to integers. */
void $name_values_block(uint32_t *state, const uint32_t *in, int32_t *values);
"""

CAN_RUN = """
/* 1 where this processor and system have AVX2, else 0: then call nothing else of block mode. */
int32_t $name_can_run(void);
"""


def _prototypes(circuit: Circuit, target: Target) -> str:
    """The declarations of block mode."""
    streams = circuit.n_registers > 0
    notes = " * Each lane is a stream with registers of its own.\n" if streams else ""
    if target.block is not None:
        notes += f" * The gates are in $name_gates.S, for {target.name}; it says how much stack they take.\n"
    return (
        (PROTOTYPES + (CAN_RUN if target.vectors == "avx2" else ""))
        .replace("@frames", "streams" if streams else "frames")
        .replace("@frame", "stream" if streams else "frame")
        .replace("@notes", notes)
        .replace("@words", str(target.words))
        .replace("@lanes", str(32 * target.words))
        .replace("@registers", str(circuit.n_registers))
    )

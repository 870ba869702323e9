"""One stream in block mode: samples to samples, moment after moment in the lanes of a plane.

Offered where a model hears one sample a frame and answers with one, and its registers only delay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

from exporters.c.part import declared, indented
from exporters.c.targets import Target
from exporters.passes.delays import Delay, Ranks, ranked
from zoo.circuit import Circuit
from zoo.frontends import PcmBits
from zoo.heads import PositionalSample
from zoo.model import Model


@dataclass(frozen=True)
class Stream:
    """What a block export gains.

    Args:
        prototypes: For the header.
        code: For the C file.
        ranks: Symbol -> gates of a rank, `(state, in, out)` over planes, without state.
    """

    prototypes: str = ""
    code: str = ""
    ranks: dict[str, Circuit] = field(default_factory=dict)


def stream_mode(model: Model, circuit: Circuit, target: Target) -> Stream:
    """The functions of one stream; empty where there are none.

    Args:
        model: Whose front end and head are needed.
        circuit: Its circuit, optimised.
        target: How wide a plane is.
    """
    fe, head = model.frontend, model.head
    if not (isinstance(fe, PcmBits) and fe.taps == 1 and isinstance(head, PositionalSample)):
        return Stream()
    ranks = ranked(circuit)
    if ranks is None:
        return Stream()
    gates = {f"$name_rank_{k}": rank.gates for k, rank in enumerate(ranks.ranks) if rank.gates is not None}
    past, body = _body(ranks, circuit.n_inputs)
    assembled = target.block is not None  # elsewhere the C file has them above
    code = "".join(declared(name) for name in gates if assembled) + SHARED + _hear(fe) + _say(ranks.outputs)
    start = ", ".join(f"0x{word:X}u" for word in past) or "0"
    code += INIT.replace("@n", str(max(1, len(past)))).replace("@start", start)
    lines = [f"$name_plane planes[{ranks.n_planes}];", "uint32_t *x = (uint32_t *)planes;", "(void)past;"]
    lines += ["$name_hear(samples, x);", *body, "$name_say(x, sound);"]
    code += f"{SIGNATURE}\n{{\n{indented(lines)}}}\n{PIECES}"
    return Stream(PROTOTYPES.replace("@n", str(max(1, len(past)))), code, gates)


def _body(ranks: Ranks, n_planes: int) -> tuple[list[int], list[str]]:
    """Start of every delay's memory, and the calls, rank by rank."""
    past: list[int] = []
    body: list[str] = []
    for k, rank in enumerate(ranks.ranks):
        for run in _runs(rank.delays):
            first = run[0]
            body.append(
                f"$name_late(x + {first.source} * W, past + {len(past)}, x + {n_planes} * W, "
                f"{len(run)}, {first.by});"
            )
            past += [_reversed(delay) for delay in run]
            n_planes += len(run)
        if rank.gates is not None:
            body.append(f"$name_rank_{k}(0, x, x + {n_planes} * W);")
            n_planes += rank.gates.n_outputs
    return past, [line.replace("* W", "* $NAME_BLOCK_WORDS") for line in body]


def _runs(delays: tuple[Delay, ...]) -> list[list[Delay]]:
    """Delays of planes that stand side by side, alike long."""
    keyed = enumerate(delays)
    return [
        [delay for _, delay in run]
        for _, run in groupby(keyed, key=lambda pair: (pair[1].by, pair[1].source - pair[0]))
    ]


def _reversed(delay: Delay) -> int:
    """The memory before the first block: what the delay gives first is the oldest, `by` bits from the top."""
    return delay.start << (32 - delay.by)


def _hear(fe: PcmBits) -> str:
    gray = ["x[j] ^= (x[j] >> 1) & 0x7FFF7FFFu;"] if fe.code == "gray" else []
    lines = [
        "uint32_t x[16], i, j, k;",
        "for (k = 0; k < $NAME_BLOCK_WORDS; k++, samples += 32) {",
        "    for (j = 0; j < 16; j++) {",
        "        x[j] = ((uint32_t)(uint16_t)samples[j] | (uint32_t)(uint16_t)samples[j + 16] << 16)",
        "            ^ 0x80008000u;",
        *(f"        {line}" for line in gray),
        "    }",
        "    $name_turn(x);",
        f"    for (i = 0; i < {fe.width}; i++)",
        "        planes[i * $NAME_BLOCK_WORDS + k] = x[15 - i];",
        "}",
    ]
    return f"static void $name_hear(const int16_t *samples, uint32_t *planes)\n{{\n{indented(lines)}}}\n\n"


def _say(outputs: tuple[int, ...]) -> str:
    numbers = ", ".join(str(plane) for plane in outputs)
    lines = [
        f"static const uint16_t from[{len(outputs)}] = {{{numbers}}};",
        "uint32_t x[16], i, j, k;",
        "for (k = 0; k < $NAME_BLOCK_WORDS; k++, sound += 32) {",
        "    for (i = 0; i < 16; i++)",
        "        x[i] = 0;",
        f"    for (i = 0; i < {len(outputs)}; i++)",
        "        x[15 - i] = planes[from[i] * $NAME_BLOCK_WORDS + k];",
        "    $name_turn(x);",
        "    for (j = 0; j < 16; j++) {",
        "        sound[j] = (int16_t)(uint16_t)((x[j] & 0xFFFFu) ^ 0x8000u);",
        "        sound[j + 16] = (int16_t)(uint16_t)((x[j] >> 16) ^ 0x8000u);",
        "    }",
        "}",
    ]
    return f"static void $name_say(const uint32_t *planes, int16_t *sound)\n{{\n{indented(lines)}}}\n\n"


PROTOTYPES = """
/*
 * One stream, $NAME_BLOCK_FRAMES samples a call, a sample in each lane: the same answers as $name_push gives
 * one by one, in a fraction of the time, and as late as a block is long.
 */
#define $NAME_PAST_WORDS @n /* words of the stream's memory */

void $name_init_stream(uint32_t *past);

void $name_stream(uint32_t *past, const int16_t *samples, int16_t *sound);

/* The same for pieces of any length. */
typedef struct {
    uint32_t past[$NAME_PAST_WORDS];
    int16_t samples[$NAME_BLOCK_FRAMES]; /* the block under way */
    int16_t sound[$NAME_BLOCK_FRAMES]; /* the answer to the block before */
    uint32_t filled;
} $name_pieces;

void $name_init_pieces($name_pieces *s);

/*
 * Take n samples and give as many, late by $NAME_BLOCK_FRAMES samples: zeros before the first answer. Both
 * arrays may be the same one.
 */
void $name_stream_pieces($name_pieces *s, const int16_t *samples, int16_t *sound, uint32_t n);
"""

SIGNATURE = "void $name_stream(uint32_t *past, const int16_t *samples, int16_t *sound)"

INIT = """\
void $name_init_stream(uint32_t *past)
{
    static const uint32_t start[@n] = {@start};
    uint32_t i;
    for (i = 0; i < $NAME_PAST_WORDS; i++)
        past[i] = start[i];
}

"""

PIECES = """
void $name_init_pieces($name_pieces *s)
{
    uint32_t i;
    $name_init_stream(s->past);
    for (i = 0; i < $NAME_BLOCK_FRAMES; i++)
        s->sound[i] = 0;
    s->filled = 0;
}

void $name_stream_pieces($name_pieces *s, const int16_t *samples, int16_t *sound, uint32_t n)
{
    for (; n; n--) {
        s->samples[s->filled] = *samples++;
        *sound++ = s->sound[s->filled++];
        if (s->filled == $NAME_BLOCK_FRAMES) {
            $name_stream(s->past, s->samples, s->sound);
            s->filled = 0;
        }
    }
}
"""

# Bits i of words j and words i of bits j change places, in both halves of the words.
SHARED = """\
static void $name_turn(uint32_t *x)
{
    uint32_t mask = 0x00FF00FFu, j, k, t;
    for (j = 8; j; j >>= 1, mask ^= mask << j)
        for (k = 0; k < 16; k = ((k | j) + 1) & ~j) {
            t = ((x[k] >> j) ^ x[k | j]) & mask;
            x[k | j] ^= t;
            x[k] ^= t << j;
        }
}

/* n planes, each `by` lanes later; past keeps the last lanes of each. */
static void $name_late(const uint32_t *x, uint32_t *past, uint32_t *late, uint32_t n, uint32_t by)
{
    uint32_t k, before;
    for (; n; n--, past++)
        for (before = *past, k = 0; k < $NAME_BLOCK_WORDS; k++, late++, x++) {
            *late = *x << by | before >> (32 - by);
            *past = before = *x;
        }
}

"""

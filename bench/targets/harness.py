"""The C around an export that runs it over many hops at once, for the host and the emulated core alike."""

from __future__ import annotations

SOURCE = """\
#include "$name.h"

static $name_state state;

uint32_t harness_state_bytes(void) { return (uint32_t)sizeof(state); }

$name_state *harness_state(void) { return &state; }

void harness_init(void) { $name_init(&state); }

void harness_run(const int16_t *samples, uint32_t hops, int32_t *values, int32_t *answers)
{
    for (; hops; hops--, samples += $NAME_HOP, values += $NAME_VALUES)
        *answers++ = $name_hop(&state, samples, values);
}

void harness_push(const int16_t *samples, uint32_t n, int32_t *values, int32_t *answers)
{
    for (; n; n--) {
        *answers = $name_push(&state, *samples++, values);
        if (*answers++ >= 0)
            values += $NAME_VALUES;
    }
}

void harness_features(const int16_t *samples, uint32_t hops, int32_t *features)
{
    for (; hops; hops--, samples += $NAME_HOP, features += $NAME_FEATURES)
        $name_features(&state, samples, features);
}

void harness_encode(const int32_t *features, uint32_t hops, uint32_t *bits)
{
    for (; hops; hops--, features += $NAME_FEATURES, bits += $NAME_BIT_WORDS)
        $name_encode(features, bits);
}

void harness_gates(const uint32_t *bits, uint32_t hops, uint32_t *outputs)
{
    for (; hops; hops--, bits += $NAME_BIT_WORDS, outputs += $NAME_OUTPUT_WORDS)
        $name_gates(&state, bits, outputs);
}

void harness_head(const uint32_t *outputs, uint32_t hops, int32_t *values, int32_t *answers)
{
    for (; hops; hops--, outputs += $NAME_OUTPUT_WORDS, values += $NAME_VALUES)
        *answers++ = $name_head(&state, outputs, values);
}
"""

BLOCK = """
static uint32_t planes[$NAME_BLOCK_WORDS * ($NAME_STATE_PLANES + 1)];

void harness_gates_block(const uint32_t *in, uint32_t blocks, uint32_t *out)
{
    $name_init_block(planes);
    for (; blocks; blocks--, in += $NAME_BLOCK_WORDS * $NAME_BITS, out += $NAME_BLOCK_WORDS * $NAME_OUTPUTS)
        $name_gates_block(planes, in, out);
}
"""

STREAM = """
static uint32_t past[$NAME_PAST_WORDS];

void harness_stream(const int16_t *samples, uint32_t blocks, int16_t *sound)
{
    $name_init_stream(past);
    for (; blocks; blocks--, samples += $NAME_BLOCK_FRAMES, sound += $NAME_BLOCK_FRAMES)
        $name_stream(past, samples, sound);
}
"""


def harness_source(name: str, block: bool, stream: bool = False) -> str:
    """`harness.c` for an export of this name; with the functions of block mode and of streams it has."""
    text = SOURCE + (BLOCK if block else "") + (STREAM if stream else "")
    return text.replace("$NAME", name.upper()).replace("$name", name)

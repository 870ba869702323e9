/*
 * The gates. Flat circuits run op by op: gates of one kind stand together, and each makes a plane, a word with
 * a frame in every lane. A register that only delays is a shift of its plane by one frame. Where registers hear
 * themselves, frames are taken one by one. Lane circuits run word by word, a frame at a time.
 */

#include <string.h>

#include "gates_parts.h"

enum { FLAT_INPUTS, FLAT_GATES, FLAT_NODES, FLAT_DELAYS, FLAT_LOOPS, FLAT_RUNS, FLAT_OUTPUTS, FLAT_WIDE, FLAT_BENT, FLAT_LISTS };
enum { LANE_WIDTH, LANE_INPUTS, LANE_GATES, LANE_REGISTERS, LANE_WORDS, LANE_OUTPUTS, LANE_LISTS };
enum { DELAY = 16 }; /* an op beyond the 16 truth tables */

/* Lists of a flat circuit: runs (op, how many), start bits of delays, of loops, next, outputs, bendable, operands. */
static const uint32_t *starts_of(const uint32_t *f)
{
    return f + FLAT_LISTS + 2 * f[FLAT_RUNS];
}

static const uint32_t *next_of(const uint32_t *f)
{
    return starts_of(f) + gates_words_of(f[FLAT_DELAYS]) + gates_words_of(f[FLAT_LOOPS]);
}

static uint32_t operand(const uint32_t *list, uint32_t wide, uint32_t i)
{
    return wide ? list[i] : list[i / 2] >> 16 * (i & 1) & 0xFFFFu;
}

static int known(uint32_t op)
{
    return op == 0 || op == 1 || op == 2 || op == 6 || op == 7 || op == 8 || op == 9 || op == 11 || op == 12 ||
           op == 14 || op == 15 || op == DELAY;
}

/* Every run is of a known op, and every gate reads what is there before it. */
static int open_runs(const uint32_t *f, const uint32_t *list)
{
    uint32_t r, k, delays = 0, made = 0, first = f[FLAT_INPUTS] + f[FLAT_LOOPS];
    for (r = 0; r < f[FLAT_RUNS]; r++) {
        uint32_t op = f[FLAT_LISTS + 2 * r], n = f[FLAT_LISTS + 2 * r + 1];
        if (!known(op) || n > f[FLAT_NODES] - made)
            return 0;
        for (k = 0; k < 2 * n; k++)
            if (operand(list, f[FLAT_WIDE], 2 * made + k) >= first + made + k / 2)
                return 0;
        delays += op == DELAY ? n : 0;
        made += n;
    }
    return made == f[FLAT_NODES] && delays == f[FLAT_DELAYS];
}

const char *gates_open_flat(gates_model *m, gates_words w)
{
    static const char damaged[] = "its gates are damaged";
    const uint32_t *f = w.next, *list;
    uint32_t nodes, i, k;
    if (!gates_take(&w, FLAT_LISTS) || f[FLAT_INPUTS] != m->inputs || f[FLAT_WIDE] > 1 || f[FLAT_OUTPUTS] < 1)
        return damaged;
    for (k = FLAT_GATES; k <= FLAT_OUTPUTS; k++)
        if (f[k] > 1u << 24)
            return damaged;
    if (f[FLAT_BENT] && f[FLAT_BENT] != f[FLAT_GATES])
        return damaged;
    nodes = f[FLAT_INPUTS] + f[FLAT_LOOPS] + f[FLAT_NODES];
    if ((f[FLAT_LOOPS] && f[FLAT_DELAYS]) || (!f[FLAT_WIDE] && nodes > 65536))
        return damaged;
    if (!gates_take(&w, 2 * f[FLAT_RUNS] + gates_words_of(f[FLAT_DELAYS]) + gates_words_of(f[FLAT_LOOPS])))
        return damaged;
    if (!(list = gates_take(&w, f[FLAT_LOOPS] + f[FLAT_OUTPUTS])))
        return damaged;
    for (i = 0; i < f[FLAT_LOOPS] + f[FLAT_OUTPUTS]; i++)
        if (list[i] >= nodes)
            return damaged;
    if (!(list = gates_take(&w, f[FLAT_BENT])))
        return damaged;
    for (i = 0; i < f[FLAT_BENT]; i++)
        if (list[i] < f[FLAT_INPUTS] + f[FLAT_LOOPS] || list[i] >= nodes)
            return damaged;
    list = gates_take(&w, f[FLAT_WIDE] ? 2 * f[FLAT_NODES] : f[FLAT_NODES]);
    if (!list || w.left || !open_runs(f, list))
        return damaged;
    m->circuit = f;
    m->gates = f[FLAT_GATES];
    m->outputs = f[FLAT_OUTPUTS];
    m->batch = f[FLAT_LOOPS] ? 1 : GATES_BATCH;
    m->at_planes = gates_room(m, nodes > 32 * gates_words_of(m->inputs) ? nodes : 32 * gates_words_of(m->inputs));
    m->at_memory = gates_room(m, f[FLAT_DELAYS] + f[FLAT_LOOPS]);
    m->bendable = f[FLAT_BENT];
    m->at_bends = gates_room(m, f[FLAT_BENT] ? 1 + 2 * f[FLAT_NODES] : 0);
    return 0;
}

/* A gate word: operands a and b << 16, rotation, masks m0 to m3 of each part; outputs are numbers of lanes. */
const char *gates_open_lanes(gates_model *m, gates_words w)
{
    static const char damaged[] = "its gates are damaged";
    const uint32_t *f = w.next, *list;
    uint32_t k, first, words, parts, record;
    if (w.bad || !gates_take(&w, LANE_LISTS) || (f[LANE_WIDTH] != 32 && f[LANE_WIDTH] != 128))
        return damaged;
    for (k = LANE_INPUTS; k <= LANE_OUTPUTS; k++)
        if (f[k] > 1u << 24)
            return damaged;
    parts = f[LANE_WIDTH] / 32;
    first = f[LANE_INPUTS] + f[LANE_REGISTERS];
    words = first + f[LANE_WORDS];
    record = 2 + 4 * parts;
    if (words > 65536 || f[LANE_INPUTS] * f[LANE_WIDTH] != m->inputs || f[LANE_OUTPUTS] < 1)
        return damaged;
    if (!(list = gates_take(&w, f[LANE_REGISTERS] * (1 + parts)))) /* next word, start bits */
        return damaged;
    for (k = 0; k < f[LANE_REGISTERS]; k++)
        if (list[k] >= words)
            return damaged;
    if (!(list = gates_take(&w, f[LANE_OUTPUTS])))
        return damaged;
    for (k = 0; k < f[LANE_OUTPUTS]; k++)
        if (list[k] >= words * f[LANE_WIDTH])
            return damaged;
    if (!(list = gates_take(&w, record * f[LANE_WORDS])) || w.left)
        return damaged;
    for (k = 0; k < f[LANE_WORDS]; k++, list += record)
        if ((list[0] & 0xFFFFu) >= first + k || list[0] >> 16 >= first + k || list[1] >= f[LANE_WIDTH] ||
            (parts > 1 && list[1] % 8))
            return damaged;
    m->circuit = f;
    m->gates = f[LANE_GATES];
    m->outputs = f[LANE_OUTPUTS];
    m->batch = 1;
    m->lanes = f[LANE_WIDTH];
    m->at_planes = gates_room(m, words * parts);
    m->at_memory = gates_room(m, f[LANE_REGISTERS] * parts);
    m->bendable = f[LANE_WORDS] * f[LANE_WIDTH];
    m->at_bends = gates_room(m, 1 + 2 * parts * f[LANE_WORDS]);
    return 0;
}

void gates_start_circuit(const gates_model *m, uint32_t *s)
{
    const uint32_t *f = m->circuit, *start;
    uint32_t k, *memory = s + m->at_memory, words = m->lanes ? m->lanes / 32 * f[LANE_WORDS] : f[FLAT_NODES];
    if (m->bendable)
        memset(s + m->at_bends + 1, 0xFF, 4 * words); /* every gate is free */
    if (m->lanes) {
        start = f + LANE_LISTS + f[LANE_REGISTERS];
        memcpy(memory, start, 4 * f[LANE_REGISTERS] * (m->lanes / 32));
        return;
    }
    start = starts_of(f);
    for (k = 0; k < f[FLAT_DELAYS]; k++)
        *memory++ = start[k / 32] >> (k & 31) & 1u;
    start += gates_words_of(f[FLAT_DELAYS]);
    for (k = 0; k < f[FLAT_LOOPS]; k++)
        *memory++ = start[k / 32] >> (k & 31) & 1u;
}

/* Swap rows and columns: bit i of word k becomes bit k of word i. */
static void transpose(uint32_t *a)
{
    uint32_t j, k, m = 0x0000FFFFu;
    for (j = 16; j; j >>= 1, m ^= m << j)
        for (k = 0; k < 32; k = ((k | j) + 1) & ~j) {
            uint32_t t = (a[k] >> j ^ a[k | j]) & m;
            a[k | j] ^= t;
            a[k] ^= t << j;
        }
}

/* Packed bits of n frames to a plane a bit. */
static void spread(const uint32_t *bits, uint32_t words, uint32_t n, uint32_t *planes)
{
    uint32_t w, k;
    for (w = 0; w < words; w++, planes += 32) {
        if (n == 1) {
            for (k = 0; k < 32; k++)
                planes[k] = bits[w] >> k;
            continue;
        }
        for (k = 0; k < 32; k++)
            planes[k] = k < n ? bits[k * words + w] : 0;
        transpose(planes);
    }
}

/* The planes of the outputs to packed bits of n frames. */
static void gather(const uint32_t *planes, const uint32_t *node, uint32_t n_outputs, uint32_t n, uint32_t *outputs)
{
    uint32_t w, k, words = gates_words_of(n_outputs), rows[32];
    for (w = 0; w < words; w++) {
        uint32_t here = n_outputs - 32 * w < 32 ? n_outputs - 32 * w : 32;
        if (n == 1) {
            for (outputs[w] = 0, k = 0; k < here; k++)
                outputs[w] |= (planes[node[32 * w + k]] & 1u) << k;
            continue;
        }
        for (k = 0; k < 32; k++)
            rows[k] = k < here ? planes[node[32 * w + k]] : 0;
        transpose(rows);
        for (k = 0; k < n; k++)
            outputs[k * words + w] = rows[k];
    }
}

#define EACH(expression) \
    for (; count; count--, p += STEP) { \
        const uint32_t a = v[OPERAND_A], b = v[OPERAND_B]; \
        (void)b; \
        *out++ = BEND(expression); \
    } \
    break;

#define RUN \
    switch (op) { \
    case 0: EACH(0u * a) \
    case 1: EACH(a & b) \
    case 2: EACH(a & ~b) \
    case 6: EACH(a ^ b) \
    case 7: EACH(a | b) \
    case 8: EACH(~(a | b)) \
    case 9: EACH(~(a ^ b)) \
    case 11: EACH(a | ~b) \
    case 12: EACH(~a) \
    case 14: EACH(~(a & b)) \
    case 15: EACH(~(0u * a)) \
    default: \
        for (; count; count--, p += STEP, memory++) { \
            const uint32_t a = v[OPERAND_A]; \
            *out++ = BEND(a << 1 | *memory); \
            *memory = a >> (n - 1) & 1u; \
        } \
    }

#define NARROW_A p[0] & 0xFFFFu
#define NARROW_B p[0] >> 16
#define SAME(x) (x)
#define BENT(x) (((x) & *keep++) | *hold++)

typedef void runner(const uint32_t *f, const uint32_t *p, uint32_t *v, uint32_t *memory, uint32_t n,
                    const uint32_t *keep);

/* Through all runs; `keep` has a word for each node, and as many words behind that which are held. */
#define RUNNER(name, PREPARE) \
    static void name(const uint32_t *f, const uint32_t *p, uint32_t *v, uint32_t *memory, uint32_t n, \
                     const uint32_t *keep) \
    { \
        const uint32_t *run = f + FLAT_LISTS, *end = run + 2 * f[FLAT_RUNS]; \
        uint32_t *out = v + f[FLAT_INPUTS] + f[FLAT_LOOPS]; \
        PREPARE; \
        for (; run < end; run += 2) { \
            uint32_t op = run[0], count = run[1]; \
            RUN \
        } \
    }

#define OPERAND_A NARROW_A
#define OPERAND_B NARROW_B
#define STEP 1
#define BEND SAME
RUNNER(run_narrow, (void)keep)
#undef BEND
#define BEND BENT
RUNNER(bend_narrow, const uint32_t *hold = keep + f[FLAT_NODES])
#undef OPERAND_A
#undef OPERAND_B
#undef STEP
#define OPERAND_A p[0]
#define OPERAND_B p[1]
#define STEP 2
RUNNER(bend_wide, const uint32_t *hold = keep + f[FLAT_NODES])
#undef BEND
#define BEND SAME
RUNNER(run_wide, (void)keep)

static void think_flat(const gates_model *m, uint32_t *s, uint32_t n)
{
    const uint32_t *f = m->circuit, *next = next_of(f), *node = next + f[FLAT_LOOPS];
    const uint32_t *p = node + f[FLAT_OUTPUTS] + f[FLAT_BENT], *bends = s + m->at_bends;
    int bent = f[FLAT_BENT] && bends[0];
    runner *go = f[FLAT_WIDE] ? (bent ? bend_wide : run_wide) : (bent ? bend_narrow : run_narrow);
    uint32_t *v = s + m->at_planes, *memory = s + m->at_memory, k, loops = f[FLAT_LOOPS];
    spread(s + m->at_bits, gates_words_of(m->inputs), n, v);
    if (loops)
        memcpy(v + m->inputs, memory, 4 * loops);
    go(f, p, v, memory, n, bends + 1);
    for (k = 0; k < loops; k++)
        memory[k] = v[next[k]];
    gather(v, node, m->outputs, n, s + m->at_outputs);
}

/* Word `at` rotated right by `by` lanes, part by part. */
static uint32_t rotated(const uint32_t *word, uint32_t parts, uint32_t part, uint32_t by)
{
    uint32_t low = word[(part + by / 32) % parts], high = word[(part + by / 32 + 1) % parts];
    return by & 31 ? low >> (by & 31) | high << (32 - (by & 31)) : low;
}

static void think_lanes(const gates_model *m, uint32_t *s)
{
    const uint32_t *f = m->circuit, *next = f + LANE_LISTS;
    uint32_t parts = m->lanes / 32, registers = f[LANE_REGISTERS], k, part, w;
    const uint32_t *lane = next + registers * (1 + parts), *p = lane + f[LANE_OUTPUTS];
    uint32_t *v = s + m->at_planes, *out, *memory = s + m->at_memory, *outputs = s + m->at_outputs;
    const uint32_t bent = s[m->at_bends], *keep = s + m->at_bends + 1, *hold = keep + parts * f[LANE_WORDS];
    memcpy(v, s + m->at_bits, 4 * parts * f[LANE_INPUTS]);
    memcpy(v + parts * f[LANE_INPUTS], memory, 4 * parts * registers);
    out = v + parts * (f[LANE_INPUTS] + registers);
    if (parts == 1 && !bent)
        for (k = f[LANE_WORDS]; k; k--, p += 6) {
            uint32_t a = v[p[0] & 0xFFFFu], b = v[p[0] >> 16];
            b = b >> p[1] | b << (-p[1] & 31);
            *out++ = p[2] ^ (p[3] & a) ^ (b & (p[4] ^ (p[5] & a)));
        }
    else if (parts == 1)
        for (k = f[LANE_WORDS]; k; k--, p += 6) {
            uint32_t a = v[p[0] & 0xFFFFu], b = v[p[0] >> 16];
            b = b >> p[1] | b << (-p[1] & 31);
            a = p[2] ^ (p[3] & a) ^ (b & (p[4] ^ (p[5] & a)));
            *out++ = (a & *keep++) | *hold++;
        }
    else
        for (k = f[LANE_WORDS]; k; k--, p += 2 + 4 * parts)
            for (part = 0; part < parts; part++) {
                const uint32_t *mask = p + 2 + part;
                uint32_t a = v[parts * (p[0] & 0xFFFFu) + part];
                uint32_t b = rotated(v + parts * (p[0] >> 16), parts, part, p[1]);
                a = mask[0] ^ (mask[parts] & a) ^ (b & (mask[2 * parts] ^ (mask[3 * parts] & a)));
                *out++ = bent ? (a & *keep++) | *hold++ : a;
            }
    for (k = 0; k < registers; k++)
        memcpy(memory + parts * k, v + parts * next[k], 4 * parts);
    for (w = 0; w < gates_words_of(m->outputs); w++)
        outputs[w] = 0;
    for (k = 0; k < m->outputs; k++)
        outputs[k / 32] |= (v[lane[k] / 32] >> (lane[k] & 31) & 1u) << (k & 31);
}

/* Where a gate's plane or word is held: number of the word, and the lanes in it. */
static uint32_t held(const gates_model *m, uint32_t gate, uint32_t *lanes)
{
    const uint32_t *f = m->circuit;
    if (m->lanes) {
        *lanes = 1u << (gate & 31);
        return gate / 32;
    }
    *lanes = 0xFFFFFFFFu;
    return next_of(f)[f[FLAT_LOOPS] + f[FLAT_OUTPUTS] + gate] - f[FLAT_INPUTS] - f[FLAT_LOOPS];
}

int gates_bend(const gates_model *m, uint32_t *state, uint32_t gate, int value)
{
    const uint32_t *f = m->circuit;
    uint32_t lanes, at, words = m->lanes ? m->lanes / 32 * f[LANE_WORDS] : f[FLAT_NODES];
    uint32_t *bends = state + m->at_bends, *keep = bends + 1, *hold = keep + words;
    if (gate >= m->bendable)
        return 0;
    at = held(m, gate, &lanes);
    bends[0] += (uint32_t)((keep[at] & lanes) != 0) & (uint32_t)(value >= 0);
    bends[0] -= (uint32_t)((keep[at] & lanes) == 0) & (uint32_t)(value < 0);
    keep[at] = value < 0 ? keep[at] | lanes : keep[at] & ~lanes;
    hold[at] = value > 0 ? hold[at] | lanes : hold[at] & ~lanes;
    return 1;
}

void gates_think(const gates_model *m, uint32_t *s, uint32_t n)
{
    if (m->lanes)
        think_lanes(m, s);
    else
        think_flat(m, s, n);
}

/* The oscillator bank: a wave a frame, two waves and noise a sample, all in whole numbers. */

#include <string.h>

#include "gates_parts.h"

/* Words: kind, frames, bits of the increment, harmonics, noise bands, outputs a group, a quarter of a sine. */
enum { PITCH = 2, HARMONICS, NOISES, GROUP, SINE, QUARTER = 128, HALF = 2 * QUARTER };
enum { STEPS = 4, FRACTION = 6, DETAIL = 4, NOISE_DETAIL = 4, SINE_WORDS = (QUARTER + 2) / 2, MOST_NOISE = 8 };
enum { INDEX = 32 - 9 }; /* bits of the phase below a step of the wave, which has 512 */

/* State: noise bands' levels of both frames and their low passes, the latest controls, then both waves. */
enum { PHASE, WORD, LATEST, LEVELS, LOWS = LEVELS + 2 * MOST_NOISE, CONTROLS = LOWS + MOST_NOISE };
enum { MOST_HARMONICS = 32, WAVES = CONTROLS + 2 + MOST_HARMONICS + MOST_NOISE };

static const uint32_t SEED = 0x2545F491u;

int gates_open_bank(gates_model *m, gates_words w)
{
    const uint32_t *h = w.next;
    if (w.left != SINE + SINE_WORDS || h[1] != 1 || !gates_within(h + PITCH, 1, 8, 20))
        return 0;
    if (!gates_within(h + HARMONICS, 1, 1, MOST_HARMONICS) || h[NOISES] > MOST_NOISE || !gates_within(h + GROUP, 1, 1, 48))
        return 0;
    if (m->hop < 2 || m->hop > 256 || (m->hop & (m->hop - 1)) || m->classes)
        return 0;
    if (m->outputs != h[PITCH] + (1 + h[HARMONICS] + h[NOISES]) * h[GROUP])
        return 0;
    m->kind = GATES_SAMPLE;
    m->values = m->hop;
    m->controls = 2 + h[HARMONICS] + h[NOISES];
    m->pitch = h[PITCH];
    m->most = h[GROUP];
    m->at_head = gates_room(m, WAVES + 2 * (HALF + 1));
    return 1;
}

void gates_start_bank(uint32_t *own)
{
    own[WORD] = SEED;
}

/* The softest level that sounds. */
static int32_t quiet(const uint32_t *h)
{
    return h[GROUP] < 6 ? 1 : (int32_t)h[GROUP] / 3;
}

/* Step p of a cycle of 512. */
static int32_t sine(const uint32_t *h, uint32_t p)
{
    uint32_t place = p & (HALF - 1), at = place > QUARTER ? HALF - place : place;
    int32_t x = (int32_t)(h[SINE + at / 2] >> 16 * (at & 1) & 0xFFFFu);
    return p & HALF ? -x : x;
}

/* Half a cycle of all harmonics from a quarter: odd ones mirror there, even ones turn over too. */
static void draw(const uint32_t *h, const int32_t *controls, int32_t *wave)
{
    int32_t odd[QUARTER + 1] = {0}, even[QUARTER + 1] = {0}, reach = 0, top = (int32_t)h[GROUP] / 2, n;
    uint32_t p;
    for (n = 1; n <= (int32_t)h[HARMONICS]; n++) {
        int32_t level = controls[1] + controls[1 + n], shift = 2 + top - level / STEPS;
        int32_t factor = STEPS + level % STEPS, *total = n & 1 ? odd : even;
        reach += controls[0];
        if (!controls[1 + n] || level < quiet(h) || reach >= 1 << (h[PITCH] + 1))
            continue;
        for (p = 0; p <= QUARTER; p++)
            total[p] += (sine(h, (uint32_t)n * p) * factor * (1 << DETAIL)) >> shift;
    }
    for (p = 0; p <= QUARTER; p++) {
        wave[p] = (odd[p] + even[p]) >> DETAIL;
        wave[HALF - p] = (odd[p] - even[p]) >> DETAIL;
    }
}

/* The noise of a sample, at the levels of both frames. */
static void hiss(const uint32_t *h, uint32_t *own, const uint32_t *const *level, int32_t *both)
{
    uint32_t k, i, word = own[WORD];
    int32_t rest, band, top = (int32_t)h[GROUP] / 2, *low = (int32_t *)(own + LOWS);
    word ^= word << 13;
    word ^= word >> 17;
    word ^= word << 5;
    own[WORD] = word;
    rest = (int32_t)(word & 0xFFFF0000u) >> (16 - NOISE_DETAIL);
    for (k = 0; k < h[NOISES]; k++) {
        band = rest;
        if (k + 1 < h[NOISES]) {
            low[k] += (rest - low[k]) >> (k + 1);
            band = rest - low[k];
            rest = low[k];
        }
        for (i = 0; i < 2; i++)
            if (level[i][k]) {
                int32_t at = (int32_t)level[i][k];
                both[i] += (band * (STEPS + at % STEPS)) >> (2 + NOISE_DETAIL + top - at / STEPS);
            }
    }
}

/* Increment, gain, harmonics and noise bands of the outputs. */
static void read(const gates_model *m, const uint32_t *outputs, int32_t *controls)
{
    const uint32_t *h = m->head;
    uint32_t k;
    controls[0] = 0;
    for (k = 0; k < h[PITCH]; k++)
        controls[0] += controls[0] + (int32_t)(outputs[k / 32] >> (k & 31) & 1u);
    for (k = 0; k < 1 + h[HARMONICS] + h[NOISES]; k++)
        controls[1 + k] = gates_count(outputs, h[PITCH] + k * h[GROUP], h[GROUP]);
}

const int32_t *gates_controls(const gates_model *m, const uint32_t *state)
{
    return m->controls ? (const int32_t *)(state + m->at_head + CONTROLS) : 0;
}

void gates_play_bank(const gates_model *m, uint32_t *own, const uint32_t *outputs, int32_t *samples)
{
    const uint32_t *h = m->head, *level[2];
    int32_t *controls = (int32_t *)(own + CONTROLS), both[2], sound;
    const int32_t *wave[2];
    uint32_t k, i, latest = own[LATEST] ^ 1u, bits = 0;
    read(m, outputs, controls);
    own[LATEST] = latest;
    for (i = 0; i < 2; i++) {
        wave[i] = (const int32_t *)(own + WAVES) + (latest ^ 1u ^ i) * (HALF + 1);
        level[i] = own + LEVELS + (latest ^ 1u ^ i) * MOST_NOISE;
    }
    draw(h, controls, (int32_t *)(own + WAVES) + latest * (HALF + 1));
    for (k = 0; k < h[NOISES]; k++) {
        int32_t ones = controls[2 + h[HARMONICS] + k], at = controls[1] + ones;
        own[LEVELS + latest * MOST_NOISE + k] = ones && at >= quiet(h) ? (uint32_t)at : 0;
    }
    while (1u << bits < m->hop)
        bits++;
    for (k = 0; k < m->hop; k++) {
        uint32_t later, place, at;
        int32_t part;
        own[PHASE] += (uint32_t)controls[0] << (30 - h[PITCH]);
        later = own[PHASE] >> 31; /* the second half of a cycle is the first, backwards and turned over */
        place = later ? ~own[PHASE] : own[PHASE];
        at = place >> INDEX;
        part = (int32_t)(place >> (INDEX - FRACTION) & ((1u << FRACTION) - 1));
        for (i = 0; i < 2; i++) {
            int32_t here = wave[i][at] + ((wave[i][at + 1] - wave[i][at]) * part >> FRACTION);
            both[i] = later ? -here : here;
        }
        hiss(h, own, level, both);
        sound = both[0] + ((both[1] - both[0]) * (int32_t)k >> bits);
        samples[k] = sound > 32767 ? 32767 : sound < -32768 ? -32768 : sound;
    }
}

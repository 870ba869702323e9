/* The note tracker: pitch by the time between crossings, loudness by a follower, and how both came about. */

#include <string.h>

#include "gates_parts.h"

enum { LOWS = OWN, HIGH, WINDOW, FLOOR, NOTE_SILENCE, LAGS, RISE, LISTS };
enum { PITCH = 15, TIME = 4, LONGEST = 1 << 15, PERIODS = 15, NEAR = 3, CHANGE = 5, LEVEL = 8, MAX_AGE = 255 };

/* State: then the periods, the loudness of earlier frames, and the filters. */
enum { BEFORE, ARMED, SINCE, COUNT, LASTED, INCREMENT, ROSE, FELL, NOTE, PERIOD, LOUD = PERIOD + PERIODS + 1 };

int gates_open_note(gates_model *m, gates_words w)
{
    const uint32_t *f = m->front, *list;
    if (!gates_take(&w, LISTS - OWN) || f[LOWS] > 8 || !gates_within(f + HIGH, 1, 1, 15) || m->hop > 256)
        return 0;
    if (!gates_within(f + WINDOW, 1, 1, 4095) || !gates_within(f + FLOOR, 1, 1, 65535) || f[NOTE_SILENCE] > 511)
        return 0;
    if (!gates_within(f + LAGS, 1, 1, 16) || !gates_within(f + RISE, 1, 1, 255))
        return 0;
    list = gates_take(&w, f[LOWS] + f[LAGS]);
    if (!list || !gates_within(list, f[LOWS], 1, 15) || !gates_within(list + f[LOWS], f[LAGS], 1, 64))
        return 0;
    m->features = 4 + f[LAGS] + PITCH;
    m->at_front = gates_room(m, LOUD + gates_deepest(list + f[LOWS], f[LAGS]) + f[LOWS] + 3);
    return gates_open_thermometer(m, w);
}

void gates_start_note(const gates_model *m, uint32_t *own)
{
    const uint32_t *f = m->front;
    uint32_t k, depth = gates_deepest(f + LISTS + f[LOWS], f[LAGS]);
    own[SINCE] = LONGEST;
    own[ROSE] = own[FELL] = MAX_AGE;
    for (k = 0; k < depth; k++)
        own[LOUD + k] = f[NOTE_SILENCE];
}

/* An upward crossing between the last sample and this one: when it was, and what it does to the measurement. */
static void cross(const gates_model *m, uint32_t *own, int32_t band)
{
    int32_t whole = band - (int32_t)own[BEFORE], left = -(int32_t)own[BEFORE];
    uint32_t part = 0, rest, period, apart, k, last = own[PERIOD];
    for (k = 0; k < TIME; k++) {
        left += left;
        part += part;
        if (left >= whole) {
            left -= whole;
            part++;
        }
    }
    rest = (1u << TIME) - part;
    period = own[SINCE] - rest;
    own[SINCE] = rest;
    apart = period > last ? period - last : last - period;
    if (!own[COUNT] || apart > last >> NEAR)
        own[COUNT] = own[LASTED] = 0;
    memmove(own + PERIOD + 1, own + PERIOD, 4 * PERIODS);
    own[PERIOD] = period;
    own[COUNT]++;
    own[LASTED] += period;
    while (own[COUNT] > 2 && (own[COUNT] > PERIODS || own[LASTED] > m->front[WINDOW] << TIME))
        own[LASTED] -= own[PERIOD + --own[COUNT]];
}

/* Periods by their time, by shifts and subtractions; what is beyond the range changes nothing. */
static void measure(uint32_t *own)
{
    uint32_t number = own[COUNT] << (PITCH + 2 + TIME), found = 0, bit;
    if (own[COUNT] < 2 || number >= own[LASTED] << PITCH)
        return;
    for (bit = PITCH; bit--;)
        if (number >= own[LASTED] << bit) {
            number -= own[LASTED] << bit;
            found += 1u << bit;
        }
    own[INCREMENT] = found;
}

static int32_t size_of(int32_t x)
{
    return x < 0 ? -x : x;
}

/* One sample through the filters. */
static void hear(const gates_model *m, uint32_t *own, int32_t *low, int32_t x)
{
    const uint32_t *f = m->front, *shifts = f + LISTS;
    int32_t *slow = low + f[LOWS], *height = slow + 1, *input = slow + 2, band;
    uint32_t k;
    *input += (size_of(x) - *input) >> LEVEL;
    for (k = 0; k < f[LOWS]; k++)
        x = low[k] += (x - low[k]) >> shifts[k];
    *slow += (x - *slow) >> f[HIGH];
    band = x - *slow;
    *height += (size_of(band) - *height) >> LEVEL;
    own[SINCE] = own[SINCE] + (1u << TIME) > LONGEST ? LONGEST : own[SINCE] + (1u << TIME);
    if (band < -(*height >> 1))
        own[ARMED] = 1;
    if (own[ARMED] && (int32_t)own[BEFORE] <= 0 && band > 0) {
        own[ARMED] = 0;
        cross(m, own, band);
    }
    own[BEFORE] = (uint32_t)band;
}

const uint32_t *gates_follow_note(const gates_model *m, uint32_t *own, const int32_t *samples, int32_t *features)
{
    const uint32_t *f = m->front, *lags = f + LISTS + f[LOWS];
    uint32_t k, depth = gates_deepest(lags, f[LAGS]), *loud = own + LOUD;
    int32_t *low = (int32_t *)(loud + depth), now, increment, apart, *bits = features + 4 + f[LAGS];
    for (k = 0; k < m->hop; k++)
        hear(m, own, low, gates_raised(samples[k]));
    measure(own);
    now = gates_log2((uint32_t)(low[f[LOWS] + 2] >> 6) + f[FLOOR]);
    increment = (int32_t)own[INCREMENT];
    apart = size_of(increment - (int32_t)own[NOTE]);
    features[0] = increment;
    features[1] = now;
    for (k = 0; k < f[LAGS]; k++)
        features[2 + k] = now - (int32_t)loud[lags[k] - 1];
    memmove(loud + 1, loud, 4 * (depth - 1));
    loud[0] = (uint32_t)now;
    own[ROSE] += own[ROSE] < MAX_AGE;
    own[FELL] += own[FELL] < MAX_AGE;
    if (features[2] >= (int32_t)f[RISE] || apart > increment >> CHANGE) {
        own[ROSE] = 0;
        own[NOTE] = own[INCREMENT];
    }
    if (features[2] <= -(int32_t)f[RISE])
        own[FELL] = 0;
    bits[-2] = (int32_t)own[ROSE];
    bits[-1] = (int32_t)own[FELL];
    for (k = 0; k < PITCH; k++)
        bits[k] = increment >> (PITCH - 1 - k) & 1;
    return lags + f[LAGS];
}

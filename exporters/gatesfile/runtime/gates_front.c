/* Front ends: from samples to bits, with adds, shifts and compares. */

#include <string.h>

#include "gates_parts.h"

/* Own words of the filterbank, then shifts, lags, peaks, fluxes (lo, hi), spans; then the thermometer. */
enum { STAGES = OWN, BANK_FLOOR, SILENCE, LAGS, PEAKS, FLUXES, SPANS, BANK_LISTS };

/* Own words of the sign autocorrelation, then low passes and lags; then the thermometer. */
enum { LOWS = OWN, HIGH, AC_LAGS, AC_HOPS, AC_FLOOR, AC_LISTS };

enum { WIDTH = OWN, PCM_TAPS, PCM_GRAY, COUNTER_GRAY = PCM_TAPS };

/* Thresholds, then features in half words; every feature must be there. */
int gates_open_thermometer(const gates_model *m, gates_words w)
{
    const uint32_t *half;
    uint32_t i;
    if (!gates_take(&w, m->inputs) || !(half = gates_take(&w, (m->inputs + 1u) / 2u)) || w.left)
        return 0;
    for (i = 0; i < m->inputs; i++)
        if ((half[i / 2u] >> 16u * (i & 1u) & 0xFFFFu) >= m->features)
            return 0;
    return 1;
}

static int open_filterbank(gates_model *m, gates_words w)
{
    const uint32_t *f = m->front, *list;
    uint32_t k, depth, bands;
    if (!gates_take(&w, BANK_LISTS - OWN) || !gates_within(f + STAGES, 1, 1, 24) || !gates_within(f + BANK_FLOOR, 1, 1, 65535))
        return 0;
    if (!gates_within(f + LAGS, 4, 0, 64) || m->hop > 256 || f[SILENCE] > 1023)
        return 0;
    bands = f[STAGES];
    list = gates_take(&w, bands + f[LAGS] + f[PEAKS] + 2u * f[FLUXES] + f[SPANS]);
    if (!list || !gates_within(list, bands, 1, 15) || !gates_within(list + bands, f[LAGS] + f[PEAKS], 1, 1024))
        return 0;
    depth = gates_deepest(list + bands, f[LAGS] + f[PEAKS]);
    m->features = bands + (f[LAGS] + f[PEAKS]) * (bands + f[FLUXES]);
    list += bands + f[LAGS] + f[PEAKS];
    for (k = 0; k < f[FLUXES]; k++, list += 2)
        if (list[0] >= list[1] || list[1] > bands)
            return 0;
    if (f[SPANS] && (bands < 2 || !gates_within(list, f[SPANS], 1, bands - 1u)))
        return 0;
    for (k = 0; k < f[SPANS]; k++)
        m->features += bands - list[k];
    m->at_front = gates_room(m, 1 + bands + 2 * depth * bands); /* where in the ring, low passes, rings */
    return gates_open_thermometer(m, w);
}

static int open_autocorrelation(gates_model *m, gates_words w)
{
    const uint32_t *f = m->front, *list;
    uint32_t past;
    if (!gates_take(&w, AC_LISTS - OWN) || f[LOWS] > 8 || !gates_within(f + HIGH, 1, 1, 15))
        return 0;
    if (!gates_within(f + AC_LAGS, 1, 1, 1024) || !gates_within(f + AC_HOPS, 1, 1, 16) || !gates_within(f + AC_FLOOR, 1, 1, 65535))
        return 0;
    list = gates_take(&w, f[LOWS] + f[AC_LAGS]);
    if (!list || !gates_within(list, f[LOWS], 1, 15) || !gates_within(list + f[LOWS], f[AC_LAGS], 1, 1024))
        return 0;
    if (m->hop % 32 || m->hop > 256)
        return 0;
    past = gates_deepest(list + f[LOWS], f[AC_LAGS]) / 32 + 1;
    m->features = f[AC_LAGS] + 1;
    /* where in the ring, low passes, signs, sums, ring of counts */
    m->at_front = gates_room(m, 1 + f[LOWS] + 1 + past + m->hop / 32 + f[AC_LAGS] * (1 + f[AC_HOPS]));
    return gates_open_thermometer(m, w);
}

static int open_pcm(gates_model *m, gates_words w)
{
    const uint32_t *f = m->front;
    if (!gates_take(&w, 3) || w.left || !gates_within(f + WIDTH, 1, 1, 16) || !gates_within(f + PCM_TAPS, 1, 1, 65536))
        return 0;
    m->at_front = gates_room(m, 1 + f[PCM_TAPS]); /* where the newest code is, codes */
    return f[PCM_GRAY] <= 1 && m->hop == 1 && m->inputs == f[WIDTH] * f[PCM_TAPS];
}

static int open_counter(gates_model *m, gates_words w)
{
    const uint32_t *f = m->front;
    if (!gates_take(&w, 2) || w.left || !gates_within(f + WIDTH, 1, 1, 32) || f[COUNTER_GRAY] > 1)
        return 0;
    m->at_front = gates_room(m, 1);
    m->hears = 0;
    return m->hop == 1 && m->inputs == f[WIDTH] * (1 + f[COUNTER_GRAY]);
}

const char *gates_open_front(gates_model *m, gates_words w)
{
    const uint32_t *f = w.next;
    int good = 0;
    if (w.bad || !gates_take(&w, OWN) || !gates_within(f + RATE, 1, 1, 1000000) || !gates_within(f + HOP, 1, 1, 65536) ||
        !gates_within(f + BITS, 1, 1, 1u << 20))
        return "its front end is damaged";
    m->front = f;
    m->front_kind = f[KIND];
    m->rate = f[RATE];
    m->hop = f[HOP];
    m->inputs = f[BITS];
    m->hears = 1;
    switch (m->front_kind) {
    case FRONT_FILTERBANK:
        good = open_filterbank(m, w);
        break;
    case FRONT_PCM:
        good = open_pcm(m, w);
        break;
    case FRONT_COUNTER:
        good = open_counter(m, w);
        break;
    case FRONT_RAW:
        good = !w.left && m->inputs == m->hop;
        break;
    case FRONT_AUTOCORRELATION:
        good = open_autocorrelation(m, w);
        break;
    case FRONT_NOTE:
        good = gates_open_note(m, w);
        break;
    default:
        return "its front end is of a kind that this runtime does not know: get a newer one";
    }
    return good ? 0 : "its front end is damaged";
}

void gates_start_front(const gates_model *m, uint32_t *s)
{
    const uint32_t *f = m->front, *list = f + BANK_LISTS;
    uint32_t k, silence, past, *own = s + m->at_front;
    if (m->front_kind == FRONT_FILTERBANK) {
        uint32_t n = 2 * f[STAGES] * gates_deepest(list + f[STAGES], f[LAGS] + f[PEAKS]);
        for (k = 0; k < n; k++)
            own[1 + f[STAGES] + k] = f[SILENCE];
    } else if (m->front_kind == FRONT_AUTOCORRELATION) {
        past = gates_deepest(f + AC_LISTS + f[LOWS], f[AC_LAGS]) / 32 + 1;
        own += 1 + f[LOWS] + 1 + past + m->hop / 32;
        for (k = 0; k < f[AC_LAGS]; k++)
            *own++ = f[AC_HOPS] * m->hop;
        for (k = 0; k < f[AC_LAGS] * f[AC_HOPS]; k++)
            *own++ = m->hop;
    } else if (m->front_kind == FRONT_PCM) {
        silence = 32768u >> (16 - f[WIDTH]);
        for (k = 0; k < f[PCM_TAPS]; k++)
            own[1 + k] = f[PCM_GRAY] ? silence ^ silence >> 1 : silence;
    } else if (m->front_kind == FRONT_NOTE)
        gates_start_note(m, own);
}

/* One stage takes a sample: the low pass takes a step, what it removed adds to the sum, and the rest goes on. */
static inline int32_t stage(int32_t x, int32_t *low, int32_t *sum, int32_t shift)
{
    int32_t band = x - *low, step = band >> shift;
    *low += step;
    band -= step;
    *sum += band < 0 ? -band : band;
    return *low;
}

/* Mean magnitudes of the bands, as logarithms; two stages a pass, since each pass loads and stores the signal. */
static void bands_of(const gates_model *m, int32_t *low, const int32_t *samples, int32_t *features)
{
    const uint32_t *f = m->front, *shifts = f + BANK_LISTS;
    int32_t signal[256]; /* what the stages so far let through */
    uint32_t k, n;
    for (n = 0; n < m->hop; n++)
        signal[n] = gates_raised(samples[n]);
    for (k = 0; k < f[STAGES]; k += 2) {
        int32_t first = low[k], sum = 0, shift = (int32_t)shifts[k], second = 0, more = 0, then;
        if (k + 1 == f[STAGES]) {
            for (n = 0; n < m->hop; n++)
                stage(signal[n], &first, &sum, shift);
        } else {
            second = low[k + 1];
            then = (int32_t)shifts[k + 1];
            for (n = 0; n < m->hop; n++)
                signal[n] = stage(stage(signal[n], &first, &sum, shift), &second, &more, then);
            low[k + 1] = second;
            features[k + 1] = gates_log2((uint32_t)(more >> 6) + f[BANK_FLOOR]);
        }
        low[k] = first;
        features[k] = gates_log2((uint32_t)(sum >> 6) + f[BANK_FLOOR]);
    }
}

/* Differences of one band to earlier hops, and to the loudest of the last hops. */
static void differences_of(const gates_model *m, uint32_t *ring, uint32_t at, uint32_t depth, int32_t now, int32_t *out)
{
    const uint32_t *f = m->front, *lags = f + BANK_LISTS + f[STAGES];
    const uint32_t *then = ring + at + depth; /* then[-j] is the value j hops ago */
    uint32_t r, j = 1;
    int32_t most = 0;
    for (r = 0; r < f[LAGS]; r++, out += f[STAGES])
        *out = now - (int32_t)*(then - lags[r]);
    for (; r < f[LAGS] + f[PEAKS]; r++, out += f[STAGES]) {
        if (lags[r] + 1 < j) {
            j = 1;
            most = 0;
        }
        for (; j <= lags[r]; j++)
            most = (int32_t)*(then - j) > most ? (int32_t)*(then - j) : most;
        *out = now - most;
    }
    ring[at] = ring[at + depth] = (uint32_t)now;
}

static void filterbank(const gates_model *m, uint32_t *own, const int32_t *samples, int32_t *features)
{
    const uint32_t *f = m->front, *list = f + BANK_LISTS + f[STAGES];
    uint32_t bands = f[STAGES], references = f[LAGS] + f[PEAKS], depth = gates_deepest(list, references), k, r;
    int32_t *out = features + bands;
    bands_of(m, (int32_t *)(own + 1), samples, features);
    for (k = 0; depth && k < bands; k++)
        differences_of(m, own + 1 + bands + 2 * depth * k, own[0], depth, features[k], out + k);
    if (depth)
        own[0] = own[0] + 1 == depth ? 0 : own[0] + 1;
    list += references;
    out += references * bands;
    for (r = 0; r < references; r++) {
        const int32_t *difference = features + bands * (1 + r);
        for (k = 0; k < f[FLUXES]; k++) {
            uint32_t n;
            int32_t x = 0;
            for (n = list[2 * k]; n < list[2 * k + 1]; n++)
                x += difference[n] > 0 ? difference[n] : 0;
            *out++ = x;
        }
    }
    list += 2 * f[FLUXES];
    for (r = 0; r < f[SPANS]; r++)
        for (k = 0; k + list[r] < bands; k++)
            *out++ = features[k] - features[k + list[r]];
}

/* The band's signs, a bit a sample; returns the log of its magnitude. */
static int32_t signs_of(const gates_model *m, int32_t *low, const int32_t *samples, uint32_t *word)
{
    const uint32_t *f = m->front, *shifts = f + AC_LISTS;
    int32_t *slow = low + f[LOWS], magnitude = 0;
    uint32_t n, k, bits = 0;
    for (n = 0; n < m->hop; n++) {
        int32_t x = gates_raised(samples[n]), band;
        for (k = 0; k < f[LOWS]; k++)
            x = low[k] += (x - low[k]) >> shifts[k];
        *slow += (x - *slow) >> f[HIGH];
        band = x - *slow;
        magnitude += band < 0 ? -band : band;
        bits |= (uint32_t)(band > 0) << (n & 31);
        if ((n & 31) == 31) {
            *word++ = bits;
            bits = 0;
        }
    }
    return gates_log2((uint32_t)(magnitude >> 6) + f[AC_FLOOR]);
}

static void autocorrelation(const gates_model *m, uint32_t *own, const int32_t *samples, int32_t *features)
{
    const uint32_t *f = m->front, *lags = f + AC_LISTS + f[LOWS];
    uint32_t n = f[AC_LAGS], now = m->hop / 32, past = gates_deepest(lags, n) / 32 + 1, i, k;
    uint32_t *signs = own + 1 + f[LOWS] + 1, *here = signs + past, *sum = here + now, *count = sum + n + own[0] * n;
    features[n] = signs_of(m, (int32_t *)(own + 1), samples, here);
    for (i = 0; i < n; i++) {
        const uint32_t *then = here - lags[i] / 32;
        uint32_t shift = lags[i] & 31u, equal = m->hop;
        for (k = 0; k < now; k++) {
            uint32_t earlier = shift ? then[k] << shift | *(then + k - 1) >> (32 - shift) : then[k];
            equal -= gates_ones(here[k] ^ earlier);
        }
        sum[i] += equal - count[i];
        count[i] = equal;
        features[i] = (int32_t)sum[i];
    }
    own[0] = own[0] + 1 == f[AC_HOPS] ? 0 : own[0] + 1;
    memmove(signs, signs + now, 4 * past);
}

/* Bit i: is the feature it looks at at least its threshold? */
static void thermometer(const gates_model *m, const uint32_t *threshold, const int32_t *features, uint32_t *bits)
{
    const uint32_t *half = threshold + m->inputs;
    uint32_t i, k;
    for (i = 0; i < m->inputs; i += 32) {
        uint32_t n = m->inputs - i < 32 ? m->inputs - i : 32, w = 0;
        for (k = 0; k + 1 < n; k += 2) { /* a word holds two features */
            uint32_t both = half[(i + k) / 2];
            w |= (uint32_t)(features[both & 0xFFFFu] >= (int32_t)threshold[i + k]) << k;
            w |= (uint32_t)(features[both >> 16] >= (int32_t)threshold[i + k + 1]) << (k + 1);
        }
        if (k < n)
            w |= (uint32_t)(features[half[(i + k) / 2] & 0xFFFFu] >= (int32_t)threshold[i + k]) << k;
        *bits++ = w;
    }
}

static void put(uint32_t *bits, uint32_t i, uint32_t bit)
{
    bits[i / 32] |= (bit & 1u) << (i & 31);
}

static void pcm(const gates_model *m, uint32_t *own, int32_t sample, uint32_t *bits)
{
    const uint32_t *f = m->front;
    uint32_t taps = f[PCM_TAPS], width = f[WIDTH], code = (uint32_t)(sample + 32768) >> (16 - width), k, b, at = own[0];
    own[1 + at] = f[PCM_GRAY] ? code ^ code >> 1 : code;
    for (k = 0; k < taps; k++) {
        code = own[1 + (at >= k ? at - k : at + taps - k)];
        for (b = 0; b < width; b++)
            put(bits, k * width + b, code >> (width - 1 - b));
    }
    own[0] = at + 1 == taps ? 0 : at + 1;
}

static void counter(const gates_model *m, uint32_t *own, uint32_t *bits)
{
    const uint32_t *f = m->front;
    uint32_t b, t = own[0], gray = t ^ t >> 1;
    for (b = 0; b < f[WIDTH]; b++) {
        put(bits, b, t >> b);
        if (f[COUNTER_GRAY])
            put(bits, f[WIDTH] + b, gray >> b);
    }
    own[0] = (t + 1) & (0xFFFFFFFFu >> (32 - f[WIDTH]));
}

void gates_seek(const gates_model *m, uint32_t *s, uint32_t t)
{
    if (m->front_kind == FRONT_COUNTER)
        s[m->at_front] = t & (0xFFFFFFFFu >> (32 - m->front[WIDTH]));
}

void gates_hear(const gates_model *m, uint32_t *s, const int32_t *samples, uint32_t *bits)
{
    const uint32_t *f = m->front;
    int32_t *features = (int32_t *)(s + m->at_features);
    uint32_t k, *own = s + m->at_front;
    if (m->front_kind == FRONT_FILTERBANK) {
        filterbank(m, own, samples, features);
        k = f[STAGES] + f[LAGS] + f[PEAKS] + 2 * f[FLUXES] + f[SPANS];
        thermometer(m, f + BANK_LISTS + k, features, bits);
        return;
    }
    if (m->front_kind == FRONT_AUTOCORRELATION) {
        autocorrelation(m, own, samples, features);
        thermometer(m, f + AC_LISTS + f[LOWS] + f[AC_LAGS], features, bits);
        return;
    }
    if (m->front_kind == FRONT_NOTE) {
        thermometer(m, gates_follow_note(m, own, samples, features), features, bits);
        return;
    }
    memset(bits, 0, 4 * gates_words_of(m->inputs));
    if (m->front_kind == FRONT_PCM)
        pcm(m, own, samples[0], bits);
    else if (m->front_kind == FRONT_COUNTER)
        counter(m, own, bits);
    else
        for (k = 0; k < m->inputs; k++)
            put(bits, k, samples[k] > 0);
}

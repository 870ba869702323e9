/* Heads: from output bits to values and an answer. */

#include "gates_parts.h"

/* Words of every head; frames of an onset's score or a class, then its own. */
enum { HEAD_KIND, HEAD_FRAMES, THRESHOLD, REARM, REFRACTORY, ONSET_WORDS };
enum { GROUPS = 2, GROUP_WORDS };
enum { SAMPLE_WIDTH = 2, SAMPLE_WORDS };

enum { HEAD_BANK = 5 }; /* an oscillator bank, whose answer is a sound */

/* State of an onset head, before the counts of earlier frames. */
enum { ARMED, WAIT, EARLIER };

const char *gates_open_head(gates_model *m, gates_words w)
{
    static const char damaged[] = "its head is damaged";
    const uint32_t *h = w.next;
    uint32_t words;
    if (w.bad || w.left < 2 || h[HEAD_FRAMES] < 1 || h[HEAD_FRAMES] > 16)
        return damaged;
    m->head = h;
    m->kind = h[HEAD_KIND];
    if (m->kind == HEAD_BANK)
        return gates_open_bank(m, w) ? 0 : damaged;
    m->values = 1;
    words = m->kind == GATES_ONSET ? ONSET_WORDS : m->kind == GATES_SAMPLE ? SAMPLE_WORDS : GROUP_WORDS;
    if (m->kind < GATES_ONSET || m->kind > GATES_CONTROL || w.left != words)
        return damaged;
    if (m->kind == GATES_ONSET) {
        if (h[THRESHOLD] - 1 >= 1u << 20 || h[REARM] - 1 > 1u << 20 || h[REFRACTORY] > 65535)
            return damaged;
        m->most = h[HEAD_FRAMES] * m->outputs;
        m->threshold = h[THRESHOLD];
        m->rearm = h[REARM];
        m->refractory = h[REFRACTORY];
    } else if (m->kind == GATES_SAMPLE) {
        if (h[SAMPLE_WIDTH] < 1 || h[SAMPLE_WIDTH] > 16 || m->outputs != h[SAMPLE_WIDTH])
            return damaged;
        m->most = 32767;
    } else {
        if (h[GROUPS] < 1 || h[GROUPS] > 65535 || m->outputs % h[GROUPS])
            return damaged;
        m->values = h[GROUPS];
        m->most = h[HEAD_FRAMES] * (m->outputs / h[GROUPS]);
    }
    if (m->classes && m->classes != m->values)
        return damaged;
    m->at_head = gates_room(m, EARLIER + (h[HEAD_FRAMES] - 1) * m->values);
    return 0;
}

void gates_start_head(const gates_model *m, uint32_t *s)
{
    if (m->head[HEAD_KIND] == HEAD_BANK)
        gates_start_bank(s + m->at_head);
    else
        s[m->at_head + ARMED] = 1;
}

int32_t gates_count(const uint32_t *bits, uint32_t first, uint32_t n)
{
    uint32_t end = first + n, low = first / 32, high = (end - 1) / 32, w;
    uint32_t from = 0xFFFFFFFFu << (first & 31), to = 0xFFFFFFFFu >> (31 - ((end - 1) & 31)), ones = 0;
    if (low == high)
        return (int32_t)gates_ones(bits[low] & from & to);
    for (w = low + 1; w < high; w++)
        ones += gates_ones(bits[w]);
    return (int32_t)(ones + gates_ones(bits[low] & from) + gates_ones(bits[high] & to));
}

/* Add what the frames before counted, and keep this frame's counts for the next ones. */
static void sum_frames(const gates_model *m, uint32_t *earlier, int32_t *values)
{
    uint32_t before = m->head[HEAD_FRAMES] - 1, n = m->values, i, k;
    for (i = 0; before && i < n; i++) {
        uint32_t now = (uint32_t)values[i];
        for (k = before; k--;) {
            values[i] += (int32_t)earlier[k * n + i];
            earlier[k * n + i] = k ? earlier[(k - 1) * n + i] : now;
        }
    }
}

static int32_t onset(const gates_model *m, uint32_t *own, uint32_t score)
{
    const uint32_t *h = m->head;
    if (own[WAIT])
        own[WAIT]--;
    if (score < h[REARM])
        own[ARMED] = 1;
    if (!own[ARMED] || own[WAIT] || score < h[THRESHOLD])
        return 0;
    own[ARMED] = 0;
    own[WAIT] = h[REFRACTORY];
    return 1;
}

int32_t gates_say(const gates_model *m, uint32_t *s, const uint32_t *outputs, int32_t *values)
{
    uint32_t k, u = 0, group = m->outputs / m->values, *own = s + m->at_head;
    int32_t best = 0;
    if (m->head[HEAD_KIND] == HEAD_BANK) {
        gates_play_bank(m, own, outputs, values);
        return 0;
    }
    if (m->kind == GATES_SAMPLE) { /* most significant bit first, offset binary */
        for (k = 0; k < m->outputs; k++)
            u |= (outputs[0] >> k & 1u) << (15 - k);
        values[0] = (int32_t)u - 32768;
        return 0;
    }
    for (k = 0; k < m->values; k++)
        values[k] = gates_count(outputs, k * group, group);
    sum_frames(m, own + EARLIER, values);
    if (m->kind == GATES_ONSET)
        return onset(m, own, (uint32_t)values[0]);
    if (m->kind == GATES_CONTROL)
        return 0;
    for (k = 1; k < m->values; k++)
        if (values[k] > values[best])
            best = (int32_t)k;
    return best;
}

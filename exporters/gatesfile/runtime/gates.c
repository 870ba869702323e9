/* Opening a file, and the way from samples through the parts to values. */

#include <string.h>

#include "gates_parts.h"

/*
 * A file is words of 32 bits, little-endian:
 *
 *     magic (2 words), bytes of the file, CRC-32 of all that follows
 *     tag, words, payload     TEXT, FRNT, then FLAT or LANE, then HEAD, each once and nothing behind them
 *
 * `exporters/gatesfile/write.py` says what the payloads hold.
 */
#define TAG(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

static const unsigned char magic[8] = {'G', 'A', 'T', 'E', 'S', '1', '\r', '\n'};

/* C leaves >> of a negative number to the compiler; where it does not keep the sign, this does not compile. */
typedef char gates_shift_keeps_the_sign[(-5 >> 1) == -3 ? 1 : -1];

static uint32_t crc32(const unsigned char *data, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (; size; size--) {
        int k;
        crc ^= *data++;
        for (k = 0; k < 8; k++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

/* The payload of the next chunk if it has this tag, else an empty one. */
static gates_words chunk(gates_words *w, uint32_t tag)
{
    gates_words payload = {0, 0, 1};
    if (w->left < 2 || w->next[0] != tag || w->next[1] > w->left - 2)
        return payload;
    payload.left = w->next[1];
    payload.next = w->next + 2;
    payload.bad = 0;
    w->next += 2 + payload.left;
    w->left -= 2 + payload.left;
    return payload;
}

/* Class names and the fixed texts, each ended by a zero. */
static const char *open_text(gates_model *m, gates_words w)
{
    const uint32_t *head = gates_take(&w, 2);
    uint32_t i, found = 0;
    if (!head || head[0] > 65535u || head[1] > 4u * w.left || head[1] + 3u < 4u * w.left)
        return "its texts are damaged";
    m->classes = head[0];
    m->text = (const char *)w.next;
    m->text_bytes = head[1];
    for (i = 0; i < m->text_bytes; i++)
        found += m->text[i] == 0;
    if (found != GATES_TEXTS + m->classes || m->text[m->text_bytes - 1])
        return "its texts are damaged";
    return 0;
}

const char *gates_open(gates_model *m, const void *data, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)data;
    const uint32_t *words = (const uint32_t *)data;
    const uint32_t one = 1;
    const char *wrong;
    gates_words w, part;
    memset(m, 0, sizeof *m);
    if (!*(const unsigned char *)&one || (uintptr_t)data % 4)
        return "this machine is big-endian, or the data is not aligned to 4 bytes";
    if (size < 16 || memcmp(data, magic, sizeof magic))
        return "it is no .gates file, or one of another version";
    if (words[2] != size || size % 4)
        return "it is not as long as it says: copy it again";
    if (crc32(bytes + 16, size - 16) != words[3])
        return "its checksum is wrong: copy it again";
    w.next = words + 4;
    w.left = (uint32_t)(size / 4 - 4);
    w.bad = 0;
    m->state_words = 1; /* samples of the hop under way */
    if ((wrong = open_text(m, chunk(&w, TAG('T', 'E', 'X', 'T')))))
        return wrong;
    if ((wrong = gates_open_front(m, chunk(&w, TAG('F', 'R', 'N', 'T')))))
        return wrong;
    part = chunk(&w, TAG('F', 'L', 'A', 'T'));
    wrong = part.bad ? gates_open_lanes(m, chunk(&w, TAG('L', 'A', 'N', 'E'))) : gates_open_flat(m, part);
    if (wrong)
        return wrong;
    if ((wrong = gates_open_head(m, chunk(&w, TAG('H', 'E', 'A', 'D')))))
        return wrong;
    if (w.left)
        return "something follows its last part";
    m->at_samples = gates_room(m, m->hop);
    m->at_features = gates_room(m, m->features);
    m->at_bits = gates_room(m, m->batch * gates_words_of(m->inputs));
    m->at_outputs = gates_room(m, m->batch * gates_words_of(m->outputs));
    if (m->state_words > (1u << 26))
        return "it needs more memory than 256 MB";
    return 0;
}

size_t gates_state_size(const gates_model *m)
{
    return 4 * (size_t)m->state_words;
}

void gates_start(const gates_model *m, uint32_t *state)
{
    memset(state, 0, gates_state_size(m));
    gates_start_front(m, state);
    gates_start_circuit(m, state);
    gates_start_head(m, state);
}

size_t gates_frames(const gates_model *m, size_t n)
{
    return n / m->hop + 1;
}

/* Gates and head for the frames whose bits wait. */
static size_t finish(const gates_model *m, uint32_t *s, uint32_t waiting, int32_t *values, int32_t *answers)
{
    uint32_t k, words = gates_words_of(m->outputs);
    gates_think(m, s, waiting);
    for (k = 0; k < waiting; k++) {
        int32_t answer = gates_say(m, s, s + m->at_outputs + k * words, values + (size_t)k * m->values);
        if (answers)
            answers[k] = answer;
    }
    return waiting;
}

size_t gates_run(const gates_model *m, uint32_t *s, const int16_t *samples, size_t n, int32_t *values,
                 int32_t *answers)
{
    int32_t *hop = (int32_t *)(s + m->at_samples);
    uint32_t filled = s[0], waiting = 0, words = gates_words_of(m->inputs);
    size_t done = 0;
    for (; n; n--) {
        hop[filled++] = *samples++;
        if (filled < m->hop)
            continue;
        filled = 0;
        gates_hear(m, s, hop, s + m->at_bits + waiting * words);
        if (++waiting == m->batch) {
            done += finish(m, s, waiting, values + done * m->values, answers ? answers + done : 0);
            waiting = 0;
        }
    }
    if (waiting)
        done += finish(m, s, waiting, values + done * m->values, answers ? answers + done : 0);
    s[0] = filled;
    return done;
}

/* The text that so many zeros come before. */
static const char *text_at(const gates_model *m, uint32_t which)
{
    const char *at = m->text;
    for (; which; which--)
        at += strlen(at) + 1;
    return at;
}

const char *gates_text(const gates_model *m, uint32_t which)
{
    return which < GATES_TEXTS ? text_at(m, which) : "";
}

const char *gates_class(const gates_model *m, uint32_t which)
{
    return which < m->classes ? text_at(m, GATES_TEXTS + which) : "";
}

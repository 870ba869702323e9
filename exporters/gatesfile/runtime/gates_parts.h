/* What the files of the runtime share. Not for programs that use it. */

#ifndef GATES_PARTS_H
#define GATES_PARTS_H

#include "gates.h"

#define GATES_BATCH 32u /* frames that the gates can take at once: a plane is a word, a frame is a lane */

/* Kinds of front ends. */
enum { FRONT_FILTERBANK = 1, FRONT_PCM, FRONT_COUNTER, FRONT_RAW, FRONT_AUTOCORRELATION, FRONT_NOTE };

enum { KIND, RATE, HOP, BITS, OWN }; /* words of every front end; its own follow */

/* What is still unread of a file, in words; `bad` once something was missing. */
typedef struct {
    const uint32_t *next;
    uint32_t left;
    int bad;
} gates_words;

/* The next n words, or NULL where there are fewer. */
static inline const uint32_t *gates_take(gates_words *w, uint32_t n)
{
    const uint32_t *here = w->next;
    if (n > w->left) {
        w->bad = 1;
        return 0;
    }
    w->next += n;
    w->left -= n;
    return here;
}

/* Words that hold so many bits. */
static inline uint32_t gates_words_of(uint32_t bits)
{
    return (bits + 31u) / 32u;
}

/* Are all of n words in a range? */
static inline int gates_within(const uint32_t *x, uint32_t n, uint32_t low, uint32_t high)
{
    for (; n; n--, x++)
        if (*x < low || *x > high)
            return 0;
    return 1;
}

/* The largest of n words, 0 without any. */
static inline uint32_t gates_deepest(const uint32_t *x, uint32_t n)
{
    uint32_t most = 0;
    for (; n; n--, x++)
        most = *x > most ? *x : most;
    return most;
}

/* 16 log2(v) with the mantissa cut to 4 bits; v is 1 to 2^28 - 1. */
static inline int32_t gates_log2(uint32_t v)
{
    int32_t e = 0;
#if defined(__GNUC__)
    e = 31 - __builtin_clz(v);
#else
    while (v >> e > 1)
        e++;
#endif
    return (e << 4) + (int32_t)(((v << 4) >> e) & 15u);
}

/* A sample with six guard bits below it. */
static inline int32_t gates_raised(int32_t sample)
{
    return (int32_t)((uint32_t)sample << 6);
}

/* Room for so many words of state; returns where. State stays below 2^26 words. */
static inline uint32_t gates_room(gates_model *m, uint32_t words)
{
    uint32_t at = m->state_words;
    m->state_words = words > (1u << 26) || at > (1u << 26) ? (1u << 27) : at + words;
    return at;
}

/* The thermometer's thresholds, then features in halves; every feature must be there. Is it good? */
int gates_open_thermometer(const gates_model *m, gates_words w);

/* The note tracker; following gives where the thermometer begins. */
int gates_open_note(gates_model *m, gates_words w);
void gates_start_note(const gates_model *m, uint32_t *own);
const uint32_t *gates_follow_note(const gates_model *m, uint32_t *own, const int32_t *samples, int32_t *features);

/* The oscillator bank. */
int gates_open_bank(gates_model *m, gates_words w);
void gates_start_bank(uint32_t *own);
void gates_play_bank(const gates_model *m, uint32_t *own, const uint32_t *outputs, int32_t *samples);

/* Ones among `n` bits from bit `first` on. */
int32_t gates_count(const uint32_t *bits, uint32_t first, uint32_t n);

/* Each checks its part of the file and lays out its state; NULL, or what is wrong. */
const char *gates_open_front(gates_model *m, gates_words w);
const char *gates_open_flat(gates_model *m, gates_words w);
const char *gates_open_lanes(gates_model *m, gates_words w);
const char *gates_open_head(gates_model *m, gates_words w);

void gates_start_front(const gates_model *m, uint32_t *s);
void gates_start_circuit(const gates_model *m, uint32_t *s);
void gates_start_head(const gates_model *m, uint32_t *s);

/* One hop of samples to packed bits. */
void gates_hear(const gates_model *m, uint32_t *s, const int32_t *samples, uint32_t *bits);

/* n frames of packed bits to packed outputs, n at most `m->batch`. */
void gates_think(const gates_model *m, uint32_t *s, uint32_t n);

/* Packed outputs of one frame to values; returns the answer. */
int32_t gates_say(const gates_model *m, uint32_t *s, const uint32_t *outputs, int32_t *values);

/* Ones in x. */
static inline uint32_t gates_ones(uint32_t x)
{
    x -= (x >> 1) & 0x55555555u;
    x = (x & 0x33333333u) + ((x >> 2) & 0x33333333u);
    x = (x + (x >> 4)) & 0x0F0F0F0Fu;
    return (x * 0x01010101u) >> 24;
}

#endif

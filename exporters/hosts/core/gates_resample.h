/* From one sample rate to another, a sample at a time: a windowed sinc, read between its points. */

#ifndef GATES_RESAMPLE_H
#define GATES_RESAMPLE_H

#include <stdint.h>

#define GATES_TAPS 64
#define GATES_PHASES 64

typedef struct {
    uint64_t step;  /* input samples an output sample, in 2^-32 */
    uint64_t phase; /* from the newest input sample on to the next output sample, in 2^-32 */
    uint32_t taps;
    uint32_t at;
    float past[2 * GATES_TAPS]; /* a ring, kept twice so that the last taps are always in a row */
    float kernel[GATES_PHASES + 1][GATES_TAPS];
} gates_resampler;

/* Resample from one rate to another, in Hz; the ratio of the two is at most 8 either way. */
void gates_resampler_init(gates_resampler *r, double from, double to);

/* Forget what was heard. */
void gates_resampler_clear(gates_resampler *r);

/* Take an input sample. */
void gates_resampler_push(gates_resampler *r, float x);

/* Give the next output sample if it is due; returns whether it was. */
int gates_resampler_pull(gates_resampler *r, float *y);

#endif

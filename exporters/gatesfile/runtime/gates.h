/*
 * Runs a model of logic gates from a `.gates` file, in C99 with nothing but <stdint.h>, <stddef.h> and <string.h>.
 *
 *     gates_model model;
 *     const char *wrong = gates_open(&model, data, size);     checks every byte; NULL when all is well
 *     uint32_t *state = malloc(gates_state_size(&model));     one an instance
 *     gates_start(&model, state);
 *     frames = gates_run(&model, state, samples, n, values, answers);
 *
 * Opening is for outside the audio thread. Running allocates, locks, prints and waits for nothing, and what it
 * gives is the same for blocks of any size: bit for bit what the model gives anywhere else.
 */

#ifndef GATES_H
#define GATES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a model's answer is: `answers` and `values` of a frame. */
enum {
    GATES_ONSET = 1,  /* answer 1 at an onset, else 0; one value, the score */
    GATES_CLASS = 2,  /* answer: the class; a value each class, its count */
    GATES_SAMPLE = 3, /* answer 0; a sample, -32768 to 32767, or one for each sample of the hop */
    GATES_CONTROL = 4 /* answer 0; the values, each 0 to `most` */
};

/* Texts about a model, for gates_text. */
enum { GATES_ID, GATES_SUMMARY, GATES_LICENCE, GATES_TASK, GATES_DIGEST, GATES_TEXTS };

/* An opened file. It points into the data, which must stay where it is, unchanged. */
typedef struct {
    uint32_t rate;    /* samples a second */
    uint32_t hop;     /* samples a frame */
    uint32_t inputs;  /* bits into the gates */
    uint32_t gates;   /* how many the model has, before any were found needless */
    uint32_t outputs; /* bits out of them */
    uint32_t kind;    /* of the answer */
    uint32_t values;  /* integers a frame */
    uint32_t most;    /* largest value of an onset's score, a class or a control, of what a bank plays too */
    uint32_t hears;   /* 0: the model only counts samples, whatever is in them */
    uint32_t classes; /* names of classes, 0 without names */
    uint32_t bendable; /* gates that gates_bend can hold, 0 or all */
    uint32_t threshold, rearm, refractory; /* of an onset: counts, counts, frames */
    uint32_t controls; /* integers of a frame that an oscillator bank plays, or 0 */
    uint32_t pitch;    /* bits of the first of them; the others are at most `most` */
    /* Everything below is the runtime's own. */
    const uint32_t *front, *circuit, *head;
    const char *text;
    uint32_t text_bytes, front_kind, features, batch, lanes, state_words;
    uint32_t at_front, at_samples, at_features, at_bits, at_planes, at_memory, at_outputs, at_head, at_bends;
} gates_model;

/*
 * Check a file and prepare to run it. `data` must be aligned to 4 bytes.
 * Returns NULL, or what is wrong with the file; then the model must not be used.
 */
const char *gates_open(gates_model *m, const void *data, size_t size);

/* Bytes of one instance's state, which must be aligned to 4 bytes. */
size_t gates_state_size(const gates_model *m);

/* Before the first sample. */
void gates_start(const gates_model *m, uint32_t *state);

/* Go to sample t, of a model that only counts samples. */
void gates_seek(const gates_model *m, uint32_t *state, uint32_t t);

/*
 * Bend the circuit: hold a gate at 0 or 1, or set it free with -1. Gates are those of the model, from 0 on. Returns 0
 * if there is no such gate, or the file was not made to be bent. gates_start sets all free.
 */
int gates_bend(const gates_model *m, uint32_t *state, uint32_t gate, int value);

/* Largest number of frames that n samples can finish. */
size_t gates_frames(const gates_model *m, size_t n);

/*
 * Take n samples, and give the frames that they finish.
 *
 *     values    `m->values` integers a frame
 *     answers   one integer a frame, or NULL
 *
 * Both need room for gates_frames(m, n). Returns how many frames there are.
 */
size_t gates_run(const gates_model *m, uint32_t *state, const int16_t *samples, size_t n, int32_t *values,
                 int32_t *answers);

/*
 * What an oscillator bank plays in the latest frame, `m->controls` integers that stand in the state: pitch, gain,
 * harmonics, noise bands. NULL where no bank is. To have those of every frame, give gates_run a hop at a time.
 */
const int32_t *gates_controls(const gates_model *m, const uint32_t *state);

/* A text about the model, GATES_ID to GATES_DIGEST. */
const char *gates_text(const gates_model *m, uint32_t which);

/* Name of a class, 0 to `m->classes` - 1. */
const char *gates_class(const gates_model *m, uint32_t which);

#ifdef __cplusplus
}
#endif

#endif

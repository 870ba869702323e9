/*
 * A model of logic gates as a unit of an audio host: floats in, floats out, at the host's sample rate and in
 * blocks of any size. One block of memory an instance; nothing is allocated, locked or printed after the start.
 *
 *     gates_unit *u = gates_unit_init(malloc(gates_unit_size(engine)), engine, 44100.0);
 *     gates_unit_process(u, in, out, n);
 *
 * At the model's own rate every value is, bit for bit, what the model gives anywhere else. At another rate sound
 * is resampled on its way in and out; what only counts samples (a tune) is played at `rate`, each sample held.
 */

#ifndef GATES_UNIT_H
#define GATES_UNIT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a model's answer is. */
enum gates_kind {
    GATES_UNIT_ONSET = 1,  /* outputs: trigger (1 for one sample), score 0 to 1 */
    GATES_UNIT_CLASS = 2,  /* outputs: index of the class, then a confidence 0 to 1 for each class */
    GATES_UNIT_SOUND = 3,  /* outputs: sound, and from an oscillator bank the controls that it plays, each 0 to 1 */
    GATES_UNIT_CONTROL = 4 /* outputs: the control values, each 0 to 1 */
};

/* A model, compiled or loaded, as the unit sees it. */
typedef struct gates_engine {
    const char *id;      /* `owner/name` */
    const char *summary; /* one line */
    const char *licence;
    const char *digest;  /* SHA-256 of the circuit */
    uint32_t rate;       /* samples a second of the model */
    uint32_t hop;        /* samples a frame */
    uint32_t kind;       /* a gates_kind */
    uint32_t values;     /* integers a frame; sound has one, or one for each sample of the hop */
    uint32_t most;       /* largest value but of sound; of a bank, largest control but of the pitch */
    uint32_t hears;      /* 0: the model only counts samples */
    uint32_t gates;
    uint32_t threshold, rearm, refractory; /* of an onset, as trained; refractory in frames */
    uint32_t controls; /* integers of a frame that an oscillator bank plays: pitch, gain, harmonics, noise bands; or 0 */
    uint32_t pitch;    /* bits of the first of them */
    const char *const *classes;            /* names, one a value, or NULL */
    size_t state_size;
    const void *model; /* given back to the functions */
    void (*start)(const void *model, void *state);
    /* Take n samples; write `values`, then `controls`, integers for each frame they finish; returns how many frames. */
    size_t (*run)(const void *model, void *state, const int16_t *samples, size_t n, int32_t *values);
    /* Go to sample t, of a model that only counts; else NULL. */
    void (*seek)(const void *model, void *state, uint32_t t);
    /* Hold a gate at 0 or 1, or free it with -1; 0 if it cannot be. NULL where none can. */
    int (*bend)(const void *model, void *state, uint32_t gate, int value);
} gates_engine;

typedef struct gates_unit gates_unit;

/* Bytes of one instance. */
size_t gates_unit_size(const gates_engine *engine);

/* Make a unit in this memory, aligned as malloc does; returns it. The engine must outlive it. */
gates_unit *gates_unit_init(void *memory, const gates_engine *engine, double host_rate);

/* Number of outputs. */
uint32_t gates_unit_outputs(const gates_engine *engine);

/*
 * Process n samples. `in` may be NULL where the model hears nothing, and may be one of the outputs.
 * An output that is NULL is not written.
 */
void gates_unit_process(gates_unit *u, const float *in, float *const *out, size_t n);

/*
 * Set a parameter; takes effect with the next sample. Returns 0 if the model has no such parameter.
 *
 *     enable      0 pauses the model and gives silence
 *     reset       back to before the first sample, whatever the value
 *     threshold   of an onset: score, 0 to 1
 *     refractory  of an onset: milliseconds from one to the next
 *     rate        of what hears nothing: its samples a second, 0 to 8 times the host's
 *     offset      of what hears nothing: go to this sample
 */
int gates_unit_set(gates_unit *u, const char *name, double value);

/* A parameter's value, or `otherwise` if the model has no such parameter. */
double gates_unit_get(const gates_unit *u, const char *name, double otherwise);

/*
 * Bend the circuit: hold a gate of the model, counted from 0, at 0 or 1, or set it free with -1. Returns 0 if it cannot be
 * bent: the model is compiled, or its file was not made for it. A reset frees all gates.
 */
int gates_unit_bend(gates_unit *u, uint32_t gate, int value);

/* What happened in the last call of gates_unit_process: frames finished, and onsets among them. */
uint32_t gates_unit_frames(const gates_unit *u);
uint32_t gates_unit_hits(const gates_unit *u);

/* The model's latest frame: `values` integers. */
const int32_t *gates_unit_values(const gates_unit *u);

/*
 * What an oscillator bank plays in the latest frame, `controls` integers, as the gates gave them; NULL where no bank is.
 *
 *     the pitch, in 2^-(pitch + 2) of the model's rate; the gain; each harmonic's level, each noise band's from high to low
 *
 * An amplitude is about 2^((gain + level - 2 most) / 4) of full scale, nothing where the level is 0.
 */
const int32_t *gates_unit_controls(const gates_unit *u);

/* Largest of the latest values, the first of equals. */
uint32_t gates_unit_class(const gates_unit *u);

const gates_engine *gates_unit_engine(const gates_unit *u);

#ifdef __cplusplus
}
#endif

#endif

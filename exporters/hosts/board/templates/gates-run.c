/*
 * Runs a .gates file over 16-bit mono samples.
 *
 *     gates-run FILE.gates < samples.raw > values.raw      int32 values, frame after frame; then int32 answers
 *     gates-run --time FILE.gates < samples.raw            nanoseconds a frame, as JSON
 *     gates-run --controls FILE.gates < samples.raw > controls.raw
 *                                                          int32 values that an oscillator bank plays, frame after frame
 *     gates-run --info FILE.gates                          what it is, as JSON
 *
 * Exit: 0; 1 when the file or the samples cannot be used, with one line that says why; 2 for wrong usage.
 */

#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/gates.h"

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "gates-run: %s: %s\n", what, why);
    return 1;
}

/* All of a stream; NULL when there is no memory. */
static void *slurp(FILE *file, size_t *size)
{
    size_t room = 1 << 16, got;
    char *data = malloc(room), *more;
    for (*size = 0; data && (got = fread(data + *size, 1, room - *size, file)) > 0;) {
        *size += got;
        if (*size < room)
            continue;
        if (!(more = realloc(data, room *= 2)))
            free(data);
        data = more;
    }
    return data;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Every frame by itself, as audio comes: shortest, middle and longest time. */
static int measure(const gates_model *m, uint32_t *state, const int16_t *samples, size_t n)
{
    size_t frames = n / m->hop, k;
    double *took = malloc(sizeof *took * (frames + 1));
    int32_t *values = malloc(sizeof *values * m->values * 2);
    if (!took || !values)
        return fail("--time", "out of memory");
    if (!frames)
        return fail("samples", "fewer than one frame");
    for (k = 0; k < frames; k++) {
        double start = now();
        gates_run(m, state, samples + k * m->hop, m->hop, values, 0);
        took[k] = now() - start;
    }
    qsort(took, frames, sizeof *took, ascending);
    printf("{\"model\": \"%s\", \"digest\": \"%s\", \"frames\": %lu, \"hop\": %u, \"rate\": %u, ", gates_text(m, GATES_ID),
           gates_text(m, GATES_DIGEST), (unsigned long)frames, m->hop, m->rate);
    printf("\"ns\": {\"minimum\": %.0f, \"median\": %.0f, \"maximum\": %.0f}}\n", took[0], took[frames / 2],
           took[frames - 1]);
    return 0;
}

static int answer(const gates_model *m, uint32_t *state, const int16_t *samples, size_t n)
{
    size_t room = gates_frames(m, n), frames;
    int32_t *values = malloc(sizeof *values * room * m->values), *answers = malloc(sizeof *answers * room);
    if (!values || !answers)
        return fail("samples", "too many for this memory");
    frames = gates_run(m, state, samples, n, values, answers);
    if (fwrite(values, sizeof *values * m->values, frames, stdout) != frames ||
        fwrite(answers, sizeof *answers, frames, stdout) != frames || fflush(stdout))
        return fail("standard output", "cannot be written");
    return 0;
}

/* What the oscillators play: pitch, gain, harmonics, noise bands. */
static int controls(const gates_model *m, uint32_t *state, const int16_t *samples, size_t n)
{
    size_t frames = n / m->hop, k;
    int32_t *values = malloc(sizeof *values * m->values * 2);
    if (!m->controls)
        return fail("--controls", "this model has no oscillator bank");
    if (!values)
        return fail("--controls", "out of memory");
    for (k = 0; k < frames; k++) {
        gates_run(m, state, samples + k * m->hop, m->hop, values, 0);
        if (fwrite(gates_controls(m, state), sizeof *values, m->controls, stdout) != m->controls)
            return fail("standard output", "cannot be written");
    }
    return fflush(stdout) ? fail("standard output", "cannot be written") : 0;
}

int main(int argc, char **argv)
{
    const char *way = argc == 3 ? argv[1] : "", *path = argv[argc - 1], *wrong;
    gates_model model;
    size_t size, bytes = 0;
    uint32_t *state;
    int16_t *samples;
    void *data;
    FILE *file;
    if (argc < 2 || argc > 3 ||
        (argc == 3 && strcmp(way, "--time") && strcmp(way, "--controls") && strcmp(way, "--info"))) {
        fprintf(stderr, "usage: gates-run [--time | --controls | --info] FILE.gates < samples.raw\n");
        return 2;
    }
    if (!(file = fopen(path, "rb")))
        return fail(path, "cannot be opened");
    data = slurp(file, &size);
    fclose(file);
    if (!data)
        return fail(path, "out of memory");
    if ((wrong = gates_open(&model, data, size)))
        return fail(path, wrong);
    if (!strcmp(way, "--info")) {
        printf("{\"model\": \"%s\", \"digest\": \"%s\", \"gates\": %u, \"rate\": %u, \"hop\": %u, \"values\": %u, ",
               gates_text(&model, GATES_ID), gates_text(&model, GATES_DIGEST), model.gates, model.rate, model.hop,
               model.values);
        printf("\"state_bytes\": %lu}\n", (unsigned long)gates_state_size(&model));
        return 0;
    }
    state = malloc(gates_state_size(&model));
    samples = slurp(stdin, &bytes);
    if (!state || !samples)
        return fail(path, "out of memory");
    gates_start(&model, state);
    return (!*way ? answer : strcmp(way, "--time") ? controls : measure)(&model, state, samples, bytes / sizeof *samples);
}

/*
 * Opens damaged copies of .gates files and runs those that pass. Built with sanitizers, it must never stop.
 *
 *     mutate SEED COUNT FILE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gates.h"
#include "seal.h"

static uint32_t state;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static uint32_t odd_value(uint32_t old)
{
    static const uint32_t odd[] = {0, 1, 2, 15, 16, 31, 32, 33, 127, 255, 256, 1024, 65535, 65536, 1u << 20, 1u << 24,
                                   (1u << 24) + 1, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu};
    switch (draw() % 4) {
    case 0:
        return odd[draw() % (sizeof odd / sizeof *odd)];
    case 1:
        return old ^ 1u << draw() % 32;
    case 2:
        return old + draw() % 5 - 2;
    default:
        return draw();
    }
}

int main(int argc, char **argv)
{
    long count = atol(argv[2]), opened = 0, k;
    state = (uint32_t)atol(argv[1]) * 2654435761u + 1;
    for (k = 0; k < count; k++) {
        FILE *file = fopen(argv[3 + draw() % (uint32_t)(argc - 3)], "rb");
        uint32_t n, edits, *words, *run;
        gates_model model;
        long size;
        if (!file)
            return 2;
        fseek(file, 0, SEEK_END);
        size = ftell(file);
        rewind(file);
        n = (uint32_t)size / 4;
        words = malloc((size_t)size);
        if (fread(words, 1, (size_t)size, file) != (size_t)size)
            return 2;
        fclose(file);
        for (edits = draw() % 4; edits; edits--) { /* the first words say most, so they are hit most */
            uint32_t range = draw() % 2 ? n : n < 200 ? n : 200, at = 4 + draw() % (range - 4);
            words[at] = odd_value(words[at]);
        }
        if (draw() % 4 == 0)
            n = 5 + draw() % (n - 5);
        run = malloc(4 * (size_t)n); /* exactly as long as it is, so that reading beyond it is seen */
        memcpy(run, words, 4 * (size_t)n);
        seal(run, n);
        if (!gates_open(&model, run, 4 * (size_t)n) && gates_state_size(&model) < (1u << 22)) {
            size_t length = 3 * (size_t)model.hop + 70;
            uint32_t *s = malloc(gates_state_size(&model)), i;
            int16_t *samples = malloc(2 * length);
            int32_t *values = malloc(4 * (size_t)model.values * gates_frames(&model, length));
            int32_t *answers = malloc(4 * gates_frames(&model, length));
            for (i = 0; i < length; i++)
                samples[i] = (int16_t)draw();
            gates_start(&model, s);
            gates_run(&model, s, samples, length, values, answers);
            for (i = 0; i < GATES_TEXTS; i++)
                opened += gates_text(&model, i)[0] == 1;
            for (i = 0; i <= model.classes; i++)
                opened += gates_class(&model, i)[0] == 1;
            opened++;
            free(answers);
            free(values);
            free(samples);
            free(s);
        }
        free(run);
        free(words);
    }
    printf("%ld of %ld opened\n", opened, count);
    return 0;
}

/*
 * The loader and the runtime against any bytes, for libFuzzer:
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I RUNTIME fuzz.c, and the C files
 *     of exporters/gatesfile/runtime, -o fuzz && ./fuzz -max_total_time=600 corpus
 *
 * Size and checksum are made right first, so that what lies behind them is what is found. With -DREPLAY it is a
 * program that takes files, for machines without libFuzzer.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gates.h"
#include "seal.h"

enum { MOST_STATE = 1 << 22, SAMPLES = 700 };

static void run(const gates_model *m, uint32_t seed)
{
    size_t room = gates_frames(m, SAMPLES);
    uint32_t *state = malloc(gates_state_size(m)), i;
    int16_t samples[SAMPLES];
    int32_t *values = malloc(sizeof *values * room * m->values), *answers = malloc(sizeof *answers * room);
    for (i = 0; i < SAMPLES; i++)
        samples[i] = (int16_t)(seed = seed * 1664525u + 1013904223u);
    gates_start(m, state);
    gates_run(m, state, samples, SAMPLES / 2, values, answers);
    gates_seek(m, state, seed);
    for (i = 0; i < 8; i++)
        gates_bend(m, state, seed >> 8 * (i & 3), (int)(i % 3) - 1);
    for (i = SAMPLES / 2; i < SAMPLES; i++)
        gates_run(m, state, samples + i, 1, values, 0);
    free(answers);
    free(values);
    free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t n = (uint32_t)(size / 4), *words, i;
    gates_model model;
    size_t length = 0;
    if (n < 4)
        return 0;
    words = malloc(4 * (size_t)n); /* exactly as long as it is, so that reading beyond it is seen */
    memcpy(words, data, 4 * (size_t)n);
    memcpy(words, "GATES1\r\n", 8);
    seal(words, n);
    if (!gates_open(&model, words, 4 * (size_t)n) && gates_state_size(&model) < MOST_STATE &&
        (size_t)model.values * gates_frames(&model, SAMPLES) < MOST_STATE) {
        run(&model, words[3]);
        for (i = 0; i <= GATES_TEXTS; i++)
            length += strlen(gates_text(&model, i));
        for (i = 0; i <= model.classes; i++)
            length += strlen(gates_class(&model, i));
    }
    free(words);
    return length == (size_t)-1;
}

#ifdef REPLAY
int main(int argc, char **argv)
{
    int k;
    for (k = 1; k < argc; k++) {
        static uint8_t data[1 << 20];
        FILE *file = fopen(argv[k], "rb");
        if (!file)
            return 2;
        LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof data, file));
        fclose(file);
    }
    printf("%d files\n", argc - 1);
    return 0;
}
#endif

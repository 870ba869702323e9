/*
 * Loads a .gates file in a thread of its own and hands over a unit that is ready to run. Shared by difflogic~ and
 * difflogic.
 */

#ifndef LOADER_H
#define LOADER_H

#include <m_pd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/gates_file_engine.h"

enum { LOADER_PATH = 1000, LOADER_WRONG = 160, LOADER_MOST = 64 << 20 };

/* A file, its engine and one unit. */
typedef struct {
    gates_file_engine engine;
    void *data, *memory;
    gates_unit *unit;
} loaded;

typedef struct {
    pthread_t thread;
    int running;    /* only the owner's thread reads and writes this */
    double rate;
    char path[LOADER_PATH], wrong[LOADER_WRONG];
    loaded *result; /* written by the thread before `done` */
    int done;
} loader;

/* The path of a file named in a patch. */
static void loader_find(t_canvas *canvas, t_symbol *name, char *path)
{
    char folder[LOADER_PATH], *file;
    int found = canvas_open(canvas, name->s_name, "", folder, &file, LOADER_PATH, 1);
    snprintf(path, LOADER_PATH, "%s", name->s_name);
    if (found >= 0) {
        sys_close(found);
        snprintf(path, LOADER_PATH, "%s/%s", folder, file);
    }
}

static void loaded_free(loaded *l)
{
    if (l) {
        free(l->memory);
        free(l->data);
        free(l);
    }
}

/* The whole file, or NULL and what is wrong. */
static void *loader_read(const char *path, size_t *size, char *wrong)
{
    FILE *file = fopen(path, "rb");
    void *data = 0;
    long length = -1;
    if (file && !fseek(file, 0, SEEK_END))
        length = ftell(file);
    if (length < 0 || length > LOADER_MOST)
        snprintf(wrong, LOADER_WRONG, length < 0 ? "cannot read it" : "it is larger than 64 MB");
    else if (!(data = malloc(length ? (size_t)length : 1)))
        snprintf(wrong, LOADER_WRONG, "out of memory");
    else {
        rewind(file);
        *size = fread(data, 1, (size_t)length, file);
    }
    if (file)
        fclose(file);
    return data;
}

/* Open a file now, for a sample rate, or the model's own where that is 0; NULL and what is wrong. */
static loaded *loader_open(const char *path, double rate, char *wrong)
{
    size_t size = 0;
    const char *refused;
    loaded *l = (loaded *)calloc(1, sizeof *l);
    if (!l || !(l->data = loader_read(path, &size, wrong))) {
        if (!l)
            snprintf(wrong, LOADER_WRONG, "out of memory");
        free(l);
        return 0;
    }
    refused = gates_file_engine_open(&l->engine, l->data, size);
    if (!refused && !(l->memory = malloc(gates_unit_size(&l->engine.engine))))
        refused = "out of memory";
    if (refused) {
        snprintf(wrong, LOADER_WRONG, "%s", refused);
        loaded_free(l);
        return 0;
    }
    l->unit = gates_unit_init(l->memory, &l->engine.engine, rate > 0 ? rate : l->engine.engine.rate);
    return l;
}

static void *loader_run(void *argument)
{
    loader *l = (loader *)argument;
    l->result = loader_open(l->path, l->rate, l->wrong);
    __atomic_store_n(&l->done, 1, __ATOMIC_RELEASE);
    return 0;
}

/* Begin to load; 0 if it cannot be begun. */
static int loader_start(loader *l, const char *path, double rate)
{
    if (l->running)
        return 0;
    snprintf(l->path, LOADER_PATH, "%s", path);
    l->rate = rate;
    l->result = 0;
    l->done = 0;
    l->running = !pthread_create(&l->thread, 0, loader_run, l);
    return l->running;
}

/* Is there a result? Then `result` is it, or NULL with `wrong` saying why, and another file can be loaded. */
static int loader_finished(loader *l)
{
    if (!l->running || !__atomic_load_n(&l->done, __ATOMIC_ACQUIRE))
        return 0;
    pthread_join(l->thread, 0);
    l->running = 0;
    return 1;
}

/* Wait for the thread and throw away what it loads. */
static void loader_stop(loader *l)
{
    if (!l->running)
        return;
    pthread_join(l->thread, 0);
    l->running = 0;
    loaded_free(l->result);
}

#endif

#include "gates_file_engine.h"

static void start(const void *model, void *state)
{
    gates_start((const gates_model *)model, (uint32_t *)state);
}

static size_t run(const void *model, void *state, const int16_t *samples, size_t n, int32_t *values)
{
    return gates_run((const gates_model *)model, (uint32_t *)state, samples, n, values, 0);
}

/* The same of an oscillator bank: frame by frame, so that each one's controls are still there. */
static size_t run_bank(const void *model, void *state, const int16_t *samples, size_t n, int32_t *values)
{
    const gates_model *m = (const gates_model *)model;
    size_t frames = 0, k, done;
    for (done = 0; done < n; done += m->hop)
        if (run(model, state, samples + done, n - done < m->hop ? n - done : m->hop, values)) {
            values += m->values;
            for (k = 0; k < m->controls; k++)
                *values++ = gates_controls(m, (const uint32_t *)state)[k];
            frames++;
        }
    return frames;
}

static void seek(const void *model, void *state, uint32_t t)
{
    gates_seek((const gates_model *)model, (uint32_t *)state, t);
}

static int bend(const void *model, void *state, uint32_t gate, int value)
{
    return gates_bend((const gates_model *)model, (uint32_t *)state, gate, value);
}

const char *gates_file_engine_open(gates_file_engine *f, const void *data, size_t size)
{
    gates_model *m = &f->model;
    gates_engine *e = &f->engine;
    const char *wrong = gates_open(m, data, size);
    uint32_t k;
    if (wrong)
        return wrong;
    for (k = 0; k < GATES_FILE_CLASSES; k++)
        f->classes[k] = gates_class(m, k);
    e->id = gates_text(m, GATES_ID);
    e->summary = gates_text(m, GATES_SUMMARY);
    e->licence = gates_text(m, GATES_LICENCE);
    e->digest = gates_text(m, GATES_DIGEST);
    e->rate = m->rate;
    e->hop = m->hop;
    e->kind = m->kind; /* the same numbers */
    e->values = m->values;
    e->most = m->most;
    e->hears = m->hears;
    e->gates = m->gates;
    e->threshold = m->threshold;
    e->rearm = m->rearm;
    e->refractory = m->refractory;
    e->controls = m->controls;
    e->pitch = m->pitch;
    e->classes = m->classes && m->classes <= GATES_FILE_CLASSES ? f->classes : 0;
    e->state_size = gates_state_size(m);
    e->model = m;
    e->start = start;
    e->run = m->controls ? run_bank : run;
    e->seek = m->hears ? 0 : seek;
    e->bend = m->bendable ? bend : 0;
    return 0;
}

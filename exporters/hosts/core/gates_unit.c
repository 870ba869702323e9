#include "gates_unit.h"

#include <math.h>
#include <string.h>

#include "gates_resample.h"

enum {
    CHUNK = 32,          /* samples of the host at once */
    FASTEST = 8,         /* samples of the model a sample of the host, at most */
    HEARD = CHUNK * FASTEST + FASTEST,
    ALIGNMENT = 16       /* of an engine's state */
};

#define ONE ((uint64_t)1 << 32)

struct gates_unit {
    const gates_engine *engine;
    double host_rate, rate; /* of the host; of the model, where it can be set */
    void *state;
    int32_t *found;  /* values and controls of the frames of a chunk */
    int32_t *latest; /* those of the latest frame */
    float *levels;   /* its controls, 0 to 1 */
    int enabled, direct;
    uint32_t offset;
    uint32_t filled; /* samples of the hop under way */
    uint32_t frames, hits, trigger;
    uint32_t threshold, rearm, refractory, armed, wait;
    uint64_t phase, step; /* of what only counts: samples of the model a sample of the host, in 2^-32 */
    float held; /* the latest sample of the model's sound, then of the host's */
    int16_t heard[HEARD];
    uint8_t at[HEARD]; /* the host's sample of the chunk with which each of the model's comes */
    gates_resampler in, out;
};

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Integers of a frame. */
static size_t frame_values(const gates_engine *e)
{
    return (size_t)e->values + e->controls;
}

/* Those of all frames that a chunk can finish. */
static size_t found_size(const gates_engine *e)
{
    return aligned(sizeof(int32_t) * frame_values(e) * (HEARD / e->hop + 1));
}

size_t gates_unit_size(const gates_engine *e)
{
    return ALIGNMENT + aligned(sizeof(gates_unit)) + aligned(e->state_size) + found_size(e) +
           aligned(sizeof(int32_t) * frame_values(e)) + aligned(sizeof(float) * e->controls);
}

static void restart(gates_unit *u)
{
    const gates_engine *e = u->engine;
    e->start(e->model, u->state);
    if (e->seek && u->offset)
        e->seek(e->model, u->state, u->offset);
    memset(u->latest, 0, sizeof(int32_t) * frame_values(e));
    memset(u->levels, 0, sizeof(float) * e->controls);
    u->filled = u->wait = u->trigger = 0;
    u->armed = 1;
    u->phase = ONE; /* the first sample is due */
    u->held = 0.0f;
    gates_resampler_clear(&u->in);
    gates_resampler_clear(&u->out);
}

gates_unit *gates_unit_init(void *memory, const gates_engine *e, double host_rate)
{
    char *at = (char *)memory + (ALIGNMENT - (uintptr_t)memory % ALIGNMENT) % ALIGNMENT;
    gates_unit *u = (gates_unit *)(void *)at;
    memset(u, 0, sizeof *u);
    at += aligned(sizeof *u);
    u->state = at;
    at += aligned(e->state_size);
    u->found = (int32_t *)(void *)at;
    at += found_size(e);
    u->latest = (int32_t *)(void *)at;
    at += aligned(sizeof(int32_t) * frame_values(e));
    u->levels = (float *)(void *)at;
    u->engine = e;
    u->host_rate = host_rate;
    u->enabled = 1;
    u->direct = !e->hears || host_rate == (double)e->rate;
    u->threshold = e->threshold;
    u->rearm = e->rearm;
    u->refractory = e->refractory;
    gates_unit_set(u, "rate", e->rate);
    gates_resampler_init(&u->in, host_rate, e->rate);
    gates_resampler_init(&u->out, e->rate, host_rate);
    restart(u);
    return u;
}

uint32_t gates_unit_outputs(const gates_engine *e)
{
    return e->kind == GATES_UNIT_ONSET ? 2 : e->kind == GATES_UNIT_CLASS ? 1 + e->values
         : e->kind == GATES_UNIT_SOUND ? 1 + e->controls : e->values;
}

/* As a 16-bit file has it: 1.0 is 32768, rounded to the nearest, ties to even. */
static int16_t sample_of(float x)
{
    float scaled = x * 32768.0f;
    if (!(scaled > -32768.0f)) /* NaN too */
        return scaled <= -32768.0f ? -32768 : 0;
    return scaled >= 32767.0f ? 32767 : (int16_t)lrintf(scaled);
}

/* The model's samples that come with n of the host's; how many they are. */
static uint32_t hear(gates_unit *u, const float *in, uint32_t n)
{
    const gates_engine *e = u->engine;
    uint32_t i, count = 0;
    for (i = 0; i < n; i++) {
        float x;
        if (!e->hears) {
            for (; u->phase >= ONE && count < HEARD; u->phase -= ONE, count++) {
                u->heard[count] = 0;
                u->at[count] = (uint8_t)i;
            }
            u->phase += u->step;
        } else if (u->direct) {
            u->heard[count] = sample_of(in ? in[i] : 0.0f);
            u->at[count++] = (uint8_t)i;
        } else {
            gates_resampler_push(&u->in, in ? in[i] : 0.0f);
            while (count < HEARD && gates_resampler_pull(&u->in, &x)) {
                u->heard[count] = sample_of(x);
                u->at[count++] = (uint8_t)i;
            }
        }
    }
    return count;
}

/* Is the latest frame an onset, with this unit's threshold? */
static uint32_t is_onset(gates_unit *u)
{
    uint32_t score = (uint32_t)u->latest[0];
    if (u->wait)
        u->wait--;
    if (score < u->rearm)
        u->armed = 1;
    if (!u->armed || u->wait || score < u->threshold)
        return 0;
    u->armed = 0;
    u->wait = u->refractory;
    return 1;
}

static void take_frame(gates_unit *u, const int32_t *values)
{
    const gates_engine *e = u->engine;
    uint32_t k;
    memcpy(u->latest, values, sizeof(int32_t) * frame_values(e));
    for (k = 0; k < e->controls; k++)
        u->levels[k] = (float)values[e->values + k] / (k ? (float)e->most : (float)((uint32_t)1 << e->pitch));
    u->frames++;
    if (e->kind == GATES_UNIT_ONSET && is_onset(u)) {
        u->trigger = 1;
        u->hits++;
    }
}

/* What the outputs are at a sample of the host, sound apart. */
static void tell(gates_unit *u, float *const *out, size_t i)
{
    const gates_engine *e = u->engine;
    uint32_t first = e->kind == GATES_UNIT_CONTROL ? 0 : 1, k;
    if (first && out[0])
        out[0][i] = e->kind == GATES_UNIT_ONSET ? (float)u->trigger : (float)gates_unit_class(u);
    u->trigger = 0;
    for (k = 0; k < e->values; k++)
        if (out[first + k])
            out[first + k][i] = (float)u->latest[k] / (float)e->most;
}

/* The controls from a sample of the host to the end of its chunk. */
static void hold(const gates_unit *u, float *const *out, size_t first, size_t end)
{
    uint32_t k;
    size_t i;
    for (k = 0; k < u->engine->controls; k++)
        for (i = first; out[1 + k] && i < end; i++)
            out[1 + k][i] = u->levels[k];
}

/* The model's sample `place` of the hop under way: of the frame before it, where a frame is a hop of sound. */
static float sound_at(const gates_unit *u, uint32_t place)
{
    return (float)u->latest[u->engine->values > 1 ? place : 0] / 32768.0f;
}

/* Move through a chunk: frames come with their samples, and outputs change there. */
static void play(gates_unit *u, float *const *out, size_t first, uint32_t n, uint32_t count)
{
    const gates_engine *e = u->engine;
    const int32_t *values = u->found;
    uint32_t i, j = 0;
    hold(u, out, first, first + n);
    for (i = 0; i < n; i++) {
        for (; j < count && u->at[j] == i; j++) {
            uint32_t place = u->filled;
            if (++u->filled == e->hop) {
                u->filled = 0;
                take_frame(u, values);
                values += frame_values(e);
                hold(u, out, first + i, first + n);
            }
            if (e->kind == GATES_UNIT_SOUND) {
                float x = sound_at(u, e->values > 1 ? (place + 1) % e->hop : 0);
                if (u->direct)
                    u->held = x;
                else
                    gates_resampler_push(&u->out, x);
            }
        }
        if (e->kind != GATES_UNIT_SOUND) {
            tell(u, out, first + i);
            continue;
        }
        if (!u->direct)
            gates_resampler_pull(&u->out, &u->held);
        if (out[0])
            out[0][first + i] = u->held;
    }
}

static void silence(gates_unit *u, float *const *out, size_t first, size_t n)
{
    uint32_t k;
    for (k = 0; k < gates_unit_outputs(u->engine); k++)
        if (out[k])
            memset(out[k] + first, 0, n * sizeof(float));
}

void gates_unit_process(gates_unit *u, const float *in, float *const *out, size_t n)
{
    const gates_engine *e = u->engine;
    size_t first;
    u->frames = u->hits = 0;
    if (!u->enabled) {
        silence(u, out, 0, n);
        return;
    }
    for (first = 0; first < n; first += CHUNK) {
        uint32_t here = n - first < CHUNK ? (uint32_t)(n - first) : CHUNK;
        uint32_t count = hear(u, in ? in + first : 0, here); /* before anything is written over it */
        e->run(e->model, u->state, u->heard, count, u->found);
        play(u, out, first, here, count);
    }
}

int gates_unit_set(gates_unit *u, const char *name, double value)
{
    const gates_engine *e = u->engine;
    if (!strcmp(name, "enable"))
        u->enabled = value != 0.0;
    else if (!strcmp(name, "reset"))
        restart(u);
    else if (e->kind == GATES_UNIT_ONSET && !strcmp(name, "threshold")) {
        double score = value < 0.0 ? 0.0 : value > 1.0 ? 1.0 : value;
        uint32_t counted = (uint32_t)(score * e->most + 0.5);
        u->threshold = counted ? counted : 1;
        u->rearm = u->threshold < e->rearm ? u->threshold : e->rearm;
    } else if (e->kind == GATES_UNIT_ONSET && !strcmp(name, "refractory")) {
        double frames = value * 0.001 * e->rate / e->hop + 0.5;
        u->refractory = frames < 0.0 ? 0 : frames > 65535.0 ? 65535 : (uint32_t)frames;
    } else if (!e->hears && !strcmp(name, "rate")) {
        double most = FASTEST * u->host_rate;
        u->rate = value < 0.0 ? 0.0 : value > most ? most : value;
        u->step = (uint64_t)(u->rate / u->host_rate * (double)ONE + 0.5);
    } else if (e->seek && !strcmp(name, "offset")) {
        u->offset = value < 0.0 ? 0 : value > 4294967295.0 ? 0xFFFFFFFFu : (uint32_t)value;
        e->seek(e->model, u->state, u->offset);
    } else
        return 0;
    return 1;
}

int gates_unit_bend(gates_unit *u, uint32_t gate, int value)
{
    const gates_engine *e = u->engine;
    return e->bend ? e->bend(e->model, u->state, gate, value) : 0;
}

double gates_unit_get(const gates_unit *u, const char *name, double otherwise)
{
    const gates_engine *e = u->engine;
    if (!strcmp(name, "enable"))
        return u->enabled;
    if (e->kind == GATES_UNIT_ONSET && !strcmp(name, "threshold"))
        return (double)u->threshold / e->most;
    if (e->kind == GATES_UNIT_ONSET && !strcmp(name, "refractory"))
        return 1000.0 * u->refractory * e->hop / e->rate;
    if (!e->hears && !strcmp(name, "rate"))
        return u->rate;
    if (e->seek && !strcmp(name, "offset"))
        return u->offset;
    return otherwise;
}

uint32_t gates_unit_frames(const gates_unit *u)
{
    return u->frames;
}

uint32_t gates_unit_hits(const gates_unit *u)
{
    return u->hits;
}

const int32_t *gates_unit_values(const gates_unit *u)
{
    return u->latest;
}

const int32_t *gates_unit_controls(const gates_unit *u)
{
    return u->engine->controls ? u->latest + u->engine->values : 0;
}

uint32_t gates_unit_class(const gates_unit *u)
{
    uint32_t k, best = 0;
    for (k = 1; k < u->engine->values; k++)
        if (u->latest[k] > u->latest[best])
            best = k;
    return best;
}

const gates_engine *gates_unit_engine(const gates_unit *u)
{
    return u->engine;
}

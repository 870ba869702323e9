#include "gates_resample.h"

#include <math.h>
#include <string.h>

#define ONE ((uint64_t)1 << 32)

static const double PI = 3.14159265358979323846;

/* Low pass below both rates' halves, at a distance of x input samples from the middle, under a Hann window. */
static double weight(double x, double cutoff, double half)
{
    double window = fabs(x) < half ? 0.5 + 0.5 * cos(PI * x / half) : 0.0;
    double sinc = fabs(x) < 1e-9 ? 1.0 : sin(PI * cutoff * x) / (PI * cutoff * x);
    return cutoff * sinc * window;
}

void gates_resampler_init(gates_resampler *r, double from, double to)
{
    double cutoff = to < from ? 0.9 * to / from : 0.9;
    uint32_t p, k;
    r->step = (uint64_t)(from / to * (double)ONE + 0.5);
    r->taps = to < from ? (uint32_t)(16.0 * from / to + 0.999) : 16;
    if (r->taps > GATES_TAPS)
        r->taps = GATES_TAPS;
    for (p = 0; p <= GATES_PHASES; p++) {
        double sum = 0.0, middle = 0.5 * (r->taps - 1.0) + (double)p / GATES_PHASES - 0.5;
        for (k = 0; k < r->taps; k++)
            sum += weight(k - middle, cutoff, 0.5 * r->taps);
        for (k = 0; k < r->taps; k++) /* every phase lets a constant pass unchanged */
            r->kernel[p][k] = (float)(weight(k - middle, cutoff, 0.5 * r->taps) / sum);
    }
    gates_resampler_clear(r);
}

void gates_resampler_clear(gates_resampler *r)
{
    r->phase = ONE;
    r->at = 0;
    memset(r->past, 0, sizeof r->past);
}

void gates_resampler_push(gates_resampler *r, float x)
{
    r->at = r->at ? r->at - 1 : r->taps - 1; /* the newest comes first */
    r->past[r->at] = r->past[r->at + r->taps] = x;
    r->phase = r->phase > ONE ? r->phase - ONE : 0; /* never more than one sample behind */
}

int gates_resampler_pull(gates_resampler *r, float *y)
{
    const float *past = r->past + r->at, *a, *b;
    float between, low = 0.0f, high = 0.0f;
    uint32_t place, p, k;
    if (r->phase >= ONE)
        return 0;
    /* `phase` after the newest input sample: the earlier, the farther behind it. */
    place = (uint32_t)((ONE - 1 - r->phase) >> 16); /* 16 bits behind the point */
    p = place * GATES_PHASES >> 16;
    between = (float)(place * GATES_PHASES & 0xFFFFu) / 65536.0f;
    a = r->kernel[p];
    b = r->kernel[p + 1];
    for (k = 0; k < r->taps; k++) {
        low += a[k] * past[k];
        high += b[k] * past[k];
    }
    *y = low + between * (high - low);
    r->phase += r->step;
    return 1;
}

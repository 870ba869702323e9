/*
 * difflogic~ FILE.gates [OUTLETS]: any model of the zoo as a signal object.
 *
 * `open FILE.gates` loads another one in a thread of its own, and fades over to it. Signal outlets are the model's:
 * trigger and score; class and confidences; sound; or controls. The last outlet gives messages, `controls` and what an
 * oscillator bank plays in the latest frame among them; a box with more outlets has those as signals too. Messages that
 * it takes: enable, reset, info, bend GATE VALUE, and by the model threshold, refractory, rate, offset.
 */

#include <m_pd.h>

#include "info.h"
#include "loader.h"

enum { OUTLETS = 64, FADE = 256, POLL = 10 };

static t_class *difflogic_tilde_class;

typedef struct {
    t_object object;
    t_float number; /* what a number at the signal inlet becomes */
    t_canvas *canvas;
    t_outlet *messages;
    t_clock *clock;
    loader loader;
    loaded *now, *before; /* before fades out */
    int outlets, fading, played; /* played: the bank, since the last message */
    uint32_t hits, shown;
    double rate;
    t_sample *in, *out[OUTLETS];
    float fade[OUTLETS][FADE];
} t_difflogic_tilde;

static void difflogic_tilde_say_class(t_difflogic_tilde *x, gates_unit *unit)
{
    const gates_engine *e = gates_unit_engine(unit);
    uint32_t best = gates_unit_class(unit);
    t_atom found[2];
    if (e->kind != GATES_UNIT_CLASS || best == x->shown)
        return;
    x->shown = best;
    SETFLOAT(found, (t_float)best);
    SETSYMBOL(found + 1, gensym(e->classes ? e->classes[best] : ""));
    outlet_anything(x->messages, gensym("class"), 2, found);
}

static void difflogic_tilde_say_controls(t_difflogic_tilde *x, gates_unit *unit)
{
    const int32_t *controls = gates_unit_controls(unit);
    t_atom list[OUTLETS];
    uint32_t k, n = controls ? gates_unit_engine(unit)->controls : 0;
    for (k = 0; k < n && k < OUTLETS; k++)
        SETFLOAT(list + k, (t_float)controls[k]);
    if (k)
        outlet_anything(x->messages, gensym("controls"), (int)k, list);
}

static void difflogic_tilde_loaded(t_difflogic_tilde *x)
{
    t_atom name;
    if (!x->loader.result) {
        pd_error(x, "difflogic~: %s: %s", x->loader.path, x->loader.wrong);
        return;
    }
    loaded_free(x->before);
    x->before = x->now; /* messages and signals take turns, so this is between two blocks */
    x->now = x->loader.result;
    x->fading = x->before ? FADE : 0;
    x->shown = 0xFFFFFFFFu;
    SETSYMBOL(&name, gensym(x->now->engine.engine.id));
    outlet_anything(x->messages, gensym("loaded"), 1, &name);
}

/* Outside the signal chain: say what perform found, and look whether a file is there. */
static void difflogic_tilde_tell(t_difflogic_tilde *x)
{
    if (loader_finished(&x->loader))
        difflogic_tilde_loaded(x);
    else if (x->loader.running)
        clock_delay(x->clock, POLL);
    for (; x->hits; x->hits--)
        outlet_bang(x->messages);
    if (x->now)
        difflogic_tilde_say_class(x, x->now->unit);
    if (x->now && x->played)
        difflogic_tilde_say_controls(x, x->now->unit);
    x->played = 0;
}

/* A unit to some outputs; those it has not are silent. */
static void difflogic_tilde_play(t_difflogic_tilde *x, loaded *l, const t_sample *in, float **out, int n)
{
    int have = l ? (int)gates_unit_outputs(&l->engine.engine) : 0, k;
    float *places[GATES_FILE_CLASSES + 1] = {0};
    if (have > GATES_FILE_CLASSES + 1)
        have = 0;
    for (k = 0; k < have && k < x->outlets; k++)
        places[k] = out[k];
    if (have)
        gates_unit_process(l->unit, in, places, (size_t)n);
    for (k = have; k < x->outlets; k++)
        memset(out[k], 0, (size_t)n * sizeof(float));
}

static t_int *difflogic_tilde_perform(t_int *w)
{
    t_difflogic_tilde *x = (t_difflogic_tilde *)w[1];
    int n = (int)w[2], k, i, done, here;
    for (done = 0; done < n; done += here) {
        float *old[OUTLETS], *out[OUTLETS];
        here = n - done < FADE ? n - done : FADE;
        for (k = 0; k < x->outlets; k++) {
            old[k] = x->fade[k];
            out[k] = x->out[k] + done;
        }
        if (x->fading > 0) /* first, since an output may be the input */
            difflogic_tilde_play(x, x->before, x->in + done, old, here);
        difflogic_tilde_play(x, x->now, x->in + done, out, here);
        if (x->now) {
            x->hits += gates_unit_hits(x->now->unit);
            x->played |= gates_unit_frames(x->now->unit) && gates_unit_controls(x->now->unit);
        }
        for (i = 0; x->fading > 0 && i < here; i++, x->fading--)
            for (k = 0; k < x->outlets; k++)
                out[k][i] += (old[k][i] - out[k][i]) * (float)x->fading / FADE;
    }
    if (x->hits || x->played || (x->now && gates_unit_frames(x->now->unit) &&
                    gates_unit_class(x->now->unit) != x->shown && x->now->engine.engine.kind == GATES_UNIT_CLASS))
        clock_delay(x->clock, 0);
    return w + 3;
}

static void difflogic_tilde_dsp(t_difflogic_tilde *x, t_signal **sp)
{
    int k;
    if (sp[0]->s_sr != (t_float)x->rate) {
        x->rate = sp[0]->s_sr;
        if (x->now)
            x->now->unit = gates_unit_init(x->now->memory, &x->now->engine.engine, x->rate);
    }
    x->in = sp[0]->s_vec;
    for (k = 0; k < x->outlets; k++)
        x->out[k] = sp[1 + k]->s_vec;
    dsp_add(difflogic_tilde_perform, 2, x, (t_int)sp[0]->s_n);
}

/* bend GATE VALUE: hold a gate at 0 or 1, or set it free with -1 */
static void difflogic_tilde_bend(t_difflogic_tilde *x, t_floatarg gate, t_floatarg value)
{
    if (x->now && (gate < 0 || !gates_unit_bend(x->now->unit, (uint32_t)gate, (int)value)))
        pd_error(x, "difflogic~: gate %g cannot be bent; make the file with --bendable", (double)gate);
}

static void difflogic_tilde_open(t_difflogic_tilde *x, t_symbol *name)
{
    char path[LOADER_PATH];
    loader_find(x->canvas, name, path);
    if (loader_start(&x->loader, path, x->rate))
        clock_delay(x->clock, POLL);
    else
        pd_error(x, "difflogic~: still loading %s", x->loader.path);
}

static void difflogic_tilde_info(t_difflogic_tilde *x)
{
    if (x->now)
        info_tell(&x->now->engine.engine, x->messages);
    else
        pd_error(x, "difflogic~: no model; send 'open FILE.gates'");
}

static void difflogic_tilde_anything(t_difflogic_tilde *x, t_symbol *s, int argc, t_atom *argv)
{
    if (x->now && !gates_unit_set(x->now->unit, s->s_name, argc ? atom_getfloat(argv) : 1))
        pd_error(x, "difflogic~: this model has no parameter '%s'", s->s_name);
}

/* Outlets of a box that is asked for none: controls are messages. */
static int difflogic_tilde_signals(const gates_engine *e)
{
    return (int)(gates_unit_outputs(e) - e->controls);
}

static void *difflogic_tilde_new(t_symbol *name, t_floatarg outlets)
{
    t_difflogic_tilde *x = (t_difflogic_tilde *)pd_new(difflogic_tilde_class);
    char path[LOADER_PATH];
    int k;
    x->canvas = canvas_getcurrent();
    x->rate = sys_getsr();
    x->clock = clock_new(x, (t_method)difflogic_tilde_tell);
    x->shown = 0xFFFFFFFFu;
    if (name && *name->s_name) { /* a patch that opens may wait; a signal may not */
        loader_find(x->canvas, name, path);
        x->now = loader_open(path, x->rate, x->loader.wrong);
        if (!x->now)
            pd_error(x, "difflogic~: %s: %s", path, x->loader.wrong);
    }
    x->outlets = outlets >= 1 ? (int)outlets : x->now ? difflogic_tilde_signals(&x->now->engine.engine) : 1;
    if (x->outlets > OUTLETS)
        x->outlets = OUTLETS;
    for (k = 0; k < x->outlets; k++)
        outlet_new(&x->object, &s_signal);
    x->messages = outlet_new(&x->object, 0);
    return x;
}

static void difflogic_tilde_free(t_difflogic_tilde *x)
{
    loader_stop(&x->loader);
    clock_free(x->clock);
    loaded_free(x->now);
    loaded_free(x->before);
}

void difflogic_tilde_setup(void)
{
    difflogic_tilde_class =
        class_new(gensym("difflogic~"), (t_newmethod)difflogic_tilde_new, (t_method)difflogic_tilde_free,
                  sizeof(t_difflogic_tilde), 0, A_DEFSYM, A_DEFFLOAT, 0);
    CLASS_MAINSIGNALIN(difflogic_tilde_class, t_difflogic_tilde, number);
    class_addmethod(difflogic_tilde_class, (t_method)difflogic_tilde_dsp, gensym("dsp"), A_CANT, 0);
    class_addmethod(difflogic_tilde_class, (t_method)difflogic_tilde_open, gensym("open"), A_SYMBOL, 0);
    class_addmethod(difflogic_tilde_class, (t_method)difflogic_tilde_bend, gensym("bend"), A_FLOAT, A_FLOAT, 0);
    class_addmethod(difflogic_tilde_class, (t_method)difflogic_tilde_info, gensym("info"), 0);
    class_addanything(difflogic_tilde_class, (t_method)difflogic_tilde_anything);
}

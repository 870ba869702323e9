/*
 * difflogic FILE.gates: any model of the zoo for messages.
 *
 * A list of samples, -1 to 1 at the model's rate, goes in; for each frame that they finish the right outlet gives
 * the values as a list, then the left outlet the answer: a bang for an onset, the index of the class, the sample. From
 * an oscillator bank they are what it plays, and the samples of the frame as a list. A model that hears nothing gives
 * its next sample for a bang, and sample t for a number t. `open FILE.gates` loads another one in a thread of its own.
 */

#include <m_pd.h>

#include "info.h"
#include "loader.h"

enum { VALUES = 1024, POLL = 10 };

static t_class *difflogic_class;

typedef struct {
    t_object object;
    t_canvas *canvas;
    t_outlet *answer, *values;
    t_clock *clock;
    loader loader;
    loaded *now;
} t_difflogic;

static void difflogic_tell(t_difflogic *x)
{
    const gates_engine *e = gates_unit_engine(x->now->unit);
    const int32_t *values = gates_unit_values(x->now->unit), *controls = gates_unit_controls(x->now->unit);
    t_atom list[VALUES];
    uint32_t k, n = e->values < VALUES ? e->values : VALUES, listed = controls ? e->controls : n;
    for (k = 0; k < listed; k++)
        SETFLOAT(list + k, (t_float)(controls ? controls : values)[k]);
    outlet_list(x->values, &s_list, (int)listed, list);
    if (e->kind == GATES_UNIT_ONSET) {
        if (gates_unit_hits(x->now->unit))
            outlet_bang(x->answer);
    } else if (e->kind == GATES_UNIT_CLASS)
        outlet_float(x->answer, (t_float)gates_unit_class(x->now->unit));
    else if (e->kind == GATES_UNIT_SOUND) {
        for (k = 0; k < n; k++)
            SETFLOAT(list + k, (t_float)values[k] / 32768);
        outlet_list(x->answer, &s_list, (int)n, list);
    }
}

static void difflogic_sample(t_difflogic *x, float sample)
{
    float *out[GATES_FILE_CLASSES + 1] = {0};
    if (gates_unit_outputs(&x->now->engine.engine) > GATES_FILE_CLASSES + 1)
        return;
    gates_unit_process(x->now->unit, &sample, out, 1);
    if (gates_unit_frames(x->now->unit))
        difflogic_tell(x);
}

static void difflogic_list(t_difflogic *x, t_symbol *s, int argc, t_atom *argv)
{
    int k;
    (void)s;
    if (!x->now)
        return;
    if (!x->now->engine.engine.hears) {
        gates_unit_set(x->now->unit, "offset", argc ? atom_getfloat(argv) : 0);
        difflogic_sample(x, 0);
        return;
    }
    for (k = 0; k < argc; k++)
        difflogic_sample(x, (float)atom_getfloat(argv + k));
}

static void difflogic_bang(t_difflogic *x)
{
    if (x->now && !x->now->engine.engine.hears)
        difflogic_sample(x, 0);
    else
        pd_error(x, "difflogic: this model wants a list of samples, found a bang");
}

static void difflogic_look(t_difflogic *x)
{
    if (!loader_finished(&x->loader)) {
        clock_delay(x->clock, POLL);
        return;
    }
    if (!x->loader.result) {
        pd_error(x, "difflogic: %s: %s", x->loader.path, x->loader.wrong);
        return;
    }
    loaded_free(x->now);
    x->now = x->loader.result;
}

static void difflogic_open(t_difflogic *x, t_symbol *name)
{
    char path[LOADER_PATH];
    loader_find(x->canvas, name, path);
    if (loader_start(&x->loader, path, 0))
        clock_delay(x->clock, POLL);
    else
        pd_error(x, "difflogic: still loading %s", x->loader.path);
}

static void difflogic_info(t_difflogic *x)
{
    if (x->now)
        info_tell(&x->now->engine.engine, x->values);
    else
        pd_error(x, "difflogic: no model; send 'open FILE.gates'");
}

static void difflogic_anything(t_difflogic *x, t_symbol *s, int argc, t_atom *argv)
{
    if (x->now && !gates_unit_set(x->now->unit, s->s_name, argc ? atom_getfloat(argv) : 1))
        pd_error(x, "difflogic: this model has no parameter '%s'", s->s_name);
}

static void *difflogic_new(t_symbol *name)
{
    t_difflogic *x = (t_difflogic *)pd_new(difflogic_class);
    char path[LOADER_PATH];
    x->canvas = canvas_getcurrent();
    x->clock = clock_new(x, (t_method)difflogic_look);
    x->answer = outlet_new(&x->object, 0);
    x->values = outlet_new(&x->object, &s_list);
    if (name && *name->s_name) {
        loader_find(x->canvas, name, path);
        x->now = loader_open(path, 0, x->loader.wrong);
        if (!x->now)
            pd_error(x, "difflogic: %s: %s", path, x->loader.wrong);
    }
    return x;
}

static void difflogic_free(t_difflogic *x)
{
    loader_stop(&x->loader);
    clock_free(x->clock);
    loaded_free(x->now);
}

void difflogic_setup(void)
{
    difflogic_class = class_new(gensym("difflogic"), (t_newmethod)difflogic_new, (t_method)difflogic_free,
                                sizeof(t_difflogic), 0, A_DEFSYM, 0);
    class_addbang(difflogic_class, (t_method)difflogic_bang);
    class_addlist(difflogic_class, (t_method)difflogic_list);
    class_addmethod(difflogic_class, (t_method)difflogic_open, gensym("open"), A_SYMBOL, 0);
    class_addmethod(difflogic_class, (t_method)difflogic_info, gensym("info"), 0);
    class_addanything(difflogic_class, (t_method)difflogic_anything);
}

/* What `info` asks for, as messages: which model it is, and what it is like. */

#ifndef INFO_H
#define INFO_H

#include <m_pd.h>

#include "src/gates_unit.h"

static void info_text(t_outlet *to, const char *what, const char *text)
{
    t_atom a;
    SETSYMBOL(&a, gensym(text));
    outlet_anything(to, gensym(what), 1, &a);
}

static void info_number(t_outlet *to, const char *what, uint32_t number)
{
    t_atom a;
    SETFLOAT(&a, (t_float)number);
    outlet_anything(to, gensym(what), 1, &a);
}

static void info_tell(const gates_engine *e, t_outlet *to)
{
    info_text(to, "model", e->id);
    info_text(to, "digest", e->digest);
    info_text(to, "licence", e->licence);
    info_number(to, "gates", e->gates);
    info_number(to, "trained-rate", e->rate);
    info_number(to, "hop", e->hop);
    info_number(to, "outputs", gates_unit_outputs(e) - e->controls);
}

#endif

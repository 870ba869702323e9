"""A model as the engine of a host's unit: its compiled C behind a few functions, or its `.gates` file.

Every wrapper of a host is thin: `core/` has what they share in C (parameters, rates, outputs), and asks an
engine for the model's integers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from exporters.c import make_unit
from exporters.c.assembled import ALIGNED
from exporters.c.names import ExportError
from exporters.gatesfile.host import runtime_files
from exporters.gatesfile.program import run_program
from exporters.gatesfile.write import gates_file
from exporters.passes import optimise
from exporters.pru.devices import DEVICES
from exporters.pru.header import header_text
from exporters.pru.unit import make_pru_unit
from zoo.frontends import CounterBits, RawBits
from zoo.heads import ControlValues, GroupSum, OnsetScore, OscillatorBank, PositionalSample
from zoo.model import Model

CORE = Path(__file__).parent / "core"
Engine = Literal["compiled", "file", "pru"]
ENGINES: tuple[Engine, ...] = ("compiled", "file", "pru")

# gates_kind of gates_unit.h
KINDS = {OnsetScore: 1, GroupSum: 2, PositionalSample: 3, OscillatorBank: 3, ControlValues: 4}


def check_hosted(model: Model) -> None:
    """Refuse what has no shape in an audio host.

    Raises:
        ExportError: The model takes bits, not sound.
    """
    if isinstance(model.frontend, RawBits):
        raise ExportError(
            f"{model.id}: it takes {model.frontend.width} bits a frame and no sound, which no audio host can "
            "give it. Export it as C: --to c"
        )


SMALL = 400  # nodes below which taking samples together costs more than it saves


def best_engine(model: Model) -> Engine:
    """Which engine is faster: samples that need not wait for one another share the runtime's words."""
    if model.hop > 1 or model.circuit.lanes is not None:
        return "compiled"
    program = run_program(optimise(model.circuit))
    return "compiled" if program.loops or len(program.operands) < SMALL else "file"


def engine_files(
    model: Model, name: str, engine: Engine, target: str = "portable", bendable: bool = False
) -> dict[str, str]:
    """C files of the engine, without the core: `const gates_engine *NAME_engine(void)` in `NAME_engine.h`.

    Args:
        model: The model.
        name: C name, the prefix of everything.
        engine: Compiled, the file, or the PRU that Bela leaves free.
        target: What compiled code is for, a key of `exporters.c.TARGETS`.
        bendable: Keep every gate in the file, so that each can be held while it runs.

    Raises:
        ExportError: The model has no shape in an audio host, or does not fit the PRU.
    """
    check_hosted(model)
    header = {f"{name}_engine.h": _HEADER.replace("$NAME", name.upper()).replace("$name", name)}
    if engine == "file":
        return header | {f"{name}_engine.c": _file_engine(model, name, bendable)}
    if engine == "pru":
        unit = make_pru_unit(model, DEVICES["bela"], name)
        return header | {f"{name}_pru.h": header_text(unit), f"{name}_engine.c": _engine(_PRU, model, name)}
    export = make_unit(model, name, "frame", target)
    text = _engine(_BANK if n_controls(model) else _COMPILED, model, name)
    text = text.replace("@aligned", ALIGNED if ALIGNED in export.source else "")
    return header | export.files() | {f"{name}_engine.c": text}


def core_files(engine: Engine) -> dict[str, str]:
    """C files that every wrapper with this engine needs, the same for all models."""
    files = {
        path.name: path.read_text("utf-8") for path in sorted(CORE.iterdir()) if path.suffix in (".c", ".h")
    }
    if engine == "file":
        return files | runtime_files()
    return {name: text for name, text in files.items() if not name.startswith("gates_file_engine")}


def _engine(text: str, model: Model, name: str) -> str:
    head, config = model.head, model.config
    onset = head if isinstance(head, OnsetScore) else OnsetScore(1, 1, 0)
    classes = config.classes or ()
    names = ", ".join(_quoted(text) for text in classes)
    counter = model.frontend if isinstance(model.frontend, CounterBits) else None
    compiled = text is not _PRU
    values: dict[str, object] = {
        "engine": _ENGINE,
        "state": "$name_state" if compiled else "place",
        "id": _quoted(config.id),
        "summary": _quoted(config.summary),
        "licence": _quoted(config.licence),
        "digest": _quoted(model.circuit.digest()),
        "kind": KINDS[type(head)],
        "most": most_value(model),
        "hears": int(counter is None),
        "controls": n_controls(model) if compiled else 0,  # the PRU hands over sound alone
        "pitch": head.pitch if isinstance(head, OscillatorBank) else 0,
        "gates": model.circuit.n_gates,
        "hop": model.hop,
        "threshold": f"{onset.threshold}, {onset.rearm}, {onset.refractory}",
        "names": "classes" if classes else "0",
        "classes": f"static const char *const classes[] = {{{names}}};\n\n" if classes else "",
        "seek": "seek" if counter and compiled else "0",
        "seeking": _seeking(counter.width) if counter and compiled else "",
    }
    return _filled(text, name, values)


def _seeking(width: int) -> str:
    return _SEEK.replace("@mask", f"0x{(1 << width) - 1:X}u")


def most_value(model: Model) -> int:
    """The largest value but of sound; what an oscillator bank plays is at most a group, its pitch apart."""
    head, outputs = model.head, model.circuit.n_outputs
    if isinstance(head, OnsetScore):
        return head.frames * outputs
    if isinstance(head, GroupSum):
        return head.frames * outputs // head.classes
    return head.group if isinstance(head, (ControlValues, OscillatorBank)) else 32_767


def n_controls(model: Model) -> int:
    """Integers of a frame that an oscillator bank plays; none where the head is no bank."""
    return model.head.bank.n_controls if isinstance(model.head, OscillatorBank) else 0


def _file_engine(model: Model, name: str, bendable: bool) -> str:
    words = np.frombuffer(gates_file(model, bendable), "<u4").tolist()
    rows = [words[start : start + 8] for start in range(0, len(words), 8)]
    array = "".join("    " + ", ".join(f"0x{word:X}u" for word in row) + ",\n" for row in rows)
    return _filled(_FILE, name, {"size": 4 * len(words), "words": array})


def _filled(text: str, name: str, values: dict[str, object]) -> str:
    for key, value in values.items():
        text = text.replace(f"@{key}@", str(value))
    return text.replace("$NAME", name.upper()).replace("$name", name)


def _quoted(text: str) -> str:
    """A C string literal: what is not plain ASCII in octal."""
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in text.encode()
    )
    return f'"{plain}"'


_HEADER = """\
/* The model as the engine of a unit. Generated by difflogic-zoo: change the model, not this file. */

#ifndef $NAME_ENGINE_H
#define $NAME_ENGINE_H

#include "gates_unit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Call it once before audio runs; NULL only if this build is damaged. */
const gates_engine *$name_engine(void);

#ifdef __cplusplus
}
#endif

#endif
"""

_SEEK = """\
static void seek(const void *model, void *state, uint32_t t)
{
    (void)model;
    (($name_state *)state)->t = t & @mask;
}

"""

_ENGINE = """\
    static const gates_engine engine = {
        @id@,
        @summary@,
        @licence@,
        @digest@,
        $NAME_RATE, $NAME_HOP, @kind@, $NAME_VALUES, @most@, @hears@, @gates@,
        @threshold@, @controls@, @pitch@,
        @names@, sizeof(@state@), 0, start, run, @seek@, 0,
    };
"""

_COMPILED_HEAD = """\
/* The compiled model as the engine of a unit. Generated by difflogic-zoo: change the model, not this file. */

#include "$name_engine.h"

#include "$name.h"

@classes@static void start(const void *model, void *state)
{
    (void)model;
    $name_init(($name_state *)state);
}

"""

_COMPILED_TAIL = """\
@seeking@const gates_engine *$name_engine(void)
{
@engine@    return &engine;
}
"""

_COMPILED = (
    _COMPILED_HEAD
    + """\
static size_t run(const void *model, void *state, const int16_t *samples, size_t n, int32_t *values)
{
    size_t frames = 0;
    (void)model;
    for (; n; n--)
        if ($name_push(($name_state *)state, *samples++, values) >= 0) {
            values += $NAME_VALUES;
            frames++;
        }
    return frames;
}

"""
    + _COMPILED_TAIL
)

_BANK = (
    _COMPILED_HEAD
    + """\
/* What $name_hop does, with the controls between gates and oscillators kept. */
static void hop($name_state *s, int32_t *values)
{
    int32_t features[$NAME_FEATURES], *controls = values + $NAME_VALUES;
    uint32_t bits[$NAME_BIT_WORDS]@aligned, outputs[$NAME_OUTPUT_WORDS]@aligned;
    $name_features(s, s->samples, features);
    $name_encode(features, bits);
    $name_gates(s, bits, outputs);
    $name_controls(outputs, controls);
    $name_render(s, controls, values);
}

static size_t run(const void *model, void *state, const int16_t *samples, size_t n, int32_t *values)
{
    $name_state *s = ($name_state *)state;
    size_t frames = 0;
    (void)model;
    for (; n; n--) {
        s->samples[s->filled++] = *samples++;
        if (s->filled < $NAME_HOP)
            continue;
        s->filled = 0;
        hop(s, values);
        values += $NAME_VALUES + $NAME_CONTROLS;
        frames++;
    }
    return frames;
}

"""
    + _COMPILED_TAIL
)

_PRU = """\
/*
 * The model on the PRU that Bela leaves free, as the engine of a unit. The PRU works on a frame while the
 * audio goes on, so a frame's answer comes with the next frame: @hop@ samples later than the model's own.
 * There is one PRU: make one unit. Generated by difflogic-zoo: change the model, not this file.
 */

#include "$name_engine.h"

#include <pruss_intc_mapping.h>

#define $NAME_PRUSSDRV
#include "$name_pru.h"

typedef struct {
    int16_t hop[$NAME_HOP];
    uint32_t filled, asked;
} place;

@classes@/* Start the program anew; nothing is asked for yet. */
static void start(const void *model, void *state)
{
    place *p = (place *)state;
    (void)model;
    p->filled = p->asked = 0;
    $name_start();
}

static size_t run(const void *model, void *state, const int16_t *samples, size_t n, int32_t *values)
{
    place *p = (place *)state;
    size_t frames = 0;
    int k;
    (void)model;
    for (; n; n--) {
        p->hop[p->filled++] = *samples++;
        if (p->filled < $NAME_HOP)
            continue;
        p->filled = 0;
        if (!$name_ready()) /* it has not kept up: this frame is lost, the audio is not */
            continue;
        for (k = 0; k < $NAME_VALUES; k++)
            values[k] = p->asked ? $name_value(k) : 0;
        values += $NAME_VALUES;
        frames++;
        $name_send(p->hop);
        p->asked = 1;
    }
    return frames;
}

const gates_engine *$name_engine(void)
{
@engine@    static int opened;
    if (!opened && (prussdrv_init() || prussdrv_open(PRU_EVTOUT_0) || $name_start()))
        return 0;
    opened = 1;
    return &engine;
}
"""

_FILE = """\
/* The model's .gates file as the engine of a unit. Generated by difflogic-zoo: change the model, not this. */

#include "$name_engine.h"

#include "gates_file_engine.h"

static const uint32_t file[] = {
@words@};

const gates_engine *$name_engine(void)
{
    static gates_file_engine opened;
    if (!opened.engine.run && gates_file_engine_open(&opened, file, @size@))
        return 0;
    return &opened.engine;
}
"""

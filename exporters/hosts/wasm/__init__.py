"""WebAssembly: a module without imports, an AudioWorklet and a page that plays it."""

from __future__ import annotations

import json
from pathlib import Path

from exporters.c.build import build, zig
from exporters.hosts.host import Host, Wrapped, filled, templates

# Without a C library, which would take longer to build than everything else.
FLAGS = (
    *("-target", "wasm32-freestanding", "-std=gnu99", "-O2", "-g0", "-Ino_libc"),
    *("-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=65536"),
)
NO_LIBC = Path(__file__).parent / "no_libc"


def wasm_module(wrapped: Wrapped) -> bytes:
    """The bytes of the module; it imports nothing.

    Raises:
        MissingExtraError: The package `ziglang` is not installed.
        BuildError: The compiler failed.
    """
    headers = {f"no_libc/{path.name}": path.read_text("utf-8") for path in sorted(NO_LIBC.iterdir())}
    files = headers | wrapped.sources | {"glue.c": filled(_GLUE, wrapped.words())}
    return build(zig(), FLAGS, files, f"{wrapped.name}.wasm").read_bytes()


def _files(wrapped: Wrapped) -> dict[str, str | bytes]:
    config = wrapped.model.config
    words = wrapped.words() | {
        "about": json.dumps(
            {
                "id": config.id,
                "summary": config.summary,
                "licence": config.licence,
                "digest": wrapped.model.circuit.digest(),
                "rate": wrapped.model.rate,
                "hop": wrapped.model.hop,
                "hears": wrapped.hears,
                "kind": wrapped.model.head.kind,
                "outputs": wrapped.signals,
                "controls": wrapped.controls,
                "parameters": wrapped.defaults,
            }
        ),
    }
    return {f"{wrapped.name}.wasm": wasm_module(wrapped), **templates("wasm", words)}


WASM = Host(
    "wasm",
    _files,
    "Run `python3 -m http.server` there and open http://127.0.0.1:8000 in a browser.",
)

_GLUE = """\
/* What a browser, or any other program that runs WebAssembly, calls. One instance a module. */

#include "@{name}_engine.h"

enum { MOST = 4096 };

static gates_unit *unit;
static float in[MOST], out[@{signals}][MOST];
static char name[32];

#define EXPORT(as) __attribute__((export_name(as)))

/* Start at a sample rate; 0 when there is no memory. Again: from the beginning. */
EXPORT("start") int start(double rate)
{
    static void *memory;
    if (!memory) { /* whole pages behind everything else */
        size_t page = 65536, at = __builtin_wasm_memory_grow(0, gates_unit_size(@{name}_engine()) / page + 1);
        if (at == (size_t)-1)
            return 0;
        memory = (void *)(at * page);
    }
    unit = gates_unit_init(memory, @{name}_engine(), rate);
    return 1;
}

EXPORT("most") int most(void) { return MOST; }
EXPORT("input") float *input(void) { return in; }
EXPORT("output") float *output(int k) { return out[k]; }
EXPORT("text") char *text(void) { return name; }

/* n samples, at most `most()`, from `input()` to each `output(k)`. */
EXPORT("process") void process(int n)
{
    float *places[@{outputs}] = {0}; /* controls are no signals here */
    int k;
    for (k = 0; k < @{signals}; k++)
        places[k] = out[k];
    gates_unit_process(unit, in, places, (size_t)n);
}

/* Set the parameter whose name stands at `text()`, zero-ended. */
EXPORT("set") int set(double value)
{
    name[sizeof name - 1] = 0;
    return gates_unit_set(unit, name, value);
}

EXPORT("frames") int frames(void) { return (int)gates_unit_frames(unit); }
EXPORT("hits") int hits(void) { return (int)gates_unit_hits(unit); }
EXPORT("best") int best(void) { return (int)gates_unit_class(unit); }

/* Hold a gate at 0 or 1, or set it free with -1; 0 if it cannot be bent. */
EXPORT("bend") int bend(int gate, int value) { return gates_unit_bend(unit, (uint32_t)gate, value); }

/* What an oscillator bank plays in the latest frame: @{controls} integers. */
EXPORT("controls") const int32_t *controls(void) { return gates_unit_controls(unit); }
"""

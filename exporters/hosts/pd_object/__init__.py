"""Pure Data, one object for all models: `difflogic~` and `difflogic` load a `.gates` file while Pd runs."""

from __future__ import annotations

from exporters.gatesfile.write import gates_file
from exporters.hosts.engine import core_files
from exporters.hosts.host import Host, Wrapped, templates
from exporters.hosts.pd.patches import loader_patches


def _files(wrapped: Wrapped) -> dict[str, str | bytes]:
    sources = {f"src/{name}": text for name, text in core_files("file").items()}
    model = {f"{wrapped.name}.gates": gates_file(wrapped.model, bendable=True)}
    info = {"info.h": templates("pd", wrapped.words())["info.h"]}
    return {**sources, **model, **info, **templates("pd_object", wrapped.words()), **loader_patches(wrapped)}


PD_OBJECT = Host(
    "pd-object",
    _files,
    "Run `make` there, then open difflogic~-help.pd in Pd; it plays @{name}.gates, and any other such file.",
)

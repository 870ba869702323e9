"""Faust: pure text that runs wherever Faust does, and for tunes a foreign function besides."""

from exporters.hosts.faust.text import faust_text, foreign_header, has_foreign
from exporters.hosts.host import Host, Wrapped, templates


def _files(wrapped: Wrapped) -> dict[str, str]:
    files = {f"{wrapped.name}.dsp": faust_text(wrapped)}
    words = wrapped.words() | {"foreign": ""}
    if has_foreign(wrapped):
        files |= foreign_header(wrapped)
        words["foreign"] = FOREIGN.replace("NAME", wrapped.name)
    return files | templates("faust", words)


FAUST = Host(
    "faust",
    _files,
    "Open @{name}.dsp in any Faust tool, such as faust2jaqt, faust2bela or the web IDE.",
)

FOREIGN = """\

`NAME_ffunction.dsp` is the same as a foreign function: it compiles at once, but only where Faust makes C or
C++, with `NAME_ffunction.h` on the include path (`-I .`).
"""

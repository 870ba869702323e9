"""A program for a board's shell: runs any `.gates` file over samples, and times it."""

from __future__ import annotations

from exporters.gatesfile.host import runtime_files
from exporters.gatesfile.write import gates_file
from exporters.hosts.host import Host, Wrapped, templates


def _files(wrapped: Wrapped) -> dict[str, str | bytes]:
    sources = {f"src/{name}": text for name, text in runtime_files().items()}
    model = {f"{wrapped.name}.gates": gates_file(wrapped.model)}
    return {**sources, **model, **templates("board", wrapped.words())}


BOARD = Host(
    "board",
    _files,
    "Copy it to the board, run `make` there, then `./gates-run @{name}.gates < samples.raw`.",
)

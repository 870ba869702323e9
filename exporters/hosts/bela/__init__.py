"""Bela: a project folder that builds on the board as it is and sounds at once."""

from exporters.hosts.host import Host, Wrapped, templates


def _files(wrapped: Wrapped) -> dict[str, str]:
    """Sources stand beside render.cpp: Bela compiles every C file of a project."""
    return wrapped.sources | templates("bela", wrapped.words())


BELA = Host(
    "bela",
    _files,
    "Drop the folder onto Bela's IDE, or copy it to /root/Bela/projects/ on the board, and run it.",
)

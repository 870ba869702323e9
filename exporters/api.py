"""Every kind of export by its name, and what `zoo export` does."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from exporters.c import MODES, ExportError, export_c

# Name of a kind -> a function of model, folder, name and mode that writes it and gives the main file.
EXPORTERS: dict[str, Callable[..., Path]] = {"c": export_c}


def export_command(
    model: str | PathLike[str],
    *,
    to: str,
    out: str | PathLike[str],
    mode: str = "frame",
    name: str | None = None,
) -> int:
    """`zoo export`: write a model as code and say what was written.

    Args:
        model: Id of a bundled model, or path of a model folder.
        to: Kind of export, a key of `EXPORTERS`.
        out: Folder for the code.
        mode: "frame" or "block".
        name: C name of the functions; the model's when None.

    Returns:
        0.

    Raises:
        ZooError: The model, the kind, the mode or the name cannot be used.
    """
    from rich.console import Console

    import zoo

    if to not in EXPORTERS:
        raise ExportError(f"--to: expected one of {', '.join(sorted(EXPORTERS))}, found {to!r}")
    if mode not in MODES:
        raise ExportError(f"--mode: expected one of {', '.join(MODES)}, found {mode!r}")
    loaded = zoo.load(model)
    source = EXPORTERS[to](loaded, out, name=name, mode=mode)
    Console().print(
        f"{loaded.id}: wrote {source} and its header. Call {source.stem}_init, then {source.stem}_push.",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    return 0

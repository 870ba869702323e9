"""Every kind of export by its name, and what `zoo export` does."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from exporters.c import MODES, TARGETS, ExportError, export_c

# Name of a kind -> a function of model, folder, name, mode and target that writes it and gives the main file.
EXPORTERS: dict[str, Callable[..., Path]] = {"c": export_c}


def export_command(
    model: str | PathLike[str],
    *,
    to: str,
    out: str | PathLike[str],
    mode: str = "frame",
    name: str | None = None,
    target: str = "portable",
) -> int:
    """`zoo export`: write a model as code and say what was written.

    Args:
        model: Id of a bundled model, or path of a model folder.
        to: Kind of export, a key of `EXPORTERS`.
        out: Folder for the code.
        mode: "frame" or "block".
        name: C name of the functions; the model's when None.
        target: What the code is for, a key of `TARGETS`.

    Returns:
        0.

    Raises:
        ZooError: The model, the kind, the mode, the name or the target cannot be used.
    """
    from rich.console import Console

    import zoo

    if to not in EXPORTERS:
        raise ExportError(f"--to: expected one of {', '.join(sorted(EXPORTERS))}, found {to!r}")
    if mode not in MODES:
        raise ExportError(f"--mode: expected one of {', '.join(MODES)}, found {mode!r}")
    if target not in TARGETS:
        raise ExportError(f"--target: expected one of {', '.join(TARGETS)}, found {target!r}")
    loaded = zoo.load(model)
    source = EXPORTERS[to](loaded, out, name=name, mode=mode, target=target)
    gates = source.with_name(f"{source.stem}_gates.S")
    files = f"{source}, {gates.name} and the header" if gates.is_file() else f"{source} and its header"
    Console().print(
        f"{loaded.id}: wrote {files}. Call {source.stem}_init, then {source.stem}_push.",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    return 0

"""The portable C of a model: front end, gates and head in one C99 file that is clean as C++11 too."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from exporters.c.names import ExportError, default_name
from exporters.c.targets import TARGETS
from exporters.c.unit import MODES, Mode, Unit, make_unit
from zoo.model import Model

__all__ = ["MODES", "TARGETS", "ExportError", "Mode", "Unit", "export_c", "make_unit"]


def export_c(
    model: Model,
    directory: str | PathLike[str],
    name: str | None = None,
    mode: Mode = "frame",
    target: str = "portable",
) -> Path:
    """Write a model as `<name>.h`, `<name>.c` and, where the target has an assembler, `<name>_gates.S`.

    Args:
        model: What to export.
        directory: Where; it is made if needed, and files of these names there are replaced.
        name: Prefix of everything in C; None takes the last part of the model's id.
        mode: "frame" runs one frame now; "block" adds functions that run 32 frames or more at once.
        target: What the code is for, a key of `TARGETS`; "portable" is C99 for any machine.

    Returns:
        The path of `<name>.c`.

    Raises:
        ExportError: The name is no identifier, or the mode or the target is unknown.
    """
    from zoo.atomic import write_file

    unit = make_unit(model, default_name(model.id) if name is None else name, mode, target)
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in unit.files().items():
        write_file(folder / file, text)
    if not unit.assembly:  # of an export for another target
        (folder / f"{unit.name}_gates.S").unlink(missing_ok=True)
    return folder / f"{unit.name}.c"

"""The portable C of a model: front end, gates and head in one C99 file that is clean as C++11 too."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from exporters.c.names import ExportError, default_name
from exporters.c.unit import MODES, Mode, Unit, make_unit
from zoo.model import Model

__all__ = ["MODES", "ExportError", "Mode", "Unit", "export_c", "make_unit"]


def export_c(
    model: Model, directory: str | PathLike[str], name: str | None = None, mode: Mode = "frame"
) -> Path:
    """Write a model as `<name>.h` and `<name>.c`.

    Args:
        model: What to export.
        directory: Where; it is made if needed, and files of these names there are replaced.
        name: Prefix of everything in C; None takes the last part of the model's id.
        mode: "frame" runs one frame now; "block" adds a function that runs the gates of 32 frames at once.

    Returns:
        The path of `<name>.c`.

    Raises:
        ExportError: The name is no identifier, the mode is unknown, or the circuit cannot run in it.
    """
    from zoo.atomic import write_file

    unit = make_unit(model, default_name(model.id) if name is None else name, mode)
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in unit.files().items():
        write_file(folder / file, text)
    return folder / f"{unit.name}.c"

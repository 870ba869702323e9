"""A model as files for the PRU: source, words, a C header, and the memory map to read and to see."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from exporters.c.names import ExportError, default_name
from exporters.pru.devices import DEVICES
from exporters.pru.header import header_text
from exporters.pru.picture import memory_picture, memory_text
from exporters.pru.unit import make_pru_unit
from zoo.model import Model


def export_pru(
    model: Model,
    directory: str | PathLike[str],
    name: str | None = None,
    mode: str = "frame",
    device: str = "bela",
) -> Path:
    """Write `<name>.p`, `<name>.bin`, `<name>_pru.h`, `<name>_memory.txt` and `<name>_memory.svg`.

    Args:
        model: What to export.
        directory: Where; it is made if needed, and files of these names there are replaced.
        name: Prefix of everything; None takes the last part of the model's id.
        mode: "frame": a PRU runs one frame at a time.
        device: "bela", "am335x" or "am62x".

    Returns:
        The path of `<name>.p`.

    Raises:
        ExportError: The name, mode or device is none, or the model does not fit.
    """
    from zoo.atomic import write_file

    if mode != "frame":
        raise ExportError(f"mode: expected frame for the PRU, found {mode!r}: it runs one frame at a time")
    if device not in DEVICES:
        raise ExportError(f"device: expected one of {', '.join(DEVICES)}, found {device!r}")
    unit = make_pru_unit(model, DEVICES[device], default_name(model.id) if name is None else name)
    files: dict[str, str | bytes] = {
        f"{unit.name}.p": unit.text,
        f"{unit.name}.bin": unit.program.words.astype("<u4").tobytes(),
        f"{unit.name}_pru.h": header_text(unit),
        f"{unit.name}_memory.txt": memory_text(unit),
        f"{unit.name}_memory.svg": memory_picture(unit),
    }
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        write_file(folder / file, content)
    return folder / f"{unit.name}.p"

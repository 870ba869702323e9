"""What `zoo import` does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from zoo.circuit import Circuit
from zoo.errors import ZooError
from zoo.interchange.read import model_of, read

GOLDEN_BITS = 1 << 16  # of the random frames that go into the golden vectors


def import_command(
    file: Path,
    out: Path,
    *,
    format: str | None = None,
    classes: int | None = None,
    inputs: int | None = None,
    change: Callable[[Circuit], Circuit] | None = None,
    licence: str = "LicenseRef-unknown",
    id: str | None = None,
) -> int:
    """Read a circuit, save it as a model folder and say what it is.

    Args:
        file: What to read.
        out: The folder to make.
        format: See `zoo.interchange.read`.
        classes: See `zoo.interchange.model_of`.
        inputs: See `zoo.interchange.read`.
        change: Makes another circuit with the same outputs, such as a smaller one; None keeps it.
        licence: SPDX expression.
        id: `namespace/name`; `local/<file>` when None.

    Returns:
        0.

    Raises:
        ZooError: The file, an option or the folder is refused.
    """
    from rich.console import Console

    import zoo

    imported = read(file, format, inputs=inputs)
    if change is not None:
        imported = replace(imported, circuit=change(imported.circuit), names=None)
    try:
        name = re.sub(r"[^ -~]", "?", file.name)[:100]
        about = {"summary": f"Imported from {name}", "licence": licence}
        model = model_of(imported, id or id_of(file), classes=classes, **about)
    except ValueError as error:
        raise ZooError(_first_line(error)) from None
    frames = max(1, min(64, GOLDEN_BITS // model.hop))
    samples = np.random.default_rng(0).integers(0, 2, frames * model.hop, np.int16)
    folder = zoo.save(model, out, samples=samples)
    circuit = model.circuit
    Console().print(
        f"{model.id}: wrote {folder}: {circuit.n_gates} gates, {circuit.n_registers} registers, "
        f"{circuit.n_inputs} input bits as samples of 0 and 1, head {model.head.kind}. Licence: {licence}.",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    return 0


def id_of(file: Path) -> str:
    """`local/<name>` from a file's name."""
    name = re.sub(r"[^a-z0-9._-]+", "-", file.stem.lower()).strip("._-")[:64]
    return f"local/{name or 'circuit'}"


def _first_line(error: ValueError) -> str:
    """A refusal of the config as one line: which entry, what is wrong, and with what."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}, found {str(first['input'])[:80]!r}"

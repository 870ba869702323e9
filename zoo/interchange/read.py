"""Every format by its name, and a model from what was read."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from zoo.errors import CircuitError, FormatError, ZooError
from zoo.frontends import RawBits
from zoo.frontends.raw import MAX_WIDTH
from zoo.heads import MAX_OUTPUTS
from zoo.interchange.aiger import read_aiger
from zoo.interchange.blif import read_blif
from zoo.interchange.difflogic import read_difflogic
from zoo.interchange.difflogic_c import read_difflogic_c
from zoo.interchange.netlist import Imported, head_of
from zoo.interchange.source import MAX_BYTES, SMALLER, Source, read_source
from zoo.interchange.tensors import MAX_TENSOR_BYTES
from zoo.interchange.torchlogix import read_torchlogix
from zoo.interchange.torchlogix_c import read_torchlogix_c
from zoo.model import Model

# Name of a format -> what it is.
FORMATS = {
    "difflogic": "weights and connections of a trained network: .safetensors, .npz, .pt",
    "difflogic-c": "the C of difflogic's CompiledLogicNet",
    "torchlogix": "torchlogix's circuit as JSON",
    "torchlogix-c": "torchlogix's circuit as C",
    "aiger": "AIGER, ASCII or binary: .aag, .aig",
    "blif": "BLIF: .blif",
}
_SUFFIXES = {
    **dict.fromkeys((".safetensors", ".npz", ".pt", ".pth"), "difflogic"),
    ".json": "torchlogix", ".aag": "aiger", ".aig": "aiger", ".blif": "blif",
}  # fmt: skip

_LIMITS = {"difflogic": MAX_TENSOR_BYTES, "torchlogix": 32 << 20}  # JSON takes many times its size

FRAMES_A_SECOND = 100


def read(path: str | PathLike[str], format: str | None = None, *, inputs: int | None = None) -> Imported:
    """Read a circuit of another tool.

    Args:
        path: The file.
        format: A key of `FORMATS`; None goes by the file's name or, of C, by what stands in it.
        inputs: Input bits of a difflogic network, where its file does not say.

    Raises:
        ZooError: The format is unknown, or the file is refused: one message with the line.
        OSError: The file cannot be read.
    """
    place = Path(path)
    source = read_source(place, MAX_TENSOR_BYTES)
    format = format or _guess(source)
    if format not in FORMATS:
        raise ZooError(f"format: expected one of {', '.join(FORMATS)}, found {format!r}")
    if inputs is not None and (not format.startswith("difflogic") or inputs < 1):
        raise ZooError(f"inputs: expected 1 or more, for difflogic only, found {inputs} for {format}")
    limit = _LIMITS.get(format, MAX_BYTES)
    if len(source.data) > limit:
        raise source.error(None, "size", f"at most {limit} bytes", len(source.data), SMALLER)
    try:
        return _read(source, format, inputs)
    except CircuitError as error:
        raise FormatError(
            place, None, "circuit", "one that can be built", error, "See docs/interchange.md."
        ) from None


def _read(source: Source, format: str, inputs: int | None) -> Imported:
    if format == "difflogic":
        return read_difflogic(source, inputs)
    if format == "difflogic-c":
        return read_difflogic_c(source, inputs)
    readers = {
        "torchlogix": read_torchlogix,
        "torchlogix-c": read_torchlogix_c,
        "aiger": read_aiger,
        "blif": read_blif,
    }
    return readers[format](source)


def _guess(source: Source) -> str:
    """The format, from the file's name or from the name of the function in a C file."""
    suffix = source.path.suffix.lower()
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    if suffix == ".c":
        return "difflogic-c" if b"logic_gate_net" in source.data else "torchlogix-c"
    mend = f"Say which it is: --from {' | '.join(FORMATS)}."
    raise source.error(None, "file name", f"one that ends in {', '.join(_SUFFIXES)} or .c", suffix, mend)


def model_of(imported: Imported, id: str, *, classes: int | None = None, **about: Any) -> Model:
    """A model that takes the circuit's input bits as they are, see `RawBits`.

    Args:
        imported: What was read.
        id: `namespace/name`.
        classes: Answer with a class of so many, by GroupSum; None answers as the file says or, where it says
            nothing, with the bare output bits.
        about: `summary` and `licence`, and more for `zoo.config.Config.of`.

    Raises:
        ZooError: The outputs do not divide into the classes, or there are too many inputs or outputs.
    """
    circuit = imported.circuit
    for what, count, most in (
        ("inputs", circuit.n_inputs, MAX_WIDTH),
        ("outputs", circuit.n_outputs, MAX_OUTPUTS),
    ):
        if not 1 <= count <= most:
            raise ZooError(f"{id}: {what} of the circuit: expected 1 to {most}, found {count}")
    frontend = RawBits(rate=FRAMES_A_SECOND * circuit.n_inputs, width=circuit.n_inputs)
    return Model.from_parts(frontend, circuit, head_of(imported, classes), id=id, **about)

"""Safetensors read strictly: the header is compared with the expected one before anything is allocated."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.errors import ModelError

MAX_HEADER_BYTES = 1 << 20
NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
MEND = "The file is damaged or not a model's: download it or save the model again."

_DTYPES = {
    "uint8": "U8",
    "uint16": "U16",
    "uint32": "U32",
    "int16": "I16",
    "int32": "I32",
    "int64": "I64",
    "float32": "F32",  # of weights to train on from; a model has none
}


class Spec(NamedTuple):
    """Type and shape that a tensor must have; None stands for any length."""

    dtype: type[np.generic]
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        return describe(_DTYPES[np.dtype(self.dtype).name], self.shape)


def describe(dtype: object, shape: object) -> str:
    """`I32 (3, n)`, as in messages."""
    lengths = (
        ["n" if n is None else str(n) for n in shape] if isinstance(shape, list | tuple) else [str(shape)]
    )
    return f"{dtype} ({', '.join(lengths)})"


def to_bytes(tensors: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """The safetensors file of these arrays."""
    from safetensors.numpy import save

    return save({name: np.asarray(tensor, order="C") for name, tensor in tensors.items()})


def from_bytes(path: Path, data: bytes, expected: Mapping[str, Spec]) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a safetensors file that holds exactly the expected names, types and shapes.

    Args:
        path: The file, for messages.
        data: Its content.
        expected: What must stand in it.

    Raises:
        ModelError: Anything else stands in it.
    """
    check_header(path, data, expected)
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(data)
    except SafetensorError as error:
        raise ModelError(path, "tensor data", "offsets that fill the file", str(error), MEND) from None


def check_header(path: Path, data: bytes, expected: Mapping[str, Spec]) -> None:
    """Compare names, types and shapes in the header with what must stand there.

    Raises:
        ModelError: The first difference.
    """
    header = _header(path, data)
    for name in header:
        if not NAME.fullmatch(name):
            raise ModelError(path, "tensor name", f"a match of {NAME.pattern}", repr(name[:80]), MEND)
    if header.keys() != expected.keys():
        raise ModelError(path, "tensors", sorted(expected), sorted(header)[:64], MEND)
    for name, spec in expected.items():
        entry = header[name]
        if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
            raise ModelError(path, f"tensor {name}", "dtype, shape and data_offsets", entry, MEND)
        dtype, shape = entry["dtype"], entry["shape"]
        if dtype != _DTYPES[np.dtype(spec.dtype).name] or not _fits(shape, spec.shape):
            raise ModelError(path, f"tensor {name}", spec, describe(dtype, shape), MEND)


def _header(path: Path, data: bytes) -> dict[str, Any]:
    """The header's JSON object, its size and keys checked."""
    length = int.from_bytes(data[:8], "little") if len(data) >= 8 else -1
    limit = min(MAX_HEADER_BYTES, len(data) - 8)
    if not 2 <= length <= limit:
        raise ModelError(path, "header length", f"2 to {max(limit, 2)} bytes", length, MEND)
    return parse_object(path, "header", data[8 : 8 + length])


def parse_object(path: Path, what: str, data: bytes) -> dict[str, Any]:
    """A JSON object whose keys are unique at every depth.

    Raises:
        ModelError: Not UTF-8, not JSON, not an object, nested too deeply, or a key occurs twice.
    """
    result = parse_json(path, what, data, "a JSON object in UTF-8")
    if not isinstance(result, dict):
        raise ModelError(path, what, "a JSON object", type(result).__name__, MEND)
    return result


def parse_json(path: Path, what: str, data: bytes, expected: str = "JSON in UTF-8") -> Any:
    """A JSON value in whose objects keys are unique.

    Args:
        path: The file, for messages.
        what: The part of it, for messages.
        data: Its content.
        expected: What it should be, for messages.

    Raises:
        ModelError: Not UTF-8, not JSON, nested too deeply, or a key occurs twice.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise ModelError(path, what, "each key once", f"{key!r} twice", MEND)
            found[key] = value
        return found

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # also bad UTF-8, and numbers of too many digits
        raise ModelError(path, what, expected, str(error) or type(error).__name__, MEND) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _fits(shape: object, expected: tuple[int | None, ...]) -> bool:
    """Whether a shape from a file is one of non-negative integers that the expected one allows."""
    if not isinstance(shape, list) or len(shape) != len(expected):
        return False
    return all(
        type(found) is int and found >= 0 and want in (None, found)
        for found, want in zip(shape, expected, strict=True)
    )

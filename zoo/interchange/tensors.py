"""Named arrays from `.npz`, `.safetensors` and `.pt`: nothing in them runs, nothing declared is believed."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.interchange.source import Source
from zoo.tensors import MAX_HEADER_BYTES

Arrays = dict[str, npt.NDArray[Any]]

MAX_TENSOR_BYTES = 256 << 20
MAX_TENSORS = 4_096
MAX_PICKLE_BYTES = 4 << 20  # of a .pt file: names, shapes and types

RESAVE = "Save the tensors again; docs/interchange.md shows how."


def read_arrays(source: Source) -> Arrays:
    """Every array of a file.

    Raises:
        FormatError: The file is damaged, too large once unpacked, or holds something else than plain arrays.
        ModuleNotFoundError: A `.pt` file, and torch is not installed.
    """
    if source.data[:4] != b"PK\x03\x04":
        return _safetensors(source)
    entries = source.data.count(b"PK\1\2")  # no fewer than the archive lists, and counted without reading it
    if entries > MAX_TENSORS:
        raise source.error(None, "zip archive", f"at most {MAX_TENSORS} files", entries, RESAVE)
    try:
        archive = zipfile.ZipFile(io.BytesIO(source.data))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
        raise source.error(None, "zip archive", "a whole one", error) from None
    total = sum(member.file_size for member in members)
    if total > MAX_TENSOR_BYTES:
        raise source.error(None, "size unpacked", f"at most {MAX_TENSOR_BYTES} bytes", total, RESAVE)
    if any(member.filename.endswith("data.pkl") for member in members):
        return _torch(source, members)
    return _npz(source, archive, members)


def _safetensors(source: Source) -> Arrays:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    header = int.from_bytes(source.data[:8], "little")
    if header > MAX_HEADER_BYTES:
        expected = f"a .safetensors, .npz or .pt file; a header of at most {MAX_HEADER_BYTES} bytes"
        raise source.error(None, "tensors", expected, header, RESAVE)
    try:
        arrays: Arrays = load(source.data)
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        expected = "a .safetensors, .npz or .pt file of plain numbers"
        raise source.error(None, "tensors", expected, error, RESAVE) from None
    return arrays


def _npz(source: Source, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> Arrays:
    arrays: Arrays = {}
    for member in members:
        try:
            arrays[member.filename.removesuffix(".npy")] = _npy(archive.read(member))
        except Exception as error:  # zlib.error, BadZipFile, and whatever a damaged header's text leads to
            raise source.error(None, f"array {member.filename}", "a .npy file", error, RESAVE) from None
    return arrays


def _npy(data: bytes) -> npt.NDArray[Any]:
    """One array, whose declared size is that of the data."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in reader:
        raise ValueError(f"version {version} is unknown")
    shape, fortran, dtype = reader[version](stream)
    if dtype.kind not in "iuf":
        raise ValueError(f"numbers are expected, not {dtype}")
    if math.prod(shape) * dtype.itemsize != len(data) - stream.tell():
        raise ValueError(f"{len(data) - stream.tell()} bytes do not make {dtype} {shape}")
    array = np.frombuffer(data, dtype, offset=stream.tell())
    return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)


def _torch(source: Source, members: list[zipfile.ZipInfo]) -> Arrays:
    """PyTorch's own format through its loader of weights alone, which runs nothing."""
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED:
            raise source.error(None, f"{member.filename}", "no compression", "some", RESAVE)
        if member.filename.endswith("data.pkl") and member.file_size > MAX_PICKLE_BYTES:
            raise source.error(
                None, "data.pkl", f"at most {MAX_PICKLE_BYTES} bytes", member.file_size, RESAVE
            )
    import torch

    try:
        found = torch.load(io.BytesIO(source.data), map_location="cpu", weights_only=True)
    except Exception as error:  # its loader raises whatever damaged data leads to
        what = str(error).partition("\n")[0] or type(error).__name__
        raise source.error(None, "tensors", "tensors by name, and no other objects", what, RESAVE) from None
    if not isinstance(found, dict) or len(found) > MAX_TENSORS:
        raise source.error(None, "tensors", "tensors by name", type(found).__name__, RESAVE)
    arrays: Arrays = {}
    size = 0
    for name, tensor in found.items():
        pair = isinstance(tensor, tuple | list) and len(tensor) == 2
        parts = {f"{name}.{i}": part for i, part in enumerate(tensor)} if pair else {name: tensor}
        for key, part in parts.items():
            if not isinstance(part, torch.Tensor) or part.layout is not torch.strided:
                raise source.error(None, f"tensor {key}", "a plain tensor", type(part).__name__, RESAVE)
            size += part.numel() * part.element_size()  # strides of 0 claim more than the file holds
            if size > MAX_TENSOR_BYTES:
                raise source.error(None, "tensors", f"at most {MAX_TENSOR_BYTES} bytes", "more", RESAVE)
            try:
                wide = part.float() if part.dtype is torch.bfloat16 else part
                arrays[str(key)] = wide.detach().resolve_neg().resolve_conj().numpy()
            except Exception as error:  # types and devices that have no plain numbers
                raise source.error(None, f"tensor {key}", "plain numbers", error, RESAVE) from None
    return arrays

"""The model folder: strict loading, and saving that is whole or not at all.

A folder is data: nothing in it runs. Loading reads each file once, within a size limit, and refuses whatever
is missing, unknown, changed, wrongly typed, out of range or cyclic with one `ModelError`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.circuit import Circuit
from zoo.errors import CircuitError, ModelError, ZooError
from zoo.frontends import FRONT_END_TENSORS, FRONT_ENDS
from zoo.heads import HEADS
from zoo.lanes import Lanes
from zoo.manifest import (
    AGAIN,
    CHECKPOINT,
    MANIFEST,
    MAX_BYTES,
    MAX_FILES,
    MAX_SIGNATURE_BYTES,
    REQUIRED,
    SIGNATURE,
    Files,
    is_optional,
    parse_manifest,
    size_limit,
    with_manifest,
)
from zoo.model import Model
from zoo.tensors import Spec, from_bytes, parse_object, to_bytes

if TYPE_CHECKING:
    from zoo.config import Config


def load_folder(folder: str | PathLike[str]) -> Model:
    """Load a model folder, checking all of it.

    Raises:
        ModelError: Something in it is wrong; the message says which file, what, and how to mend it.
    """
    from zoo.golden import parse_golden

    root = Path(folder)
    files = read_files(root, partial=True)
    config = _parse_config(root / "config.json", files["config.json"])
    model = _build(root, config, files["model.safetensors"])
    parse_golden(model, root / "golden.safetensors", files["golden.safetensors"])
    model.folder = root
    return model


def load_config(folder: str | PathLike[str]) -> Config:
    """The config of a model folder, as its manifest names it, without loading the rest.

    Raises:
        ModelError: No folder of a model, or the config is refused or not that of the manifest.
    """
    root = Path(folder)
    manifest = parse_manifest(root / MANIFEST, _read(root / MANIFEST, MAX_BYTES[MANIFEST]))
    path = root / "config.json"
    data = _read(path, MAX_BYTES["config.json"])
    found, listed = hashlib.sha256(data).hexdigest(), manifest.get("config.json", {}).get("sha256")
    if found != listed:
        raise ModelError(path, "SHA-256", f"{listed} (manifest.json)", found, AGAIN)
    return _parse_config(path, data)


def read_files(root: Path, partial: bool = False) -> Files:
    """Every file that the manifest names, after comparing them with it.

    Args:
        root: A model folder.
        partial: Accept that optional files were not downloaded. Who writes the folder anew needs all of them.

    Raises:
        ModelError: A file is missing, unknown, a link, too large, or not what the manifest says.
    """
    sizes = _scan(root)
    for name in (MANIFEST, *REQUIRED):
        if name not in sizes:
            raise ModelError(
                root, "files", f"a file {name}", "none", "Give the folder of a model; see zoo list."
            )
    manifest = parse_manifest(root / MANIFEST, _read(root / MANIFEST, MAX_BYTES[MANIFEST]))
    _compare_names(root, set(manifest), sizes.keys() - {MANIFEST, SIGNATURE}, partial)
    if SIGNATURE in sizes:
        _read(root / SIGNATURE, MAX_SIGNATURE_BYTES)
    files = {}
    for name, entry in manifest.items():
        if name not in sizes:
            continue
        data = _read(root / name, size_limit(name))
        if len(data) != entry["bytes"]:
            raise ModelError(root / name, "size", f"{entry['bytes']} bytes (manifest.json)", len(data), AGAIN)
        digest = hashlib.sha256(data).hexdigest()
        if digest != entry["sha256"]:
            raise ModelError(root / name, "SHA-256", f"{entry['sha256']} (manifest.json)", digest, AGAIN)
        files[name] = data
    _check_contents(root, files)
    return files


def save(
    model: Model,
    folder: str | PathLike[str],
    *,
    samples: np.ndarray[Any, np.dtype[np.int16]] | None = None,
    extra: Mapping[str, bytes] | None = None,
) -> Path:
    """Save a model as a folder; an older model there is replaced in one step.

    Args:
        model: What to save.
        folder: Where; its parent is made if needed.
        samples: int16 (n,) for the golden vectors; a test signal when None.
        extra: More files: `record.json`, `training.json`, `training.csv`, `training.png`,
            `checkpoint.safetensors`, `prebuilt/<target>/<file>`.

    Returns:
        The folder.

    Raises:
        ModelError: The folder exists and is no model folder, or a name in `extra` is not allowed.
    """
    from zoo.golden import make_golden

    files: Files = {
        "config.json": model.config.to_json().encode(),
        "model.safetensors": to_bytes(_tensors(model)),
        "golden.safetensors": make_golden(model, samples).to_bytes(),
        **(extra or {}),
    }
    return write_files(Path(folder), model.config, files)


def amend_folder(folder: str | PathLike[str], extra: Mapping[str, bytes]) -> Path:
    """Add or replace files such as `record.json` in a model folder; the card is made anew.

    Raises:
        ModelError: The folder is refused, or a name in `extra` is not allowed.
    """
    root = Path(folder)
    files = {**read_files(root), **extra}
    return write_files(root, _parse_config(root / "config.json", files["config.json"]), files)


def write_files(root: Path, config: Config, files: Files) -> Path:
    """Write all files with their card and manifest beside `root`, then put the whole in place."""
    from zoo.atomic import replace_folder
    from zoo.card import make_card

    _check_contents(root, files)
    complete = with_manifest(config, {**files, "README.md": make_card(config, files).encode()})
    check_replaceable(root)
    replace_folder(root, complete)
    return root


def check_replaceable(root: Path) -> None:
    """Refuse to put a model in the place of anything but a model or an empty folder: all of it would go.

    Raises:
        ModelError: There is something else; other programs write a `manifest.json` too.
    """
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return
    found: object = "something else"
    try:
        if (root / MANIFEST).is_file():
            parse_manifest(root / MANIFEST, _read(root / MANIFEST, MAX_BYTES[MANIFEST]))
            _scan(root)
            return
    except ModelError as error:
        found = f"{error.path}, {error.what}: {error.found}"
    raise ModelError(root, "folder", "a model folder or nothing", found, "Choose another name.")


def _compare_names(root: Path, listed: set[str], present: set[str], partial: bool) -> None:
    """The folder holds what the manifest names; what is optional may be missing from it, if `partial`."""
    for odd in sorted(listed ^ present):
        optional = odd in listed and is_optional(odd)
        if not (optional and partial):
            found = "only in the manifest" if odd in listed else "only in the folder"
            mend = AGAIN
            if optional:
                option = "--checkpoint" if odd == CHECKPOINT else f"--prebuilt {odd.split('/')[1]}"
                mend = f"`zoo get ID {option}` brings it."
            raise ModelError(root / odd, "file", "in the folder and in manifest.json", found, mend)


def _check_contents(root: Path, files: Files) -> None:
    """Names and sizes are allowed, and records are JSON objects."""
    for name, data in files.items():
        if len(data) > size_limit(name, root):
            raise ModelError(
                root / name, "size", f"at most {size_limit(name)} bytes", len(data), "Make it smaller."
            )
    for name in ("record.json", "training.json"):
        if name in files:
            parse_object(root / name, "document", files[name])


def _scan(root: Path) -> dict[str, int]:
    """Name -> bytes of every file, refusing links and unknown names."""
    if not (root / MANIFEST).exists():
        found = "none" if root.is_dir() else "no folder"
        raise ModelError(
            root, "model folder", f"a file {MANIFEST}", found, "Give an id from `zoo list`, or a path."
        )
    sizes: dict[str, int] = {}
    for directory, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = Path(directory) / name
            relative = path.relative_to(root).as_posix()
            if path.is_symlink():
                raise ModelError(
                    path, "file", "a regular file", "a symbolic link", "Put the file itself there."
                )
            if name in folders:
                if relative != "prebuilt" and not relative.startswith("prebuilt/"):
                    raise ModelError(path, "folder", "no folder but prebuilt", relative, "Move it elsewhere.")
                continue
            if not path.is_file():
                raise ModelError(path, "file", "a regular file", "a special file", "Remove it.")
            if relative != SIGNATURE:
                size_limit(relative, root)
            sizes[relative] = path.stat().st_size
            if len(sizes) > MAX_FILES:
                raise ModelError(
                    root, "files", f"at most {MAX_FILES}", "more", "Remove what is no part of it."
                )
    return sizes


def _read(path: Path, limit: int) -> bytes:
    """The file's content, after its size is known to be within the limit."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise ModelError(path, "size", f"at most {limit} bytes", size, AGAIN)
            return file.read(limit + 1)
    except OSError as error:
        raise ModelError(path, "file", "a readable file", error.strerror, "Check its permissions.") from None


def _parse_config(path: Path, data: bytes) -> Config:
    from pydantic import ValidationError

    from zoo.config import Config

    parse_object(path, "config", data)
    try:
        return Config.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "config"
        raise ModelError(path, where, first["msg"], repr(first["input"])[:80], AGAIN) from None


def _tensors(model: Model) -> dict[str, Any]:
    circuit = model.circuit
    tensors = {f"circuit.{name}": getattr(circuit, name) for name in _circuit_specs(model.config)}
    if circuit.lanes is not None:
        tensors |= {
            f"lanes.{name}": getattr(circuit.lanes, name) for name in ("word_a", "word_b", "rotation")
        }
    return tensors | {f"frontend.{name}": tensor for name, tensor in model.frontend.tensors().items()}


def _circuit_specs(config: Config) -> dict[str, Spec]:
    shape = config.circuit
    return {
        "op": Spec(np.uint8, (shape.gates,)),
        "a": Spec(np.int32, (shape.gates,)),
        "b": Spec(np.int32, (shape.gates,)),
        "outputs": Spec(np.int32, (shape.outputs,)),
        "register_next": Spec(np.int32, (shape.registers,)),
        "register_init": Spec(np.uint8, (shape.registers,)),
    }


def _expected_tensors(config: Config) -> dict[str, Spec]:
    """Exactly what `model.safetensors` holds, from the config alone."""
    shape = config.circuit
    expected = {f"circuit.{name}": spec for name, spec in _circuit_specs(config).items()}
    if shape.lane_words is not None:
        expected |= {f"lanes.{name}": Spec(np.int32, (shape.lane_words,)) for name in ("word_a", "word_b")}
        expected["lanes.rotation"] = Spec(np.uint8, (shape.lane_words,))
    own = FRONT_END_TENSORS[config.frontend.kind]
    return expected | {f"frontend.{name}": Spec(dtype, (shape.inputs,)) for name, dtype in own.items()}


def _build(root: Path, config: Config, data: bytes) -> Model:
    """The model of a checked config and the tensors."""
    path = root / "model.safetensors"
    tensors = from_bytes(path, data, _expected_tensors(config))
    group: dict[str, dict[str, Any]] = {
        prefix: {
            name.partition(".")[2]: value for name, value in tensors.items() if name.startswith(prefix + ".")
        }
        for prefix in ("circuit", "lanes", "frontend")
    }
    try:
        lanes = Lanes(**group["lanes"], width=config.circuit.lane_width) if group["lanes"] else None
        circuit = Circuit(config.circuit.inputs, **group["circuit"], lanes=lanes)
    except CircuitError as error:
        raise ModelError(path, "circuit", "a valid netlist", str(error), AGAIN) from None
    if circuit.digest() != config.circuit.sha256:
        raise ModelError(
            path, "circuit digest", f"{config.circuit.sha256} (config.json)", circuit.digest(), AGAIN
        )
    try:
        frontend_params = config.frontend.model_dump(exclude={"kind"})
        frontend = FRONT_ENDS[config.frontend.kind].from_parts(frontend_params, group["frontend"])
        head = HEADS[config.head.kind](**config.head.model_dump(exclude={"kind"}))
        return Model(config, frontend, circuit, head)
    except (ValueError, ZooError) as error:
        raise ModelError(
            root / "config.json", "parameters", "front end, circuit and head that fit", error, AGAIN
        ) from None

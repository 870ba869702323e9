"""Which files a model folder may have, and the manifest that names them with their sizes and digests."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ModelError
from zoo.tensors import parse_object

if TYPE_CHECKING:
    from zoo.config import Config

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"  # over the manifest, so not in it; gone when the manifest is written anew
MAX_SIGNATURE_BYTES = 4 << 10
CHECKPOINT = "checkpoint.safetensors"
MAX_BYTES = {
    "config.json": 64 << 10,
    "model.safetensors": 64 << 20,
    "golden.safetensors": 16 << 20,
    "README.md": 1 << 20,
    MANIFEST: 256 << 10,
    "record.json": 4 << 20,
    "training.json": 4 << 20,
    "training.csv": 16 << 20,
    "training.png": 4 << 20,
    CHECKPOINT: 64 << 20,
}
REQUIRED = ("config.json", "model.safetensors", "golden.safetensors", "README.md")
PREBUILT = re.compile(r"prebuilt/[a-z0-9][a-z0-9_-]{0,31}/[A-Za-z0-9][A-Za-z0-9._~-]{0,95}")
MAX_PREBUILT_BYTES = 64 << 20
MAX_FILES = 512
_SHA256 = re.compile(r"[0-9a-f]{64}")

AGAIN = "Download it or save the model again."

Files = dict[str, bytes]


def is_model_file(name: str) -> bool:
    """Whether a manifest may name this file, or it is the manifest."""
    return name in MAX_BYTES or PREBUILT.fullmatch(name) is not None


def is_optional(name: str) -> bool:
    """Whether a model runs without this file of its manifest: binaries, and weights to train on from."""
    return name == CHECKPOINT or PREBUILT.fullmatch(name) is not None


def size_limit(name: str, root: Path = Path()) -> int:
    """The most bytes that a file of this name may have.

    Args:
        name: Its path in the folder.
        root: The folder, for messages.

    Raises:
        ModelError: No model folder has a file of this name.
    """
    if is_model_file(name):
        return MAX_BYTES.get(name, MAX_PREBUILT_BYTES)
    known = f"one of {', '.join(MAX_BYTES)} or prebuilt/<target>/<file>"
    raise ModelError(f"{root}/{name[:200]}", "file name", known, name[:200], "Move it elsewhere.")


def parse_manifest(path: Path, data: bytes) -> dict[str, dict[str, Any]]:
    """Name -> `bytes` and `sha256` of every file that a manifest names.

    Raises:
        ModelError: Not a manifest; a name that no model folder has; a size above the limit of its name.
    """
    document = parse_object(path, "manifest", data)
    files = document.get("files")
    if (
        document.keys() != {"format", "files"}
        or document["format"] != "difflogic-zoo/1"
        or not isinstance(files, dict)
    ):
        raise ModelError(path, "manifest", "format difflogic-zoo/1 and files", sorted(document)[:8], AGAIN)
    if len(files) > MAX_FILES:
        raise ModelError(path, "files", f"at most {MAX_FILES}", len(files), AGAIN)
    for name, entry in files.items():
        good = isinstance(entry, dict) and entry.keys() == {"bytes", "sha256"}
        if not good or type(entry["bytes"]) is not int or not isinstance(entry["sha256"], str):
            raise ModelError(path, f"files.{name[:80]}", "bytes (integer) and sha256 (text)", entry, AGAIN)
        if name == MANIFEST or entry["bytes"] < 0 or not _SHA256.fullmatch(entry["sha256"]):
            expected = "another file than the manifest, no negative size, 64 hex digits"
            raise ModelError(path, f"files.{name[:80]}", expected, entry, AGAIN)
        if entry["bytes"] > size_limit(name, path.parent):
            raise ModelError(
                path.parent / name, "size", f"at most {size_limit(name)} bytes", entry["bytes"], AGAIN
            )
    return files


def with_manifest(config: Config, files: Files) -> Files:
    """The files of a model with the manifest over them."""
    entries = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(files.items())
    }
    manifest = json.dumps({"format": config.format, "files": entries}, indent=2) + "\n"
    return {**files, MANIFEST: manifest.encode()}

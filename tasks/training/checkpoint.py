"""Checkpoints that survive a kill at any moment: written aside, synced, put in place, the one before kept."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any

import torch

from zoo.errors import ZooError

CURRENT, PREVIOUS = "checkpoint.pt", "checkpoint.previous.pt"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class TrainingError(ZooError):
    """A run cannot start, go on, or be saved; the message says why and how to mend it."""


def save_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Make `state` the folder's current checkpoint and the one before it the previous.

    Args:
        folder: Exists.
        state: Tensors, numbers, texts, and lists and dicts of them: what torch loads with weights_only.

    Raises:
        TrainingError: No room; the checkpoints in the folder are as they were.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    temporary = folder / f".{CURRENT}"
    try:
        with temporary.open("wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if error.errno not in _NO_ROOM:
            raise
        raise TrainingError(
            f"{folder}: no room for the checkpoint ({error.strerror}): it needs {buffer.tell() >> 10} KiB. "
            "The checkpoint before it is whole: make room and go on with --resume."
        ) from None
    current = folder / CURRENT
    if current.exists():
        current.replace(folder / PREVIOUS)
    temporary.replace(current)
    _sync_folder(folder)


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The newest checkpoint that is whole, or None where there is none.

    Raises:
        TrainingError: There are checkpoints, and none can be read.
    """
    found = [path for path in (folder / CURRENT, folder / PREVIOUS) if path.exists()]
    for path in found:
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except Exception:  # a damaged file fails in many ways, and the previous one may be whole
            continue
        return state
    if found:
        raise TrainingError(f"{found[0]}: not a whole checkpoint. Remove {folder} to train from the start.")
    return None


def _sync_folder(folder: Path) -> None:
    """Make the new names last, where the system lets a folder be synced."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

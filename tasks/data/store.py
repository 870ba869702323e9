"""A split on disk: one file a clip, and a manifest that is written last, so a split is whole or not there."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tasks.data.clip import RATE, Clip
from zoo.atomic import write_file
from zoo.errors import ZooError

MANIFEST = "manifest.json"


def clip_file(folder: Path, name: str) -> Path:
    """Where a clip of this name is kept."""
    return folder / f"{name}.npz"


def write_clip(folder: Path, clip: Clip) -> None:
    """Write one clip, whole or not at all."""
    buffer = io.BytesIO()
    np.savez(buffer, samples=clip.samples, onsets=clip.onsets)
    write_file(clip_file(folder, clip.name), buffer.getvalue())


def entry(clip: Clip) -> dict[str, Any]:
    """What the manifest says about a clip."""
    return {
        "name": clip.name,
        "group": clip.group,
        "licence": clip.licence,
        "samples": len(clip.samples),
        "onsets": len(clip.onsets),
        "sha256": clip.digest(),
    }


def write_manifest(folder: Path, split: str, clips: Sequence[dict[str, Any]], about: dict[str, Any]) -> None:
    """Write the manifest of a complete split."""
    content = {"split": split, "rate": RATE, **about, "clips": list(clips)}
    write_file(folder / MANIFEST, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest, or None while the split is incomplete."""
    try:
        return dict(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def read_clip(folder: Path, about: dict[str, Any]) -> Clip:
    """One clip of a split, checked for its length.

    Raises:
        ZooError: The file is missing or damaged.
    """
    path = clip_file(folder, about["name"])
    try:
        with np.load(path, allow_pickle=False) as arrays:
            samples, onsets = arrays["samples"], arrays["onsets"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ZooError(f"{path}: cannot read this clip: {error}. Run `zoo data build` again") from None
    if samples.dtype != np.int16 or len(samples) != about["samples"] or len(onsets) != about["onsets"]:
        raise ZooError(f"{path}: not the clip that the manifest lists. Run `zoo data build` again")
    return Clip(about["name"], samples, onsets, about["group"], about["licence"])


def resume_clip(folder: Path, name: str, group: str, licence: str) -> Clip | None:
    """A clip that an earlier build wrote, or None if it did not get there or the file is damaged."""
    try:
        with np.load(clip_file(folder, name), allow_pickle=False) as arrays:
            return Clip(name, arrays["samples"], arrays["onsets"], group, licence)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None

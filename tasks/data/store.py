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
EXTRAS = ("labels", "target", "teacher")


def clip_file(folder: Path, name: str) -> Path:
    """Where a clip of this name is kept."""
    return folder / f"{name}.npz"


def write_clip(folder: Path, clip: Clip) -> None:
    """Write one clip, whole or not at all."""
    buffer = io.BytesIO()
    more = {name: value for name in EXTRAS if (value := getattr(clip, name)) is not None}
    np.savez(buffer, samples=clip.samples, onsets=clip.onsets, **more)
    write_file(clip_file(folder, clip.name), buffer.getvalue())


def entry(clip: Clip) -> dict[str, Any]:
    """What the manifest says about a clip."""
    about = {
        "name": clip.name,
        "group": clip.group,
        "licence": clip.licence,
        "samples": len(clip.samples),
        "onsets": len(clip.onsets),
        "sha256": clip.digest(),
    }
    return about if clip.rate == RATE else about | {"rate": clip.rate}


def write_manifest(
    folder: Path, split: str, clips: Sequence[dict[str, Any]], about: dict[str, Any], rate: int = RATE
) -> None:
    """Write the manifest of a complete split."""
    content = {"split": split, "rate": rate, **about, "clips": list(clips)}
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
        clip = _read(path, about["name"], about["group"], about["licence"], about.get("rate", RATE))
    except _DAMAGE as error:
        raise ZooError(f"{path}: cannot read this clip: {error}. Run `zoo data build` again") from None
    found = clip.samples.dtype == np.int16, len(clip.samples), len(clip.onsets)
    if found != (True, about["samples"], about["onsets"]):
        raise ZooError(f"{path}: not the clip that the manifest lists. Run `zoo data build` again")
    return clip


def resume_clip(folder: Path, name: str, group: str, licence: str, rate: int = RATE) -> Clip | None:
    """A clip that an earlier build wrote, or None if it did not get there or the file is damaged."""
    try:
        return _read(clip_file(folder, name), name, group, licence, rate)
    except _DAMAGE:
        return None


_DAMAGE = (OSError, ValueError, KeyError, zipfile.BadZipFile)


def _read(path: Path, name: str, group: str, licence: str, rate: int) -> Clip:
    with np.load(path, allow_pickle=False) as arrays:
        more = {key: arrays.get(key) for key in EXTRAS}
        return Clip(name, arrays["samples"], arrays["onsets"], group, licence, rate=rate, **more)

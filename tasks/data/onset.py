"""The clips of the onset task: `load_split("train" | "val" | "test1" | "test2" | "test3")`.

test1 = kits that training never heard, test2 = rendered sound fonts, test3 = real loops. Test sets come
with the package; of test3 the loops that may not ship join once `zoo data build` has run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.data.clip import Clip
from tasks.data.loops import LOOPS
from tasks.data.mixing import Recipe
from tasks.data.store import read_clip, read_manifest
from tasks.data.testset import read_set, shipped_sets
from zoo.cache import cache_folder
from zoo.errors import ZooError

RECIPES = {
    "train": Recipe(600, 8.0, -20.0, (-30.0, -0.5), augment=True),
    "val": Recipe(60, 8.0, -12.0, (-18.0, -1.0), augment=False),
    "test1": Recipe(60, 8.0, -12.0, (-18.0, -1.0), augment=False),
    "test2": Recipe(60, 8.0, -12.0, (-18.0, -1.0), augment=False),
}
SPLITS = ("val", "test1", "test3", "train", "test2")  # in the order they are built
FOLDER = "onset-1"  # the number is raised with any change to the clips


def split_folder(name: str, data: Path | None = None) -> Path:
    """Where a built split is kept."""
    return (data or cache_folder()) / FOLDER / name


def load_split(name: str, data: Path | None = None) -> list[Clip]:
    """Every clip of a split, in order.

    Args:
        name: `train`, `val`, `test1` (held-out kits), `test2` (rendered) or `test3` (real loops).
        data: Folder that `zoo data build` made, instead of the user's cache.

    Raises:
        ZooError: No such split, it is not built, or a file is damaged.
    """
    folder = split_folder(name, data)
    listed = list_split(name, data)
    shipped = {clip.name: clip for clip in read_set(name)} if name in shipped_sets() else {}
    return [shipped.get(about["name"]) or read_clip(folder, about) for about in listed]


def list_split(name: str, data: Path | None = None) -> list[dict[str, Any]]:
    """The manifest's entry of every clip that `load_split` gives.

    Raises:
        ZooError: No such split, or it is not built.
    """
    if name not in SPLITS:
        raise ZooError(f"onset data: no split {name!r}. There are {', '.join(sorted(SPLITS))}")
    folder = split_folder(name, data)
    built = read_manifest(folder)
    if name not in shipped_sets():
        if built is None:
            raise ZooError(f"onset data: {folder} is not built. Run `zoo data build`")
        return list(built["clips"])
    listed = {about["name"]: about for about in shipped_sets()[name]}
    if name == "test3" and built is not None:
        extra = {about["name"]: about for about in built["clips"]}
        listed = {loop.name: listed.get(loop.name) or extra[loop.name] for loop in LOOPS}
    return list(listed.values())


def split_digest(clips: Sequence[dict[str, Any]]) -> str:
    """SHA-256 (hex) over the digests of these clips, in order: every sample and label counts."""
    return hashlib.sha256("\n".join(clip["sha256"] for clip in clips).encode()).hexdigest()

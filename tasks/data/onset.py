"""The clips of the onset task: `load_split("train" | "val" | "test1" | "test2" | "test3")`.

test1 = kits that training never heard, test2 = rendered sound fonts, test3 = real loops.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from tasks.data.clip import Clip
from tasks.data.mixing import Recipe
from tasks.data.store import cache_folder, read_clip, read_manifest
from zoo.errors import ZooError

RECIPES = {
    "train": Recipe(600, 8.0, -20.0, (-30.0, -0.5), augment=True),
    "val": Recipe(60, 8.0, -12.0, (-18.0, -1.0), augment=False),
    "test1": Recipe(60, 8.0, -12.0, (-18.0, -1.0), augment=False),
    "test2": Recipe(60, 8.0, -12.0, (-18.0, -1.0), augment=False),
}
SPLITS = ("train", "val", "test1", "test2", "test3")
FOLDER = "onset-1"


def split_folder(name: str, data: Path | None = None) -> Path:
    """Where a built split is kept."""
    return (data or cache_folder()) / FOLDER / name


def load_split(name: str, data: Path | None = None) -> list[Clip]:
    """Every clip of a split, in order.

    Args:
        name: `train`, `val`, `test1` (held-out kits), `test2` (rendered) or `test3` (real loops).
        data: Folder that `zoo data build` made, instead of the user's cache.

    Raises:
        ZooError: No such split, or it is not built.
    """
    manifest = _manifest(name, data)
    folder = split_folder(name, data)
    return [read_clip(folder, about) for about in manifest["clips"]]


def split_digest(name: str, data: Path | None = None) -> str:
    """SHA-256 (hex) over the digests of a split's clips, in order: every sample and label counts."""
    manifest = _manifest(name, data)
    return hashlib.sha256("\n".join(clip["sha256"] for clip in manifest["clips"]).encode()).hexdigest()


def _manifest(name: str, data: Path | None) -> dict[str, Any]:
    if name not in SPLITS:
        raise ZooError(f"onset data: no split {name!r}. There are {', '.join(SPLITS)}")
    folder = split_folder(name, data)
    manifest = read_manifest(folder)
    if manifest is None:
        raise ZooError(f"onset data: {folder} is not built. Run `zoo data build`")
    return manifest

"""The clips of the onset task."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tasks.data.clip import Clip
from tasks.data.dataset import DataSet
from tasks.data.kits import KITS
from tasks.data.loops import LOOPS, VAL_LOOPS
from tasks.data.mixing import Recipe
from tasks.data.render import FONTS
from tasks.data.store import read_clip, read_manifest
from tasks.data.testset import read_set, shipped_sets
from zoo.errors import ZooError

RECIPES = {
    "train": Recipe(600, 8.0, -20.0, (-30.0, -0.5), augment=True),
    "val": Recipe(60, 8.0, -12.0, (-18.0, -1.0), augment=False),
    "test1": Recipe(60, 8.0, -12.0, (-18.0, -1.0), augment=False),
    "test2": Recipe(60, 8.0, -12.0, (-18.0, -1.0), augment=False),
    "beats": Recipe(600, 8.0, -20.0, (-30.0, -0.5), augment=True),
    "beats-val": Recipe(60, 8.0, -16.0, (-18.0, -0.5), augment=False),
}
RENDERED, LOOPED, VALIDATION_LOOPS = "test2", "test3", "loops-val"
BEATS = {"beats": "train", "beats-val": "val"}  # and whose kits they play
SYNTHETIC = "synthetic"


class OnsetData(DataSet):
    """test1 = kits that training never heard, test2 = rendered sound fonts, test3 = real loops.

    Of test3 some loops may not ship; they join once they are built. Beside train and val there are clips like
    produced loops, `beats` and `beats-val`, and real loops that no test has, `loops-val`.
    """

    def entries(self, split: str, data: Path | None = None) -> list[dict[str, Any]]:
        """As `DataSet.entries`; test3 in the order of `LOOPS`."""
        listed = super().entries(split, data)
        built = read_manifest(self.folder(split, data)) if split == LOOPED else None
        if built is None:
            return listed
        known = {about["name"]: about for about in (*built["clips"], *listed)}
        return [known[loop.name] for loop in LOOPS]

    def load(self, split: str, data: Path | None = None) -> list[Clip]:
        """As `DataSet.load`."""
        if split != LOOPED:
            return super().load(split, data)
        listed = self.entries(split, data)
        shipped = {clip.name: clip for clip in read_set(split)} if split in shipped_sets() else {}
        return [shipped.get(about["name"]) or read_clip(self.folder(split, data), about) for about in listed]

    def buildable(self, root: Path) -> list[str]:
        """All splits; the rendered one only where it can be made, is made, or does not ship.

        Raises:
            ZooError: fluidsynth is needed and missing.
        """
        if shutil.which("fluidsynth") or read_manifest(self.folder(RENDERED, root)) is not None:
            return list(self.splits)
        if not shipped_sets():
            raise ZooError(
                "zoo data build: fluidsynth not found, and the rendered test set is made with it. Install it "
                "(Debian: apt install fluidsynth)"
            )
        return [split for split in self.splits if split != RENDERED]


ONSET = OnsetData(
    name="onset",
    version=2,
    splits=("val", "test1", "test3", "train", "test2", "beats", "beats-val", "loops-val"),
    packages=tuple(dict.fromkeys(item.package for item in (*KITS, *FONTS, *LOOPS, *VAL_LOOPS))),
    maker="tasks.data.maker:Maker",
    rate=44_100,
)

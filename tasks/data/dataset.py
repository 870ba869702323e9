"""The clips of a task: shipped test sets, splits that `zoo data build` makes, and how they are made."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from tasks.data.clip import Clip
from tasks.data.repositories import Repository
from tasks.data.store import read_clip, read_manifest
from tasks.data.testset import read_set, shipped_sets
from zoo.cache import cache_folder
from zoo.errors import ZooError


class ClipMaker(Protocol):
    """Makes every clip of every split by its number, from unpacked Debian packages and nothing else."""

    def check(self) -> None:
        """Refuse recordings that are missing or others, and recordings that lie in two splits.

        Raises:
            ZooError: What is wrong, and how to mend it.
        """
        ...

    def count(self, split: str) -> int:
        """Clips of a split."""
        ...

    def name(self, split: str, index: int) -> str:
        """Name of a clip, unique in its split."""
        ...

    def group_and_licence(self, split: str, index: int) -> tuple[str, str]:
        """Where a clip comes from, and the licence of its audio."""
        ...

    def make(self, split: str, index: int) -> Clip:
        """One clip; it depends on the packages, the split and the number alone."""
        ...

    def about(self, split: str) -> dict[str, Any]:
        """What a split's manifest says beside its clips: `seed`, and `sources` with authors and licences."""
        ...


@dataclass(frozen=True)
class DataSet:
    """A task's clips.

    Args:
        name: The task's.
        version: Raised with any change to the clips.
        splits: In the order in which they are built.
        packages: Debian packages with the recordings.
        maker: `module:class`, called with the folder of the unpacked packages.
        rate: Samples a second.
        repositories: Git repositories with the recordings that are in no package.
    """

    name: str
    version: int
    splits: tuple[str, ...]
    packages: tuple[str, ...]
    maker: str
    rate: int
    repositories: tuple[Repository, ...] = ()

    @property
    def shipped_root(self) -> Path:
        """Where test sets lie that come with the package."""
        return Path(__file__).parent / "testsets" / self.name

    def folder(self, split: str, data: Path | None = None) -> Path:
        """Where a built split is kept: in `data`, or in the user's cache."""
        return (data or cache_folder()) / f"{self.name}-{self.version}" / split

    def buildable(self, root: Path) -> list[str]:
        """The splits that `zoo data build` makes on this machine in that folder.

        Raises:
            ZooError: A program that is needed is not installed.
        """
        return list(self.splits)

    def make_maker(self, packages: Path) -> ClipMaker:
        """The maker over a folder of unpacked packages."""
        module, _, name = self.maker.partition(":")
        maker: ClipMaker = getattr(import_module(module), name)(packages)
        return maker

    def entries(self, split: str, data: Path | None = None) -> list[dict[str, Any]]:
        """The manifest's entry of every clip that `load` gives.

        Raises:
            ZooError: No such split, or it is neither shipped nor built.
        """
        if split not in self.splits:
            raise ZooError(
                f"{self.name} data: no split {split!r}. There are {', '.join(sorted(self.splits))}"
            )
        shipped = shipped_sets(self.shipped_root)
        if split in shipped:
            return list(shipped[split])
        built = read_manifest(self.folder(split, data))
        if built is None:
            folder = self.folder(split, data)
            raise ZooError(f"{self.name} data: {folder} is not built. Run `zoo data build {self.name}`")
        return list(built["clips"])

    def load(self, split: str, data: Path | None = None) -> list[Clip]:
        """Every clip of a split, in order.

        Raises:
            ZooError: No such split, it is not built, or a file is damaged.
        """
        listed = self.entries(split, data)
        if split in shipped_sets(self.shipped_root):
            return read_set(split, self.shipped_root)
        return [read_clip(self.folder(split, data), about) for about in listed]

    def digest(self, split: str, data: Path | None = None) -> str:
        """SHA-256 (hex) that stands for every sample and label of a split."""
        return split_digest(self.entries(split, data))


def split_digest(clips: Sequence[dict[str, Any]]) -> str:
    """SHA-256 (hex) over the digests of these clips, in order."""
    return hashlib.sha256("\n".join(clip["sha256"] for clip in clips).encode()).hexdigest()

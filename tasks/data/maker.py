"""Every clip of every split by its number, from a folder of unpacked packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.data.beats import TRAIN_VOICES, VAL_VOICES, beat
from tasks.data.clip import Clip
from tasks.data.duplicates import refuse_leaks
from tasks.data.kits import KITS, TEST, TRAIN, VAL, Kit, kits_of
from tasks.data.loops import LOOPS, VAL_LOOPS
from tasks.data.mixing import SEED, clip_rng, mix
from tasks.data.onset import BEATS, LOOPED, ONSET, RECIPES, RENDERED, SYNTHETIC, VALIDATION_LOOPS
from tasks.data.packages import check_sources
from tasks.data.render import FONTS, PROGRAMS, Font, Key, measure_kit, rendered_clip
from tasks.data.shots import Shot, read_kit
from tasks.data.synthetic_kits import synthetic_kit

REAL = {LOOPED: LOOPS, VALIDATION_LOOPS: VAL_LOOPS}


class Maker:
    """Reads kits and measures sound fonts when they are first needed, and keeps them.

    Args:
        packages: Folder that holds `<package>/usr/...`.
    """

    def __init__(self, packages: Path) -> None:
        self.packages = packages
        self._shots: dict[str, list[Shot]] = {}
        self._keys: dict[tuple[str, int], list[Key]] = {}

    def check(self) -> None:
        """Check every file's digest, then compare the kits of every two splits.

        Raises:
            ZooError: A package is missing, or its files are others.
            LeakError: A recording lies in two splits.
        """
        kits = {
            kit.folder: sorted(p for p in kit.path(self.packages).glob("*") if p.is_file()) for kit in KITS
        }
        single = {item.name: [item.path(self.packages)] for item in (*FONTS, *LOOPS, *VAL_LOOPS)}
        check_sources(ONSET.name, self.packages, ONSET.packages, {**kits, **single})
        self.refuse_leaks()

    def refuse_leaks(self) -> None:
        """Compare the kits of every two splits.

        Raises:
            LeakError: A recording lies in two splits.
        """
        splits = (TRAIN, VAL, TEST)
        refuse_leaks({split: {kit.folder: self.shots(kit) for kit in kits_of(split)} for split in splits})

    def count(self, split: str) -> int:
        """Clips of a split."""
        return len(REAL[split]) if split in REAL else RECIPES[split].clips

    def name(self, split: str, index: int) -> str:
        """Name of a clip."""
        return REAL[split][index].name if split in REAL else f"{split}-{index:04d}"

    def group_and_licence(self, split: str, index: int) -> tuple[str, str]:
        """Where a clip comes from, and the licence of its audio."""
        if split in REAL:
            return REAL[split][index].package, REAL[split][index].licence
        if split == RENDERED:
            return self._font(index).name, self._font(index).licence
        if self._synthetic(split, index):
            return SYNTHETIC, "MIT"
        kit = self._kit(split, index)
        return kit.folder, kit.licence

    def make(self, split: str, index: int) -> Clip:
        """One clip; it depends on nothing but the packages, the seed, the split and the number.

        Raises:
            ZooError: A recording cannot be read, or fluidsynth fails.
        """
        if split in REAL:
            return REAL[split][index].clip(self.packages)
        rng, name = clip_rng(split, index), self.name(split, index)
        if split == RENDERED:
            font, program = self._font(index), PROGRAMS[index // len(FONTS) % len(PROGRAMS)]
            path = font.path(self.packages)
            key = font.name, program
            if key not in self._keys:
                self._keys[key] = measure_kit(path, program)
            return rendered_clip(rng, name, font, path, program, self._keys[key], RECIPES[split])
        about = self.group_and_licence(split, index)
        made = synthetic_kit(rng) if self._synthetic(split, index) else self.shots(self._kit(split, index))
        if split in BEATS:
            voices = TRAIN_VOICES if BEATS[split] == TRAIN else VAL_VOICES
            return beat(rng, name, made, RECIPES[split], voices, *about)
        return mix(rng, name, made, RECIPES[split], *about)

    def shots(self, kit: Kit) -> list[Shot]:
        """The kit's one-shots.

        Raises:
            AudioError: The kit is missing or cannot be read.
        """
        if kit.folder not in self._shots:
            self._shots[kit.folder] = read_kit(kit.path(self.packages))[0]
        return self._shots[kit.folder]

    @staticmethod
    def _kit(split: str, index: int) -> Kit:
        kits = kits_of(BEATS.get(split, split))
        return kits[index % len(kits)]

    @staticmethod
    def _synthetic(split: str, index: int) -> bool:
        """Four training beats of ten are played by kits that nobody recorded."""
        return BEATS.get(split) == TRAIN and index % 10 >= 6

    @staticmethod
    def _font(index: int) -> Font:
        return FONTS[index % len(FONTS)]

    def about(self, split: str) -> dict[str, Any]:
        """What a split's manifest says beside its clips: seed and recordings with authors and licences."""
        if split in REAL:
            sources = [(loop.name, loop) for loop in REAL[split]]
        elif split == RENDERED:
            sources = [(font.name, font) for font in FONTS]  # type: ignore[misc]
        else:
            sources = [(kit.folder, kit) for kit in KITS if kit.split == BEATS.get(split, split)]  # type: ignore[misc]
        listed = [
            {"name": name, "package": item.package, "authors": item.authors, "licence": item.licence}
            for name, item in sources
        ]
        return {"seed": None if split in REAL else SEED, "sources": listed}

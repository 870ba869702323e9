"""Every clip of the drum task by its number, from a folder of unpacked packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.augment import Studio
from tasks.data.clip import RATE, Clip
from tasks.data.drum_kits import FONTS, GM_KEYS, KITS, TEST, TRAIN, VAL, DrumKit, FontKits
from tasks.data.drums import DRAWN, DRUMS, LISTED, Drawn, Listed
from tasks.data.duplicates import refuse_leaks
from tasks.data.mixing import lay
from tasks.data.packages import check_sources
from tasks.data.patterns import Strike
from tasks.data.shots import Shot, cut, read_mono, resample
from tasks.data.soundfont import drum_recordings

SEED = 20_251
SPLITS = ("train", "val", "test", "plain", "spare")  # a split's number draws its clips
VELOCITIES = (30, 60, 90, 120)
ORCHESTRA = "Orchestra"  # its keys are not those of drum kits
REST = 0.3  # seconds before a clip's first hit and behind its last one

Source = DrumKit | FontKits
Kinds = npt.NDArray[np.int16]


class DrumMaker:
    """Reads kits when they are first needed, and keeps them.

    Args:
        packages: Folder that holds `<package>/usr/...`.
    """

    def __init__(self, packages: Path) -> None:
        self.packages = packages
        self._shots: dict[str, tuple[list[Shot], Kinds]] = {}
        self._lists: dict[str, list[tuple[Source, npt.NDArray[np.int64]]]] = {}

    def check(self) -> None:
        """Check every file's digest, then compare the kits of every two splits, and of every two groups.

        Raises:
            ZooError: A package is missing, or its files are others.
            LeakError: A recording lies in two groups.
        """
        check_sources(DRUMS.name, self.packages, DRUMS.packages, self.files())
        groups: dict[str, dict[str, list[Shot]]] = {}
        for source in (*KITS, *FONTS):
            groups.setdefault(source.group, {})[source.name] = self.shots(source)[0]
        refuse_leaks(groups)

    def files(self) -> dict[str, list[Path]]:
        """The files of every kit and font."""
        kits = {kit.folder: [path for path, _ in kit.files(self.packages)] for kit in KITS}
        return kits | {font.name: [font.path(self.packages)] for font in FONTS}

    def count(self, split: str) -> int:
        """Clips of a split."""
        return DRAWN[split].clips if split in DRAWN else len(self._listed(split))

    def name(self, split: str, index: int) -> str:
        """Name of a clip."""
        return f"{split}-{index:04d}"

    def group_and_licence(self, split: str, index: int) -> tuple[str, str]:
        """The kit of a clip, and its licence."""
        source = self._source(split, index)
        return source.name, source.licence

    def make(self, split: str, index: int) -> Clip:
        """One clip; it depends on nothing but the packages, the seed, the split and the number.

        Raises:
            ZooError: A recording cannot be read.
        """
        rng = np.random.default_rng([SEED, SPLITS.index(split), index])
        source = self._source(split, index)
        shots, kinds = self.shots(source)
        if split in DRAWN:
            how = DRAWN[split]
            plan, length, level = drawn(rng, how, kinds), int(how.seconds * RATE), how.level
            studio = Studio(rng, length)
        else:
            how_listed = LISTED[split]
            plan, length = listed(rng, how_listed, self._listed(split)[index][1])
            level, studio = how_listed.level, None
        backing = studio.backing() if studio else np.zeros(length)
        dry, played = lay(plan, shots, length, backing, chokes=bool(rng.random() < 0.4), studio=studio)
        sound = studio.finish(dry + backing) if studio else dry
        sound *= 32_767 * 10 ** (rng.uniform(*level) / 20) / max(1e-9, float(np.abs(sound).max()))
        onsets = np.round([strike.at / RATE for strike in played], 6).astype(np.float64)
        labels = kinds[[strike.shot for strike in played]]
        group, licence = self.group_and_licence(split, index)
        samples = np.rint(sound).astype(np.int16)
        return Clip(self.name(split, index), samples, onsets, group, licence, labels)

    def shots(self, source: Source) -> tuple[list[Shot], Kinds]:
        """One-shots with a single attack, and the class of each.

        Raises:
            AudioError: A file is missing or cannot be read.
        """
        if source.name not in self._shots:
            cuts = [(cut(name, sound), kind) for name, sound, kind in self._read(source)]
            kept = [(shot, kind) for shot, kind in cuts if isinstance(shot, Shot)]
            self._shots[source.name] = [s for s, _ in kept], np.array([k for _, k in kept], np.int16)
        return self._shots[source.name]

    def about(self, split: str) -> dict[str, Any]:
        """What a split's manifest says beside its clips: seed and recordings with authors and licences."""
        sources = [
            {
                "name": source.name,
                "package": source.package,
                "authors": source.authors,
                "licence": source.licence,
            }
            for source in self._sources(split)
        ]
        return {"seed": SEED, "sources": sources}

    def _read(self, source: Source) -> list[tuple[str, npt.NDArray[np.float64], int]]:
        if isinstance(source, DrumKit):
            return [(path.name, read_mono(path), kind) for path, kind in source.files(self.packages)]
        found = drum_recordings(source.path(self.packages), GM_KEYS, VELOCITIES)
        return [
            (f"{one.kit} {one.key} {one.name}", resample(one.samples, one.rate, RATE), GM_KEYS[one.key])
            for one in found
            if ORCHESTRA not in one.kit
        ]

    @staticmethod
    def _sources(split: str) -> tuple[Source, ...]:
        """Kits and fonts whose one-shots a split plays."""
        splits = {"spare": (VAL, TEST), "plain": (TRAIN,)}.get(split, (split,))
        kits = tuple(kit for kit in KITS if kit.split in splits)
        return (*kits, *FONTS) if split == TRAIN else kits

    def _source(self, split: str, index: int) -> Source:
        if split in DRAWN:
            sources = self._sources(split)
            return sources[index % len(sources)]
        return self._listed(split)[index][0]

    def _listed(self, split: str) -> list[tuple[Source, npt.NDArray[np.int64]]]:
        """Kit and one-shots of every clip that plays each once."""
        if split not in self._lists:
            rng = np.random.default_rng([SEED, SPLITS.index(split)])
            self._lists[split] = [
                (source, part)
                for source in self._sources(split)
                for _ in range(LISTED[split].takes)
                for part in _parts(rng.permutation(len(self.shots(source)[0])), LISTED[split].hits)
            ]
        return self._lists[split]


def drawn(rng: np.random.Generator, how: Drawn, kinds: Kinds) -> list[Strike]:
    """Hits at random times, each class of the kit as often as any other."""
    plan, at = [], REST + rng.exponential(how.apart[1])
    while at < how.seconds - REST:
        kind = rng.choice(np.unique(kinds))
        shot = int(rng.choice(np.flatnonzero(kinds == kind)))
        plan.append(Strike(int(at * RATE), shot, float(rng.uniform(how.softest, 0))))
        at += how.apart[0] + rng.exponential(how.apart[1])
    return plan


def listed(rng: np.random.Generator, how: Listed, shots: npt.NDArray[np.int64]) -> tuple[list[Strike], int]:
    """Hits of these one-shots one after another, and samples of the clip."""
    times = REST + np.cumsum(rng.uniform(*how.apart, len(shots)))
    gains = rng.uniform(how.softest, 0, len(shots))
    plan = [
        Strike(int(at * RATE), int(shot), float(gain))
        for at, shot, gain in zip(times, shots, gains, strict=True)
    ]
    return plan, int((times[-1] + REST) * RATE)


def _parts(items: npt.NDArray[np.int64], most: int) -> list[npt.NDArray[np.int64]]:
    """Runs of nearly equal length, none longer than `most`."""
    return np.array_split(items, -(-len(items) // most))

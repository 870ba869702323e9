"""`zoo data build`: from Debian packages to labelled clips in the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tasks.data.clip import Clip
from tasks.data.kits import KITS, kits_of
from tasks.data.mixing import clip_rng, mix
from tasks.data.onset import RECIPES, split_folder
from tasks.data.render import FONTS, PROGRAMS, Key, measure_kit, rendered_clip
from tasks.data.shots import Shot, read_kit
from tasks.data.store import clip_file, entry, read_clip, read_manifest, write_clip, write_manifest

MakeClip = Callable[[], Clip]


def mixed_clips(split: str, packages: Path) -> Iterator[tuple[str, MakeClip]]:
    """Name and maker of every mixed clip of a split: the kits take turns."""
    recipe = RECIPES[split]
    kits = kits_of(split)
    shots: dict[str, list[Shot]] = {}
    for index in range(recipe.clips):
        kit = kits[index % len(kits)]
        name = f"{split}-{index:04d}"

        def make(kit=kit, index=index, name=name) -> Clip:  # type: ignore[no-untyped-def]
            if kit.folder not in shots:
                shots[kit.folder] = read_kit(kit.path(packages))[0]
            rng = clip_rng(split, index)
            return mix(rng, name, shots[kit.folder], recipe, kit.folder, kit.licence)

        yield name, make


def rendered_clips(packages: Path) -> Iterator[tuple[str, MakeClip]]:
    """Name and maker of every rendered clip: fonts take turns, and so do their kits."""
    measured: dict[tuple[str, int], list[Key]] = {}
    recipe = RECIPES["test2"]
    for index in range(recipe.clips):
        font = FONTS[index % len(FONTS)]
        program = PROGRAMS[index // len(FONTS) % len(PROGRAMS)]
        name = f"test2-{index:04d}"

        def make(font=font, program=program, index=index, name=name) -> Clip:  # type: ignore[no-untyped-def]
            path = font.path(packages)
            key = font.name, program
            if key not in measured:
                measured[key] = measure_kit(path, program)
            return rendered_clip(clip_rng("test2", index), name, font, path, program, measured[key], recipe)

        yield name, make


def build_split(split: str, makers: Iterator[tuple[str, MakeClip]], folder: Path) -> None:
    """Make the clips that are not there yet, then the manifest."""
    if read_manifest(folder) is not None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for name, make in makers:
        clip = make()
        write_clip(folder, clip)
        entries.append(entry(clip))
    write_manifest(folder, split, entries, {})


def build_command(packages: Path | None, out: Path | None) -> int:
    for split in ("val", "test1", "train"):
        build_split(split, mixed_clips(split, packages), split_folder(split, out))
        print(split, flush=True)
    build_split("test2", rendered_clips(packages), split_folder("test2", out))
    return 0

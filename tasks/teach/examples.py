"""A folder of examples: one sub-folder a class, recordings of any rate in each.

Long recordings are cut into pieces: at their onsets where they have some, else every second. Pieces of one
recording belong to one group, so that a held-out estimate never hears a piece of what was learned.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zoo.audio import AudioNote, prepare_file
from zoo.errors import AudioError, ZooError

Int16 = npt.NDArray[np.int16]

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3"})
SHORTEST = 0.05  # seconds of an example
LONG = 3.0  # a longer recording is cut into pieces
PIECE, LONGEST_PIECE = 1.0, 1.5  # seconds: without onsets, and between them
BEFORE = 0.015  # seconds from a piece's start to the onset in it
ONSETS = 3  # fewer in a long recording say nothing
LONGEST = 120.0  # seconds of a recording that are used
SOFT = 26.0  # dB under the recording's peak: a piece that stays below it is a tail, or noise between hits
MOST = 150  # examples of a class that are used
SILENT = 33  # largest magnitude, 60 dB under full scale
CLASSES = 64


@dataclass(frozen=True, eq=False)
class Example:
    """One example of a class.

    Args:
        name: Its file, and which piece of it.
        label: Number of its class.
        group: Examples of one group come from one recording.
        samples: int16 (n,) at the rate of the model.
    """

    name: str
    label: int
    group: str
    samples: Int16


@dataclass(frozen=True, eq=False)
class ExampleSet:
    """Everything that is there to learn from.

    Args:
        classes: Names, sorted: a class's number is its place.
        examples: In the order of classes and files.
        rate: Samples a second.
        notes: What people should know of their recordings.
    """

    classes: tuple[str, ...]
    examples: tuple[Example, ...]
    rate: int
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """Examples of every class."""
        labels = [example.label for example in self.examples]
        return {name: labels.count(number) for number, name in enumerate(self.classes)}

    def digest(self) -> str:
        """SHA-256 (hex) over rate, classes, names and samples."""
        sha = hashlib.sha256(repr((self.rate, self.classes)).encode())
        for example in self.examples:
            sha.update(f"{example.label}\0{example.name}\0{len(example.samples)}\0".encode())
            sha.update(np.ascontiguousarray(example.samples, "<i2").tobytes())
        return sha.hexdigest()


def find_recordings(folder: Path) -> dict[str, list[Path]]:
    """Class -> its recordings, both sorted.

    Raises:
        ZooError: No such folder, fewer than two classes or too many, or a class without recordings.
    """
    layout = "Make a sub-folder for each class and put its recordings (wav, flac, ogg, aiff, mp3) there"
    if not folder.is_dir():
        raise ZooError(f"{folder}: no such folder. {layout}")
    inside = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    if len(inside) < 2:
        found = f"one, {inside[0].name}" if inside else "none"
        raise ZooError(
            f"{folder}: expected a sub-folder for each of two or more classes, found {found}. {layout}"
        )
    if len(inside) > CLASSES:
        raise ZooError(f"{folder}: expected at most {CLASSES} classes, found {len(inside)}. Leave some out")
    found_files = {path.name: sorted(p for p in path.iterdir() if _is_recording(p)) for path in inside}
    for name, files in found_files.items():
        if not files:
            raise ZooError(f"{folder / name}: no recordings (wav, flac, ogg, aiff, mp3). Put some there")
    return found_files


def read_examples(folder: Path, rate: int, advance: Callable[[str], None] = lambda name: None) -> ExampleSet:
    """Read, resample and cut every recording of a folder.

    Args:
        folder: One sub-folder a class.
        rate: Of the model, in Hz.
        advance: Told the name of each recording before it is read.

    Raises:
        ZooError: As `find_recordings`, or a recording that is the same in two classes.
        AudioError: A recording that cannot be read, is silent, or too short.
    """
    found, notes, seen = find_recordings(folder), [], dict[str, tuple[str, Path]]()
    examples: list[Example] = []
    for label, (name, files) in enumerate(found.items()):
        own: list[Example] = []
        for path in files:
            advance(f"{name}/{path.name}")
            samples = _read(path, rate)
            if len(samples) > LONGEST * rate:
                notes.append(f"{name}/{path.name}: only its first {LONGEST:.0f} s are used")
                samples = samples[: int(LONGEST * rate)]
            key = hashlib.sha256(samples.tobytes()).hexdigest()
            owner, first = seen.setdefault(key, (name, path))
            if owner != name:
                raise ZooError(f"{path}: the same recording as {first}, of another class. Delete one of them")
            pieces = list(cut(samples, rate))
            if not pieces:
                raise AudioError(f"{path}: silent all along. Record it louder, or delete it")
            for number, piece in enumerate(pieces):
                mark = f"#{number}" if len(pieces) > 1 else ""
                own.append(Example(f"{name}/{path.name}{mark}", label, key, piece))
        if len(own) > MOST:
            notes.append(f"{name}: {MOST} of its {len(own)} examples are used. `zoo train` learns from more")
            own = [own[k] for k in np.linspace(0, len(own) - 1, MOST).astype(int).tolist()]
        examples += own
    return ExampleSet(tuple(found), tuple(examples), rate, tuple(notes))


def cut(samples: Int16, rate: int) -> Iterator[Int16]:
    """The pieces of a recording that are neither silent nor soft beside it; a short recording is one piece.

    Args:
        samples: int16 (n,).
        rate: Samples a second.
    """
    edges = [0, len(samples)]
    least = max(SILENT, _peak(samples) * 10 ** (-SOFT / 20))
    if len(samples) > LONG * rate:
        starts = _onsets(samples, rate)
        if len(starts) < ONSETS:
            starts = np.arange(0, len(samples), int(PIECE * rate))
        edges = [*starts.tolist(), len(samples)]
    for start, end in pairwise(edges):
        most = end if len(edges) == 2 else min(end, start + int(LONGEST_PIECE * rate))
        piece = samples[start:most]
        if len(piece) >= SHORTEST * rate and _peak(piece) >= least:
            yield piece


def _onsets(samples: Int16, rate: int) -> npt.NDArray[np.int64]:
    """Where pieces begin: a little before each onset that the bundled onset network finds."""
    from zoo.index import load

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AudioNote)
        times = load("bela/onset-gates")(samples, rate=rate).times
    return np.asarray(np.maximum(0, (times - BEFORE) * rate), np.int64)


def _read(path: Path, rate: int) -> Int16:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AudioNote)
        samples = prepare_file(path, rate).samples
    if len(samples) < SHORTEST * rate:
        found = 1000 * len(samples) / rate
        raise AudioError(
            f"{path}: too short: expected at least {1000 * SHORTEST:.0f} ms, found {found:.0f} ms. "
            "Record it again, or delete it"
        )
    if _peak(samples) < SILENT:
        raise AudioError(f"{path}: silent: nothing in it is within 60 dB of full scale. Record it again")
    return samples


def _peak(samples: Int16) -> int:
    return int(np.abs(samples.astype(np.int32)).max(initial=0))


def _is_recording(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()

"""Sizes of the networks that play an instrument."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.data.pitch import FLUID
from tasks.data.timbre import SOURCE
from tasks.training.recipe import GateRecipe, LayerRecipe
from zoo.config import Source
from zoo.frontends import NoteTracker
from zoo.frontends.note import PITCH_BITS
from zoo.heads import OscillatorBank

if TYPE_CHECKING:
    from tasks.base import Task
    from tasks.training.timbre_learner import Melodies, TimbreGates


@dataclass(frozen=True, kw_only=True)
class TimbreRecipe(GateRecipe):
    """A gate network between a note tracker, whose parameters `frontend` holds, and an oscillator bank.

    Args:
        harmonics: Of the bank.
        noise_bands: The same.
        group: Outputs a control; the last layer has a group for the gain, each harmonic and each band.
        stretch: Frames of a stretch of a batch.
    """

    harmonics: int
    noise_bands: int
    group: int
    stretch: int = 125

    def make_frontend(self) -> NoteTracker:
        """The note tracker before its bits are known."""
        return NoteTracker(**self.frontend)

    def head(self, frontend: NoteTracker) -> OscillatorBank:
        """The oscillator bank."""
        return OscillatorBank(frontend.hop, PITCH_BITS, self.harmonics, self.noise_bands, self.group)

    def melodies(self, task: Task, data: Path | None = None) -> tuple[Melodies, Melodies]:
        """A task's clips for training and validation, as the note tracker hears them."""
        from tasks.training.timbre_learner import Melodies

        frontend = self.make_frontend()
        train, val = (Melodies.of(task.load(split, data), frontend) for split in ("train", "val"))
        return train, val

    def learner(self, task: Task, seed: int, data: Path | None = None) -> TimbreGates:
        """The network before training; always on the CPU."""
        from tasks.training.timbre_learner import TimbreGates

        return TimbreGates(self, *self.melodies(task, data), seed)


def _layers(*sizes: int) -> tuple[LayerRecipe, ...]:
    return tuple(LayerRecipe(size, "random") for size in sizes)


COMMON: dict[str, Any] = {
    "frontend": {"rate": 16_000, "hop": 128},
    "batch": 8,
    "steps": 300,
    "validate_every": 100,
    "gate_rate": 0.05,
    "residual": 1.0,
    "threshold_rate": 0.0,
}
SIZES = {
    "nano": TimbreRecipe(
        **COMMON, bits=128, layers=_layers(512, 512, 13 * 24), harmonics=10, noise_bands=2, group=24
    ),
    "standard": TimbreRecipe(
        **COMMON, bits=384, layers=_layers(2048, 2048, 29 * 24), harmonics=24, noise_bands=4, group=24
    ),
}

SUMMARY = "Plays what a flute plays on another instrument"
LICENCE = "MIT"


def sources(target: str) -> tuple[Source, ...]:
    """The sound font that plays both instruments."""
    title, origin = f"FluidR3_GM, program {SOURCE} and {target}", f"Debian package {FLUID.package}"
    return (Source(title=title, authors=FLUID.authors, licence=FLUID.licence, origin=origin),)

"""Drive: gates that sound like an overdrive pedal's circuit."""

from __future__ import annotations

from tasks.base import Audio
from tasks.data.drive import DRIVE, RATE
from tasks.effects import EffectTask


class GuitarDrive(EffectTask):
    """Strummed chords to what `tasks.data.drive_circuit` makes of them, sample by sample."""

    name = "drive"
    version = 1
    summary = "Drive a guitar as a diode-clipping circuit does, sample by sample"
    input = Audio(rate=RATE, hop=1)
    answer = None
    sets = {"test": "chords on B, G and G sharp"}  # noqa: RUF012
    data = DRIVE
    baselines = ("identity", "static-curve", "filter-curve-filter", "effect-gru")
    recipes = "tasks.recipes.drive"

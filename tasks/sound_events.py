"""Sound events: does somebody speak, do drums or tones sound, or nothing?"""

from __future__ import annotations

from tasks.base import Audio
from tasks.classes import FrameClasses, FrameClassTask
from tasks.data.sound_events import NAMES, SOUND_EVENTS, STEP


class SoundEvents(FrameClassTask):
    """Voices, drum kits and tones that take turns, each from a source that training has not heard."""

    name = "sound-events"
    version = 1
    summary = "Tell what sounds: speech, drums, tones or nothing"
    explanation = (
        "Every 16 ms the largest value is the answer; frames that are neither loud nor silent are not asked. "
        "F1 is the mean over classes, each counted alike; the second column is the mean over voices."
    )
    input = Audio(rate=SOUND_EVENTS.rate, hop=STEP)
    answer = FrameClasses(NAMES, STEP)
    sets = {"test": "held-out languages, drum kits and a held-out sound font"}  # noqa: RUF012
    data = SOUND_EVENTS
    baselines = ("majority", "random-classes", "nearest", "class-mlp", "class-cnn", "class-gru")
    recipes = "tasks.recipes.sound_events"

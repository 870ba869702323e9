"""Note onsets: when does a tone or a chord begin, on whatever instrument?"""

from __future__ import annotations

from tasks.base import Audio, Events
from tasks.data.notes import NOTES
from tasks.data.teachers import BASIC_PITCH
from tasks.taught_events import TaughtEvents


class NoteOnsets(TaughtEvents):
    """Plucked, struck, bowed and blown instruments, one to four tones at once, soft attacks and hard ones."""

    name = "notes"
    version = 1
    summary = "Find where notes begin, as they happen, on plucked, struck, bowed and blown instruments"
    explanation = (
        f"{TaughtEvents.explanation} A chord is one onset. A note begins where, played alone, it reaches a "
        "tenth of its early peak. Agreement is F at ±50 ms against the onsets that the teacher hears; KL "
        "(nats) and difference compare its probability at every frame with the detector's score, through the "
        "logistic curve that suits each detector best."
    )
    input = Audio(rate=NOTES.rate, hop=256)
    answer = Events(tolerance_ms=(50, 25), refractory_ms=50)
    sets = {  # noqa: RUF012
        "plucked": "plucked, held-out font",
        "struck": "struck, held-out font",
        "bowed": "bowed, held-out font",
        "blown": "blown, held-out font",
        "strums": "real guitar strums",
    }
    data = NOTES
    baselines = ("random-gates", "spectral-flux", "causal-cnn", "causal-gru", "onset-teacher")
    recipes = "tasks.recipes.notes"
    teacher = BASIC_PITCH

"""What an instrument plays in a clip: tones and chords, repeated or moving, legato or apart, with rests."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from tasks.data.midi import Tone, quantised
from tasks.data.notes import Instrument

PULSE = 0.12, 0.45  # seconds from event to event, drawn once a clip; every event takes a multiple of it
MULTIPLES = 0.75, 1.0, 1.0, 1.0, 1.5, 2.0
SHORTEST = 0.1  # seconds from event to event at least
REPEATED, RESTS, REST = 0.25, 0.1, (0.3, 1.2)  # chance of the same keys again, of a rest; its seconds
LEAP = 9  # semitones from event to event at most
VELOCITY, WAVERS = (55, 112), 12  # of a clip, drawn once; how far each event may be from it
SPREAD = 0.025  # seconds from a chord's first tone to its last, at most
VOICES = (0.5, 0.15, 0.2, 0.15)  # chance of one to four tones at once
REACH = 24  # semitones from a chord's lowest key to its highest, at most
RINGING = 2.0  # seconds that a tone rings, at most
LAST = 0.35  # seconds before the end, in which nothing begins


class Event(NamedTuple):
    """Tones that begin together, the earliest first."""

    tones: tuple[Tone, ...]


def phrase(
    rng: np.random.Generator, instrument: Instrument, keys: Collection[int], seconds: float
) -> tuple[list[Event], int]:
    """Events in order, and the depth of the vibrato.

    Args:
        rng: Draws everything.
        instrument: Who plays.
        keys: That sound.
        seconds: Length of the clip.
    """
    pulse = float(np.exp(rng.uniform(*np.log(PULSE))))
    chords = instrument.rings and rng.random() < 0.6
    touch = rng.choice(["legato", "apart", "ringing"] if instrument.rings else ["legato", "apart"])
    velocity = int(rng.integers(*VELOCITY))
    depth = int(rng.integers(0, 100)) if instrument.vibrates and rng.random() < 0.5 else 0
    near = sorted(keys)
    at, chord = float(rng.uniform(0.05, 0.6)), [int(rng.choice(near))]
    events: list[Event] = []
    while at < seconds - LAST:
        if events and rng.random() >= REPEATED:
            voices = int(rng.choice(len(VOICES), p=VOICES)) + 1 if chords else 1
            chord = _chord(rng, near, chord[0], voices)
        gap = max(SHORTEST, pulse * float(rng.choice(MULTIPLES)))
        length = {"legato": gap, "apart": gap * rng.uniform(0.4, 0.9), "ringing": RINGING}[str(touch)]
        hardness = velocity + int(rng.integers(-WAVERS, WAVERS + 1))
        starts = quantised(at) + np.sort(rng.uniform(0, SPREAD * rng.random(), len(chord)))
        starts += quantised(at) - starts[0]
        order = chord if rng.random() < 0.5 else chord[::-1]
        pairs = zip(starts.tolist(), order, strict=True)
        events.append(Event(tuple(Tone(quantised(t), float(length), key, hardness) for t, key in pairs)))
        at += gap
        if rng.random() < RESTS:
            at += float(rng.uniform(*REST))
    return _damped(events, seconds), depth


def _chord(rng: np.random.Generator, keys: list[int], before: int, voices: int) -> list[int]:
    """Ascending keys; the lowest is at most a leap from the one before, and another one."""
    low = [key for key in keys if 0 < abs(key - before) <= LEAP]
    first = int(rng.choice(low))
    above = [key for key in keys if first + 2 < key <= first + REACH]
    return sorted([first, *rng.choice(above, min(voices - 1, len(above)), replace=False).tolist()])


def _damped(events: list[Event], seconds: float) -> list[Event]:
    """Tones end before the same key is played again, and before the clip ends."""
    following: dict[int, float] = {}
    damped = []
    for event in reversed(events):
        tones = []
        for tone in event.tones:
            end = min(tone.time + tone.length, following.get(tone.key, seconds) - 0.01, seconds - 0.02)
            tones.append(tone._replace(length=max(0.02, end - tone.time)))
        following |= {tone.key: tone.time for tone in event.tones}
        damped.append(Event(tuple(tones)))
    return damped[::-1]

"""The few lines of a Standard MIDI File that a drum track or a melody needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

DRUM_CHANNEL = 9
_DIVISION = 1000  # ticks a quarter note; at 500,000 us a quarter one tick is half a millisecond
_TICKS_PER_SECOND = 2 * _DIVISION
_HELD = 200  # ticks from note on to note off; drum voices ring on


class Note(NamedTuple):
    """A struck key: seconds, MIDI key and velocity."""

    time: float
    key: int
    velocity: int


def drum_file(notes: Iterable[Note], program: int, seconds: float) -> bytes:
    """A type 0 file on channel 10 with this drum kit (program) that lasts `seconds`."""
    events: list[tuple[int, bytes]] = []
    for note in notes:
        at = round(note.time * _TICKS_PER_SECOND)
        events.append((at, bytes([0x90 | DRUM_CHANNEL, note.key, note.velocity])))
        events.append((at + _HELD, bytes([0x80 | DRUM_CHANNEL, note.key, 0])))
    return _file(sorted(events), bytes([0xC0 | DRUM_CHANNEL, program]), seconds)


def _file(events: Iterable[tuple[int, bytes]], first: bytes, seconds: float) -> bytes:
    """Events in ticks behind a first one at 0."""
    track = b"\x00" + first
    now = 0
    for at, message in events:
        track += _delta(at - now) + message
        now = at
    end = max(now, round(seconds * _TICKS_PER_SECOND))
    track += _delta(end - now) + b"\xff\x2f\x00"
    header = b"MThd" + (6).to_bytes(4, "big") + bytes([0, 0, 0, 1]) + _DIVISION.to_bytes(2, "big")
    return header + b"MTrk" + len(track).to_bytes(4, "big") + track


def quantised(time: float) -> float:
    """The nearest instant that the file can hold."""
    return round(time * _TICKS_PER_SECOND) / _TICKS_PER_SECOND


def _delta(ticks: int) -> bytes:
    """A variable-length quantity."""
    out = [ticks & 0x7F]
    while ticks := ticks >> 7:
        out.append(0x80 | (ticks & 0x7F))
    return bytes(reversed(out))


class Tone(NamedTuple):
    """A held note: seconds of its begin and length, MIDI key and velocity."""

    time: float
    length: float
    key: int
    velocity: int


def melody_file(
    tones: Iterable[Tone], program: int, seconds: float, vibrato: Iterable[tuple[float, int]] = ()
) -> bytes:
    """A type 0 file on channel 1 with this instrument (program) that lasts `seconds`.

    Args:
        tones: What is played.
        program: General MIDI program, from 0.
        seconds: Length of the file.
        vibrato: Seconds, and how deep it is from then on (the modulation wheel, 0 to 127).
    """
    events = [(round(at * _TICKS_PER_SECOND), bytes([0xB0, 1, depth])) for at, depth in vibrato]
    for tone in tones:
        ends = round((tone.time + tone.length) * _TICKS_PER_SECOND)
        events.append((round(tone.time * _TICKS_PER_SECOND), bytes([0x90, tone.key, tone.velocity])))
        events.append((ends, bytes([0x80, tone.key, 0])))
    return _file(sorted(events), bytes([0xC0, program]), seconds)

"""The recordings that a sound font (SoundFont 2) plays for the keys of its drum kits or instruments.

Only what names a recording is read: presets of a bank, their zones' key ranges, tuning and velocity ranges.
Envelopes, filters and effects are left out: a recording is heard as it was made, at the pitch of its key.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.errors import AudioError

DRUM_BANK = 128
KEY_RANGE, VELOCITY_RANGE, INSTRUMENT, COARSE, FINE, SAMPLE, SCALE, ROOT = 43, 44, 41, 51, 52, 53, 56, 58
_ZONES = {
    "phdr": [("name", "S20"), ("preset", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "V12")],
    "inst": [("name", "S20"), ("bag", "<u2")],
    "pbag": [("gen", "<u2"), ("mod", "<u2")],
    "ibag": [("gen", "<u2"), ("mod", "<u2")],
    "pgen": [("kind", "<u2"), ("amount", "<i2")],
    "igen": [("kind", "<u2"), ("amount", "<i2")],
    "shdr": [
        ("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop", "<u4", 2), ("rate", "<u4"),
        ("key", "u1"), ("correction", "i1"), ("link", "<u2"), ("type", "<u2"),
    ],
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Recording:
    """One recording as a key plays it.

    Args:
        name: Its name in the font.
        kit: Name of the preset, such as a drum kit.
        key: MIDI key.
        samples: float64 (n,), full scale 1, at its own rate.
        rate: Samples a second that play it at the key's pitch.
    """

    name: str
    kit: str
    key: int
    samples: npt.NDArray[np.float64]
    rate: int


def drum_recordings(path: Path, keys: Mapping[int, Any], velocities: tuple[int, ...]) -> list[Recording]:
    """Every recording that these keys of drum kits play; see `preset_recordings`."""
    return preset_recordings(path, DRUM_BANK, None, keys, velocities)


def preset_recordings(
    path: Path,
    bank: int,
    programs: Collection[int] | None,
    keys: Iterable[int],
    velocities: tuple[int, ...],
) -> list[Recording]:
    """Every recording that these keys play at these velocities, each once in a font; one channel of two.

    Args:
        path: The sound font.
        bank: 0 for instruments, 128 for drum kits.
        programs: Of the bank, from 0; None for all.
        keys: MIDI keys.
        velocities: Of the strokes.

    Raises:
        AudioError: The file is missing or no SoundFont 2.
    """
    keys = tuple(keys)
    try:
        whole = np.memmap(path, np.uint8, "r")
        chunks = dict(_chunks(whole, 12, len(whole)))
        tables: dict[str, Any] = {
            name: np.frombuffer(chunks[name].tobytes(), np.dtype(fields))  # type: ignore[call-overload]
            for name, fields in _ZONES.items()
        }
    except (OSError, ValueError, KeyError, struct.error) as error:
        raise AudioError(f"{path}: cannot read this sound font: {error}. Unpack its package again") from None
    pcm, found = chunks["smpl"], {}
    presets = tables["phdr"]
    chosen = [
        i
        for i in range(len(presets) - 1)
        if presets["bank"][i] == bank and (programs is None or presets["preset"][i] in programs)
    ]
    for preset in sorted(chosen, key=lambda i: int(presets["preset"][i])):
        kit = presets["name"][preset].split(b"\0")[0].decode("latin-1").strip()
        for key in keys:
            for velocity in velocities:
                zone = _zone(tables, preset, key, velocity)
                if zone is not None and zone[SAMPLE] not in found:
                    found[zone[SAMPLE]] = _recording(tables["shdr"][zone[SAMPLE]], pcm, zone, kit, key)
    return list(found.values())


def _recording(
    about: Any, pcm: npt.NDArray[np.uint8], zone: Mapping[int, int], kit: str, key: int
) -> Recording:
    root = zone.get(ROOT, -1)
    root = int(about["key"]) if root < 0 else root
    cents = (key - root) * zone.get(SCALE, 100) + 100 * zone.get(COARSE, 0) + zone.get(FINE, 0)
    rate = round(int(about["rate"]) * 2 ** ((cents + int(about["correction"])) / 1200))
    sound = pcm[2 * int(about["start"]) : 2 * int(about["end"])].tobytes()
    name = about["name"].split(b"\0")[0].decode("latin-1").strip()
    return Recording(name, kit, key, np.frombuffer(sound, "<i2") / 32_768, rate)


def _zone(tables: Mapping[str, Any], preset: int, key: int, velocity: int) -> dict[int, int] | None:
    """The first zone of an instrument that sounds, with the instrument's own defaults beneath."""
    for outer in _zones(tables["phdr"], tables["pbag"], tables["pgen"], preset, INSTRUMENT):
        if _within(outer, key, velocity):
            for inner in _zones(tables["inst"], tables["ibag"], tables["igen"], outer[INSTRUMENT], SAMPLE):
                if _within(inner, key, velocity):
                    return inner
    return None


def _zones(heads: Any, bags: Any, gens: Any, number: int, last: int) -> Iterator[dict[int, int]]:
    """Zones that end in the generator `last`; a first one without it is the others' defaults."""
    defaults: dict[int, int] = {}
    first, end = int(heads["bag"][number]), int(heads["bag"][number + 1])
    for bag in range(first, end):
        part = gens[int(bags["gen"][bag]) : int(bags["gen"][bag + 1])]
        own = dict(zip(part["kind"].tolist(), part["amount"].tolist(), strict=True))
        if last in own:
            yield defaults | own
        elif bag == first:
            defaults = own


def _within(zone: Mapping[int, int], key: int, velocity: int) -> bool:
    """Whether a zone sounds; a range is its lowest and highest value in the bytes of one number."""
    ranges = ((zone.get(KEY_RANGE, 127 << 8), key), (zone.get(VELOCITY_RANGE, 127 << 8), velocity))
    return all((both & 0xFF) <= value <= (both >> 8 & 0xFF) for both, value in ranges)


def _chunks(whole: Any, at: int, end: int) -> Iterator[tuple[str, Any]]:
    """Name and content of every chunk, those of lists too."""
    while at + 8 <= end:
        name, size = struct.unpack("<4sI", whole[at : at + 8].tobytes())
        if name == b"LIST":
            yield from _chunks(whole, at + 12, at + 8 + size)
        else:
            yield name.decode("latin-1"), whole[at + 8 : at + 8 + size]
        at += 8 + size + size % 2

"""Drum clips rendered by fluidsynth from sound fonts, with the measured latency of every key.

Each key of each kit is first rendered alone: that gives its one-shot, its loudness beside the others, and
the time from the MIDI event to the first audible sample (2 % of the peak). A label is the MIDI time plus
that latency; the synthesiser starts voices every 64 samples, so labels are exact to 1.5 ms.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasks.data.clip import MERGE_SECONDS, RATE, Clip, merge
from tasks.data.midi import Note, drum_file, quantised
from tasks.data.mixing import Recipe, lay
from tasks.data.patterns import strikes
from tasks.data.shots import Shot, cut, read_mono
from zoo.errors import ZooError

Float64 = npt.NDArray[np.float64]

FLUIDSYNTH = ("fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.5", "-r", str(RATE))
SPACING = 2.5  # seconds from key to key when measured alone
LOUD, QUIETEST = 110, -30.0  # velocity of the measurement; a key this many dB under the loudest is left out
# The General MIDI percussion keys with one attack: no whistles, scrapes, shakers or vibraslap.
KEYS = (*range(35, 54), 54, 55, 56, 57, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 75, 76, 77, 80, 81)
PROGRAMS = (0, 8, 16, 24, 25, 32)  # standard, room, power, electronic, TR-808, jazz


@dataclass(frozen=True)
class Font:
    """A sound font.

    Args:
        name: Short name, used as the group.
        package: Debian package.
        file: Path below the unpacked package.
        licence: SPDX expression.
        authors: Who made it.
    """

    name: str
    package: str
    file: str
    licence: str
    authors: str

    def path(self, packages: Path) -> Path:
        """Where it lies below the folder of unpacked packages."""
        return packages / self.package / self.file


FONTS = (
    Font("FluidR3", "fluid-soundfont-gm", "usr/share/sounds/sf2/FluidR3_GM.sf2", "MIT", "Frank Wen"),
    Font(
        "TimGM6mb", "timgm6mb-soundfont", "usr/share/sounds/sf2/TimGM6mb.sf2", "GPL-2.0-only", "Tim Brechbill"
    ),
    Font(
        "MuseScore_General_Lite",
        "musescore-general-soundfont-small",
        "usr/share/sounds/sf3/MuseScore_General_Lite.sf3",
        "MIT",
        "Frank Wen, Michael Cowgill, S. Christian Collins",
    ),
)


@dataclass(frozen=True, eq=False)
class Key:
    """A key of a drum kit, measured alone.

    Args:
        number: MIDI key.
        latency: Seconds from the MIDI event to the first audible sample.
        shot: Its sound, scaled beside the kit's loudest key.
    """

    number: int
    latency: float
    shot: Shot


def render(font: Path, midi: bytes) -> Float64:
    """float64 (n,) mono at 44,100 Hz of a MIDI file, without reverb and chorus.

    Raises:
        ZooError: fluidsynth is missing or fails.
    """
    if shutil.which(FLUIDSYNTH[0]) is None:
        raise ZooError(
            "fluidsynth: not found, and rendered clips are made with it. Install it "
            "(Debian: apt install fluidsynth)"
        )
    with tempfile.TemporaryDirectory() as folder:
        song, out = Path(folder, "song.mid"), Path(folder, "out.wav")
        song.write_bytes(midi)
        done = subprocess.run(
            [*FLUIDSYNTH, "-F", str(out), str(font), str(song)], capture_output=True, text=True, check=False
        )
        if done.returncode or not out.is_file():
            raise ZooError(f"fluidsynth: failed on {font}: {done.stderr.strip() or done.returncode}")
        return read_mono(out)


def measure_kit(font: Path, program: int) -> list[Key]:
    """Render every key alone; keep those that are one clear hit and loud enough to matter.

    Raises:
        ZooError: As `render`.
    """
    times = [quantised(0.5 + SPACING * i) for i in range(len(KEYS))]
    notes = [Note(time, key, LOUD) for time, key in zip(times, KEYS, strict=True)]
    sound = render(font, drum_file(notes, program, times[-1] + SPACING))
    pieces = [sound[int(time * RATE) : int((time + SPACING) * RATE)] for time in times]
    peaks = [float(np.abs(piece).max(initial=0.0)) for piece in pieces]
    loudest = max(peaks)
    found: list[Key] = []
    for number, piece, peak in zip(KEYS, pieces, peaks, strict=True):
        if peak <= loudest * 10 ** (QUIETEST / 20):
            continue
        shot = cut(str(number), piece)
        if isinstance(shot, Shot):
            latency = int(np.argmax(np.abs(piece) >= 0.02 * peak)) / RATE
            found.append(Key(number, latency, Shot(shot.name, shot.samples * (peak / loudest))))
    return found


def rendered_clip(
    rng: np.random.Generator, name: str, font: Font, path: Path, program: int, keys: list[Key], recipe: Recipe
) -> Clip:
    """One clip; what would not be heard is not played, as in the mixed clips."""
    length = int(recipe.seconds * RATE)
    plan = strikes(rng, recipe.seconds, len(keys), recipe.softest)
    _, played = lay(plan, [key.shot for key in keys], length, np.zeros(length), chokes=False)
    notes, times = [], []
    for strike in played:
        key, time = keys[strike.shot], quantised(strike.at / RATE)
        # Sound fonts attenuate by 40 log10(127 / velocity) dB.
        notes.append(Note(time, key.number, max(1, round(127 * 10 ** (strike.gain / 40)))))
        times.append(time + key.latency)
    sound = render(path, drum_file(notes, program, recipe.seconds))[:length]
    sound = np.pad(sound, (0, length - len(sound)))
    peak = 10 ** (rng.uniform(*recipe.level) / 20)
    sound = sound * (32_767 * peak / max(1e-9, float(np.abs(sound).max())))
    onsets = merge(np.array(times, np.float64), MERGE_SECONDS)
    return Clip(name, np.rint(sound).astype(np.int16), onsets, font.name, font.licence)

"""Recordings and arrays to int16 mono at the model's rate, and back to files; nothing happens silently."""

from __future__ import annotations

import io
import warnings
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.errors import AudioError

Int16 = npt.NDArray[np.int16]
Float32 = npt.NDArray[np.float32]

MIN_RATE, MAX_RATE = 1_000, 768_000
FULL_SCALE = 32_768  # as files and audio hosts have it: a 16-bit sample as a float is itself over this
_BLOCK_VALUES = 1 << 20


class AudioNote(UserWarning):
    """Something was done to the audio before the model saw it: resampled, mixed down, or clipped."""


class Prepared(NamedTuple):
    """int16 (n,) at the model's rate, and what was done to get there."""

    samples: Int16
    notes: tuple[str, ...]


def prepare_file(path: str | PathLike[str], rate: int) -> Prepared:
    """Read a recording (wav, flac, ogg, aiff, mp3 and what else libsndfile reads) as int16 mono at `rate` Hz.

    16-bit mono files at `rate` pass unchanged. Channels are averaged and other rates resampled, with notes.

    Raises:
        AudioError: The file is missing, unreadable or empty, or holds NaN or Inf.
    """
    samples, found, channels = _read(Path(path))
    notes = [f"{path}: {channels} channels mixed down to one"] if channels > 1 else []
    return _finish(samples, found, rate, notes, str(path))


def prepare_array(samples: npt.NDArray[Any], found: int, rate: int) -> Prepared:
    """int16 or float (n,) at `found` Hz as int16 at `rate` Hz.

    Raises:
        AudioError: No samples, another type or shape, NaN or Inf, or a rate out of range.
    """
    _check_array(samples)
    if samples.dtype != np.int16:
        samples = samples.astype(np.float64) * FULL_SCALE
    return _finish(samples, found, rate, [], "audio")


def to_int16(samples: npt.NDArray[Any]) -> Int16:
    """int16 as it is; floats as `round(x * 32768)`, half to even, clipped to the int16 range.

    Raises:
        AudioError: Another type or shape, NaN or Inf.
    """
    _check_array(samples, empty=True)
    return samples if samples.dtype == np.int16 else _round(samples.astype(np.float64) * FULL_SCALE)


def write_wav(path: str | PathLike[str], samples: Int16, rate: int) -> None:
    """Write int16 (n,) as a 16-bit WAV, whole or not at all.

    Raises:
        OSError: The file cannot be written.
    """
    import soundfile

    from zoo.atomic import write_file

    wav = io.BytesIO()
    soundfile.write(wav, samples, rate, subtype="PCM_16", format="WAV")
    write_file(Path(path), wav.getvalue())


def click_track(samples: Int16, rate: int, times: npt.NDArray[np.float64]) -> Int16:
    """int16 (n,): the recording at half level with a 2 kHz click of 20 ms at each time."""
    length = rate // 50
    t = np.arange(length)
    click = 14_000 * np.sin(2 * np.pi * 2_000 / rate * t) * np.linspace(1, 0, length)
    out = np.zeros(len(samples) + length, np.float64)
    out[: len(samples)] = samples * 0.5
    for start in np.rint(times * rate).astype(np.int64):
        out[start : start + length] += click[: max(0, len(out) - start)]
    return _round(out)


def _read(path: Path) -> tuple[Int16 | Float32, int, int]:
    """Mono samples in int16 units (int16 when the file is 16-bit mono), the rate, the number of channels."""
    import soundfile

    if not path.is_file():
        found = "a folder, not a file" if path.is_dir() else "no such file"
        raise AudioError(f"{path}: {found}. Give the path of a wav, flac, ogg, aiff or mp3 recording")
    try:
        with soundfile.SoundFile(path) as file:
            exact = file.subtype == "PCM_16"
            step = max(1, _BLOCK_VALUES // file.channels)
            blocks = []
            while len(block := file.read(step, dtype="int16" if exact else "float32", always_2d=True)):
                if file.channels == 1 and exact:
                    blocks.append(block[:, 0])
                else:
                    mono = block.mean(axis=1, dtype=np.float64) * (1 if exact else FULL_SCALE)
                    blocks.append(mono.astype(np.float32))
            rate, channels = int(file.samplerate), int(file.channels)
    except (soundfile.SoundFileError, OSError) as error:
        reason = str(error).removeprefix(f"Error opening {str(path)!r}: ").rstrip(".")
        raise AudioError(
            f"{path}: cannot read audio: {reason}. Convert it to wav, flac, ogg, aiff or mp3"
        ) from None
    if not blocks:
        raise AudioError(f"{path}: expected audio, found 0 samples. Record or convert it again")
    return np.concatenate(blocks), rate, channels


def _finish(samples: npt.NDArray[Any], found: int, rate: int, notes: list[str], where: str) -> Prepared:
    """Samples in int16 units -> int16 at `rate`, with notes given as warnings too."""
    if not np.isfinite(samples).all():
        raise AudioError(f"{where}: expected finite samples, found NaN or Inf. Mend the recording")
    if found != rate:
        if not MIN_RATE <= found <= MAX_RATE:
            raise AudioError(f"{where}: sample rate: expected {MIN_RATE} to {MAX_RATE} Hz, found {found}")
        import soxr

        samples = soxr.resample(samples.astype(np.float32), found, rate, quality="HQ")
        notes.append(f"{where}: resampled from {found} Hz to {rate} Hz")
    elif samples.dtype != np.int16:
        clipped = int(np.count_nonzero(np.abs(samples) > FULL_SCALE))
        if clipped:
            notes.append(f"{where}: {clipped} samples beyond -1 to 1 clipped")
    for note in notes:
        warnings.warn(note, AudioNote, stacklevel=4)
    return Prepared(samples if samples.dtype == np.int16 else _round(samples), tuple(notes))


def _check_array(samples: npt.NDArray[Any], empty: bool = False) -> None:
    if samples.ndim != 1:
        raise AudioError(f"audio: expected shape (n,) or (batch, n), found {samples.shape}")
    if samples.dtype != np.int16 and samples.dtype.kind != "f":
        raise AudioError(
            f"audio: expected int16 or float samples, found {samples.dtype}. Convert: floats within -1 to 1"
        )
    if not samples.size and not empty:
        raise AudioError("audio: expected samples, found none")
    if samples.dtype.kind == "f" and not np.isfinite(samples).all():
        raise AudioError("audio: expected finite samples, found NaN or Inf. Mend the recording")


def _round(samples: npt.NDArray[Any]) -> Int16:
    return np.clip(np.rint(samples), -32_768, 32_767).astype(np.int16)

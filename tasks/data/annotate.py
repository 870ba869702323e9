"""Draft labels for real recordings: three detectors, agreement of two within 30 ms, refined to 1 ms.

The detectors are librosa's SuperFlux (ISC), basic-pitch's note onsets (Apache-2.0) and the band-wise rise
detector below. Nothing here knows of any model of this project. The drafts are then checked by eye:
labels/real_loops/README.md says how.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.clip import RATE

Float64 = npt.NDArray[np.float64]

AGREE_SECONDS = 0.030
_MS = RATE // 1000  # 44 samples: a little less than a millisecond
_BANDS = ((30.0, 180.0), (180.0, 900.0), (900.0, 4_000.0), (4_000.0, 16_000.0))
_RISE_DB, _FLOOR_DB = 9.0, -36.0  # over the 25 ms before; under the band's loudest
_SUPERFLUX_DELTA, _PITCH_THRESHOLD = 0.06, 0.30


def superflux(samples: Float64) -> Float64:
    """Seconds of onsets by librosa's SuperFlux, hop 220, backtracked by half its window."""
    import librosa

    hop, window = 220, 1024
    strength = librosa.onset.onset_strength(
        y=samples.astype(np.float32),
        sr=RATE,
        hop_length=hop,
        lag=2,
        max_size=3,
        n_mels=138,
        fmin=27.5,
        fmax=16_000,
        n_fft=window,
        center=True,
    )
    strength = strength / max(1e-9, float(strength.max()))
    peaks = librosa.util.peak_pick(
        strength, pre_max=6, post_max=6, pre_avg=20, post_avg=20, delta=_SUPERFLUX_DELTA, wait=6
    )
    return np.asarray(peaks * hop / RATE, np.float64)


def pitch_onsets(samples: Float64) -> Float64:
    """Seconds of note onsets by basic-pitch's network: peaks of its onset map's maximum over the keys.

    Raises:
        ModuleNotFoundError: basic-pitch or onnxruntime is not installed.
    """
    from importlib.util import find_spec
    from pathlib import Path

    import onnxruntime
    from scipy.signal import find_peaks, resample_poly

    spec = find_spec("basic_pitch")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'basic_pitch'", name="basic_pitch")
    network = onnxruntime.InferenceSession(
        str(Path(spec.origin).parent / "saved_models/icassp_2022/nmp.onnx"),
        providers=["CPUExecutionProvider"],
    )
    window, frames, lead = 43_844, 172, 15
    hop = 256 / 22_050
    audio = np.asarray(resample_poly(samples, 1, 2), np.float32)
    step = int((frames - 2 * lead) * 256)
    padded = np.concatenate([np.zeros(lead * 256, np.float32), audio, np.zeros(window, np.float32)])
    pieces = []
    for start in range(0, len(audio) + 1, step):
        piece = padded[start : start + window]
        piece = np.pad(piece, (0, window - len(piece)))[None, :, None]
        maps: list[Any] = network.run(None, {network.get_inputs()[0].name: piece})
        names = [output.name for output in network.get_outputs()]
        onset = next(m for m, n in zip(maps, names, strict=True) if n.endswith(":2"))
        pieces.append(onset[0, lead : frames - lead].max(axis=1))
    curve = np.concatenate([[0.0], *pieces])
    peaks, _ = find_peaks(curve, height=_PITCH_THRESHOLD, distance=3)
    return np.asarray((peaks - 1) * hop, np.float64)


def rises(samples: Float64) -> Float64:
    """Seconds where a band's level (2 ms) first stands 9 dB over the loudest of the 25 ms before."""
    found: list[float] = []
    for level in band_levels(samples):
        floor = level.max() + _FLOOR_DB
        quiet = -10
        for i in range(len(level)):
            before = level[max(0, i - 25) : max(1, i - 1)].max() if i else -200.0
            if level[i] > floor and level[i] > before + _RISE_DB:
                if i - quiet > 20:
                    found.append(i * _MS / RATE)
                quiet = i
    out: list[float] = []
    for time in sorted(found):
        if not out or time - out[-1] > AGREE_SECONDS:
            out.append(time)
    return np.array(out)


def band_levels(samples: Float64) -> list[Float64]:
    """DB each millisecond, over the 2 ms that follow, of each band."""
    from scipy.signal import butter, sosfilt

    levels = []
    for low, high in _BANDS:
        band = sosfilt(butter(2, [low, high], "bandpass", fs=RATE, output="sos"), samples)
        power = np.concatenate([np.asarray(band) ** 2, np.zeros(2 * _MS)])
        total = np.concatenate([[0.0], np.cumsum(power)])
        starts = np.arange(0, len(samples), _MS)
        levels.append(10 * np.log10((total[starts + 2 * _MS] - total[starts]) / (2 * _MS) + 1e-10))
    return levels


def agreed(votes: dict[str, Float64]) -> list[tuple[float, tuple[str, ...]]]:
    """Median time of each cluster of votes within 30 ms that two or more detectors share, and theirs."""
    every = sorted((time, name) for name, times in votes.items() for time in times.tolist())
    out: list[tuple[float, tuple[str, ...]]] = []
    i = 0
    while i < len(every):
        j = i
        while j < len(every) and every[j][0] - every[i][0] <= AGREE_SECONDS:
            j += 1
        names = tuple(sorted({name for _, name in every[i:j]}))
        if len(names) >= 2:
            out.append((float(np.median([time for time, _ in every[i:j]])), names))
            i = j
        else:
            i += 1
    return out


def refine(samples: Float64, time: float) -> float:
    """The start of the energy rise near `time`, in whole milliseconds.

    In each band, the steepest millisecond from 35 ms before to 20 ms after is walked back to where the level
    stands 3 dB over what was before. The label is the earliest of these starts among the bands that rise by
    at least 8 dB and half as much as the steepest one, and start within 15 ms of it.
    """
    starts = []
    for level in band_levels(samples):
        found = _steepest(level, round(time * RATE / _MS))
        if found is not None:
            starts.append(found)
    if not starts:
        return round(time, 3)
    most, where = max(starts)
    first = min(start for rise, start in starts if rise >= max(8.0, most / 2) and abs(start - where) <= 15)
    # A level is over the 2 ms that follow, so the sound starts within them: take the later millisecond.
    return round((first + 1) * _MS / RATE, 3)


def _steepest(level: Float64, centre: int) -> tuple[float, int] | None:
    """Largest rise (dB over the loudest of the 20 ms before) near a millisecond, and where it starts."""
    floor = float(level.max()) - 45
    best: tuple[float, int] | None = None
    for i in range(max(3, centre - 35), min(len(level), centre + 20)):
        before = max(float(level[max(0, i - 20) : i - 1].max(initial=-100.0)), floor)
        rise = float(level[i]) - before
        if rise >= 8 and (best is None or rise > best[0]):
            start = i
            while i - start < 12 and level[start - 1] > before + 3:
                start -= 1
            best = rise, start
    return best


def draft(samples: npt.NDArray[np.int16]) -> dict[str, Any]:
    """Every detector's times and the agreed, refined ones, in milliseconds."""
    audio = samples / 32_768
    audio = np.concatenate([np.zeros(4410), audio])  # so that a hit at the very start has a before
    lead = 4410 / RATE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        votes = {"superflux": superflux(audio), "basic-pitch": pitch_onsets(audio), "rises": rises(audio)}
    times = [
        {"ms": round((refine(audio, time) - lead) * 1000), "votes": list(names)}
        for time, names in agreed(votes)
    ]
    rounded = {name: [round((t - lead) * 1000) for t in found.tolist()] for name, found in votes.items()}
    return {"detectors_ms": rounded, "agreed": times}


def corrected(agreed_ms: Sequence[int], corrections: Sequence[dict[str, Any]]) -> list[int]:
    """Draft labels after the changes made by eye: moved, added and removed ones, doubles within 30 ms merged.

    Raises:
        ValueError: A correction names a label that the draft does not have.
    """
    labels = set(agreed_ms)
    for change in corrections:
        old, new = change["from_ms"], change["to_ms"]
        if old is not None:
            if old not in labels:
                raise ValueError(f"labels: a correction of {old} ms, which the draft does not have")
            labels.remove(old)
        if new is not None:
            labels.add(new)
    out: list[int] = []
    for ms in sorted(labels):
        if not out or ms - out[-1] >= round(AGREE_SECONDS * 1000):
            out.append(ms)
    return out

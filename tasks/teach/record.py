"""Takes from a microphone, kept as WAV in the folder of examples they belong to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.teach.examples import SILENT
from zoo.audio import write_wav
from zoo.errors import MissingExtraError, ZooError

Int16 = npt.NDArray[np.int16]

BLOCK = 2_048
FULL = 32_767


def record_takes(
    folder: Path,
    classes: list[str],
    seconds: float,
    rate: int,
    ask: Callable[[str], object],
    say: Callable[[str], None],
    level: Callable[[float, float], None] = lambda done, peak: None,
) -> list[Path]:
    """Record one take for each class; each is written when it ends, `folder/<class>/take-<n>.wav`.

    Args:
        folder: Of the examples; made where it is not there.
        classes: Names of sub-folders.
        seconds: Length of a take.
        rate: Samples a second.
        ask: Shows a line and waits until the player is ready.
        say: Shows a line.
        level: Told the seconds recorded so far, and the peak of the last block as a share of full scale.

    Raises:
        MissingExtraError: sounddevice is not installed.
        ZooError: A name is no name of a folder, there is no PortAudio or no microphone, or a take is silent.
    """
    for name in classes:
        if not name.strip() or "/" in name or name.startswith(".") or not name.isprintable():
            raise ZooError(f"--record {name!r}: expected the name of a class, such as kick")
    device = _sounddevice()
    written = []
    for name in classes:
        ask(f"{name}: press Enter, then play it again and again for {seconds:g} s")
        take, lost = _take(device, round(seconds * rate), rate, level)
        if lost:
            say(f"{name}: the computer was too slow and lost some samples; other programs may be busy")
        if int(np.abs(take.astype(np.int32)).max(initial=0)) < SILENT:
            raise ZooError(f"{name}: nothing was heard. Choose and turn up the microphone, then record again")
        path = _next(folder / name)
        write_wav(path, take, rate)
        say(f"{path}: {seconds:g} s")
        written.append(path)
    return written


def _take(device: Any, samples: int, rate: int, level: Callable[[float, float], None]) -> tuple[Int16, bool]:
    """int16 (samples,) from the default microphone, and whether the system dropped some."""
    blocks, done, lost = [], 0, False
    try:
        with device.InputStream(samplerate=rate, channels=1, dtype="int16") as stream:
            while done < samples:
                block, overflowed = stream.read(min(BLOCK, samples - done))
                blocks.append(block[:, 0].copy())
                done, lost = done + len(block), lost or bool(overflowed)
                level(done / rate, int(np.abs(block.astype(np.int32)).max(initial=0)) / FULL)
    except device.PortAudioError as error:
        raise ZooError(
            f"microphone: {error}. Plug one in, or record by other means and give the folder of recordings"
        ) from None
    return np.concatenate(blocks), lost


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ModuleNotFoundError:
        raise MissingExtraError(
            "zoo teach --record needs sounddevice: pip install 'difflogic-zoo[record]'. Without it, record "
            "by other means and give the folder of recordings"
        ) from None
    except OSError as error:  # the package is there, the system's library is not
        raise ZooError(f"zoo teach --record: {error}. Install PortAudio (Debian: libportaudio2)") from None
    return sounddevice


def _next(folder: Path) -> Path:
    """The first take that is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while (folder / f"take-{number}.wav").exists():
        number += 1
    return folder / f"take-{number}.wav"

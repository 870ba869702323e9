"""The test sets that come with the package: FLAC, labels and licences, read without network or cache.

`testsets/<task>/manifest.json` lists each clip with the digest of its samples and labels. Beside the audio,
`labels.json` holds the onset times (seconds, to the microsecond) and `classes.json` the int16 labels, where
there are any; a clip's target is one more FLAC, `<name>.target.flac`, and `teacher.npz` holds what a teacher
said of each clip.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.clip import RATE, Clip
from tasks.data.store import MANIFEST, entry, read_manifest
from zoo.atomic import write_file
from zoo.errors import ZooError

ROOT = Path(__file__).parent / "testsets" / "onset"
LABELS, CLASSES, TEACHER = "labels.json", "classes.json", "teacher.npz"


@cache
def shipped_sets(root: Path = ROOT) -> dict[str, list[dict[str, Any]]]:
    """Set -> the manifest's clips; empty where the test sets were left out of an installation."""
    manifest = read_manifest(root)
    return {} if manifest is None else dict(manifest["sets"])


def read_set(name: str, root: Path = ROOT) -> list[Clip]:
    """The clips of a shipped set, each checked against its digest.

    Raises:
        ZooError: A file is missing or damaged.
    """
    times = _read_json(root / name / LABELS)
    classes = _read_json(root / name / CLASSES) if (root / name / CLASSES).exists() else {}
    teacher = _read_arrays(root / name / TEACHER) if (root / name / TEACHER).exists() else {}
    clips = []
    for about in shipped_sets(root)[name]:
        own, path = about["name"], root / name / f"{about['name']}.flac"
        target = path.with_name(f"{own}.target.flac")
        rate = about.get("rate", RATE)
        clip = Clip(
            own,
            _read_flac(path, rate),
            np.array(times[own], np.float64),
            about["group"],
            about["licence"],
            np.array(classes[own], np.int16) if own in classes else None,
            _read_flac(target, rate) if target.exists() else None,
            rate,
            teacher.get(own),
        )
        if clip.digest() != about["sha256"]:
            raise ZooError(f"{path}: not the clip of the manifest. Install the package again")
        clips.append(clip)
    return clips


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ZooError(f"{path}: cannot read: {error}. Install the package again") from None


def _read_arrays(path: Path) -> dict[str, npt.NDArray[np.int16]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise ZooError(f"{path}: cannot read: {error}. Install the package again") from None


def _read_flac(path: Path, rate: int) -> npt.NDArray[np.int16]:
    import soundfile

    try:
        samples, found = soundfile.read(path, dtype="int16")
    except (soundfile.SoundFileError, OSError) as error:
        raise ZooError(f"{path}: cannot read: {error}. Install the package again") from None
    if found != rate:
        raise ZooError(f"{path}: not the clip of the manifest. Install the package again")
    result: npt.NDArray[np.int16] = samples
    return result


def write_sets(sets: Mapping[str, Sequence[Clip]], root: Path = ROOT) -> None:
    """Write test sets and their manifest; the licence texts beside them stay as they are."""
    for name, clips in sets.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for clip in clips:
            _write_flac(root / name / f"{clip.name}.flac", clip.samples, clip.rate)
            if clip.target is not None:
                _write_flac(root / name / f"{clip.name}.target.flac", clip.target, clip.rate)
        _write_json(root / name / LABELS, {clip.name: clip.onsets.tolist() for clip in clips})
        classes = {clip.name: clip.labels.tolist() for clip in clips if clip.labels is not None}
        if classes:
            _write_json(root / name / CLASSES, classes)
        taught = {clip.name: clip.teacher for clip in clips if clip.teacher is not None}
        if taught:
            arrays = io.BytesIO()
            np.savez_compressed(arrays, allow_pickle=False, **taught)
            write_file(root / name / TEACHER, arrays.getvalue())
    rate = next(iter(sets.values()))[0].rate
    content = {"rate": rate, "sets": {name: [entry(clip) for clip in clips] for name, clips in sets.items()}}
    write_file(root / MANIFEST, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    shipped_sets.cache_clear()


def _write_flac(path: Path, samples: npt.NDArray[np.int16], rate: int) -> None:
    import soundfile

    flac = io.BytesIO()
    soundfile.write(flac, samples, rate, format="FLAC", subtype="PCM_16", compression_level=1.0)
    write_file(path, flac.getvalue())


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    """One clip a line."""
    rows = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in values.items()]
    write_file(path, "{\n" + ",\n".join(rows) + "\n}\n")

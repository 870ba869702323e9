"""The test sets that come with the package: FLAC, labels and licences, read without network or cache.

`testsets/onset/manifest.json` lists each clip with the digest of its samples and labels; onset times lie
beside the audio in `labels.json`, seconds, to the microsecond.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tasks.data.clip import RATE, Clip
from tasks.data.store import MANIFEST, entry, read_manifest
from zoo.atomic import write_file
from zoo.errors import ZooError

ROOT = Path(__file__).parent / "testsets" / "onset"
LABELS = "labels.json"


@cache
def shipped_sets() -> dict[str, list[dict[str, Any]]]:
    """Set -> the manifest's clips; empty where the test sets were left out of an installation."""
    manifest = read_manifest(ROOT)
    return {} if manifest is None else dict(manifest["sets"])


def read_set(name: str) -> list[Clip]:
    """The clips of a shipped set, each checked against its digest.

    Raises:
        ZooError: A file is missing or damaged.
    """
    import soundfile

    times = json.loads((ROOT / name / LABELS).read_text(encoding="utf-8"))
    clips = []
    for about in shipped_sets()[name]:
        path = ROOT / name / f"{about['name']}.flac"
        try:
            samples, rate = soundfile.read(path, dtype="int16")
        except (soundfile.SoundFileError, OSError) as error:
            raise ZooError(f"{path}: cannot read: {error}. Install the package again") from None
        onsets = np.array(times[about["name"]], np.float64)
        clip = Clip(about["name"], samples, onsets, about["group"], about["licence"])
        if rate != RATE or clip.digest() != about["sha256"]:
            raise ZooError(f"{path}: not the clip of the manifest. Install the package again")
        clips.append(clip)
    return clips


def write_sets(sets: Mapping[str, Sequence[Clip]], root: Path = ROOT) -> None:
    """Write test sets and their manifest; the licence texts beside them stay as they are."""
    import soundfile

    for name, clips in sets.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for clip in clips:
            flac = io.BytesIO()
            soundfile.write(flac, clip.samples, RATE, format="FLAC", subtype="PCM_16", compression_level=1.0)
            write_file(root / name / f"{clip.name}.flac", flac.getvalue())
        rows = [f" {json.dumps(clip.name)}: {json.dumps(clip.onsets.tolist())}" for clip in clips]
        write_file(root / name / LABELS, "{\n" + ",\n".join(rows) + "\n}\n")
    content = {"rate": RATE, "sets": {name: [entry(clip) for clip in clips] for name, clips in sets.items()}}
    write_file(root / MANIFEST, json.dumps(content, indent=1, ensure_ascii=False) + "\n")

"""Helpers for tests that damage model folders."""

import hashlib
import json
from pathlib import Path

import pytest

from zoo import ModelError
from zoo.folder import load_folder


def put(folder: Path, name: str, data: bytes) -> None:
    """Write a file and enter it in the manifest: what a careful attacker would do."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def refused(folder: Path, *parts: str) -> None:
    """Loading raises one ModelError of one line that holds all parts and says how to mend it."""
    with pytest.raises(ModelError) as caught:
        load_folder(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 1_500
    for part in parts:
        assert part in message
    assert caught.value.mend
    assert message.endswith(caught.value.mend)

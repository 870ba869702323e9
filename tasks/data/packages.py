"""Debian packages as a source of recordings: fetched by name and unpacked, no root needed."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from zoo.errors import ZooError

ROOM_BYTES = 1_500_000_000  # packages, their unpacked files, and the clips
_DIGESTS = "sources.json"
_MEND = "Give a folder of the unpacked packages with --packages"


def fetch(folder: Path, packages: Sequence[str], say: Callable[[str], None] = lambda message: None) -> Path:
    """Unpack every package that is not there yet as `folder/<package>/usr/...`, and give `folder`.

    A package appears whole or not at all.

    Raises:
        ZooError: There is no apt-get or dpkg, a download fails, or the disk is too full.
    """
    missing = [name for name in packages if not (folder / name).is_dir()]
    if not missing:
        return folder
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise ZooError(
                f"zoo data build: {tool} not found, and recordings come from Debian packages. {_MEND} (they "
                f"are {', '.join(missing)}; `dpkg -x` or `bsdtar` unpack a .deb)"
            )
    folder.mkdir(parents=True, exist_ok=True)
    check_room(folder, ROOM_BYTES)
    for name in missing:
        say(f"fetching {name}")
        with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=folder) as work:
            _run(name, "download", ["apt-get", "download", "-q", name], Path(work))
            (package,) = Path(work).glob(f"{name}_*.deb")
            _run(name, "unpack", ["dpkg", "-x", str(package), str(Path(work, "whole"))], Path(work))
            Path(work, "whole").rename(folder / name)
    return folder


def check_room(folder: Path, needed: int) -> None:
    """Refuse to start what the disk cannot hold.

    Raises:
        ZooError: Fewer than `needed` bytes are free.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ZooError(
            f"{folder}: {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free. Make room, or choose "
            f"another disk with --out or ZOO_CACHE"
        )


def check_sources(
    task: str, folder: Path, packages: Sequence[str], sources: Mapping[str, Sequence[Path]]
) -> None:
    """Compare every recording that is used with the digests this release was made from.

    Args:
        task: Whose items in `sources.json`.
        folder: Holds `<package>/usr/...`.
        packages: That are needed.
        sources: The files of every item.

    Raises:
        ZooError: A package is missing, or its files are others.
    """
    expected = json.loads(files("tasks.data").joinpath(_DIGESTS).read_text(encoding="utf-8"))[task]
    for name in packages:
        if not (folder / name / "usr").is_dir():
            raise ZooError(
                f"{folder}: no {name}/usr. Unpack the package there: `apt-get download {name} && dpkg -x "
                f"{name}_*.deb {name}`"
            )
    for item, paths in sources.items():
        if files_digest(paths) != expected[item]["sha256"]:
            package, version = expected[item]["package"], expected[item]["version"]
            raise ZooError(
                f"{folder / package}: {item}: its files are not those of {package} {version}. Delete "
                f"{folder / package} and unpack that version"
            )


def files_digest(paths: Sequence[Path]) -> str:
    """SHA-256 (hex) over names and contents of files, in this order.

    Raises:
        ZooError: A file is missing.
    """
    sha = hashlib.sha256()
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ZooError(f"{path}: {error.strerror or error}. Unpack its package again") from None
        sha.update(f"{path.name}\0{len(content)}\0".encode())
        sha.update(content)
    return sha.hexdigest()


def _run(package: str, step: str, command: Sequence[str], cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.strip().splitlines() if line.startswith("E:")] or [
            done.stderr.strip()
        ]
        raise ZooError(
            f"zoo data build: cannot {step} {package}: {lines[-1]}. Check the network and that the package "
            f"is in this system's sources. {_MEND}"
        )

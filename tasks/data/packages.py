"""Debian packages as a source of recordings: fetched by name and unpacked, no root needed."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

from tasks.data.kits import KITS
from tasks.data.loops import LOOPS
from tasks.data.render import FONTS
from zoo.errors import ZooError

PACKAGES = tuple(dict.fromkeys(item.package for item in (*KITS, *FONTS, *LOOPS)))
ROOM_BYTES = 1_500_000_000  # packages, their unpacked files, and the clips
_DIGESTS = "sources.json"
_MEND = "Give a folder of the unpacked packages with --packages"


def fetch(folder: Path, say: Callable[[str], None] = lambda message: None) -> Path:
    """Unpack every package that is not there yet as `folder/<package>/usr/...`, and give `folder`.

    A package appears whole or not at all.

    Raises:
        ZooError: There is no apt-get or dpkg, a download fails, or the disk is too full.
    """
    missing = [name for name in PACKAGES if not (folder / name).is_dir()]
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


def check_sources(folder: Path) -> None:
    """Compare every recording that is used with the digests this release was made from.

    Raises:
        ZooError: A package is missing, or its files are others.
    """
    expected = json.loads(files("tasks.data").joinpath(_DIGESTS).read_text(encoding="utf-8"))
    for name in PACKAGES:
        if not (folder / name / "usr").is_dir():
            raise ZooError(
                f"{folder}: no {name}/usr. Unpack the package there: `apt-get download {name} && dpkg -x "
                f"{name}_*.deb {name}`"
            )
    for item, found in source_digests(folder).items():
        if found != expected[item]["sha256"]:
            package, version = expected[item]["package"], expected[item]["version"]
            raise ZooError(
                f"{folder / package}: {item}: its files are not those of {package} {version}. Delete "
                f"{folder / package} and unpack that version"
            )


def source_digests(folder: Path) -> dict[str, str]:
    """Item (kit, font or loop) -> SHA-256 (hex) over the names and contents of its files."""
    kits = {kit.folder: sorted(p for p in kit.path(folder).glob("*") if p.is_file()) for kit in KITS}
    single = {item.name: [item.path(folder)] for item in (*FONTS, *LOOPS)}
    return {name: _digest(paths) for name, paths in {**kits, **single}.items()}


def _digest(paths: Sequence[Path]) -> str:
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

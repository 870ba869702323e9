"""The index of bundled models: id -> folder, digests, task, targets and one line."""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.errors import ModelError, UnknownModelError

if TYPE_CHECKING:
    from zoo.model import Model

MODELS = Path(__file__).parent / "models"
INDEX = MODELS / "index.json"


@dataclass(frozen=True)
class Entry:
    """One bundled model.

    Args:
        id: `namespace/name`.
        task: `name@version`, or None.
        targets: Where it has been shown to run: `host`, `cortex-a8`.
        gates: Number of gates.
        circuit_sha256: The circuit's digest.
        manifest_sha256: SHA-256 of the folder's `manifest.json`, so the index pins every file.
        summary: One line.
    """

    id: str
    task: str | None
    targets: tuple[str, ...]
    gates: int
    circuit_sha256: str
    manifest_sha256: str
    summary: str

    @property
    def folder(self) -> Path:
        """Where the model lies in this installation."""
        return MODELS / self.id


def entries(index: Path = INDEX) -> dict[str, Entry]:
    """Every bundled model by id, in the order of the ids."""
    rows = json.loads(index.read_text("utf-8")) if index.is_file() else []
    return {row["id"]: Entry(**{**row, "targets": tuple(row["targets"])}) for row in rows}


def list_models(pattern: str = "*", *, task: str | None = None, target: str | None = None) -> list[str]:
    """Ids of bundled models.

    Args:
        pattern: Shell pattern on the id, such as `*gates*`.
        task: `onset` or `onset@1`.
        target: Only models shown to run there, such as `cortex-a8`.
    """
    return [
        entry.id
        for entry in entries().values()
        if fnmatchcase(entry.id, pattern)
        and (task is None or task in (entry.task, (entry.task or "").partition("@")[0]))
        and (target is None or target in entry.targets)
    ]


def find_folder(id_or_path: str | PathLike[str]) -> Path:
    """The folder of a bundled id, or the path itself.

    A bundled id wins over a folder of the same name; write `./namespace/name` for the folder.

    Raises:
        UnknownModelError: Neither an id nor a folder.
    """
    entry = entries().get(str(id_or_path))
    if entry is not None:
        return entry.folder
    path = Path(id_or_path)
    if not path.is_dir():
        close = difflib.get_close_matches(str(id_or_path), list(entries()), n=3, cutoff=0.4)
        known = f"Did you mean {' or '.join(close)}?" if close else "See `zoo list` for the ids."
        raise UnknownModelError(
            f"{id_or_path}: no bundled model has this id and no folder this path. {known}"
        )
    return path


def load(id_or_path: str | PathLike[str]) -> Model:
    """Load a bundled model by id, or any model folder by path, checking all of it.

    Raises:
        UnknownModelError: Neither an id nor a folder; names the nearest ids.
        ModelError: The folder is refused.
    """
    from zoo.folder import MANIFEST, load_folder

    folder = find_folder(id_or_path)
    entry = entries().get(str(id_or_path))
    if entry is not None and (folder / MANIFEST).is_file():
        found = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
        if found != entry.manifest_sha256:
            raise ModelError(
                folder / MANIFEST,
                "SHA-256",
                f"{entry.manifest_sha256} (index)",
                found,
                "Install difflogic-zoo again.",
            )
    return load_folder(folder)


def bundle(folder: str | PathLike[str], id: str, targets: tuple[str, ...], models: Path = MODELS) -> Entry:
    """Copy a model folder into the package under an id, and enter it in the index (for maintainers).

    Args:
        folder: A model folder, such as `zoo train` makes.
        id: `namespace/name`; the config and the card are made anew with it.
        targets: Where `zoo verify` has shown it to run.
        models: The folder that holds the index.

    Raises:
        ModelError: The folder is refused.
    """
    from zoo.atomic import write_file
    from zoo.config import Config
    from zoo.folder import MANIFEST, load_folder, read_files, write_files

    model = load_folder(folder)
    config = Config.model_validate({**model.config.model_dump(), "id": id})
    files = {**read_files(Path(folder)), "config.json": config.to_json().encode()}
    manifest = write_files(models / id, config, files) / MANIFEST
    entry = Entry(
        id=id,
        task=config.task,
        targets=targets,
        gates=model.circuit.n_gates,
        circuit_sha256=model.circuit.digest(),
        manifest_sha256=hashlib.sha256(manifest.read_bytes()).hexdigest(),
        summary=config.summary,
    )
    rows = {**entries(models / "index.json"), id: entry}
    write_file(
        models / "index.json", json.dumps([asdict(rows[key]) for key in sorted(rows)], indent=2) + "\n"
    )
    return entry

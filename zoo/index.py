"""The index: id -> digests, task, targets, one line, and where the model is published.

One comes with this package, with the models themselves. A newer one (`zoo index refresh`) may add models and
later commits of those that it added; what an id of this package means changes with the package alone.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from zoo.errors import HubError, ModelError, UnknownModelError, ZooError

if TYPE_CHECKING:
    from zoo.hub.get import Extras
    from zoo.model import Model

MODELS = Path(__file__).parent / "models"
INDEX = MODELS / "index.json"

Where = Literal["bundled", "cached", "hub"]


@dataclass(frozen=True)
class Entry:
    """One model.

    Args:
        id: `namespace/name`.
        task: `name@version`, or None.
        targets: Where it has been shown to run: `host`, `cortex-a8`.
        gates: Number of gates.
        circuit_sha256: The circuit's digest.
        manifest_sha256: SHA-256 of the folder's `manifest.json`, so the index pins every file.
        summary: One line.
        repo: The repository it is published in, or None.
        commit: The commit of that repository that holds it, or None.
    """

    id: str
    task: str | None
    targets: tuple[str, ...]
    gates: int
    circuit_sha256: str
    manifest_sha256: str
    summary: str
    repo: str | None = None
    commit: str | None = None

    @property
    def folder(self) -> Path:
        """Where a bundled model lies in this installation."""
        return MODELS / self.id

    @property
    def where(self) -> Where:
        """Whether the model came with this package, is in the cache, or only on the hub."""
        if self.id in entries():
            return "bundled"
        from zoo.hub.cache import HubCache

        return "cached" if HubCache().find(self.manifest_sha256) else "hub"


def entries(index: Path = INDEX) -> dict[str, Entry]:
    """Every bundled model by id, in the order of the ids."""
    rows = json.loads(index.read_text("utf-8")) if index.is_file() else []
    return {row["id"]: Entry(**{**row, "targets": tuple(row["targets"])}) for row in rows}


def catalogue() -> dict[str, Entry]:
    """Every model of the bundled index and of the refreshed one, by id, in the order of the ids.

    Where both know an id, the bundled entry counts; for the same model, the other says where it is published.

    Raises:
        ModelError: The refreshed index is damaged.
    """
    bundled, refreshed = entries(), _refreshed()
    both = {**refreshed, **bundled}
    for id, entry in bundled.items():
        newer = refreshed.get(id)
        if newer is not None and newer.manifest_sha256 == entry.manifest_sha256:
            both[id] = replace(entry, repo=newer.repo, commit=newer.commit)
    return {id: both[id] for id in sorted(both)}


def newer_of(id: str) -> Entry | None:
    """Another model that the refreshed index has under the id of a bundled one, to be had by its commit."""
    bundled, newer = entries().get(id), _refreshed().get(id)
    if bundled is None or newer is None or newer.manifest_sha256 == bundled.manifest_sha256:
        return None
    return newer


def _refreshed() -> dict[str, Entry]:
    from zoo.hub.index_file import read_refreshed

    return read_refreshed()


def list_models(
    pattern: str = "*", *, task: str | None = None, target: str | None = None, where: Where | None = None
) -> list[str]:
    """Ids of the models in the index; no network is used.

    Args:
        pattern: Shell pattern on the id, such as `*gates*`.
        task: `onset` or `onset@1`.
        target: Only models shown to run there, such as `cortex-a8`.
        where: Only those that are `bundled`, or `cached`, or on the `hub` alone.
    """
    return [
        entry.id
        for entry in catalogue().values()
        if fnmatchcase(entry.id, pattern)
        and (task is None or task in (entry.task, (entry.task or "").partition("@")[0]))
        and (target is None or target in entry.targets)
        and (where is None or where == entry.where)
    ]


def find_folder(
    id_or_path: str | PathLike[str],
    revision: str | None = None,
    *,
    offline: bool | None = None,
    token: str | None = None,
    extras: Extras | None = None,
) -> Path:
    """The folder of a model: bundled, at a path, in the cache, or got from the hub.

    A bundled id wins over a folder of the same name; write `./namespace/name` for the folder. A folder wins
    over what is on the hub.

    Args:
        id_or_path: `owner/name`, `owner/name@revision`, or the path of a folder.
        revision: A tag, a branch or a commit of the repository; None for the one in the index, or `main`.
        offline: As of `load`.
        token: For private repositories; from the environment when None.
        extras: Files to get besides, from a hub.

    Raises:
        UnknownModelError: Neither an id nor a folder; names the nearest ids.
        HubError: The hub does not give it.
        ModelError: It is refused.
    """
    from zoo.hub.names import split_id

    text = str(id_or_path)
    if text not in entries() and Path(text).is_dir():
        if revision is not None:
            raise ZooError(f"{text}: a folder has no revision {revision}. Leave it out.")
        return Path(text)
    id, written = split_id(text)
    if written is not None and revision not in (None, written):
        raise ZooError(f"{text}: expected one revision, found {revision} as well. Leave one out.")
    wanted = written if revision is None else revision
    bundled = entries().get(id)
    if bundled is not None and wanted in (None, bundled.commit):
        return _bundled_folder(bundled)
    if not isinstance(id_or_path, str):
        raise UnknownModelError(f"{text}: no folder has this path. Give the id of a model as text.")
    return _hub_folder(id, wanted, offline=offline, token=token, extras=extras)


def _bundled_folder(entry: Entry) -> Path:
    """The folder of a bundled model, if its manifest is the one in the index."""
    from zoo.manifest import MANIFEST

    manifest = entry.folder / MANIFEST
    if manifest.is_file():
        found = hashlib.sha256(manifest.read_bytes()).hexdigest()
        if found != entry.manifest_sha256:
            expected = f"{entry.manifest_sha256} (index)"
            raise ModelError(manifest, "SHA-256", expected, found, "Install difflogic-zoo again.")
    return entry.folder


def _hub_folder(id: str, revision: str | None, **how: Any) -> Path:
    """The folder of a model that the index knows, at its commit there or at another revision."""
    from zoo.hub.get import fetch
    from zoo.hub.names import RepoId
    from zoo.hub.trust import check_policy, read_signature
    from zoo.manifest import MANIFEST

    known = [entry for entry in (catalogue().get(id), newer_of(id)) if entry is not None]
    if not known:
        return _unlisted_folder(id, revision, **how)
    published = [entry for entry in known if entry.repo is not None and entry.commit is not None]
    if not published:
        mend = "" if revision is None else f" Leave out the revision {revision}."
        raise UnknownModelError(f"{id}: this model is not published.{mend}")
    entry = next((entry for entry in published if entry.commit == revision), published[0])
    pin = entry.manifest_sha256 if revision in (None, entry.commit) else None
    bundled = entries().get(id)
    if bundled is not None and pin == bundled.manifest_sha256:
        return _bundled_folder(bundled)
    where = RepoId.parse(str(entry.repo)), revision or str(entry.commit)
    folder = fetch(*where, manifest_sha256=pin, **how)
    # The id's namespace counts as well as the repository's: an index may name another's.
    check_policy((folder / MANIFEST).read_bytes(), read_signature(folder), id.partition("/")[0])
    return folder


def _unlisted_folder(id: str, revision: str | None, **how: Any) -> Path:
    """The folder of a model that only a hub knows."""
    from zoo.hub.get import fetch
    from zoo.hub.names import RepoId
    from zoo.hub.notes import note

    unknown = f"{id}: no bundled model has this id and no folder this path."
    close = difflib.get_close_matches(id, list(catalogue()), n=3, cutoff=0.4)
    mend = f"Did you mean {' or '.join(close)}?" if close else "See `zoo list` for the ids."
    try:
        repo = RepoId.parse(id)
    except ZooError:
        raise UnknownModelError(f"{unknown} {mend}") from None
    try:
        folder = fetch(repo, revision or "main", **how)
    except HubError as error:
        if error.kind in ("missing", "offline"):
            raise UnknownModelError(f"{unknown} {error} {mend}") from None
        if error.kind == "unreachable":
            raise HubError(f"{unknown} {error} {mend}", error.kind) from None
        raise
    note(f"{id} is not in the zoo's index: nobody there vouches for it.")
    return folder


def load(
    id_or_path: str | PathLike[str],
    revision: str | None = None,
    offline: bool | None = None,
    *,
    token: str | None = None,
) -> Model:
    """Load a model, checking all of it: a folder, a bundled one, or one of a hub.

    What comes from a hub is kept in the cache and needs no network from then on. The hub is the one of
    `HF_ENDPOINT` (the Hugging Face Hub if unset); `HF_TOKEN`, `HF_HOME` and `HF_HUB_OFFLINE` count as well.

    Args:
        id_or_path: `owner/name`, `owner/name@revision`, or the path of a folder.
        revision: A tag, a branch or a commit; None for the commit in the index, else `main`.
        offline: True: no network is used. False: a tag or branch that cannot be looked up is an error. None:
            then what it was when last looked up will do, with a note (a `HubNote` warning).
        token: For private repositories; from the environment when None.

    Raises:
        UnknownModelError: Neither an id nor a folder; names the nearest ids.
        HubError: The hub does not give it; the message says why, and what the cache has.
        ModelError: It is refused.
        SignatureError: Its owner signs, and this is not signed so.
    """
    return load_found(find_folder(id_or_path, revision, offline=offline, token=token))


def load_found(folder: Path) -> Model:
    """Load a folder that `find_folder` gave.

    Raises:
        ModelError: It is refused; where it lies in the cache, the message says how to get it again.
    """
    from zoo.cache import cache_folder
    from zoo.folder import load_folder

    if not folder.is_relative_to(cache_folder().absolute()):
        return load_folder(folder)
    from zoo.hub.get import kept

    with kept():
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
    from zoo.folder import load_folder, read_files, write_files
    from zoo.manifest import CHECKPOINT, MANIFEST

    model = load_folder(folder)
    config = Config.model_validate({**model.config.model_dump(), "id": id})
    files = {**read_files(Path(folder)), "config.json": config.to_json().encode()}
    files.pop(CHECKPOINT, None)  # a wheel holds what models need to run
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
    rows = entries(models / "index.json")
    old = rows.get(id)
    if old is not None and old.manifest_sha256 == entry.manifest_sha256:
        entry = replace(entry, repo=old.repo, commit=old.commit)
    rows[id] = entry
    write_file(
        models / "index.json", json.dumps([asdict(rows[key]) for key in sorted(rows)], indent=2) + "\n"
    )
    return entry

"""What a repository says of itself, read with caps, for lists, searches and pages; none of it is proven."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pygit2

from hub.bundled import NETWORK, NOTHING, Known, bundled
from hub.card import MAX_CARD, front_matter, read_yaml
from hub.names import MAIN, RepoId
from hub.recent import Recent
from hub.refusal import Refusal
from hub.repository import File, Repository
from hub.store import Settings, Store

_MAX_JSON = 2**18  # bytes of config.json or record.json
_MAX_TAGS = 100
_MAX_RESULTS = 100
_MAX_RESULT_FILES = 50
_MAX_RESULT_BYTES = 2**15  # of all files with results
_MAX_NUMBER = 1e15  # in size: no metric and no count is larger
MAX_TARGETS = 32


@dataclass(frozen=True)
class Holding:
    """One revision of a repository.

    Args:
        commit: 40 hex digits.
        modified: Seconds since 1970.
        card: README's front matter.
        summary: One line, from the configuration.
        task: `onset@1`, or empty.
        gates: How many, or None.
        targets: Where it runs: `target:` tags of the card, folders of `prebuilt/`, and, for a network that
            this package bundles too, the package's index.
        metric: Name of the main metric, or empty.
        better: Whether more of it is better.
        scores: The main metric by test set.
        cycles: Of a hop, by target, from `cost` of the record, or as this package knows the network.
        licence: As the card or the configuration says it.
        library: As the card says it.
        tags: Everything to filter by.
        results: Entries of `.eval_results/*.yaml` as clients read them; of a file that cannot be read, why.
        size: Bytes of all files.
    """

    commit: str
    modified: int
    card: dict[str, Any]
    summary: str
    task: str
    gates: int | None
    targets: tuple[str, ...]
    metric: str
    better: bool
    scores: dict[str, float]
    cycles: dict[str, float]
    licence: str
    library: str
    tags: tuple[str, ...]
    results: tuple[dict[str, Any], ...]
    size: int


@dataclass(frozen=True)
class Listed:
    """A repository in a list.

    Args:
        repo: Its name.
        settings: What is kept about it.
        holding: What `main` holds.
    """

    repo: RepoId
    settings: Settings
    holding: Holding


# By folder and commit: what a commit holds never changes.
_HOLDINGS: Recent[tuple[str, str], Holding] = Recent(500)


class Catalog:
    """Every repository with what it holds; read once a commit.

    Args:
        store: The repositories.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._listed: Recent[RepoId, tuple[object, Listed]] = Recent(store.limits.max_repositories)

    def listed(self, repo: RepoId) -> Listed | None:
        """One repository; None where it goes away meanwhile, or is damaged: the others are still listed."""
        folder = self._store.folder(repo)
        try:
            state = tuple(_state(folder / name) for name in (MAIN, "packed-refs", "hub/settings.json"))
            known = self._listed.get(repo)
            if known is None or known[0] != state:
                repository = self._store.open(repo)
                holding = describe(repository, repository.resolve("main"))
                known = self._listed.put(repo, (state, Listed(repo, self._store.settings(repo), holding)))
            return known[1]
        except (OSError, KeyError, pygit2.GitError, Refusal):
            return None

    def all(self, kind: str) -> Iterable[Listed]:
        """Every repository of a kind, private ones too."""
        for repo in self._store.ids():
            if repo.kind == kind and (found := self.listed(repo)):
                yield found


def describe(repository: Repository, commit: str) -> Holding:
    """What a revision holds; files that cannot be read count as missing."""
    key = str(repository.folder), commit
    return _HOLDINGS.get(key) or _HOLDINGS.put(key, _describe(repository, commit))


def _describe(repository: Repository, commit: str) -> Holding:
    files = repository.files(commit)
    by_path = {file.path: file for file in files}
    card = _card(repository, by_path.get("README.md"))
    config = _json(repository, by_path.get("config.json"))
    record = _json(repository, by_path.get("record.json"))
    task = _text(config.get("task")) or _text(_dict(record.get("task")).get("id"))
    licence = _text(card.get("license")) or _text(config.get("licence"))
    known = _known(repository, by_path.get(NETWORK))
    targets = tuple(sorted({*_targets(by_path, card), *known.targets}))[:MAX_TARGETS]
    metric = _text(_dict(record.get("task")).get("main_metric"))
    gates = _numbers({"circuit": _dict(config.get("circuit"))}, "gates").get("circuit")
    return Holding(
        commit=commit,
        modified=repository.time(commit),
        card=card,
        summary=_text(config.get("summary"), 400),
        task=task,
        gates=gates if isinstance(gates, int) else None,
        targets=targets,
        metric=metric,
        better=_dict(record.get("task")).get("higher_is_better") is not False,
        scores=_numbers(_dict(record.get("sets")), metric),
        cycles=known.cycles | _numbers(_dict(record.get("cost")), "cycles"),
        licence=licence,
        library=_text(card.get("library_name")),
        tags=tuple(dict.fromkeys(_tags(card, task, licence, targets)))[:_MAX_TAGS],
        results=tuple(islice(_results(repository, files), _MAX_RESULTS)),
        size=sum(file.size for file in files),
    )


def _results(repository: Repository, files: Iterable[File]) -> Iterable[dict[str, Any]]:
    left = _MAX_RESULT_BYTES
    for file in islice(filter(_holds_results, files), _MAX_RESULT_FILES):
        left -= file.size
        if left < 0:
            return
        try:
            entries = read_yaml(_read(repository, file, _MAX_RESULT_BYTES).decode())
            if not isinstance(entries, list) or not all(_is_result(entry) for entry in entries):
                raise ValueError("each entry needs dataset.id, dataset.task_id and value")
            yield from ({"filename": file.path, "data": entry} for entry in entries)
        except ValueError as error:
            yield {"filename": file.path, "error": str(error)}


def _holds_results(file: File) -> bool:
    folder, _, name = file.path.rpartition("/")
    return folder == ".eval_results" and name.endswith((".yaml", ".yml"))


def _is_result(entry: Any) -> bool:
    dataset = _dict(_dict(entry).get("dataset"))
    return "value" in _dict(entry) and all(isinstance(dataset.get(key), str) for key in ("id", "task_id"))


def _tags(card: dict[str, Any], task: str, licence: str, targets: Iterable[str]) -> Iterable[str]:
    for key, prefix in (
        ("tags", ""),
        ("language", ""),
        ("datasets", "dataset:"),
        ("base_model", "base_model:"),
    ):
        yield from (prefix + word for word in _texts(card.get(key)))
    yield from filter(None, (_text(card.get(key)) for key in ("library_name", "pipeline_tag")))
    if licence:
        yield f"license:{licence.lower()}"
    if task:
        yield f"task:{task.partition('@')[0]}"
        yield f"task:{task}"
    yield from (f"target:{target}" for target in targets)


def _targets(files: dict[str, File], card: dict[str, Any]) -> Iterable[str]:
    yield from (tag.removeprefix("target:") for tag in _texts(card.get("tags")) if tag.startswith("target:"))
    for path in files:
        parts = path.split("/")
        if parts[0] == "prebuilt" and len(parts) > 2 and len(parts[1]) <= 64:
            yield parts[1]


def _known(repository: Repository, network: File | None) -> Known:
    """What this package knows of a network, if it brings the same."""
    if network is None:
        return NOTHING
    digest = (
        network.pointer.sha256 if network.pointer else hashlib.sha256(repository.read(network)).hexdigest()
    )
    return bundled().get(digest, NOTHING)


def _state(path: Path) -> tuple[int, int] | None:
    """What differs when a file was written anew; None where there is none: `git gc` packs references."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _read(repository: Repository, file: File | None, most: int) -> bytes:
    """A small file that lies in git; empty where it is missing or larger."""
    return repository.read(file) if file and file.pointer is None and file.size <= most else b""


def _card(repository: Repository, file: File | None) -> dict[str, Any]:
    try:
        return front_matter(_read(repository, file, MAX_CARD).decode("utf-8", "replace"))
    except ValueError:
        return {}


def _json(repository: Repository, file: File | None) -> dict[str, Any]:
    try:
        return _dict(json.loads(_read(repository, file, _MAX_JSON) or b"{}"))
    except (ValueError, RecursionError):
        return {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any, most: int = 96) -> str:
    """One short printable line, or nothing."""
    good = isinstance(value, str) and len(value) <= most and value.isprintable()
    return value if good else ""


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for item in values[:_MAX_TAGS] if (text := _text(item))]


def _numbers(rows: dict[str, Any], key: str) -> dict[str, float]:
    """One number of each row that has it."""
    found = {}
    for name, row in list(rows.items())[:_MAX_RESULTS]:
        value = _dict(row).get(key)
        if (
            _text(name)
            and isinstance(value, int | float)
            and not isinstance(value, bool)
            and abs(value) < _MAX_NUMBER
        ):
            found[name] = value
    return found

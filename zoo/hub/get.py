"""Get a model from a hub: revision -> commit -> manifest -> files, each byte checked before it is used.

A hub is not trusted. What it sends is bounded, compared with the manifest's digests and loaded strictly in a
folder beside the cache's models before it is put among them; the manifest is compared with the index, where
that pins it, and with the keys that the owner is pinned to.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.errors import HubError, ModelError
from zoo.hub import settings
from zoo.hub.arrive import Arrival, Manifest, put
from zoo.hub.cache import HubCache
from zoo.hub.http import Client
from zoo.hub.names import COMMIT, RepoId, check_revision
from zoo.hub.notes import note
from zoo.hub.remote import Remote
from zoo.hub.wire import Limits

if TYPE_CHECKING:
    from zoo.hub.trust import Verdict

DAMAGED = "Remove it with `zoo cache verify --delete`, then get it again."


@dataclass(frozen=True)
class Extras:
    """Files that a model runs without, and that are got only when asked for.

    Args:
        prebuilt: The target of prebuilt binaries, such as `armv7-pd`; None for none.
        checkpoint: The weights to train on from.
        unsigned: Take binaries of a model without a trusted signature.
    """

    prebuilt: str | None = None
    checkpoint: bool = False
    unsigned: bool = False


def fetch(
    repo: RepoId,
    revision: str = "main",
    *,
    manifest_sha256: str | None = None,
    offline: bool | None = None,
    token: str | None = None,
    extras: Extras | None = None,
    cache: HubCache | None = None,
    limits: Limits | None = None,
) -> Path:
    """The folder of a model, from the cache or from the hub.

    Args:
        repo: Where it is published.
        revision: A tag, a branch, or a commit.
        manifest_sha256: What the index says that it is; then the cache alone may answer.
        offline: True, or `HF_HUB_OFFLINE`: use no network. False: fail if a branch or a tag cannot be looked
            up. None: be content with what it was when last looked up.
        token: For private repositories; from the environment when None.
        extras: More files than it needs to run.
        cache: Where models are kept.
        limits: What the hub may cost.

    Returns:
        A folder in the cache, not to be changed.

    Raises:
        HubError: It cannot be had.
        ModelError: It is no model, or damaged in the cache.
        SignatureError: Its owner signs, and this is not signed so.
    """
    getter = _Getter(repo, check_revision(revision), cache or HubCache(), offline, token, limits or Limits())
    folder = getter.cache.find(manifest_sha256) or getter.get(manifest_sha256)
    getter.cache.touch(folder)
    _check_kept(folder, repo, pinned=manifest_sha256 is not None)
    if extras is not None:
        getter.add(folder, extras)
    return folder


class _Getter:
    """One repository at one revision."""

    def __init__(
        self,
        repo: RepoId,
        revision: str,
        cache: HubCache,
        offline: bool | None,
        token: str | None,
        limits: Limits,
    ) -> None:
        self.repo, self.revision, self.cache, self.limits = repo, revision, cache, limits
        self.endpoint = settings.endpoint()
        self.offline = settings.offline() or bool(offline)
        self.needs_network = offline is False
        self._token = None if token is None else settings.check_token(token, "token")

    def get(self, pin: str | None) -> Path:
        """The model's folder, got first if it is not here."""
        commit = self.commit
        known = self.cache.manifest_of(self.endpoint, str(self.repo), commit)
        if known is not None and pin in (None, known) and (folder := self.cache.find(known)) is not None:
            return folder
        self._require_network(f"commit {commit[:8]}")
        with self.cache.lock("commit", self.endpoint, str(self.repo), commit, note=note):
            known = self.cache.manifest_of(self.endpoint, str(self.repo), commit)  # perhaps now
            folder = self.cache.find(known) if pin in (None, known) else None
            return folder or self._download(self._remote(), commit, pin)

    def add(self, folder: Path, extras: Extras) -> None:
        """Get the extras that are not here yet."""
        from zoo.hub.trust import require_trusted

        manifest = read_manifest(folder)
        names = extra_names(str(self.repo), manifest, extras)
        if extras.prebuilt is not None:
            require_trusted(folder, f"prebuilt/{extras.prebuilt}", extras.unsigned)
        with self.cache.lock("model", folder.name, note=note):
            missing = {name: manifest[name] for name in names if not (folder / name).exists()}
            if missing:
                self._require_network(", ".join(sorted(missing)[:3]))
                arrival = Arrival(self.cache, self._remote(), self.commit)
                put(arrival.receive(folder.name, missing), folder)

    def _remote(self, tries: int | None = None) -> Remote:
        limits = self.limits if tries is None else replace(self.limits, tries=tries)
        return Remote(Client(self.endpoint, self._token or settings.token(), limits), self.repo)

    @cached_property
    def commit(self) -> str:
        """What the revision is now or, without a network, was when last asked for."""
        if COMMIT.fullmatch(self.revision):
            return self.revision
        name = str(self.repo)
        known = self.cache.commit_of(self.endpoint, name, self.revision)
        commit = None if self.offline else self._ask(needed=known is None or self.needs_network)
        if commit is None:
            if known is None or self.needs_network:
                raise self._not_here(f"what {self.revision} is now")
            day = time.strftime("%Y-%m-%d", time.gmtime(known.time))
            note(f"{name}@{self.revision}: without the hub; commit {known.value[:8]}, as of {day}.")
            return known.value
        if known is not None and known.value != commit:
            note(f"{name}@{self.revision} was commit {known.value[:8]} and is now {commit[:8]}.")
        self.cache.note_commit(self.endpoint, name, self.revision, commit)
        return commit

    def _ask(self, needed: bool) -> str | None:
        """What the hub says that the revision is; None if it cannot say and an earlier answer will do."""
        try:
            return self._remote(tries=None if needed else 1).commit_of(self.revision)
        except HubError as error:
            if error.kind != "unreachable":
                raise
            if not needed:
                return None
            raise HubError(f"{error} {self._kept()}", error.kind) from None

    def _require_network(self, what: str) -> None:
        if self.offline:
            raise self._not_here(what)

    def _not_here(self, what: str) -> HubError:
        return HubError(
            f"{self.repo}: {what} is not in the cache, and the network may not be used. {self._kept()} "
            f"With a network, `zoo get {self.repo}@{self.revision}` gets it for later.",
            "offline",
        )

    def _kept(self) -> str:
        """What the cache has of this repository."""
        here = self.cache.models()
        kept = [c.name for c in self.cache.commits() if c.repo == str(self.repo) and c.value in here]
        names = [r.name for r in self.cache.revisions() if r.repo == str(self.repo) and r.value in kept]
        found = ", ".join([*names, *kept][:6])
        return f"The cache has of {self.repo}: {found or 'nothing'}."

    def _download(self, remote: Remote, commit: str, pin: str | None) -> Path:
        """Get manifest and files of a commit, and put the model in its place."""
        from zoo.hub.trust import check_policy
        from zoo.manifest import MANIFEST, MAX_BYTES, MAX_SIGNATURE_BYTES, SIGNATURE, is_optional

        data = remote.read(commit, MANIFEST, MAX_BYTES[MANIFEST])
        if data is None:
            raise HubError(
                f"{self.repo}: commit {commit[:8]} has no {MANIFEST}: it is no model folder.", "missing"
            )
        sha256 = hashlib.sha256(data).hexdigest()
        if pin not in (None, sha256):
            raise HubError(
                f"{self.repo}: {MANIFEST} of commit {commit[:8]}: SHA-256: expected {pin} (index), found "
                f"{sha256}. Do not use it; tell who keeps the index."
            )
        signature = remote.read(commit, SIGNATURE, MAX_SIGNATURE_BYTES)
        verdict = check_policy(data, signature, self.repo.owner)
        arrival = Arrival(self.cache, remote, commit)
        manifest = arrival.read_manifest(data)
        wanted = {name: entry for name, entry in manifest.items() if not is_optional(name)}
        with self.cache.lock("model", sha256, note=note):
            folder = self.cache.find(sha256)
            if folder is None:
                own = {MANIFEST: data} | ({} if signature is None else {SIGNATURE: signature})
                folder = arrival.place(sha256, arrival.receive(sha256, wanted), own)
            elif signature is not None:
                _add_signature(folder, signature, self.repo, verdict)
        self.cache.note_manifest(self.endpoint, str(self.repo), commit, sha256)
        return folder


@contextmanager
def kept() -> Iterator[None]:
    """Say how to mend a model of the cache that is refused."""
    try:
        yield
    except ModelError as error:
        if not Path(str(error.path)).is_relative_to(HubCache().root):
            raise
        raise ModelError(error.path, error.what, error.expected, error.found, DAMAGED) from None


def _add_signature(folder: Path, signature: bytes, repo: RepoId, verdict: Verdict) -> None:
    """Keep a signature that came later.

    The same model may come from several repositories. In the place of another signature only that of the
    repository which the model names is kept, and in that of a trusted one only a trusted one.
    """
    from zoo.atomic import write_file
    from zoo.folder import load_config
    from zoo.hub.trust import verify_model
    from zoo.manifest import SIGNATURE

    path = folder / SIGNATURE
    if path.is_symlink():
        return
    own = not path.exists() or load_config(folder).id == str(repo).lower()
    if own and (verdict.status == "trusted" or verify_model(folder).status != "trusted"):
        write_file(path, signature)


def _check_kept(folder: Path, repo: RepoId, pinned: bool) -> None:
    """Whether a folder of the cache is what it is called, and what its owner's keys say of it."""
    from zoo.folder import load_config
    from zoo.hub.trust import check_name, check_policy, read_signature
    from zoo.manifest import MANIFEST

    data = (folder / MANIFEST).read_bytes() if (folder / MANIFEST).is_file() else b""
    found = hashlib.sha256(data).hexdigest()
    if found != folder.name:
        raise ModelError(folder / MANIFEST, "SHA-256", f"{folder.name} (name of the folder)", found, DAMAGED)
    verdict = check_policy(data, read_signature(folder), repo.owner)
    with kept():
        id = load_config(folder).id
    if not pinned:
        check_name(verdict, id, str(repo))
    if not pinned and id != str(repo).lower():
        note(f"{repo}: the model there calls itself {id}.")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a model folder.

    Raises:
        ModelError: It is none.
    """
    from zoo.manifest import MANIFEST, parse_manifest

    return parse_manifest(folder / MANIFEST, (folder / MANIFEST).read_bytes())


def extra_names(model: str, manifest: Manifest, extras: Extras) -> list[str]:
    """The files of the manifest that are asked for.

    Args:
        model: What to call the model in messages.
        manifest: What `zoo.manifest.parse_manifest` gives.
        extras: What is asked for.

    Raises:
        HubError: It names none of that kind.
    """
    from zoo.manifest import CHECKPOINT, is_optional

    names: list[str] = []
    if extras.prebuilt is not None:
        targets = sorted({name.split("/")[1] for name in manifest if name.startswith("prebuilt/")})
        names = [name for name in manifest if name.startswith(f"prebuilt/{extras.prebuilt}/")]
        if not names:
            has = f"It has {', '.join(targets)}." if targets else "It has none."
            raise HubError(f"{model}: nothing prebuilt for {extras.prebuilt}. {has}", "lacking")
    if extras.checkpoint:
        if CHECKPOINT not in manifest:
            raise HubError(f"{model}: it was published without {CHECKPOINT}.", "lacking")
        names.append(CHECKPOINT)
    return [name for name in names if is_optional(name)]

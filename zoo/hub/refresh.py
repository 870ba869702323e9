"""A newer index than the one of this package: signed, checked strictly, kept in the cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zoo.errors import HubError, ModelError, SignatureError
from zoo.hub import settings
from zoo.hub.cache import HubCache
from zoo.hub.http import Client
from zoo.hub.index_file import FILE, MAX_BYTES, parse_index, read_refreshed
from zoo.hub.names import RepoId
from zoo.hub.remote import Remote
from zoo.hub.wire import Limits

SOURCE = RepoId("difflogic-zoo", "index")
PURPOSE = "index"  # of its signature
MAX_SIGNATURE_BYTES = 4 << 10


@dataclass(frozen=True)
class Refreshed:
    """What became of a refresh.

    Args:
        models: Models in the new index.
        added: Ids that the index before did not have.
        changed: Ids that mean another model now.
        signed: What its signature says.
    """

    models: int
    added: list[str]
    changed: list[str]
    signed: str


def refresh(
    source: RepoId = SOURCE,
    *,
    unsigned: bool = False,
    cache: HubCache | None = None,
    limits: Limits | None = None,
) -> Refreshed:
    """Get the newest index and keep it.

    Args:
        source: The repository with `index.json` and `index.json.sig`.
        unsigned: Accept it without a trusted signature; never with a bad one.
        cache: Where it is kept.
        limits: What the hub may cost.

    Raises:
        HubError: It cannot be had.
        ModelError: It is no index.
        SignatureError: It is not signed by a key that is trusted for the repository's owner.
        MissingExtraError: There is a signature, and `cryptography` is not installed.
    """
    from zoo.atomic import write_file
    from zoo.hub.trust import verify_bytes

    cache = cache or HubCache()
    if settings.offline():
        raise HubError(f"{source}: HF_HUB_OFFLINE is set. Unset it to refresh the index.", "offline")
    remote = Remote(Client(settings.endpoint(), settings.token(), limits), source)
    commit = remote.commit_of("main")
    data = remote.read(commit, FILE, MAX_BYTES)
    if data is None:
        raise HubError(f"{source}: it has no {FILE}.", "missing")
    signature = remote.read(commit, f"{FILE}.sig", MAX_SIGNATURE_BYTES)
    verdict = verify_bytes(data, signature, source.owner, PURPOSE)
    if verdict.status == "bad" or (verdict.status != "trusted" and not unsigned):
        mend = "Tell who keeps it." if verdict.status == "bad" else "Trust its key, or say --unsigned."
        raise SignatureError(f"{source}: {FILE}: expected a trusted signature; it is {verdict}. {mend}")
    found = parse_index(Path(f"{source}@{commit[:8]}/{FILE}"), data)
    try:
        before = read_refreshed(cache)
    except ModelError:
        before = {}
    cache.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_file(cache.root / FILE, data)
    changed = [id for id in found if id in before and found[id] != before[id]]
    return Refreshed(len(found), [id for id in found if id not in before], changed, str(verdict))

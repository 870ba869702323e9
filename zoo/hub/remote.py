"""A repository on a hub: which commit a revision is, and the files of a commit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from zoo.errors import HubError, ModelError
from zoo.hub.download import download
from zoo.hub.http import Client, StatusError
from zoo.hub.names import COMMIT, RepoId

# What sometimes comes in a file's place, and what to do about it.
_INSTEAD = {
    b"version https://git-lfs": "a Git LFS pointer, not the file. Tell who published it to push the file.",
    b"<!doctype html": "a web page, not the file. Does this network want you to log in first?",
    b"<html": "a web page, not the file. Does this network want you to log in first?",
}
_MAX_ANSWER = 4 << 20  # bytes: a repository's description lists its files


class Remote:
    """One repository.

    Args:
        client: The hub it is on.
        repo: Its id.
    """

    def __init__(self, client: Client, repo: RepoId) -> None:
        self.client, self.repo = client, repo

    def commit_of(self, revision: str) -> str:
        """The commit that a revision is now: 40 hex digits.

        Raises:
            HubError: The hub knows no such revision, does not tell, or tells nonsense.
        """
        from zoo.tensors import parse_object

        path = f"/api/models/{self.repo}/revision/{quote(revision, safe='')}"
        try:
            body = self.client.get(path, _MAX_ANSWER)
            commit = parse_object(Path(self.client.endpoint + path), "answer", body).get("sha")
        except StatusError as error:
            raise self._refusal(error, f"revision {revision}") from None
        except ModelError:
            commit = None
        if not isinstance(commit, str) or not COMMIT.fullmatch(commit):
            raise HubError(
                f"{self.client.endpoint}{path}: expected a JSON object with a commit of 40 hex digits as "
                "sha. Is this a hub? See HF_ENDPOINT."
            )
        return commit

    def read(self, commit: str, name: str, limit: int) -> bytes | None:
        """A small file of a commit, or None if the commit has no such file.

        Raises:
            HubError: It cannot be had, or is larger than `limit` bytes.
        """
        path = self._path(commit, name)
        try:
            data = self.client.get(path, limit)
        except StatusError as error:
            if error.code == "EntryNotFound" or (error.status, error.code) == (404, ""):
                return None
            raise self._refusal(error, f"file {name} at commit {commit[:8]}") from None
        for beginning, what in _INSTEAD.items():
            if data.lstrip()[:64].lower().startswith(beginning):
                raise HubError(f"{self.client.endpoint}{path}: {what}")
        return data

    def download(
        self, commit: str, name: str, partial: Path, size: int, sha256: str, tell: Callable[[int], None]
    ) -> None:
        """Fill a file with a file of a commit; see `zoo.hub.download.download`.

        Raises:
            HubError: It cannot be had, or is not what it must be.
        """
        try:
            download(self.client, self._path(commit, name), partial, size, sha256, tell)
        except StatusError as error:
            raise self._refusal(error, f"file {name} at commit {commit[:8]}") from None

    def _path(self, commit: str, name: str) -> str:
        return f"/{self.repo}/resolve/{commit}/{quote(name)}"

    def _refusal(self, error: StatusError, what: str) -> HubError:
        """What a status means to who wanted the model."""
        where = f"{self.repo} at {self.client.endpoint}"
        if error.code == "GatedRepo":
            has = "Your token may not read it yet: ask" if self.client.token else "Ask"
            page = f"{self.client.endpoint}/{self.repo}"
            return HubError(f"{where}: gated. {has} for access at {page}, then set HF_TOKEN.", "denied")
        if error.code in ("EntryNotFound", "RevisionNotFound"):
            return HubError(f"{where}: there is no {what}.", "lacking")
        if error.status == 404 or error.code == "RepoNotFound":
            hidden = "hidden from your token" if self.client.token else "private (then set HF_TOKEN)"
            return HubError(f"{where}: no such repository, or it is {hidden}.", "missing")
        if error.status == 401:
            mend = "It does not accept HF_TOKEN: make a new token" if self.client.token else "Set HF_TOKEN"
            return HubError(f"{where}: {what}: the hub wants to know who asks. {mend}.", "denied")
        if error.status == 403:
            return HubError(f"{where}: {what}: your token may not read it ({error}).", "denied")
        return HubError(f"{where}: {what}: {error}.")

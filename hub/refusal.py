"""What the server answers when it will not do something."""

from __future__ import annotations

from collections.abc import Mapping

from zoo.errors import ZooError


class Refusal(ZooError):  # noqa: N818 - it is no failure of the server
    """A request is refused; the message reaches the client and the log.

    Args:
        status: HTTP status, 304 or 400 to 507.
        message: One line: what, where, how to mend it.
        code: What Hub clients look at to choose an exception, such as `RepoNotFound`.
        headers: More headers of the answer.
        detail: More keys of the JSON answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        headers: dict[str, str] | None = None,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}
        self.detail = detail or {}


def no_repository(id: str) -> Refusal:
    """The same answer for what is not there and for what may not be seen."""
    return Refusal(
        404, f"{id}: no such repository, or it is private and your token may not read it", "RepoNotFound"
    )


def no_revision(id: str, revision: str) -> Refusal:
    """No branch, tag, pull request or commit has this name."""
    return Refusal(
        404, f"{id}: no revision {revision!r}; ask for a branch, a tag or a commit", "RevisionNotFound"
    )


def no_entry(id: str, commit: str, path: str) -> Refusal:
    """No file or folder lies there; clients remember that for this commit."""
    message = f"{id} at {commit[:12]}: no file {path!r}"
    return Refusal(404, message, "EntryNotFound", {"X-Repo-Commit": commit})


def stopping() -> Refusal:
    """The server was told to end, and does not wait for ever for those who still send."""
    return Refusal(503, "the server is being stopped; look whether it took this, and try again later")

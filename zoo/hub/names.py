"""Names of repositories and revisions, checked before they reach a path or a URL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zoo.errors import ZooError

COMMIT = re.compile(r"[0-9a-f]{40}")
SHA256 = re.compile(r"[0-9a-f]{64}")
# As hubs have it: neither dots nor dashes at the ends, none twice in a row, no ".git".
_PART = re.compile(r"(?!.*(?:--|\.\.))(?!.*\.git$)[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?")
# As git has it, and ASCII: parts between slashes that do not start with a dot or a dash.
_REVISION = re.compile(
    r"(?!.*(?:\.\.|\.lock(?:/|$)))[A-Za-z0-9_][A-Za-z0-9._+-]*(?:/[A-Za-z0-9_][A-Za-z0-9._+-]*)*"
)
_MAX_REVISION = 200


@dataclass(frozen=True)
class RepoId:
    """A repository on a hub; a constructed one is valid.

    Args:
        owner: The namespace: a user or an organisation.
        name: The repository's own name.

    Raises:
        ZooError: A part is no name.
    """

    owner: str
    name: str

    def __post_init__(self) -> None:
        if not (_PART.fullmatch(self.owner) and _PART.fullmatch(self.name)):
            raise _no_id(str(self))

    @classmethod
    def parse(cls, text: str) -> RepoId:
        """The repository of `owner/name`.

        Raises:
            ZooError: It is no such text.
        """
        owner, slash, name = text.partition("/")
        if not slash:
            raise _no_id(text)
        return cls(owner, name)

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"


def check_revision(text: str) -> str:
    """The revision itself: a branch, a tag, `refs/pr/1`, or a commit.

    Raises:
        ZooError: It is none.
    """
    if len(text) > _MAX_REVISION or not _REVISION.fullmatch(text):
        raise ZooError(f"{_shown(text)}: expected a revision: a tag, a branch or a commit of 40 hex digits.")
    return text


def split_id(text: str) -> tuple[str, str | None]:
    """`owner/name@revision` -> `owner/name` and the revision, None where none is written."""
    id, at, revision = text.partition("@")
    return id, revision if at else None


def _no_id(text: str) -> ZooError:
    return ZooError(
        f"{_shown(text)}: expected owner/name, each 1 to 96 letters, digits, '-', '_' and '.' "
        "(none of '-' and '.' at an end, no '--', '..' or '.git'). See `zoo list`."
    )


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:120])

"""What a repository, a revision and a file may be called; checked before a name reaches a path or libgit2."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from hub.refusal import Refusal

KINDS = ("models", "datasets")
MAIN = "refs/heads/main"
COMMIT = re.compile(r"[0-9a-f]{40}")

_PART = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?")
_REF_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+=-]*")
_PULL = re.compile(r"refs/pr/([1-9][0-9]{0,8})")
# First segments of addresses that are no namespace.
_RESERVED = frozenset(
    ("api", "assets", "blog", "datasets", "docs", "join", "login", "models", "new", "settings", "spaces")
)

MAX_REVISION = 200
MAX_PATH = 1024
MAX_PART = 255
MAX_DEPTH = 32


def check_name(part: str, what: str) -> str:
    """A user, a namespace or the last part of a repository's id, as far as its letters go.

    Raises:
        Refusal: 400.
    """
    good = _PART.fullmatch(part) and "--" not in part and ".." not in part
    if not good or part.lower().endswith((".git", ".lock")):
        raise Refusal(
            400, f"{what} {_shown(part)}: use 1 to 96 letters, digits and single - _ . between them"
        )
    return part


def check_owner(owner: str) -> str:
    """A user or a namespace.

    Raises:
        Refusal: 400.
    """
    if owner.lower() in _RESERVED:
        raise Refusal(400, f"namespace {owner!r} is reserved; choose another")
    return check_name(owner, "user or namespace")


@dataclass(frozen=True, order=True)
class RepoId:
    """Names one repository.

    Args:
        kind: `models` or `datasets`.
        owner: The namespace.
        name: The name in it.
    """

    kind: str
    owner: str
    name: str

    @classmethod
    def parse(cls, kind: str, owner: str, name: str) -> RepoId:
        """Check every part.

        Raises:
            Refusal: 400.
        """
        if kind not in KINDS:
            raise Refusal(400, f"{_shown(kind)}: this hub keeps models and datasets only")
        return cls(kind, check_owner(owner), check_name(name, "repository"))

    @property
    def id(self) -> str:
        """As people write it: `owner/name`."""
        return f"{self.owner}/{self.name}"

    @property
    def type(self) -> str:
        """As clients write the kind: `model` or `dataset`."""
        return self.kind[:-1]

    @property
    def address(self) -> str:
        """Path of its page: models stand at the root."""
        return self.id if self.kind == "models" else f"{self.kind}/{self.id}"


def check_path(path: str) -> str:
    """The path of a file in a repository: one that is safe to check out on any system.

    Raises:
        Refusal: 400.
    """
    parts = path.split("/")
    problem = None
    if not path or len(path.encode("utf-8", "surrogatepass")) > MAX_PATH:
        problem = f"use 1 to {MAX_PATH} bytes"
    elif len(parts) > MAX_DEPTH:
        problem = f"use at most {MAX_DEPTH} folders"
    elif any(unicodedata.category(c) in ("Cc", "Cf", "Cs") or c in '\\:*?"<>|' for c in path):
        problem = r'leave out control characters and \ : * ? " < > |'
    elif any(part in ("", ".", "..") for part in parts):
        problem = "use a relative path without empty parts, . and .."
    elif any(part[-1] in ". " or len(part.encode()) > MAX_PART for part in parts):
        problem = f"let no part end with a dot or a space, or be longer than {MAX_PART} bytes"
    elif any(_is_git(part) for part in parts):
        problem = "no part may mean git's own folder"
    elif f"{folded(path)}/".startswith(".cache/huggingface/"):
        problem = "clients keep notes of their own there, and believe them"
    if problem:
        raise Refusal(400, f"path {_shown(path)}: {problem}")
    return path


def folded(path: str) -> str:
    """What two paths share that are one file on a system that ignores case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def check_branch(name: str) -> str:
    """The name of a branch or a tag.

    Raises:
        Refusal: 400.
    """
    parts = name.split("/")
    good = len(name) <= MAX_REVISION and all(
        _REF_PART.fullmatch(p) and not p.endswith((".", ".lock")) for p in parts
    )
    if not good or ".." in name or parts[0] == "refs" or name == "HEAD" or COMMIT.fullmatch(name):
        raise Refusal(400, f"revision {_shown(name)}: use letters, digits and - _ . / between them")
    return name


def pull_number(ref: str) -> int | None:
    """The pull request whose reference this is: `refs/pr/3`."""
    found = _PULL.fullmatch(ref)
    return int(found[1]) if found else None


def branch_ref(revision: str) -> str:
    """The reference that a commit to this revision moves.

    Raises:
        Refusal: 400.
    """
    if pull_number(revision) is not None:
        return revision
    return "refs/heads/" + check_branch(revision.removeprefix("refs/heads/"))


def _is_git(part: str) -> bool:
    plain = unicodedata.normalize("NFKC", part).casefold().rstrip(". ")
    return plain == ".git" or re.fullmatch(r"\.?git~[0-9]+", plain) is not None


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 80 else text[:80] + "...")

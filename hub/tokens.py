"""Who may do what: tokens, of which only digests are kept, and the accounts behind them."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
import string
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from hub.files import read_json, write_json
from hub.names import RepoId, check_owner
from zoo.errors import ZooError

ROLES = ("read", "write", "admin")
_LETTERS = string.ascii_letters + string.digits
_DAY = 86_400


@dataclass(frozen=True)
class Account:
    """Who sends a request.

    Args:
        user: Empty for nobody.
        namespaces: Where the account may read what is private; its user's name among them.
        role: `read`, `write` (also create and commit in the namespaces), `admin` (everything), or empty.
    """

    user: str = ""
    namespaces: tuple[str, ...] = ()
    role: str = ""

    def may_read(self, repo: RepoId, private: bool) -> bool:
        """Download, list, look at."""
        return not private or self.role == "admin" or repo.owner in self.namespaces

    def may_write(self, owner: str) -> bool:
        """Create, commit, delete and merge in a namespace."""
        return self.role == "admin" or (self.role == "write" and owner in self.namespaces)

    def may_propose(self) -> bool:
        """Open discussions and pull requests where it may read."""
        return self.role in ("write", "admin")


NOBODY = Account()


@dataclass(frozen=True)
class Token:
    """What is kept of a token.

    Args:
        sha256: Of the token; its first digits are the token's name.
        user: Whose it is.
        namespaces: As in `Account`.
        role: As in `Account`.
        created: Seconds since 1970.
        expires: Seconds since 1970, or None.
    """

    sha256: str
    user: str
    namespaces: tuple[str, ...]
    role: str
    created: int
    expires: int | None

    @property
    def name(self) -> str:
        """What `zoo hub token revoke` takes."""
        return self.sha256[:12]

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and time.time() >= self.expires


class TokenBook:
    """The tokens of one hub, in `tokens.json`; a change by another process is seen at the next request.

    Args:
        root: The hub's folder.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / "tokens.json"
        # One value, replaced whole: a slow reader must not put old tokens beside the state of a newer file.
        self._known: tuple[tuple[int, int, int] | None, tuple[Token, ...]] = (None, ())

    def new(
        self, user: str, namespaces: Sequence[str] = (), role: str = "write", days: float | None = None
    ) -> str:
        """Make a token and give it: the only time that it is seen.

        Raises:
            Refusal: A name is not one.
            ZooError: The role, the days or the file.
        """
        spaces = tuple(dict.fromkeys((user, *namespaces)))
        for name in spaces:
            check_owner(name)
        if role not in ROLES:
            raise ZooError(f"role {role!r}: choose {', '.join(ROLES)}")
        if days is not None and not 0 < days <= 36_500:
            raise ZooError(f"{days} days: give a number above 0 and up to 36500, or none for no end")
        # No other sign than letters and digits: some clients check the form.
        token = "hf_" + "".join(secrets.choice(_LETTERS) for _ in range(40))
        now = int(time.time())
        end = None if days is None else now + max(1, round(days * _DAY))
        with self._changing():
            known = {space.lower(): space for other in self.all() for space in other.namespaces}
            for name in spaces:
                if (other := known.get(name.lower(), name)) != name:
                    raise ZooError(f"{name!r}: there is {other!r}, which people would take for the same name")
            entry = Token(_digest(token), user, spaces, role, now, end)
            self._write((*self.all(), entry))
        return token

    def all(self) -> tuple[Token, ...]:
        """Every token, in the order of their making.

        Raises:
            ZooError: The file is damaged; nobody is let in until it is mended.
        """
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return ()
        state = status.st_mtime_ns, status.st_size, status.st_ino
        seen, tokens = self._known
        if state != seen:
            try:
                rows = read_json(self._path)["tokens"]
                tokens = tuple(Token(**{**row, "namespaces": tuple(row["namespaces"])}) for row in rows)
            except (ValueError, KeyError, TypeError) as error:
                raise ZooError(
                    f"{self._path}: not a list of tokens ({error}); restore it or remove it"
                ) from None
            self._known = state, tokens
        return tokens

    def revoke(self, name: str) -> Token:
        """Forget a token.

        Raises:
            ZooError: No token has this name, or several have.
        """
        with self._changing():
            found = [token for token in self.all() if len(name) >= 6 and token.sha256.startswith(name)]
            if len(found) != 1:
                raise ZooError(f"token {name!r}: no single token has this name; see `zoo hub token list`")
            self._write(tuple(token for token in self.all() if token != found[0]))
        return found[0]

    def account(self, token: str) -> Account | None:
        """Whose token this is; None where nobody's, or where its time is over."""
        digest = _digest(token)
        account = None
        for known in self.all():  # all of them, so that time tells nothing
            if hmac.compare_digest(known.sha256, digest) and not known.expired:
                account = Account(known.user, known.namespaces, known.role)
        return account

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One process changes the file at a time."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _write(self, tokens: tuple[Token, ...]) -> None:
        write_json(self._path, {"tokens": [asdict(token) for token in tokens]}, 0o600)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()

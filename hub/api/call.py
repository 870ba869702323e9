"""One request, with everything that its handler may ask for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import Request

from hub.catalog import Catalog
from hub.limits import Limits
from hub.names import RepoId
from hub.refusal import Refusal, no_repository, stopping
from hub.repository import Repository
from hub.store import Store
from hub.tokens import NOBODY, Account, TokenBook

T = TypeVar("T")
_GATHER = 256 * 1024  # bytes that go to a thread at once


@dataclass
class Hub:
    """What all requests share.

    Args:
        store: The repositories.
        tokens: The accounts.
        catalog: What they hold.
        pool: The threads that do what blocks.
    """

    store: Store
    tokens: TokenBook
    catalog: Catalog
    pool: ThreadPoolExecutor

    @property
    def limits(self) -> Limits:
        """Caps."""
        return self.store.limits

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run what blocks in a thread.

        Raises:
            Refusal: 503, once the server is told to stop.
        """
        try:
            future = asyncio.get_running_loop().run_in_executor(self.pool, function, *arguments)
        except RuntimeError:
            raise stopping() from None
        return await future


@dataclass
class Call:
    """A request that a rule matched.

    Args:
        hub: What all requests share.
        request: Starlette's.
        params: What the segments of the address were, decoded one by one.
        account: Who asks.
        data: The JSON object of the body, or the fields of a form.
        found: The repository of the address, and which folder it was, once a rule has asked for it.
    """

    hub: Hub
    request: Request
    params: dict[str, str]
    account: Account = NOBODY
    data: dict[str, Any] = field(default_factory=dict)
    found: tuple[RepoId, int | None] | None = None

    @property
    def store(self) -> Store:
        """The repositories."""
        return self.hub.store

    @property
    def endpoint(self) -> str:
        """This server as the client names it."""
        return str(self.request.base_url).rstrip("/")

    def query(self, name: str) -> str:
        """The first value of a parameter, or nothing."""
        return self.request.query_params.get(name, "")[:1000]

    def queries(self, name: str) -> list[str]:
        """All values of a parameter, which may also be separated by commas, or be named `name[]`."""
        values = self.request.query_params.getlist(name) + self.request.query_params.getlist(name + "[]")
        return [part for value in values[:100] for part in value[:1000].split(",") if part][:100]

    def flag(self, name: str) -> bool:
        """Whether a parameter says yes."""
        return self.query(name).lower() in ("1", "true")

    def number(self, name: str, default: int, most: int) -> int:
        """A parameter that counts."""
        text = self.query(name)
        return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 10 else default

    def text(self, name: str, default: str | None = None) -> str:
        """Text from the JSON body.

        Raises:
            Refusal: 400.
        """
        value = self.data.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise Refusal(400, f"body: {name} must be text")
        return value

    def authenticate(self) -> None:
        """Find out whose request it is, by the tokens that are good now.

        Raises:
            Refusal: 401.
        """
        header = self.request.headers.get("Authorization", "")
        scheme, _, token = header.partition(" ")
        account = self.hub.tokens.account(token.strip()) if scheme.lower() == "bearer" else None
        if header and account is None:
            raise Refusal(401, "Invalid credentials in Authorization header")
        self.account = account or NOBODY

    def repo(self) -> RepoId:
        """The repository of the address.

        Raises:
            Refusal: 404, also where it may not be seen.
        """
        try:
            repo = RepoId.parse(self.params.get("kind", "models"), self.params["owner"], self.params["name"])
        except Refusal:
            raise no_repository(f"{self.params['owner']}/{self.params['name']}"[:200]) from None
        if not self.account.may_read(repo, self.store.settings(repo).private):
            raise no_repository(repo.id)
        self.found = repo, self.store.identity(repo)
        return repo

    def gone(self) -> RepoId | None:
        """The repository, if it went away or became another since it was found: no fault of the server."""
        if self.found is None or self.store.identity(self.found[0]) == self.found[1] is not None:
            return None
        return self.found[0]

    def repository(self) -> Repository:
        """The same, open for reading."""
        return self.store.open(self.repo())

    def at_revision(self) -> tuple[Repository, str]:
        """The same, and the commit of the address's revision.

        Raises:
            Refusal: 404.
        """
        repository = self.repository()
        return repository, repository.resolve(self.params["revision"])

    def writable(self) -> RepoId:
        """The repository of the address, which the caller may change.

        Raises:
            Refusal: 401, 403, 404.
        """
        repo = self.repo()
        self.need_write(repo.owner)
        return repo

    def need_write(self, owner: str) -> None:
        """Refuse who may not write in a namespace.

        Raises:
            Refusal: 401, 403.
        """
        self.need_account()
        if not self.account.may_write(owner):
            why = "your token may only read" if self.account.role == "read" else f"{owner!r} is not yours"
            raise Refusal(403, f"{self.account.user} may not write in {owner}: {why}")

    def need_account(self) -> None:
        """Refuse who has no token.

        Raises:
            Refusal: 401.
        """
        if not self.account.user:
            raise Refusal(401, "this needs a token: `zoo hub token new` makes one, HF_TOKEN takes it")

    def need_proposer(self) -> None:
        """Refuse who may not open discussions.

        Raises:
            Refusal: 403.
        """
        if not self.account.may_propose():
            raise Refusal(403, f"{self.account.user}: your token may only read")

    async def blocks(self, most: int) -> AsyncIterator[bytes]:
        """The body, in blocks; a client that sends too much, too slowly or nothing is cut.

        Raises:
            Refusal: 408, 413.
        """
        limits = self.hub.limits
        declared = self.request.headers.get("Content-Length", "0")
        if len(declared) > 15 or int(declared) > most:  # the server has checked that it is a number
            raise Refusal(413, f"the body is larger than {most} bytes")
        stream = self.request.stream()
        start, total, block = time.monotonic(), 0, bytearray()
        while True:
            try:
                piece = await asyncio.wait_for(anext(stream), limits.silence)
            except StopAsyncIteration:
                break
            except TimeoutError:
                raise Refusal(408, f"nothing came for {limits.silence:g} seconds") from None
            total += len(piece)
            if total > most:
                raise Refusal(413, f"the body is larger than {most} bytes")
            spent = time.monotonic() - start
            if spent > limits.silence and total < limits.min_rate * spent:
                raise Refusal(408, f"the body comes slower than {limits.min_rate} bytes a second")
            block += piece
            if len(block) >= _GATHER:
                yield bytes(block)
                block.clear()
        if block:
            yield bytes(block)

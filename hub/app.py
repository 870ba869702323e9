"""The hub as an ASGI application: finds rule, account and body, and turns refusals into answers."""

from __future__ import annotations

import asyncio
import errno
import inspect
import json
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pygit2
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from hub import web
from hub.api import accounts, discussions, files, lists, refs, repos, revisions, uploads
from hub.api.call import Call, Hub
from hub.api.rules import Rule, find, split
from hub.catalog import Catalog
from hub.limits import Limits
from hub.refusal import Refusal, no_repository, stopping
from hub.store import Store
from hub.tokens import TokenBook

_LOG = logging.getLogger("hub")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DRAIN = 64 * 2**20  # bytes of a refused body that are still read, so that the client reads why
_DRAIN_SECONDS = 5.0

RULES: tuple[Rule, ...] = (
    *accounts.RULES,
    *repos.RULES,
    *uploads.RULES,
    *revisions.RULES,
    *refs.RULES,
    *discussions.RULES,
    *lists.RULES,
    *files.RULES,
    *web.RULES,
)


def make_app(root: Path, **limits: Any) -> Starlette:
    """The hub that serves a folder.

    Args:
        root: See `hub.store.Store`; it belongs to this application until its lifespan ends.
        limits: Fields of `hub.limits.Limits` that differ.

    Raises:
        ZooError: Another server owns the folder, or its list of tokens is damaged.
    """
    tokens = TokenBook(root)
    tokens.all()
    store = Store(root, Limits(**limits))
    pool = ThreadPoolExecutor(store.limits.workers, "hub")
    hub = Hub(store, tokens, Catalog(store), pool)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        pool.shutdown()
        store.close()

    app = Starlette(lifespan=lifespan)
    app.router.default = _Dispatcher(hub)  # a route would not fit an address with an escaped line break
    app.state.hub = hub
    return app


class _Dispatcher:
    """Answers one request after the rules."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        call = Call(self._hub, request, {})
        try:
            response = await self._answer(call)
            if request.method not in ("GET", "HEAD"):
                _LOG.info("%s", _line("answered", call, response.status_code, ""))
        except ClientDisconnect:
            return
        except (Exception, asyncio.CancelledError) as error:
            response = self._refuse(call, _refusal(call, error))
            if response.status_code in (408, 503) or not await _drained(call):
                response.headers["Connection"] = "close"
        await response(scope, receive, send)

    async def _answer(self, call: Call) -> Response:
        request = call.request
        rule, call.params = find(RULES, request.method, split(request.scope["raw_path"]))
        await self._hub.run(call.authenticate)
        if request.method not in ("GET", "HEAD") and not rule.anyone:
            call.need_account()  # before any of the body is read
        if rule.body in ("json", "form"):
            limits = self._hub.limits
            most = limits.max_open if rule.anyone else limits.max_json
            body = b"".join([block async for block in call.blocks(most)])
            answer = await self._hub.run(_parse_and_answer, rule, call, body)
        elif inspect.iscoroutinefunction(rule.answer):
            answer = await rule.answer(call)
        else:
            answer = await self._hub.run(rule.answer, call)
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    def _refuse(self, call: Call, refusal: Refusal) -> Response:
        request = call.request
        _LOG.warning("%s", _line("refused", call, refusal.status, refusal.message))
        headers = {"X-Error-Message": _printable(refusal.message)[:1000], **refusal.headers}
        if refusal.code:
            headers["X-Error-Code"] = refusal.code
        if refusal.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if "text/html" in request.headers.get("Accept", "") and request.method in ("GET", "HEAD"):
            return web.refused(refusal, headers)
        said = refusal.message.encode("utf-8", "replace").decode()  # JSON may have brought half a character
        return JSONResponse({"error": said, **refusal.detail}, refusal.status, headers)


def _line(verb: str, call: Call, status: int, why: str) -> str:
    """A line of the log."""
    request = call.request
    address = request.client.host if request.client else "?"
    where = f"{request.method} {request.scope['raw_path'].decode('latin-1')[:300]}"
    return _printable(f"{verb} {status} user={call.account.user or 'nobody'} ip={address} {where} {why}")


def _printable(text: str) -> str:
    """One line of ASCII, for logs and headers."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def _refusal(call: Call, error: BaseException) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, asyncio.CancelledError):
        return stopping()
    if gone := call.gone():
        return no_repository(gone.id)
    full = isinstance(error, OSError) and error.errno in _FULL
    if full or (isinstance(error, OSError | pygit2.GitError) and "No space left" in str(error)):
        return Refusal(
            507, "the hub's disk is full: nothing was changed; make room on the server and try again"
        )
    _LOG.error("error", exc_info=error)
    return Refusal(500, "the server failed; its log says why")


def _parse_and_answer(rule: Rule, call: Call, body: bytes) -> Any:
    """Both in one go: what is parsed must not wait for a thread, of all requests at once."""
    call.data = _parse(body, rule.body)
    try:
        return rule.answer(call)
    finally:
        call.data = {}


def _parse(body: bytes, form: str) -> dict[str, Any]:
    """The JSON object, or the fields of a form.

    Raises:
        Refusal: 400.
    """
    try:
        if form == "form" and not body.lstrip().startswith(b"{"):
            fields = parse_qs(body.decode(), max_num_fields=2000)
            return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Refusal(400, "body: a JSON object expected")
    return value


async def _drained(call: Call) -> bool:
    """Read what is left of a refused body: a client that is still sending may not look at the answer."""
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in call.blocks(_DRAIN):
                pass
    except (Refusal, ClientDisconnect, TimeoutError):
        return False
    except RuntimeError:  # all of it was read
        pass
    return True

"""Requests to a hub: the token goes to it alone, redirects are bounded, what passes is tried again.

What an answer says is not believed: who asks gives the most bytes that it may have, and checks their digest.
"""

from __future__ import annotations

import email.utils
import http.client
import random
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

from zoo.errors import HubError
from zoo.hub.wire import Answer, Limits, TooMuchError, request

T = TypeVar("T")
_REDIRECTS = {301, 302, 303, 307, 308}
_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_OUT_OF_TIME = {9, 10}  # OpenSSL's numbers for a certificate that is not valid yet, or no longer
_URL = re.compile(r"https?://[\x21-\x7e]{1,8000}")


class TransientError(Exception):
    """A failure that may pass.

    Args:
        message: What failed.
        after: Seconds that the server asks to wait for, or None.
    """

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class StatusError(Exception):
    """An answer that is no success and will not become one.

    Args:
        status: The HTTP status.
        code: The hub's word for it, such as `RepoNotFound`, or an empty text.
        said: The hub's own message, or an empty text.
    """

    def __init__(self, status: int, code: str, said: str) -> None:
        super().__init__(f"HTTP {status}{': ' if said else ''}{said}")
        self.status, self.code, self.said = status, code, said


class Client:
    """Gets files and answers from one hub.

    Args:
        endpoint: Its address.
        token: Sent to this address alone: not to where it redirects, unless that is the same origin.
        limits: What it may cost.
    """

    def __init__(self, endpoint: str, token: str | None = None, limits: Limits | None = None) -> None:
        self.endpoint, self.token = endpoint, token
        self.limits = limits or Limits()

    def get(self, path: str, limit: int) -> bytes:
        """The body of a small answer.

        Args:
            path: Below the endpoint, starting with a slash, quoted.
            limit: The most bytes it may have.

        Raises:
            StatusError: No success.
            HubError: No answer, or one that is not as it must be.
        """

        def once() -> bytes:
            with self.open(path, {}) as answer:
                return guarded(self.endpoint + path, lambda: answer.read(limit))

        return self.tries(path, once)

    def tries(self, what: str, attempt: Callable[[], T]) -> T:
        """The result of the first attempt that does not fail with `TransientError`.

        Raises:
            HubError: None of them succeeds.
        """
        pause = self.limits.pause_s
        for left in reversed(range(self.limits.tries)):
            try:
                return attempt()
            except TransientError as error:
                wait = pause * random.uniform(0.5, 1.5) if error.after is None else error.after
                if not left or wait > self.limits.longest_pause_s:
                    later = f"; it asks to wait for {wait:.0f} s" if left else ""
                    raise HubError(
                        f"{self.endpoint}{what}: {error}{later}. Check the network and HF_ENDPOINT, or try "
                        "again later.",
                        "unreachable",
                    ) from None
                time.sleep(wait)
                pause *= 2
        raise ValueError(f"tries: expected at least 1, found {self.limits.tries}")

    def open(self, path: str, headers: Mapping[str, str]) -> Answer:
        """The answer to a GET, after redirects: its status is 200 or, where a range is asked for, 206 or 416.

        Raises:
            TransientError: A failure that may pass.
            StatusError: No success.
            HubError: No such host, a bad certificate, or an answer that is not as it must be.
        """
        url = self.endpoint + path
        for _ in range(self.limits.redirects + 1):
            send = partial(request, url, self._headers(url, headers), self.limits)
            answer = guarded(_shown(url), send)
            if answer.status not in _REDIRECTS:
                return _checked(_shown(url), answer, {200, 206, 416} if "Range" in headers else {200})
            with answer:
                url = _follow(url, answer.headers.get("Location"))
        raise HubError(
            f"{self.endpoint}{path}: more than {self.limits.redirects} redirects. Is HF_ENDPOINT right?"
        )

    def _headers(self, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        own = {"User-Agent": "difflogic-zoo", "Accept-Encoding": "identity", **headers}
        if self.token and _origin(urlsplit(url)) == _origin(urlsplit(self.endpoint)):
            own["Authorization"] = f"Bearer {self.token}"
        return own


def guarded(url: str, step: Callable[[], T]) -> T:
    """The result of a step on a connection, what goes wrong sorted into what may pass and what will not.

    Raises:
        TransientError: It may.
        HubError: It will not.
    """
    try:
        return step()
    except TooMuchError as error:
        raise HubError(f"{url}: the answer has {error}. Is this a hub?") from None
    except ssl.SSLCertVerificationError as error:
        mend = "Name your own authority in SSL_CERT_FILE."
        if error.verify_code in _OUT_OF_TIME:
            mend = f"Here it is {time.strftime('%Y-%m-%d')}: is this machine's clock right?"
        raise HubError(f"{url}: certificate: {error.verify_message}. {mend}") from None
    except socket.gaierror as error:
        raise HubError(
            f"{url}: no address found ({error.strerror}). Check the network and HF_ENDPOINT.", "unreachable"
        ) from None
    except (OSError, http.client.HTTPException) as error:
        raise TransientError(_said(error)) from None


def _said(error: Exception) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return "the answer ended early"
    if isinstance(error, http.client.HTTPException):
        return f"no HTTP answer ({type(error).__name__}: {str(error)[:80]})"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:200] or type(error).__name__


def _checked(url: str, answer: Answer, good: set[int]) -> Answer:
    """The answer, if it is one to read."""
    try:
        if answer.status in good:
            coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
            if coding != "identity":
                raise HubError(f"{url}: expected the bytes themselves, found them as {coding[:40]!r}.")
            return answer
        said = answer.headers.get("X-Error-Message", "")[:200]
        if answer.status in _AGAIN:
            raise TransientError(
                f"HTTP {answer.status}{': ' if said else ''}{said}",
                _retry_after(answer.headers.get("Retry-After")),
            )
        raise StatusError(answer.status, answer.headers.get("X-Error-Code", "")[:40], said)
    except BaseException:
        answer.close()
        raise


def _retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header: a number of them, or a date."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text.strip()[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _follow(url: str, location: str | None) -> str:
    """Where a redirect leads, if it may lead there."""
    try:
        target = urljoin(url, location or "").partition("#")[0]
        parts = urlsplit(target)
        good = bool(location and _URL.fullmatch(target) and parts.hostname and parts.port != 0)
    except ValueError:
        good = False
    if not good or parts.username is not None:
        raise HubError(f"{_shown(url)}: redirects to {_shown(str(location))!r}: no http(s) address.")
    if urlsplit(url).scheme == "https" and parts.scheme != "https":
        raise HubError(
            f"{_shown(url)}: redirects from https to {_shown(target)}, where anyone could change what comes."
        )
    return target


def _shown(url: str) -> str:
    """An address for a message: a query may hold what lets anyone in."""
    return url.partition("?")[0][:300]


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)

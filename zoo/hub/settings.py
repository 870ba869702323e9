"""Which hub, as whom, and whether at all: from the environment, read anew at each call.

The names are those of the Hugging Face Hub's own client, so that one setting serves both.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from zoo.errors import ZooError

DEFAULT_ENDPOINT = "https://huggingface.co"
_TRUE = {"1", "ON", "YES", "TRUE"}
_WORD = re.compile(r"[\x21-\x7e]{1,4096}")


def endpoint() -> str:
    """The hub's address, without a slash at its end: `HF_ENDPOINT`, or the Hugging Face Hub.

    Raises:
        ZooError: No http(s) address of a host, or one with a password, a query or a fragment.
    """
    text = (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or not _WORD.fullmatch(text) or any(c in text for c in "@?#\\"):
        shown = text.rpartition("@")[2]  # what stands before it may be a password
        raise ZooError(
            f"HF_ENDPOINT={shown[:120]!r}: expected an address such as {DEFAULT_ENDPOINT} or "
            "http://127.0.0.1:8000. Set or unset it."
        )
    return text


def token() -> str | None:
    """The user's token: `HF_TOKEN`, or the file that `hf auth login` writes; None if there is none.

    Raises:
        ZooError: It has characters that no token has. The message does not show it.
    """
    text, where = os.environ.get("HF_TOKEN", "").strip(), "HF_TOKEN"
    if not text:
        path = Path(os.environ.get("HF_TOKEN_PATH") or _hf_home() / "token")
        where = str(path)
        try:
            text = path.read_text("utf-8", "replace")[:5000].strip()
        except OSError:
            return None
    return check_token(text, where) if text else None


def check_token(text: str, where: str) -> str:
    """The token itself.

    Raises:
        ZooError: It has characters that no token has. The message does not show it.
    """
    if not _WORD.fullmatch(text):
        raise ZooError(f"{where}: expected a token: one word of ASCII characters. Copy it again.")
    return text


def offline() -> bool:
    """Whether `HF_HUB_OFFLINE` forbids all use of the network."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE


def quiet() -> bool:
    """Whether `HF_HUB_DISABLE_PROGRESS_BARS` forbids to show progress."""
    return os.environ.get("HF_HUB_DISABLE_PROGRESS_BARS", "").upper() in _TRUE


def _hf_home() -> Path:
    own = os.environ.get("HF_HOME")
    if own:
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"

"""Ed25519 keys: the user's own private ones, and the public ones that a namespace is pinned to.

A namespace is pinned by the keys that ship with this package (`keys.json` beside this file) and by those that
the user trusts (`trusted.json` in the config folder). Of a pinned namespace only what one of its keys signed
is accepted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import MissingExtraError, SignatureError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT = "difflogic-zoo/keys/1"
SHIPPED = Path(__file__).with_name("keys.json")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PASSWORD = "ZOO_KEY_PASSWORD"
KEY_BYTES = 32
MAX_KEY_FILE = 64 << 10


@dataclass(frozen=True)
class PinnedKey:
    """A public key that may sign for a namespace.

    Args:
        namespace: What stands before the slash of an id, in lower case: hubs do not tell `Bela` from `bela`.
        key: The public key: base64 of 32 bytes.
        name: What its owner calls it.
    """

    namespace: str
    key: str
    name: str

    @property
    def fingerprint(self) -> str:
        """What people compare."""
        return fingerprint(decode_public(self.key))


def config_folder() -> Path:
    """`ZOO_CONFIG`, or `difflogic-zoo` in the user's config folder; it may not exist yet."""
    own = os.environ.get("ZOO_CONFIG")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "difflogic-zoo"


def fingerprint(public: bytes) -> str:
    """`SHA256:` and 43 characters of base64, as ssh writes it, of a public key's 32 bytes."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public).digest()).decode().rstrip("=")


def decode_public(text: str) -> bytes:
    """The 32 bytes of a public key.

    Raises:
        SignatureError: Not exactly 32 bytes in base64.
    """
    try:
        public = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        public = b""
    if len(public) != KEY_BYTES:
        raise SignatureError(
            f"{text[:60]!r}: expected a public key, {KEY_BYTES} bytes in base64. `zoo keys list` shows yours."
        )
    return public


def pinned(namespace: str) -> list[PinnedKey]:
    """The keys that may sign for a namespace: shipped, then the user's; none if it is not pinned.

    Raises:
        SignatureError: The user's list is damaged.
    """
    return [key for key in all_pinned() if key.namespace == namespace.lower()]


def all_pinned() -> list[PinnedKey]:
    """Every pinned key: shipped, then the user's."""
    return read_keys(SHIPPED) + trusted()


def trusted() -> list[PinnedKey]:
    """The keys that the user pinned with `zoo keys trust`."""
    path = _trusted_path()
    return read_keys(path) if path.exists() else []


def trust(namespace: str, key: str, name: str) -> PinnedKey:
    """Pin a namespace to a public key, besides those it has.

    Raises:
        SignatureError: The namespace is no namespace, or the key no key.
    """
    if not NAME.fullmatch(namespace) or not NAME.fullmatch(name):
        raise SignatureError(
            f"{namespace!r}, {name!r}: expected a namespace and a name of letters, digits, '.', '_' and '-'."
        )
    decode_public(key)
    added = PinnedKey(namespace.lower(), key, name)
    others = [old for old in trusted() if (old.namespace, old.key) != (added.namespace, key)]
    _write_trusted([*others, added])
    return added


def distrust(namespace: str, which: str | None = None) -> list[PinnedKey]:
    """Take back the user's own pins of a namespace.

    Args:
        namespace: Whose.
        which: Only the key of this name or fingerprint; None takes back all.

    Returns:
        What was taken back.

    Raises:
        SignatureError: There is none.
    """
    known = trusted()
    gone = [
        key
        for key in known
        if key.namespace == namespace.lower() and which in (None, key.name, key.fingerprint, key.key)
    ]
    if not gone:
        raise SignatureError(f"{namespace}: you trust no such key. `zoo keys list` shows what you trust.")
    _write_trusted([key for key in known if key not in gone])
    return gone


def read_keys(path: Path) -> list[PinnedKey]:
    """The list of pinned keys in a file.

    Raises:
        SignatureError: It is no such list. What is damaged is not taken for an empty list.
    """
    try:
        document = json.loads(path.read_bytes())
        if document.keys() != {"format", "keys"} or document["format"] != FORMAT:
            raise ValueError(f"expected format {FORMAT} and keys")
        found = [PinnedKey(**row) for row in document["keys"]]
        for key in found:
            decode_public(key.key)
            if key.namespace != key.namespace.lower() or not NAME.fullmatch(key.namespace):
                raise ValueError(f"namespace {key.namespace!r} is not in lower case")
    except (ValueError, TypeError, AttributeError, SignatureError) as error:
        raise SignatureError(f"{path}: no list of trusted keys: {error}. Mend or remove it.") from None
    return found


def new_key(name: str, password: str | None = None) -> Path:
    """Make a private key: PEM (PKCS #8), readable by its owner alone, encrypted if there is a password.

    The public key goes beside it, into `NAME.pub`: one line of base64.

    Returns:
        Its file.

    Raises:
        SignatureError: There is one of that name, or it is no name.
        MissingExtraError: `cryptography` is not installed.
    """
    from zoo.atomic import write_file

    path = key_path(name)
    need_cryptography()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    sealed: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        sealed = serialization.BestAvailableEncryption(password.encode())
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SignatureError(
            f"{path}: there is a key of this name, and none is ever overwritten. Choose another --name."
        ) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
        write_file(path.with_suffix(".pub"), base64.b64encode(public_bytes(key)) + b"\n")
    except BaseException:
        path.unlink()
        raise
    return path


def load_key(name: str | None = None, password: str | None = None) -> Ed25519PrivateKey:
    """A private key of `zoo keys new`: by name, by path, or the only one there is.

    Args:
        name: See `find_key`.
        password: Of the key, if it has one; from `ZOO_KEY_PASSWORD` when None.

    Raises:
        SignatureError: No such key, one that others can read, another kind of key, or not its password.
        MissingExtraError: `cryptography` is not installed.
    """
    need_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    path = find_key(name)
    if path.stat().st_mode & 0o077:
        raise SignatureError(f"{path}: others may read this private key. `chmod 600 {path}` first.")
    if password is None and is_encrypted(path):
        password = os.environ.get(PASSWORD)
    try:
        key = load_pem_private_key(path.read_bytes()[:MAX_KEY_FILE], password.encode() if password else None)
    except TypeError:
        found = "has no password, but one was given" if password else f"has a password: set {PASSWORD}"
        raise SignatureError(f"{path}: the key {found}.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise SignatureError(f"{path}: not a private key, or not its password.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SignatureError(f"{path}: expected an Ed25519 key. Make one with `zoo keys new`.")
    return key


def is_encrypted(path: Path) -> bool:
    """Whether a private key needs a password."""
    return b"ENCRYPTED" in path.read_bytes()[:MAX_KEY_FILE].partition(b"\n")[0]


def own_keys() -> list[Path]:
    """The user's private keys."""
    return sorted(_keys_folder().glob("*.pem"))


def own_public(path: Path) -> str | None:
    """The public key beside a private one, in base64; None where it was removed."""
    beside = path.with_suffix(".pub")
    return public_of(str(beside)) if beside.is_file() else None


def own_name(public: str) -> str | None:
    """What the user calls the own key with this public half (base64); None where it is another's."""
    for path in own_keys():
        beside = path.with_suffix(".pub")
        if beside.is_file() and beside.read_text("utf-8", errors="replace").strip() == public:
            return path.stem
    return None


def find_key(name: str | None = None) -> Path:
    """The file of a private key: by name, by path, or the only one there is.

    Raises:
        SignatureError: None, or several and no name.
    """
    if name is None:
        known = own_keys()
        if len(known) != 1:
            several = f"choose one with --key: {', '.join(path.stem for path in known)}"
            found = several if known else "no private key. `zoo keys new` makes one"
            raise SignatureError(f"{_keys_folder()}: {found}.")
        return known[0]
    path = Path(name) if "/" in name or name.endswith(".pem") else key_path(name)
    if not path.is_file():
        raise SignatureError(
            f"{path}: no private key. `zoo keys list` shows yours, `zoo keys new` makes one."
        )
    return path


def key_path(name: str) -> Path:
    """Where the private key of a name lies.

    Raises:
        SignatureError: No name for a file.
    """
    if not NAME.fullmatch(name):
        raise SignatureError(f"{name!r}: expected letters, digits, '.', '_' and '-'. Choose another name.")
    return _keys_folder() / f"{name}.pem"


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of its public key."""
    return key.public_key().public_bytes_raw()


def public_of(text_or_path: str) -> str:
    """A public key in base64: given as such, or as a file that holds it (base64 or PEM).

    Raises:
        SignatureError: Neither.
    """
    path = Path(text_or_path)
    if not path.is_file():
        return base64.b64encode(decode_public(text_or_path)).decode()
    data = path.read_bytes()[:MAX_KEY_FILE]
    if b"PRIVATE KEY" in data:
        raise SignatureError(f"{path}: this is a private key. Keep it to yourself; give its public key.")
    if not data.startswith(b"-----BEGIN"):
        return base64.b64encode(decode_public(data.decode("utf-8", "replace").strip())).decode()
    return base64.b64encode(_pem_public(path, data)).decode()


def _pem_public(path: Path, data: bytes) -> bytes:
    need_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key: Any = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise SignatureError(f"{path}: expected an Ed25519 public key.")
    return key.public_bytes_raw()


def need_cryptography() -> None:
    """Refuse early and clearly.

    Raises:
        MissingExtraError: `cryptography` is not installed.
    """
    try:
        import cryptography  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError("Signatures need cryptography: pip install 'difflogic-zoo[hub]'") from None


def _keys_folder() -> Path:
    return config_folder() / "keys"


def _trusted_path() -> Path:
    return config_folder() / "trusted.json"


def _write_trusted(keys: list[PinnedKey]) -> None:
    from zoo.atomic import write_file

    path = _trusted_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_file(path, json.dumps({"format": FORMAT, "keys": [asdict(key) for key in keys]}, indent=2) + "\n")

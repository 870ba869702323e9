"""Who made this: Ed25519 signatures, and what is accepted from whom.

A signature is over `difflogic-zoo/<purpose>/1`, a line feed and the data, so that one for a manifest is none
for a record. A model's is over its `manifest.json`, which names every file by its SHA-256, and lies in
`manifest.sig`. It proves who signed these bytes, not when, nor that they are the newest.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from zoo.errors import MissingExtraError, ModelError, SignatureError
from zoo.hub.keys import KEY_BYTES, fingerprint, need_cryptography, own_name, pinned, public_bytes
from zoo.manifest import MANIFEST, MAX_BYTES, MAX_SIGNATURE_BYTES, SIGNATURE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT = "difflogic-zoo/signature/1"
MODEL = "manifest"  # the purpose of a model's signature
_PURPOSE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_SIGNATURE_BYTES = 64

Status = Literal["trusted", "unknown-key", "unsigned", "bad", "unchecked"]


@dataclass(frozen=True)
class Verdict:
    """What a signature says.

    Args:
        status: `trusted`: good, of a key pinned for the namespace. `unknown-key`: good, but nobody said whose
            key that is, so it proves nothing yet. `unsigned`: none. `bad`: present, and wrong.
            `unchecked`: present, but without `cryptography` nobody looked.
        key: Fingerprint of the key, where there is one.
        name: What the key is called, if it is trusted or the user's own.
        why: What is wrong with a bad one.
    """

    status: Status
    key: str | None = None
    name: str | None = None
    why: str = ""

    def __str__(self) -> str:
        """A line for people."""
        mine = f"signed by your key {self.name}, {self.key}"
        theirs = f"signed by key {self.key}, which you have not trusted"
        return {
            "trusted": f"signed by {self.name}, key {self.key}",
            "unknown-key": theirs if self.name is None else mine,
            "unsigned": "unsigned",
            "bad": f"bad signature: {self.why}",
            "unchecked": "signed; NOT checked: pip install 'difflogic-zoo[hub]'",
        }[self.status]


def sign_bytes(data: bytes, key: Ed25519PrivateKey, purpose: str) -> bytes:
    """The text of a signature file over `data`.

    Args:
        data: What is signed.
        key: See `zoo.hub.keys.load_key`.
        purpose: What the signature is for: `manifest`, or another word of lower-case letters.
    """
    document = {
        "format": FORMAT,
        "key": base64.b64encode(public_bytes(key)).decode(),
        "signature": base64.b64encode(key.sign(_statement(data, purpose))).decode(),
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def verify_bytes(data: bytes, signature: bytes | None, namespace: str, purpose: str) -> Verdict:
    """Check a signature file over `data`.

    Args:
        data: What was signed.
        signature: What `sign_bytes` gave; None where there is none.
        namespace: Whose keys count.
        purpose: As of `sign_bytes`.

    Raises:
        MissingExtraError: There is a signature, and `cryptography` is not installed.
        SignatureError: The user's list of trusted keys is damaged.
    """
    if signature is None:
        return Verdict("unsigned")
    parsed = _parse(signature)
    if isinstance(parsed, str):
        return Verdict("bad", why=parsed)
    public, raw = parsed
    need_cryptography()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    known_as = fingerprint(public)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(raw, _statement(data, purpose))
    except (InvalidSignature, ValueError):
        return Verdict("bad", known_as, why=f"it is not of key {known_as} over these bytes")
    encoded = base64.b64encode(public).decode()
    for key in pinned(namespace):
        if key.key == encoded:
            return Verdict("trusted", known_as, key.name)
    return Verdict("unknown-key", known_as, own_name(encoded))


def check_policy(manifest: bytes, signature: bytes | None, namespace: str) -> Verdict:
    """Whether a model may be accepted from a namespace.

    A pinned namespace accepts only what a pinned key signed. From any other, a signature may be missing or,
    without `cryptography`, unchecked: who could spoil it could remove it as well. A bad one is refused.

    Args:
        manifest: The bytes of `manifest.json`.
        signature: The bytes of `manifest.sig`, or None.
        namespace: What stands before the slash of the repository's id.

    Raises:
        SignatureError: It may not; the message says why and how to mend it.
        MissingExtraError: The namespace is pinned, and `cryptography` is not installed.
    """
    keys = pinned(namespace)
    try:
        verdict = verify_bytes(manifest, signature, namespace, MODEL)
    except MissingExtraError:
        if keys:
            raise
        return Verdict("unchecked")
    if verdict.status == "bad":
        raise SignatureError(
            f"{namespace}: {verdict.why}. The model was changed after it was signed, or its download is "
            "damaged: do not use it; ask who published it."
        )
    if keys and verdict.status != "trusted":
        names = ", ".join(f"{key.name} ({key.fingerprint})" for key in keys)
        raise SignatureError(
            f"{namespace}: expected a signature by {names}; this model is {verdict}. If its owner has a new "
            f"key, compare fingerprints, then `zoo keys trust {namespace} KEY`."
        )
    return verdict


def check_name(verdict: Verdict, id: str, repo: str) -> None:
    """A trusted signature is for one model: a hub cannot show it under the name of another.

    Args:
        verdict: Of the policy.
        id: What the signed config says that the model is.
        repo: The repository that it came from, by its own name.

    Raises:
        SignatureError: They differ.
    """
    if verdict.status == "trusted" and id != repo.lower():
        raise SignatureError(
            f"{repo}: {verdict.name} signed this model as {id}, another one. Do not use it; tell its owner."
        )


def verify_model(folder: str | PathLike[str]) -> Verdict:
    """What the signature of a model folder says; the namespace is that of the model's id.

    Only the manifest is checked here; that the files are those of the manifest, `zoo.load` checks.

    Raises:
        ModelError: No manifest or config, or one that is refused.
        SignatureError: The user's list of trusted keys is damaged.
    """
    from zoo.folder import load_config

    root = Path(folder)
    namespace = load_config(root).id.partition("/")[0]
    try:
        return verify_bytes(_manifest(root), read_signature(root), namespace, MODEL)
    except MissingExtraError:
        return Verdict("unchecked")


def require_trusted(folder: str | PathLike[str], what: str, unsigned: bool = False) -> Verdict:
    """Let nothing of a model that is code pass without a trusted signature, or the user's word.

    Args:
        folder: A model folder.
        what: What is to be used, for the message: `prebuilt/armv7-pd`.
        unsigned: The user asked for it with `--unsigned`. A bad signature is refused all the same.

    Raises:
        SignatureError: No trusted signature, and `unsigned` is off; or a bad one.
        MissingExtraError: There is a signature, and neither `cryptography` nor `unsigned`.
    """
    verdict = verify_model(folder)
    if verdict.status == "unchecked" and not unsigned:
        need_cryptography()
    if verdict.status == "bad" or (verdict.status != "trusted" and not unsigned):
        mend = (
            "" if verdict.status == "bad" else " Trust its owner's key (`zoo keys trust`), or say --unsigned."
        )
        raise SignatureError(f"{folder}: {what} is code, and this model is {verdict}.{mend}")
    return verdict


def sign_folder(folder: str | PathLike[str], key: Ed25519PrivateKey) -> Path:
    """Sign a model folder, after loading it strictly.

    Returns:
        Its `manifest.sig`.

    Raises:
        ModelError: The folder is refused.
    """
    from zoo.atomic import write_file
    from zoo.folder import load_folder

    root = Path(folder)
    load_folder(root)
    write_file(root / SIGNATURE, sign_bytes(_manifest(root), key, MODEL))
    return root / SIGNATURE


def read_signature(root: Path) -> bytes | None:
    """The bytes of a folder's `manifest.sig`, cut just above the limit; None where there is none."""
    path = root / SIGNATURE
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return file.read(MAX_SIGNATURE_BYTES + 1)


def _manifest(root: Path) -> bytes:
    with (root / MANIFEST).open("rb") as file:
        return file.read(MAX_BYTES[MANIFEST] + 1)


def _statement(data: bytes, purpose: str) -> bytes:
    """What is signed: the data, and what for."""
    if not _PURPOSE.fullmatch(purpose):
        raise ValueError(f"purpose: expected a match of {_PURPOSE.pattern}, found {purpose!r}")
    return b"difflogic-zoo/" + purpose.encode() + b"/1\n" + data


def _parse(signature: bytes) -> tuple[bytes, bytes] | str:
    """Public key and signature of a signature file, or what is wrong with it."""
    from zoo.tensors import parse_object

    if len(signature) > MAX_SIGNATURE_BYTES:
        return f"longer than {MAX_SIGNATURE_BYTES} bytes"
    try:
        document = parse_object(Path(SIGNATURE), "signature", signature)
    except ModelError:
        return "no JSON object"
    if document.keys() != {"format", "key", "signature"} or document["format"] != FORMAT:
        return f"expected format {FORMAT}, key and signature"
    public, raw = (_decode(document[name]) for name in ("key", "signature"))
    if len(public) != KEY_BYTES or len(raw) != _SIGNATURE_BYTES:
        return f"key and signature are not {KEY_BYTES} and {_SIGNATURE_BYTES} bytes in base64"
    return public, raw


def _decode(text: object) -> bytes:
    """Bytes of strict base64; none of anything else."""
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return b""

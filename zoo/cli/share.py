"""`zoo keys`, `zoo sign` and `zoo push`: whom to trust, and how to publish."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KeyOption = Annotated[
    str | None, typer.Option(help="Your key: a name, or a PEM file. The only one you have when left out.")
]


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    keys = typer.Typer(help="Keys to sign models with, and keys to trust.", no_args_is_help=True)
    keys.command("new")(new)
    keys.command("trust")(trust)
    keys.command("list")(list_keys)
    keys.command("remove")(remove)
    app.add_typer(keys, name="keys")
    app.command("sign")(sign)
    app.command("push")(push)


def new(
    name: Annotated[str, typer.Option(help="What to call it.")] = "default",
) -> None:
    """Make a key to sign with. A passphrase is asked for, or taken from ZOO_KEY_PASSWORD."""
    from zoo.hub.keys import PASSWORD, key_path, new_key, own_public

    path = key_path(name)
    asked = os.environ.get(PASSWORD)
    if asked is None and sys.stdin.isatty() and not path.exists():
        asked = typer.prompt(
            "Passphrase (empty for none)", default="", hide_input=True, confirmation_prompt=True,
            show_default=False, err=True,
        )  # fmt: skip
    path = new_key(name, asked)
    public = own_public(path) or ""
    print(f"Private key  {path}: keep it to yourself, and a copy in a safe place.")
    print(f"Public key   {public}")
    print(f"Fingerprint  {_fingerprint(public)}")
    print("Publish both where people know that it is you. They then trust you with:")
    print(f"  zoo keys trust NAMESPACE {public}")


def trust(
    namespace: Annotated[str, typer.Argument(help="Whose models: what stands before the slash of an id.")],
    key: Annotated[str, typer.Argument(help="The public key, or a file that holds it.")],
    name: Annotated[str | None, typer.Option(help="What to call it; the namespace when left out.")] = None,
) -> None:
    """From now on accept from NAMESPACE only what this key (or another that you trust) has signed."""
    from zoo.hub.keys import public_of
    from zoo.hub.keys import trust as pin

    pinned = pin(namespace, public_of(key), name or namespace)
    print(f"Trusted for {pinned.namespace}: {pinned.name}, {pinned.fingerprint}")
    print("Compare the fingerprint with what its owner has published.")


def list_keys() -> None:
    """List your own keys, and those that are trusted for a namespace."""
    from rich.console import Console
    from rich.table import Table

    from zoo.hub.keys import SHIPPED, own_keys, own_public, read_keys, trusted

    table = Table(box=None, pad_edge=False)
    for heading in ("of", "name", "fingerprint"):
        table.add_column(heading, no_wrap=True)
    for path in own_keys():
        public = own_public(path)
        table.add_row("you", path.stem, _fingerprint(public) if public else "no .pub file beside it")
    for known, of in ((read_keys(SHIPPED), "shipped"), (trusted(), "trusted")):
        for key in known:
            table.add_row(f"{key.namespace} ({of})", key.name, key.fingerprint)
    if not table.row_count:
        print("No keys. `zoo keys new` makes one to sign with, `zoo keys trust` pins a namespace to one.")
        return
    Console(markup=False).print(table)


def remove(
    namespace: Annotated[str, typer.Argument(help="Whose keys.")],
    key: Annotated[str | None, typer.Option(help="Only this one: its name, or its fingerprint.")] = None,
) -> None:
    """Trust keys of a namespace no longer. Your own private keys are files: remove them yourself."""
    from zoo.hub.keys import distrust, pinned

    for gone in distrust(namespace, key):
        print(f"No longer trusted for {gone.namespace}: {gone.name}, {gone.fingerprint}")
    if not pinned(namespace):
        print(f"{namespace} is pinned to no key any more: unsigned models of it are accepted.")


def sign(
    folder: Annotated[Path, typer.Argument(help="A model folder.")],
    key: KeyOption = None,
) -> None:
    """Sign a model folder: its manifest.sig says who made it."""
    from zoo.hub.trust import sign_folder, verify_model

    path = sign_folder(folder, unlock(key))
    print(f"{path}: {verify_model(folder)}")


def push(
    model: Annotated[str, typer.Argument(help="A model folder, or the id of a bundled model.")],
    repo: Annotated[str, typer.Argument(help="owner/name on the hub; the model gets this id.")],
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
    pr: Annotated[bool, typer.Option("--pr", help="Open a pull request instead.")] = False,
    tag: Annotated[str | None, typer.Option(help="Name the commit: v1.0. Tags are not moved.")] = None,
    message: Annotated[str | None, typer.Option("--message", "-m", help="What changed, in a line.")] = None,
    sign: Annotated[
        bool | None, typer.Option("--sign/--no-sign", help="Sign it. Done if you have a key.")
    ] = None,
    key: KeyOption = None,
    checkpoint: Annotated[
        bool, typer.Option("--checkpoint", help="Publish the weights to train on from, too.")
    ] = False,
    prebuilt: Annotated[
        Path | None,
        typer.Option(help="Publish these plugins: the folder that `zoo export --prebuilt` filled."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and say what would be sent.")] = False,
) -> None:
    """Publish a model on the hub of HF_ENDPOINT: checked, signed, one commit."""
    from zoo.hub.keys import own_keys
    from zoo.hub.names import RepoId
    from zoo.hub.push import model_folder, upload
    from zoo.hub.release import prepare

    wanted = bool(key or own_keys()) if sign is None else sign
    with model_folder(model) as folder:
        release = prepare(
            folder, RepoId.parse(repo), key=unlock(key) if wanted else None, signature=sign is not False,
            checkpoint=checkpoint, prebuilt=prebuilt,
        )  # fmt: skip
    if dry_run:
        for name, data in sorted({**release.files, **release.beside}.items()):
            print(f"{len(data):>10,}  {name}")
        print(f"{release.repo}: {release.signed}. Nothing was sent.")
        return
    done = upload(release, private=private, create_pr=pr, tag=tag, message=message)
    said = "pushed" if done.changed else "is there already, and the same; nothing was sent"
    print(f"{done.url}: {said}; {done.signed}." + (f" Tag {done.tag}." if done.tag else ""))
    if done.pr:
        print(f"Pull request: {done.pr}")
    print(f"To cite: {done.pinned}")
    print(f'To load: zoo.load("{done.pinned}")')


def unlock(name: str | None) -> Ed25519PrivateKey:
    """A private key; its passphrase comes from ZOO_KEY_PASSWORD or from the person."""
    from zoo.hub.keys import PASSWORD, find_key, is_encrypted, load_key

    path, password = find_key(name), None
    if PASSWORD not in os.environ and is_encrypted(path) and sys.stdin.isatty():
        password = typer.prompt(f"Passphrase of {path.stem}", hide_input=True, err=True)
    return load_key(str(path), password)


def _fingerprint(public: str) -> str:
    from zoo.hub.keys import decode_public, fingerprint

    return fingerprint(decode_public(public))

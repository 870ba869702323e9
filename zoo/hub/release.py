"""What is published of a model: checked, with the hub's id, its card and evaluation results, and signed."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.errors import ZooError
from zoo.folder import load_folder, read_files
from zoo.hub.names import RepoId
from zoo.hub.trust import MODEL, Verdict, read_signature, sign_bytes, verify_bytes
from zoo.manifest import CHECKPOINT, MANIFEST, SIGNATURE, Files, is_model_file, with_manifest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from zoo.config import Config

# Words of licences that do not let everybody use what was learned, and of no licence at all.
_CLOSED = re.compile(
    r"\bnc\b|non-?\s?commercial|research[- ]only|no[- ]?derivatives|\bnd\b|proprietary|all rights reserved"
    r"|noassertion|\bunknown\b",
    re.IGNORECASE,
)
HOW_BUILT = "BUILT.txt"  # beside every prebuilt binary: from what, with what, and how to do it again


@dataclass(frozen=True)
class Release:
    """What goes to a hub.

    Args:
        repo: Where it goes.
        config: The model's config under that name.
        files: The model folder with manifest and signature: what loading needs.
        beside: Files for the hub's pages, which no manifest names.
        signed: What the signature says here.
    """

    repo: RepoId
    config: Config
    files: Files
    beside: Files
    signed: Verdict


def prepare(
    folder: Path,
    repo: RepoId,
    *,
    key: Ed25519PrivateKey | None = None,
    signature: bool = True,
    checkpoint: bool = False,
    prebuilt: Path | None = None,
) -> Release:
    """Check a model folder and make what is published of it; the folder stays as it is.

    Args:
        folder: A model folder with all its files.
        repo: Its name on the hub; config, card and manifest are made anew with it.
        key: Signs the manifest. Without one, a signature stays if the manifest is the same.
        signature: Off leaves out every signature.
        checkpoint: Publish the weights to train on from, too.
        prebuilt: What `zoo export --prebuilt` built of this model.

    Raises:
        ZooError: The folder is refused, a licence is closed, or the builds are of another model.
    """
    load_folder(folder)
    files = read_files(folder)
    config = _named(folder, repo)
    check_licences(config)
    if not checkpoint:
        files.pop(CHECKPOINT, None)
    elif CHECKPOINT not in files:
        raise ZooError(f"{folder}: no {CHECKPOINT} to publish. `zoo train` makes one.")
    if prebuilt is not None:
        files = {name: data for name, data in files.items() if not name.startswith("prebuilt/")}
        files |= prebuilt_files(prebuilt, config)
    files, beside = _with_pages(config, files)
    old = read_signature(folder) if files[MANIFEST] == (folder / MANIFEST).read_bytes() else None
    sig = old if key is None else sign_bytes(files[MANIFEST], key, MODEL)
    if sig is not None and signature:
        files[SIGNATURE] = sig
    _check_again(files)
    signed = verify_bytes(files[MANIFEST], files.get(SIGNATURE), repo.owner, MODEL)
    if signed.status == "bad":
        raise ZooError(f"{folder}: {signed}. Sign it again: `zoo sign`.")
    return Release(repo, config, files, beside, signed)


def check_licences(config: Config) -> None:
    """Refuse to publish what its licences do not give to everybody, or do not say.

    Raises:
        ZooError: Names the licence.
    """
    named = {f"source {source.title!r}": source.licence for source in config.sources}
    for what, licence in {"the model": config.licence, **named}.items():
        if _CLOSED.search(licence):
            raise ZooError(
                f"{config.id}: the licence of {what} is {licence}. Only what everybody may use, commercially "
                "too, is published: train on other recordings, or name their licence if you know it."
            )


def prebuilt_files(builds: Path, config: Config) -> Files:
    """`prebuilt/<machine>-<host>/<file>` of what `zoo export --prebuilt` left as `<machine>/<host>/...`.

    Args:
        builds: The folder given to `-o`.
        config: Whose builds they must be.

    Raises:
        ZooError: No builds, without a text that says how, of another circuit, or a name that is not allowed.
    """
    found: Files = {}
    for told in sorted(builds.glob(f"*/*/{HOW_BUILT}")):
        root = told.parent
        if f"circuit: {config.circuit.sha256}" not in told.read_text("utf-8").splitlines():
            raise ZooError(f"{told}: built of another model. Build it again: `zoo export --prebuilt`.")
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            name = f"prebuilt/{root.parent.name}-{root.name}/{path.name}"
            if name in found or not is_model_file(name):
                raise ZooError(
                    f"{path}: cannot be {name}: use letters, digits and '-._~', and each name once a target."
                )
            found[name] = path.read_bytes()
    if not found:
        raise ZooError(
            f"{builds}: no builds with {HOW_BUILT}. `zoo export MODEL --to pd --prebuilt -o DIR` makes them."
        )
    return found


def _named(folder: Path, repo: RepoId) -> Config:
    """The folder's config under the repository's name."""
    from pydantic import ValidationError

    from zoo.config import Config
    from zoo.folder import load_config

    config = load_config(folder)
    try:
        return Config.model_validate({**config.model_dump(), "id": str(repo).lower()})
    except ValidationError:
        raise ZooError(
            f"{repo}: a model's id has at most 64 characters before and after the slash and starts with a "
            "letter or a digit. Choose another name."
        ) from None


def _with_pages(config: Config, files: Files) -> tuple[Files, Files]:
    """The files with card and manifest, and those beside them."""
    from zoo.card import make_card
    from zoo.hub.card import eval_results, front_matter

    files = {**files, "config.json": config.to_json().encode()}
    page = front_matter(config, files, _targets(config, files))
    files["README.md"] = make_card(config, files, page).encode()
    return with_manifest(config, files), eval_results(config, files)


def _targets(config: Config, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Where this circuit has been shown to run, by the index, and what there are binaries for."""
    from zoo.index import entries

    known = [entry.targets for entry in entries().values() if entry.circuit_sha256 == config.circuit.sha256]
    built = sorted({name.split("/")[1] for name in files if name.startswith("prebuilt/")})
    return (*(known[0] if known else ()), *built)


def _check_again(files: Files) -> None:
    """Load what is about to be published, as who downloads it will."""
    from zoo.atomic import replace_folder

    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "model"
        replace_folder(root, files)
        load_folder(root)

"""Publish a model on a hub, through `huggingface_hub` 0.34 to 2: one commit on a known parent, then a tag.

Of its errors only `HfHubHTTPError` is caught by name: those below it are of another library in each version.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from zoo.errors import HubError, MissingExtraError, ModelError, ZooError
from zoo.hub import settings
from zoo.hub.card import EVAL_RESULTS
from zoo.hub.names import COMMIT, RepoId, check_revision
from zoo.hub.release import Release, prepare
from zoo.manifest import SIGNATURE, is_model_file

if TYPE_CHECKING:
    from huggingface_hub import HfApi, ModelInfo

    from zoo.model import Model

_HTTP_LIBRARIES = frozenset(("requests", "urllib3", "httpx", "httpx2", "httpcore", "httpcore2"))


@dataclass(frozen=True)
class PushResult:
    """What became of a push.

    Args:
        repo: `owner/name`.
        commit: 40 hex digits: the commit that holds the model.
        url: The repository's page.
        tag: The tag on that commit, if one was asked for.
        pr: The pull request's page, if one was opened.
        changed: Whether there was anything to upload.
        signed: What the signature says here.
    """

    repo: str
    commit: str
    url: str
    tag: str | None
    pr: str | None
    changed: bool
    signed: str

    @property
    def pinned(self) -> str:
        """The id to cite: it names these bytes for ever."""
        return f"{self.repo}@{self.commit}"


def push(
    model: Model | str | PathLike[str],
    repo_id: str,
    *,
    private: bool = False,
    create_pr: bool = False,
    tag: str | None = None,
    commit_message: str | None = None,
    sign: bool | None = None,
    key: str | None = None,
    password: str | None = None,
    checkpoint: bool = False,
    prebuilt: Path | None = None,
    token: str | None = None,
) -> PushResult:
    """Publish a model under `repo_id`, on the hub of `HF_ENDPOINT`.

    Args:
        model: A model, the path of its folder, or the id of a bundled one.
        repo_id: `owner/name`; the model's config and card get this id.
        private: Make a new repository private. A public one is not made private: that is refused.
        create_pr: Open a pull request instead of writing to the repository.
        tag: Name the commit so; a tag is never moved.
        commit_message: One line about the change.
        sign: Sign the manifest (True), or leave out every signature (False). None signs if you have a key.
        key: Name or file of your private key; the only one you have when None.
        password: Of the key, if it has one.
        checkpoint: Publish the weights to train on from, too.
        prebuilt: What `zoo export --prebuilt` built of this model.
        token: Instead of the one that `hf auth login` or `HF_TOKEN` gave.

    Returns:
        The commit, and how to cite it.

    Raises:
        ZooError: The model is refused, or a key.
        HubError: The hub refuses, or there is none.
        MissingExtraError: `huggingface_hub` is not installed.
    """
    from zoo.hub.keys import load_key, own_keys

    wanted = bool(key or own_keys()) if sign is None else sign
    with model_folder(model) as folder:
        release = prepare(
            folder,
            RepoId.parse(repo_id),
            key=load_key(key, password) if wanted else None,
            signature=sign is not False,
            checkpoint=checkpoint,
            prebuilt=prebuilt,
        )
    return upload(
        release,
        private=private,
        create_pr=create_pr,
        tag=tag,
        message=commit_message,
        token=token,
    )


@contextmanager
def model_folder(model: Model | str | PathLike[str]) -> Iterator[Path]:
    """The folder of a model; one that has none is saved for the time being."""
    from zoo.folder import save
    from zoo.index import find_folder
    from zoo.model import Model

    if not isinstance(model, Model):
        yield find_folder(model)
    elif model.folder is not None:
        yield model.folder
    else:
        with tempfile.TemporaryDirectory() as place:
            yield save(model, Path(place) / "model")


def upload(
    release: Release,
    *,
    private: bool = False,
    create_pr: bool = False,
    tag: str | None = None,
    message: str | None = None,
    token: str | None = None,
) -> PushResult:
    """Upload what differs, in one commit whose parent is known; the arguments are those of `push`."""
    if tag is not None and create_pr:
        raise ZooError(f"tag {tag!r}: a pull request is no release. Tag after it was merged.")
    if tag is not None and COMMIT.fullmatch(check_revision(tag)):
        raise ZooError(f"tag {tag!r}: this would look like a commit. Choose another name.")
    endpoint, repo = settings.endpoint(), str(release.repo)
    api = _client(endpoint, token)
    with _refusals(endpoint, release.repo, create_pr), _set_as_now(endpoint):
        info = _repository(api, repo, private, may_create=not create_pr)
        if private and not info.private:
            raise HubError(f"{repo}: exists and is public. Make it private on its page first.", "wrong")
        head = info.sha
        changes = _changes(api, release, head)
        if tag is not None:
            _check_tag(api, repo, tag, None if changes else head)
        pr = None
        if changes or head is None:
            said = message or f"{release.config.summary} (difflogic-zoo {version('difflogic-zoo')})"
            done = api.create_commit(
                repo, changes, commit_message=said, parent_commit=head, create_pr=create_pr or None
            )
            head, pr = done.oid, done.pr_url and _line(done.pr_url)
        if head is None or not COMMIT.fullmatch(head):
            raise HubError(f"{endpoint}: expected a commit of 40 hex digits, found {head!r}.", "wrong")
        if tag is not None:
            api.create_tag(repo, tag=tag, revision=head, exist_ok=True)
    url = f"{endpoint}/{repo}"
    return PushResult(repo, head, url, tag, pr, bool(changes), str(release.signed))


def _client(endpoint: str, token: str | None) -> HfApi:
    """The hub's client, as the user."""
    try:
        from huggingface_hub import HfApi
    except ModuleNotFoundError as error:
        if error.name != "huggingface_hub":
            raise
        raise MissingExtraError("zoo push needs huggingface_hub: pip install 'difflogic-zoo[hub]'") from None
    if settings.offline():
        raise HubError("HF_HUB_OFFLINE is set: unset it to push.", "offline")
    token = token or settings.token()
    if token is None:
        raise HubError(
            f"{endpoint}: a push needs your token. `hf auth login` stores one; or set HF_TOKEN.", "denied"
        )
    return HfApi(
        endpoint=endpoint,
        token=settings.check_token(token, "token"),
        library_name="difflogic-zoo",
        library_version=version("difflogic-zoo"),
    )


def _repository(api: HfApi, repo: str, private: bool, may_create: bool) -> ModelInfo:
    """The repository, made if there is none; a token may be good for writing to it, and not for making it."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return api.model_info(repo)
    except RepositoryNotFoundError as error:
        if not may_create or error.response.status_code != 404:
            raise
    api.create_repo(repo, private=private or None)
    return api.model_info(repo)


def _changes(api: HfApi, release: Release, head: str | None) -> list[Any]:
    """What makes the repository hold exactly this release: files added, and a model's old files deleted.

    Evaluation results that others added stay as long as the circuit is the one that they measured.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    wanted = {**release.files, **release.beside}
    theirs: dict[str, Any] = {}
    if head is not None:
        listed = api.list_repo_tree(str(release.repo), revision=head, recursive=True)
        theirs = {entry.path: entry for entry in listed if hasattr(entry, "blob_id")}
    same = {name for name, data in wanted.items() if name in theirs and _equal(theirs[name], data)}
    gone = [
        name
        for name in theirs.keys() - wanted.keys()
        if is_model_file(name)
        or name == SIGNATURE
        or (name.startswith(f"{EVAL_RESULTS}/") and "model.safetensors" not in same)
    ]
    added = [CommitOperationAdd(name, wanted[name]) for name in sorted(wanted.keys() - same)]
    return [*added, *(CommitOperationDelete(name) for name in sorted(gone))]


def _equal(entry: Any, data: bytes) -> bool:
    """Whether the hub's file is this, by the digest that it tells: of the content, or of git's object."""
    if entry.lfs is not None:
        return bool(entry.lfs.sha256 == hashlib.sha256(data).hexdigest())
    return bool(entry.blob_id == hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest())


def _check_tag(api: HfApi, repo: str, tag: str, commit: str | None) -> None:
    """Refuse a tag that names another commit."""
    known = {ref.name: ref.target_commit for ref in api.list_repo_refs(repo).tags}
    if tag in known and known[tag] != commit:
        raise HubError(
            f"{repo}: the tag {tag} names {known[tag]} already, and tags are not moved. Choose another.",
            "wrong",
        )


@contextmanager
def _set_as_now(endpoint: str) -> Iterator[None]:
    """Give the client the settings of this call: it reads its own once, when it is imported.

    Xet is for the Hugging Face Hub alone: no other hub speaks this protocol, and no answer can refuse it.
    """
    from huggingface_hub import constants

    elsewhere = urlsplit(endpoint).hostname != urlsplit(settings.DEFAULT_ENDPOINT).hostname
    now = {"ENDPOINT": endpoint, "HF_HUB_OFFLINE": False} | (
        {"HF_HUB_DISABLE_XET": True} if elsewhere else {}
    )
    before = {name: getattr(constants, name) for name in now}
    try:
        for name, value in now.items():
            setattr(constants, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(constants, name, value)


@contextmanager
def _refusals(endpoint: str, repo: RepoId, create_pr: bool) -> Iterator[None]:
    """One clear message for whatever the hub or the network refuses."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        raise _refusal(endpoint, repo, create_pr, status, error) from None
    except ValueError as error:  # what the hub's check of the card says
        if isinstance(error, ModelError):
            raise
        raise HubError(f"{endpoint}: {_line(error)}", "wrong") from None
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _HTTP_LIBRARIES:
            raise
        raise HubError(
            f"{endpoint}: no answer ({type(error).__name__}: {_line(error)}). Is HF_ENDPOINT right, and is "
            "there a network? To push again is safe.",
            "unreachable",
        ) from None


def _refusal(endpoint: str, repo: RepoId, create_pr: bool, status: int | None, error: Any) -> HubError:
    said = _line(getattr(error, "server_message", None) or error)
    if status == 401:
        return HubError(
            f"{endpoint}: your token is not accepted ({said}). `hf auth login` stores a new one.", "denied"
        )
    if status == 403:
        other = "" if create_pr else ", or propose the change with --pr if the repository exists"
        return HubError(
            f"{repo}: you may not write there ({said}). Push to a namespace of yours, with a token that may "
            f"write{other}.",
            "denied",
        )
    if status == 404:
        return HubError(f"{endpoint}: no repository {repo} that your token may see.", "missing")
    if status == 409:
        return HubError(f"{repo}: the name is taken ({said}). Choose another.", "wrong")
    if status == 412:
        return HubError(
            f"{repo}: somebody pushed meanwhile, and nothing of yours was uploaded ({said}). Look, then "
            "push again.",
            "wrong",
        )
    return HubError(f"{endpoint}: refused with {status}: {said}", "wrong")


def _line(message: object) -> str:
    """Printable, one line, not too long."""
    text = " ".join(str(message).split())
    return "".join(c if c.isprintable() else "?" for c in text)[:300]

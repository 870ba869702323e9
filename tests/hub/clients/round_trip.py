"""The whole life of models on a hub, through an unmodified huggingface_hub of any release from 0.36 to 2.

    python round_trip.py MODEL_FOLDER OWNER/NAME READ_TOKEN OTHER_TOKEN

A program, so that every release has an interpreter of its own. HF_ENDPOINT, HF_TOKEN and HF_HOME say where
and who. Its last line is the commit to load the model from.
"""

import os
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import huggingface_hub
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, HfFileSystem, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

LARGE = 32 * 1024 * 1024  # bytes of the large file
api = HfApi()
anonymous = HfApi(token=False)


def fails(status: int | None, call: Callable[[], object], error: type[Exception] = HfHubHTTPError) -> None:
    """The call is refused with this status, as this error."""
    found = 0
    try:
        call()
    except error as caught:
        found = caught.response.status_code  # type: ignore[attr-defined]
    assert found, f"nothing refused {call.__qualname__}"
    assert status in (None, found), f"status {found}"


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file but the client's own."""
    paths = [path for path in folder.rglob("*") if path.is_file() and ".cache" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def fetched(repo: str, revision: str | None = None, **options: object) -> dict[str, bytes]:
    """What a snapshot of the repository holds."""
    return files_of(Path(snapshot_download(repo, revision=revision, **options)))  # type: ignore[arg-type]


def who_and_where(repo: str) -> None:
    owner = repo.partition("/")[0]
    assert api.whoami()["name"] == owner
    fails(401, lambda: HfApi(token="hf_forged").whoami(), Exception)  # 0.36 has a type of its own
    url = api.create_repo(repo)
    assert url.repo_id == repo, url
    assert api.create_repo(repo, exist_ok=True).repo_id == repo
    fails(409, lambda: api.create_repo(repo))


def files(repo: str, model: Path) -> str:
    """Files of every size, and a folder; the commit that holds the model and nothing else."""
    local = files_of(model)
    first = api.upload_folder(repo_id=repo, folder_path=model, commit_message="A model").oid
    assert set(api.list_repo_files(repo)) - {".gitattributes"} == set(local)
    again = api.upload_folder(repo_id=repo, folder_path=model, commit_message="The same").oid
    assert again == first, "an upload of the same files made a commit"
    assert api.get_safetensors_metadata(repo).sharded is False
    assert HfFileSystem().read_bytes(f"{repo}/config.json") == local["config.json"]

    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "large.bin")
        large.write_bytes(random.Random(1).randbytes(LARGE))
        small = api.upload_file(path_or_fileobj=b"small", path_in_repo="notes/a b.txt", repo_id=repo)
        assert Path(api.hf_hub_download(repo, "notes/a b.txt")).read_bytes() == b"small"
        empty = api.upload_file(path_or_fileobj=b"", path_in_repo="empty", repo_id=repo)
        assert len({first, small.oid, empty.oid}) == 3
        pushed = api.upload_file(path_or_fileobj=large, path_in_repo="large.bin", repo_id=repo)
        assert Path(api.hf_hub_download(repo, "large.bin")).read_bytes() == large.read_bytes()
        assert fetched(repo, local_dir=Path(folder, "copy")) == {
            **local,
            "notes/a b.txt": b"small",
            "empty": b"",
            "large.bin": large.read_bytes(),
        }
        (entry,) = api.get_paths_info(repo, "large.bin")
        assert entry.size == LARGE  # type: ignore[union-attr]
    history = [commit.commit_id for commit in api.list_repo_commits(repo)]
    assert history.index(pushed.oid) == 0
    assert history.index(first) == 3
    assert api.model_info(repo).sha == pushed.oid
    assert fetched(repo, revision=first) == local, "a pin by commit gives other bytes"
    return first


def commits(repo: str) -> None:
    """A commit names its parent or is refused; files come, go and are copied."""
    head = api.model_info(repo).sha
    assert head
    add = CommitOperationAdd("added.txt", b"added")
    moved = api.create_commit(repo, [add], commit_message="Add", parent_commit=head)
    stale = CommitOperationAdd("stale.txt", b"stale")
    fails(412, lambda: api.create_commit(repo, [stale], commit_message="Stale", parent_commit=head))
    assert api.model_info(repo).sha == moved.oid
    api.create_commit(
        repo,
        [
            CommitOperationDelete("added.txt"),
            CommitOperationDelete("notes/"),
            CommitOperationDelete("large.bin"),
        ],
        commit_message="Tidy",
        commit_description="Three things\nless",
    )
    api.delete_file("empty", repo)
    left = set(api.list_repo_files(repo))
    assert not left & {"added.txt", "stale.txt", "notes/a b.txt", "large.bin", "empty"}, left
    fails(404, lambda: api.hf_hub_download(repo, "large.bin"), EntryNotFoundError)
    fails(404, lambda: api.model_info(repo, revision="nowhere"), RevisionNotFoundError)


def proposals(repo: str, model: Path) -> None:
    """Pull requests, opened both ways, discussed, merged and closed; discussions."""
    head = api.model_info(repo).sha
    opened = api.create_commit(
        repo,
        [CommitOperationAdd("proposed.txt", b"proposed")],
        commit_message="Propose",
        create_pr=True,
    )
    number = opened.pr_num
    assert number
    assert api.model_info(repo).sha == head, "a pull request moved main"
    assert (
        Path(api.hf_hub_download(repo, "proposed.txt", revision=f"refs/pr/{number}")).read_bytes()
        == b"proposed"
    )
    details = api.get_discussion_details(repo, number)
    assert details.is_pull_request
    assert details.status == "open"
    assert "proposed.txt" in (details.diff or "")
    api.comment_discussion(repo, number, "Looks *right* <b>to me</b>")
    api.merge_pull_request(repo, number)
    details = api.get_discussion_details(repo, number)
    assert details.status == "merged"
    assert any(getattr(event, "content", None) == "Looks *right* <b>to me</b>" for event in details.events)
    assert Path(api.hf_hub_download(repo, "proposed.txt")).read_bytes() == b"proposed"

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "second.txt").write_bytes(b"second")
        api.upload_folder(repo_id=repo, folder_path=folder, create_pr=True, commit_message="A second")
    second = max(discussion.num for discussion in api.get_repo_discussions(repo))
    assert second > number
    assert "second.txt" in api.list_repo_files(repo, revision=f"refs/pr/{second}")
    if api.get_discussion_details(repo, second).status == "draft":
        api.change_discussion_status(repo, second, "open")
    api.merge_pull_request(repo, second)
    assert "second.txt" in api.list_repo_files(repo)

    third = api.create_pull_request(repo, "In two steps").num
    api.upload_file(
        path_or_fileobj=b"third", path_in_repo="third.txt", repo_id=repo, revision=f"refs/pr/{third}"
    )
    api.change_discussion_status(repo, third, "closed")
    assert api.get_discussion_details(repo, third).status == "closed"
    assert "third.txt" not in api.list_repo_files(repo)

    talk = api.create_discussion(repo, "Is it <quick>?", description="On a *PRU*?")
    api.comment_discussion(repo, talk.num, "Yes.")
    api.change_discussion_status(repo, talk.num, "closed")
    found = {discussion.num: discussion for discussion in api.get_repo_discussions(repo)}
    assert {number, second, third, talk.num} <= set(found)
    assert found[talk.num].title == "Is it <quick>?"
    assert not found[talk.num].is_pull_request


def references(repo: str, first: str) -> None:
    """Tags and branches, made, moved and deleted."""
    api.create_tag(repo, tag="v1.0", revision=first, tag_message="The first")
    fails(409, lambda: api.create_tag(repo, tag="v1.0", revision=first))
    assert api.model_info(repo, revision="v1.0").sha == first
    api.create_branch(repo, branch="wild/ideas", revision=first)
    fails(409, lambda: api.create_branch(repo, branch="wild/ideas"))
    api.upload_file(path_or_fileobj=b"wild", path_in_repo="wild.txt", repo_id=repo, revision="wild/ideas")
    assert "wild.txt" in api.list_repo_files(repo, revision="wild/ideas")
    assert "wild.txt" not in api.list_repo_files(repo)
    references = api.list_repo_refs(repo, include_pull_requests=True)
    assert {branch.name for branch in references.branches} == {"main", "wild/ideas"}
    assert [(tag.name, tag.target_commit) for tag in references.tags] == [("v1.0", first)]
    assert references.pull_requests
    api.delete_branch(repo, branch="wild/ideas")
    fails(404, lambda: api.list_repo_files(repo, revision="wild/ideas"), RevisionNotFoundError)
    api.create_tag(repo, tag="passing")
    api.delete_tag(repo, tag="passing")
    assert [tag.name for tag in api.list_repo_refs(repo).tags] == ["v1.0"]


def search(repo: str) -> None:
    """A model is found by owner, words, task and target, and not by others'."""

    def found(**wanted: object) -> bool:
        return repo in [model.id for model in anonymous.list_models(**wanted)]  # type: ignore[arg-type]

    owner, _, name = repo.partition("/")
    assert found(author=owner)
    assert not found(author="nobody")
    assert found(search=name[1:-1])
    assert not found(search="saxophone")
    assert found(filter="task:sound")
    assert found(filter=["task:sound", "target:cortex-a8"])
    assert not found(filter=["task:sound", "target:abacus"])


def rights(repo: str, read_token: str, other_token: str) -> None:
    """What is private stays so; a token does what it is for and no more."""
    private = f"{repo}-private"
    reader, other = HfApi(token=read_token), HfApi(token=other_token)
    api.create_repo(private, private=True)
    api.upload_file(path_or_fileobj=b"secret", path_in_repo="secret.txt", repo_id=private)
    for stranger in (anonymous, other):
        fails(None, lambda who=stranger: who.model_info(private), RepositoryNotFoundError)  # type: ignore[misc]
        fails(
            None,
            lambda who=stranger: who.hf_hub_download(private, "secret.txt"),  # type: ignore[misc]
            RepositoryNotFoundError,
        )
        assert private not in [model.id for model in stranger.list_models(author=repo.partition("/")[0])]
    assert Path(reader.hf_hub_download(private, "secret.txt")).read_bytes() == b"secret"
    assert private in [model.id for model in reader.list_models(author=repo.partition("/")[0])]
    head = api.model_info(repo).sha
    for weak in (reader, other):
        upload = {"path_or_fileobj": b"mine", "path_in_repo": "mine.txt", "repo_id": repo}
        fails(403, lambda who=weak, what=upload: who.upload_file(**what))  # type: ignore[misc]
        fails(403, lambda who=weak: who.delete_repo(repo))  # type: ignore[misc]
        fails(403, lambda who=weak: who.create_tag(repo, tag="mine"))  # type: ignore[misc]
    fails(403, lambda: other.create_repo(f"{repo}-squatted"))
    fails(403, lambda: reader.create_repo(f"{repo}-squatted"))
    fails(401, lambda: anonymous.create_repo(f"{repo}-squatted"))
    assert api.model_info(repo).sha == head
    api.delete_repo(private)
    fails(None, lambda: api.model_info(private), RepositoryNotFoundError)
    fails(None, lambda: api.delete_repo(private), RepositoryNotFoundError)
    api.delete_repo(private, missing_ok=True)


def main() -> None:
    """Every step, on one repository that stays and one that goes."""
    folder, repo, read_token, other_token = sys.argv[1:]
    print(f"huggingface_hub {huggingface_hub.__version__} at {os.environ['HF_ENDPOINT']}")
    model = Path(folder)
    who_and_where(repo)
    first = files(repo, model)
    commits(repo)
    proposals(repo, model)
    references(repo, first)
    search(repo)
    rights(repo, read_token, other_token)
    print(first)


if __name__ == "__main__":
    main()

"""What a repository holds at a revision: information, files, paths."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from hub.api.call import Call
from hub.api.paging import cut
from hub.api.rules import Rule
from hub.catalog import Holding, Listed, describe
from hub.discussions import stamp
from hub.refusal import Refusal, no_entry
from hub.repository import File, Repository

_PAGE = 1000
_MAX_PATHS = 1000


def info(call: Call) -> dict[str, Any]:
    """A model or a data set at a revision, `main` where none is named."""
    repo = call.repo()
    repository = call.store.open(repo)
    commit = repository.resolve(call.params.get("revision", "main"))
    listed = Listed(repo, call.store.settings(repo), describe(repository, commit))
    whole = about(listed) | {
        "siblings": [_sibling(file, call.flag("blobs")) for file in repository.files(commit)],
        "usedStorage": listed.holding.size,
        "spaces": [],
    }
    return chosen(whole, call.queries("expand"))


def about(listed: Listed) -> dict[str, Any]:
    """What a list shows of a repository."""
    repo, holding = listed.repo, listed.holding
    return {
        "_id": f"{repo.kind}/{repo.id}",
        "id": repo.id,
        **({"modelId": repo.id} if repo.kind == "models" else {}),
        "author": repo.owner,
        "sha": holding.commit,
        "createdAt": stamp(listed.settings.created),
        "lastModified": stamp(holding.modified),
        "private": listed.settings.private,
        "gated": False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": list(holding.tags),
        "cardData": holding.card,
        "evalResults": list(holding.results),
        **_named(holding),
    }


def _named(holding: Holding) -> dict[str, Any]:
    """What is only there where the card says it."""
    pipeline = holding.card.get("pipeline_tag")
    found = {"library_name": holding.library, "pipeline_tag": pipeline if isinstance(pipeline, str) else ""}
    return {name: value for name, value in found.items() if value}


def chosen(whole: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    """Only the parts that were asked for; all of them where none was."""
    return {name: value for name, value in whole.items() if not wanted or name in (*wanted, "_id", "id")}


def tree(call: Call) -> Response:
    """Files and folders under a path, those in folders too with `recursive`."""
    repository, commit = call.at_revision()
    path = call.params.get("path", "").strip("/")
    recursive = call.flag("recursive")
    prefix = path + "/" if path else ""
    files = [file for file in repository.files(commit) if file.path.startswith(prefix)]
    if path and not files:
        raise no_entry(repository.repo.id, commit, path[:200])
    folders = repository.folders(commit)
    rows = [_folder(name, oid) for name, oid in folders.items() if name.startswith(prefix)]
    rows += [_file(file) for file in files]
    if not recursive:
        rows = [row for row in rows if "/" not in row["path"][len(prefix) :]]
    rows.sort(key=lambda row: row["path"])
    page, headers = cut(call, rows, _PAGE)
    if call.flag("expand"):
        _add_last_commits(repository, commit, page)
    return JSONResponse(page, headers=headers | {"X-Repo-Commit": commit})


def paths_info(call: Call) -> list[dict[str, Any]]:
    """The named paths, as far as they are there."""
    repository, commit = call.at_revision()
    data = call.data
    paths = [data["paths"]] if isinstance(data.get("paths"), str) else data.get("paths", [])
    if not isinstance(paths, list) or len(paths) > _MAX_PATHS:
        raise Refusal(400, f"body: name at most {_MAX_PATHS} paths")
    files = {file.path: file for file in repository.files(commit)}
    folders = repository.folders(commit)
    wanted = [path.strip("/") for path in paths if isinstance(path, str)]
    rows = [_file(files[path]) for path in wanted if path in files]
    rows += [_folder(path, folders[path]) for path in wanted if path in folders]
    if str(data.get("expand")).lower() == "true":
        _add_last_commits(repository, commit, rows)
    return rows


def _sibling(file: File, blobs: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"rfilename": file.path}
    if blobs:
        row |= {"size": file.size, "blobId": file.blob}
        if file.pointer:
            row["lfs"] = {
                "sha256": file.pointer.sha256,
                "size": file.size,
                "pointerSize": _pointer_size(file),
            }
    return row


def _file(file: File) -> dict[str, Any]:
    row: dict[str, Any] = {"type": "file", "path": file.path, "oid": file.blob, "size": file.size}
    if file.pointer:
        row["lfs"] = {"oid": file.pointer.sha256, "size": file.size, "pointerSize": _pointer_size(file)}
    return row


def _folder(path: str, oid: str) -> dict[str, Any]:
    return {"type": "directory", "path": path, "oid": oid, "size": 0}


def _pointer_size(file: File) -> int:
    assert file.pointer is not None
    return len(file.pointer.encode())


def _add_last_commits(repository: Repository, commit: str, rows: list[dict[str, Any]]) -> None:
    """Who changed each path last, as far as that is soon found."""
    changes = repository.last_changes(commit, (row["path"] for row in rows))
    for row in rows:
        if change := changes.get(row["path"]):
            title = change.message.partition("\n")[0]
            row["lastCommit"] = {"id": change.id, "title": title, "date": stamp(change.time)}


_REPO = "api/{kind}/{owner}/{name}"
RULES = (
    Rule("GET", _REPO, info),
    Rule("GET", f"{_REPO}/revision/{{revision}}", info),
    Rule("GET", f"{_REPO}/tree/{{revision}}", tree),
    Rule("GET", f"{_REPO}/tree/{{revision}}/{{path*}}", tree),
    Rule("POST", f"{_REPO}/paths-info/{{revision}}", paths_info, "form", anyone=True),
)

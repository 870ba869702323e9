"""Uploads: what a client asks before, and the commit itself."""

from __future__ import annotations

from typing import Any

from hub.api.call import Call
from hub.api.rules import Rule
from hub.card import MAX_CARD, front_matter
from hub.commit import keep_contents, make_commit, plan
from hub.discussions import MAX_TEXT, MAX_TITLE, Discussion, Discussions
from hub.names import RepoId, check_path, pull_number
from hub.refusal import Refusal, no_revision
from hub.repository import File, Repository
from hub.upload import Upload


def validate_card(call: Call) -> dict[str, Any]:
    """Check a README's front matter before it is uploaded; anybody may ask, as on the Hugging Face Hub."""
    content = call.text("content")
    if len(content) > MAX_CARD:
        raise _invalid(f"README.md is longer than {MAX_CARD} characters")
    try:
        front_matter(content)
    except ValueError as error:
        raise _invalid(f"front matter: {' '.join(str(error).split())[:300]}") from None
    return {"errors": [], "warnings": []}


def _invalid(message: str) -> Refusal:
    return Refusal(400, message, detail={"errors": [{"message": message}], "warnings": []})


def preupload(call: Call) -> dict[str, Any]:
    """How each file is to be sent: always in the commit, since clients with Xet know no other way without it.

    A file that is here already comes with its identity, so that an unchanged one is not sent again.
    """
    _need_rights(call)
    repository = call.repository()
    wanted = call.data.get("files")
    if not isinstance(wanted, list) or len(wanted) > call.hub.limits.max_operations:
        raise Refusal(400, "body: files must be a list of files")
    revision = call.params["revision"]
    tip = repository.resolve(revision) if call.flag("create_pr") else repository.target(revision)[1]
    here = {file.path: file for file in repository.files(tip)} if tip else {}
    answers = []
    for entry in wanted:
        path = entry.get("path") if isinstance(entry, dict) else None
        if not isinstance(path, str):
            raise Refusal(400, "body: a file needs a path")
        size = entry.get("size")
        if isinstance(size, int) and size > call.hub.limits.max_file:
            raise Refusal(
                413, f"{path!r}: {size} bytes; this hub takes files up to {call.hub.limits.max_file} bytes"
            )
        answer: dict[str, Any] = {"path": check_path(path), "uploadMode": "regular", "shouldIgnore": False}
        if path in here:
            answer["oid"] = _raw_id(call, here[path])
        answers.append(answer)
    return {"files": answers}


def _raw_id(call: Call, file: File) -> str:
    """The SHA-1 that git would give a file's content, large or not."""
    return call.store.objects.blob_id(file.pointer.sha256) if file.pointer else file.blob


async def commit(call: Call) -> dict[str, Any]:
    """Take a commit as it arrives; nothing of it shows before all of it is on the disk."""
    hub = call.hub
    await hub.run(_need_rights, call)
    scratch = call.store.scratch()
    upload = Upload(await hub.run(scratch.__enter__), hub.limits)
    try:
        async for block in call.blocks(hub.limits.max_body):
            await hub.run(upload.feed, block)
        return await hub.run(_finish, call, upload)
    finally:
        upload.close()
        await hub.run(scratch.__exit__, None, None, None)


def _finish(call: Call, upload: Upload) -> dict[str, Any]:
    """Refuse what is wrong before anything is written; then objects, then under the lock the commit."""
    upload.finish()
    call.authenticate()  # again: an upload takes its time, and a token may have been revoked
    repo = call.repo()
    repository = call.store.open(repo)
    plan(repository, _start(call, repository, upload), upload, call.hub.limits)
    blobs = keep_contents(call.store, repository, upload)
    with call.store.lock(repo):
        repository = call.store.open(repo)
        start = _start(call, repository, upload)  # others may have committed meanwhile
        new = make_commit(repository, start, upload, blobs, call.account.user, call.hub.limits)
        num = (_propose if call.flag("create_pr") else _commit)(call, repository, upload, start, new)
    page = f"{call.endpoint}/{repo.address}"
    answer = {"success": True, "commitOid": new, "commitUrl": f"{page}/commit/{new}"}
    return answer | ({"pullRequestUrl": f"{page}/discussions/{num}"} if call.flag("create_pr") else {})


def _start(call: Call, repository: Repository, upload: Upload) -> str:
    """The commit to build on.

    Raises:
        Refusal: 404, 412 where the client names another parent.
    """
    if call.flag("create_pr"):
        return repository.resolve(upload.parent or call.params["revision"])
    ref, tip = repository.target(call.params["revision"])
    if tip is None:
        raise no_revision(repository.repo.id, call.params["revision"])
    if upload.parent and upload.parent != tip:
        raise Refusal(
            412, f"{repository.repo.id}: {ref} stands at {tip}, not at the parent {upload.parent}; fetch it"
        )
    return tip


def _commit(call: Call, repository: Repository, upload: Upload, start: str, new: str) -> int | None:
    discussion = _need_commit(call)  # again: a pull request may have been closed meanwhile
    if new == start:
        return None
    if discussion is not None:
        discussion = _with_commit(call, discussion, upload, new)
    repository.move(repository.target(call.params["revision"])[0], start, new)
    if discussion is not None:
        Discussions(repository.folder).keep(discussion)
    return None


def _propose(call: Call, repository: Repository, upload: Upload, start: str, new: str) -> int:
    """Open a pull request that holds the commit: its reference first, so that none is ever without."""
    discussions = Discussions(repository.folder)
    discussion = discussions.open(upload.summary[:MAX_TITLE], call.account.user, "open", start)
    if upload.description:
        discussion = discussion.with_comment(call.account.user, upload.description[:MAX_TEXT])
    discussion = _with_commit(call, discussion, upload, new)
    repository.remove(discussion.ref, missing_ok=True)  # a kill may have left it
    repository.move(discussion.ref, None, new)
    discussions.keep(discussion)
    return discussion.num


def _with_commit(call: Call, discussion: Discussion, upload: Upload, commit: str) -> Discussion:
    data = {"subject": upload.summary[:MAX_TITLE], "oid": commit}
    return discussion.with_event("commit", call.account.user, data)


def _need_rights(call: Call) -> None:
    """Refuse who may neither commit nor, where that is asked for, open a pull request."""
    if call.flag("create_pr"):
        call.need_proposer()
        call.repo()
    else:
        _need_commit(call)


def _need_commit(call: Call) -> Discussion | None:
    """Refuse who may not commit; a pull request takes commits from who opened it too, and is given."""
    repo: RepoId = call.repo()
    number = pull_number(call.params["revision"])
    if number is None:
        call.need_write(repo.owner)
        return None
    discussion = Discussions(call.store.folder(repo)).get(number)
    if discussion.author != call.account.user or not call.account.may_propose():
        call.need_write(repo.owner)
    if not discussion.pull or discussion.status not in ("draft", "open"):
        raise Refusal(403, f"{repo.id}: pull request {number} is {discussion.status}; open another")
    return discussion


_REPO = "api/{kind}/{owner}/{name}"
RULES = (
    Rule("POST", "api/validate-yaml", validate_card, "json", anyone=True),
    Rule("POST", f"{_REPO}/preupload/{{revision}}", preupload, "json"),
    Rule("POST", f"{_REPO}/commit/{{revision}}", commit, "stream"),
)

"""The page of one repository at one revision: card, files, history, how to load it."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from hub.catalog import Holding
from hub.discussions import Discussion
from hub.names import RepoId
from hub.repository import Change, File, Repository
from hub.web.front import EMULATED, NOTE, number, result, task_of
from hub.web.html import Html, element, join
from hub.web.layout import (
    a,
    chips,
    code,
    day,
    div,
    h1,
    h2,
    li,
    p,
    page,
    pre,
    section,
    size,
    small,
    span,
    ul,
)  # fmt: skip
from hub.web.markdown import MAX_MARKDOWN, to_html
from hub.web.talk import discussion_list

SHOWN = 20  # commits and discussions on the page
MAX_FILES = 200

_MAX_KNOWN = 50_000
_KNOWN: dict[str, str] = {}  # SHA-256 by git's SHA-1


def model_page(
    repository: Repository, holding: Holding, private: bool, discussions: list[Discussion], endpoint: str
) -> bytes:
    """The page.

    Args:
        repository: Of the model.
        holding: What the shown revision holds.
        private: Whether only its namespace may see it.
        discussions: The newest of them.
        endpoint: This server as the visitor names it.
    """
    repo = repository.repo
    title = h1(repo.id, " ", span("private", class_="chip") if private else None)
    lead = p(holding.summary, " ", chips(holding.targets), class_="lead")
    left = div(_card(repository, holding))
    right = div(
        _files(repository, holding),
        _history(repository, holding.commit),
        _names(repository),
        _talk(repo, discussions),
    )
    return page(
        repo.id,
        title,
        lead,
        _facts(holding),
        _loading(repo, holding.commit, endpoint),
        div(left, right, class_="split"),
    )


def _facts(holding: Holding) -> Html:
    facts: list[tuple[str, Html | str]] = [
        ("task", task_of(holding)),
        ("result", result(holding)),
        ("gates", number(holding.gates)),
        *((title, number(holding.cycles.get(target))) for target, title in EMULATED.items()),
        ("licence", holding.licence),
        ("size", size(holding.size)),
    ]
    shown = [div(element("dt", name), element("dd", value)) for name, value in facts if value]
    note = p(NOTE, class_="quiet") if holding.cycles else None
    return join(element("dl", *shown, class_="facts"), note)


def _card(repository: Repository, holding: Holding) -> Html:
    file = next((file for file in repository.files(holding.commit) if file.path == "README.md"), None)
    if file is None:
        return section(p("No card.", class_="quiet"), class_="box")
    if file.pointer is not None or file.size > MAX_MARKDOWN:
        return section(
            p("The card is too long to show; it is among the files.", class_="quiet"), class_="box"
        )
    text = repository.read(file).decode("utf-8", "replace")
    base = f"/{repository.repo.address}/resolve/{holding.commit}/"
    return section(to_html(text, base, repository.repo.id), class_="box card")


def _files(repository: Repository, holding: Holding) -> Html:
    files = repository.files(holding.commit)
    base = f"/{repository.repo.address}/resolve/{holding.commit}/"
    rows = [
        li(
            a(file.path, href=base + quote(file.path)),
            " ",
            span(size(file.size), class_="quiet"),
            small("SHA-256 ", span(_sha256(repository, file), class_="digest")),
        )
        for file in files[:MAX_FILES]
    ]
    left_out = len(files) - len(rows)
    more = p(f"and {left_out} more", class_="quiet") if left_out else None
    return section(h2("Files"), ul(*rows, class_="list"), more, class_="box")


def _sha256(repository: Repository, file: File) -> str:
    """Of a file's content; computed once for what lies in git, where its name is a SHA-1."""
    if file.pointer:
        return file.pointer.sha256
    digest = _KNOWN.get(file.blob)
    if digest is None:
        digest = hashlib.sha256(repository.read(file)).hexdigest()
        if len(_KNOWN) >= _MAX_KNOWN:
            _KNOWN.clear()
        _KNOWN[file.blob] = digest
    return digest


def _loading(repo: RepoId, commit: str, endpoint: str) -> Html:
    python = f'import zoo\n\nmodel = zoo.load("{repo.id}", revision="{commit}")'
    export, named = f"export HF_ENDPOINT={endpoint}", f"{repo.id} --revision {commit}"
    if repo.kind == "datasets":
        return section(h2("Get it"), pre(code(f"{export}\nhf download --type dataset {named}")), class_="box")
    shell = f"{export}\nzoo get {named}\nhf download {named}"
    return section(h2("Load it"), pre(code(python)), pre(code(shell)), class_="box")


def _history(repository: Repository, commit: str) -> Html:
    changes, total = repository.history(commit, 0, SHOWN)
    more = p(f"and {total - SHOWN} before", class_="quiet") if total > SHOWN else None
    return section(
        h2("History"),
        ul(*(_change(repository.repo, each) for each in changes), class_="list"),
        more,
        class_="box",
    )


def _change(repo: RepoId, change: Change) -> Html:
    link = a(change.message.partition("\n")[0] or "no message", href=f"/{repo.address}/commit/{change.id}")
    return li(link, small(join(code(change.id[:12]), f" by {change.user}, {day(change.time)}")))


def _names(repository: Repository) -> Html:
    refs = [ref for ref, _ in repository.refs()]
    rows = [
        li(
            a(name, href=f"/{repository.repo.address}/tree/{quote(name, safe='')}"),
            " ",
            span(kind, class_="quiet"),
        )
        for prefix, kind in (("refs/tags/", "tag"), ("refs/heads/", "branch"))
        for name in [ref.removeprefix(prefix) for ref in refs if ref.startswith(prefix)]
    ][:SHOWN]
    return section(h2("Tags and branches"), ul(*rows, class_="list"), class_="box")


def _talk(repo: RepoId, discussions: list[Discussion]) -> Html | None:
    if not discussions:
        return None
    every = p(a("All", href=f"/{repo.address}/discussions"))
    return section(h2("Discussions"), discussion_list(repo, discussions[:SHOWN]), every, class_="box")

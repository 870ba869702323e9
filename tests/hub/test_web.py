"""Pages for people: complete, escaped, without scripts, readable without a stylesheet."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from hub.app import make_app
from hub.tokens import TokenBook
from hub.web.html import Html, element, join
from hub.web.markdown import to_html
from tests.hub.raw import commit_body

MODELS = Path(__file__).parents[2] / "zoo" / "models" / "bela"
ATTACK = "<script>alert('x')</script>\"onmouseover='x'"


class Visit:
    """A hub with three models, one private, and a visitor."""

    def __init__(self, client: TestClient, token: str) -> None:
        self.client, self.token = client, token

    def write(self, path: str, body: bytes | dict[str, object]) -> dict[str, object]:
        said = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = self.client.post(path, headers={"Authorization": f"Bearer {self.token}"}, **said)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        return answer.json()

    def publish(self, folder: Path, name: str, private: bool = False) -> str:
        self.write("/api/repos/create", {"name": name, "organization": "lab", "private": private})
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        return str(self.write(f"/api/models/lab/{name}/commit/main", commit_body(files))["commitOid"])

    def page(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == status, answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert "unsafe" not in policy
        parser = Strict()
        parser.feed(answer.text)
        parser.close()
        return answer.text


class Strict(HTMLParser):
    """Refuses what could run, and tags that are not closed in order."""

    void = frozenset(("br", "hr", "img", "input", "link", "meta"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "iframe", "object", "embed", "style", "base")
        for name, value in attributes:
            assert not name.startswith("on"), (tag, name)
            assert name != "style"
            assert not (value or "").lower().strip().startswith(("javascript:", "data:", "vbscript:"))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in self.void
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def close(self) -> None:
        assert self.open == []


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    folder = tmp_path_factory.mktemp("web")
    token = TokenBook(folder).new("lab")
    with TestClient(make_app(folder)) as client:
        visit = Visit(client, token)
        visit.publish(MODELS / "onset-gates", "onset")
        visit.publish(MODELS / "drive-gates-nano", "drive")
        visit.publish(MODELS / "snare-gates", "secret", private=True)
        yield visit


def models_on(page: str) -> set[str]:
    return set(re.findall(r'<a href="/(lab/[\w-]+)" class="name">', page))


def test_every_public_model_is_on_the_front_page_with_its_figures(visit: Visit) -> None:
    page = visit.page("/")
    assert models_on(page) == {"lab/onset", "lab/drive"}
    assert "5,120" in page
    assert "0.962 to 0.984" in page
    assert '<td class="number" data-label="A8 cycles">11,709</td>' in page
    assert "Finds percussive onsets" in page
    assert "secret" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=percussive", {"lab/onset"}),
        ("search=percussive+guitar", set()),
        ("task=drive", {"lab/drive"}),
        ("task=onset&target=cortex-a8", {"lab/onset"}),
        ("task=onset&target=abacus", set()),
        ("target=cortex-a53", {"lab/drive"}),
        ("search=secret", set()),
    ],
)
def test_search_and_filters(query: str, found: set[str], visit: Visit) -> None:
    assert models_on(visit.page(f"/?{query}")) == found


def test_the_form_offers_what_there_is_and_keeps_what_was_asked(visit: Visit) -> None:
    page = visit.page("/?task=drive&search=guitar")
    assert 'value="guitar"' in page
    assert '<option value="drive" selected>' in page
    assert '<option value="sound"' not in page, "the private model's task"


def test_a_models_page_says_how_to_load_exactly_it(visit: Visit) -> None:
    commit = visit.client.get("/api/models/lab/onset").json()["sha"]
    page = visit.page("/lab/onset")
    assert f"zoo.load(&quot;lab/onset&quot;, revision=&quot;{commit}&quot;)" in page
    assert f"zoo get lab/onset --revision {commit}" in page
    assert "HF_ENDPOINT=http://testserver" in page
    assert "shift_filterbank" in page, "the card"


def test_a_models_page_gives_every_file_with_its_digest(visit: Visit) -> None:
    page = visit.page("/lab/onset")
    for path in (MODELS / "onset-gates").iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() in page
        link = re.search(rf'href="([^"]+/{re.escape(path.name)})"', page)
        assert link
        assert visit.client.get(link[1]).content == path.read_bytes()


def test_pages_of_old_revisions_stay(visit: Visit) -> None:
    before = visit.client.get("/api/models/lab/drive").json()["sha"]
    visit.write("/api/models/lab/drive/commit/main", commit_body({"later.txt": b"later"}, "Later"))
    assert "later.txt" in visit.page("/lab/drive")
    for address in (f"/lab/drive/commit/{before}", f"/lab/drive/tree/{before}"):
        old = visit.page(address)
        assert "later.txt" not in old
        assert f"revision=&quot;{before}&quot;" in old


def test_addresses_that_clients_print_lead_somewhere(visit: Visit) -> None:
    """After an upload, releases of huggingface_hub print one or the other."""
    for address in ("/lab/onset/tree/main/", "/lab/onset/tree/main/some/folder"):
        assert "lab/onset" in visit.page(address)
    file = visit.client.get("/lab/onset/blob/main/config.json")
    assert file.content == (MODELS / "onset-gates" / "config.json").read_bytes()


def test_discussions_and_pull_requests(visit: Visit) -> None:
    proposed = commit_body({"idea.txt": b"an idea <b>"}, f"An idea {ATTACK}")
    visit.write("/api/models/lab/onset/commit/main?create_pr=1", proposed)
    visit.write("/api/models/lab/onset/discussions/1/comment", {"comment": f"**Good** {ATTACK}"})
    page = visit.page("/lab/onset/discussions/1")
    assert "<strong>Good</strong>" in page
    assert "an idea &lt;b&gt;" in page
    assert "An idea &lt;script&gt;" in page
    assert "--revision refs/pr/1" in page
    assert "An idea" in visit.page("/lab/onset/discussions")
    assert "/lab/onset/discussions/1" in visit.page("/lab/onset")
    visit.page("/lab/onset/discussions/99", 404)
    visit.page("/lab/onset/discussions/../../x", 404)


def test_what_strangers_wrote_never_runs(visit: Visit) -> None:
    card = f"---\ntags: [x]\n---\n# {ATTACK}\n[a](javascript:alert(1)) ![b](data:text/html,x)\n\n{ATTACK}\n"
    config = b'{"task": "<i>x</i>", "summary": "<script>1</script>", "circuit": {"gates": "<b>"}}'
    visit.write("/api/repos/create", {"name": "evil", "organization": "lab"})
    files = {"README.md": card.encode(), "config.json": config, "a'b.txt": b"x"}
    visit.write("/api/models/lab/evil/commit/main", commit_body(files, ATTACK))
    for address in ("/", f"/?search={ATTACK}", "/lab/evil", f"/?task={ATTACK}&target={ATTACK}"):
        assert "<script" not in visit.page(address)
        assert "<i>" not in visit.page(address)
    visit.page(f"/lab/{ATTACK}", 404)


def test_private_models_have_no_page(visit: Visit) -> None:
    hidden, absent = visit.page("/lab/secret", 404), visit.page("/lab/absent", 404)
    assert hidden.replace("secret", "absent") == absent
    owner = {"Authorization": f"Bearer {visit.token}"}
    assert visit.client.get("/lab/secret", headers=owner).status_code == 200
    assert "lab/secret" in visit.client.get("/", headers=owner).text


def test_a_data_set_has_a_page(visit: Visit) -> None:
    visit.write("/api/repos/create", {"name": "sounds", "organization": "lab", "type": "dataset"})
    visit.write("/api/datasets/lab/sounds/commit/main", commit_body({"README.md": b"# Sounds\n"}))
    page = visit.page("/datasets/lab/sounds")
    assert "hf download --type dataset lab/sounds" in page
    assert "zoo.load" not in page
    assert "lab/sounds" not in visit.page("/")


def test_a_refusal_is_a_page_for_browsers_and_json_for_clients(visit: Visit) -> None:
    assert "No model" not in visit.page("/nothing/here", 404)
    assert visit.client.get("/api/models/nothing/here").json()["error"]


def test_the_stylesheet_is_served_and_nothing_else_is_asked_for(visit: Visit) -> None:
    page = visit.page("/lab/onset")
    (address,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    assert visit.client.get(address).headers["content-type"].startswith("text/css")
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []


def test_the_front_page_is_quick(visit: Visit) -> None:
    visit.page("/")
    begun = time.perf_counter()
    for _ in range(10):
        visit.page("/")
    assert (time.perf_counter() - begun) / 10 < 0.1


def test_only_elements_are_html() -> None:
    assert element("p", "a < b", [1, None, "&"], title='"') == '<p title="&quot;">a &lt; b1&amp;</p>'
    assert element("input", disabled=True, value=None) == "<input disabled>"
    assert join("<", Html("<br>")) == "&lt;<br>"


def test_markdown_points_into_the_repository() -> None:
    text = "[a](docs/a.md) [b](https://example.org) [c](/x) ![d](p.png)\n\n|a|\n|-:|\n|1|\n"
    html = to_html(text, "/lab/m/resolve/c/")
    assert 'href="/lab/m/resolve/c/docs/a.md"' in html
    assert 'src="/lab/m/resolve/c/p.png"' in html
    assert 'href="https://example.org"' in html
    assert 'href="/x"' in html
    assert "style=" not in html

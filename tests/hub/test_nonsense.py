"""No body and no address makes the server fail: all get an answer, or a refusal with its reason."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from hub.app import RULES, make_app
from tests.hub.conftest import Caller

KEYS = (
    "name",
    "organization",
    "type",
    "private",
    "visibility",
    "gated",
    "fromRepo",
    "toRepo",
    "files",
    "content",
)
MORE = ("paths", "expand", "startingPoint", "tag", "title", "description", "pullRequest", "comment", "status")
WORDS = st.sampled_from(
    ("onset", "bela/onset", "main", "refs/pr/1", "model", "1", "open", "a/b", "\ud800", "")
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("path", "size")), inner),
    max_leaves=6,
)
BODIES = st.dictionaries(st.sampled_from(KEYS + MORE), VALUES, max_size=6) | VALUES
SEGMENTS = WORDS.filter(lambda word: word not in ("\ud800", "")) | st.text(min_size=1, max_size=6).map(
    lambda text: text.encode("utf-8", "replace").decode()
)
QUERY = (
    "limit",
    "cursor",
    "p",
    "expand",
    "filter",
    "sort",
    "create_pr",
    "recursive",
    "search",
    "status",
    "diff",
)


@pytest.fixture(scope="module")
def call() -> Iterator[Caller]:
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(Path(folder) / "hub")
        with TestClient(app) as client:
            call = Caller(client, app.state.hub)
            repo = call.make()
            call.commit(repo, {"a": b"1", "f/b": b"2"})
            call.commit(repo, {"c": b"3"}, "eve", "main?create_pr=1")
            yield call


@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_anything_at_any_address(call: Caller, data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(RULES))
    known = {"{kind}": "models", "{owner}": "bela", "{name}": "onset", "{revision}": "main", "{num}": "1"}
    parts = []
    for part in rule.pattern.split("/"):
        usual = known.get(part, "a" if part.startswith("{") else part)
        odd = part.startswith("{") and data.draw(st.integers(0, 5)) == 0
        parts.append(quote(data.draw(SEGMENTS), safe="") if odd else usual)
    query = data.draw(
        st.dictionaries(st.sampled_from(QUERY), st.text("0a-,[]\u00b2 ", max_size=4), max_size=3)
    )
    user = data.draw(st.sampled_from(("bela", "eve", "reader", "")))
    more = {} if rule.method == "GET" else {"content": json.dumps(data.draw(BODIES)).encode()}
    answer = call(rule.method, "/" + "/".join(parts), user, params=query, **more)
    assert answer.status_code < 500, (rule, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["X-Error-Message"]

"""Which names the server takes."""

import pytest

from hub.names import RepoId, branch_ref, check_branch, check_path, folded, pull_number
from hub.refusal import Refusal


@pytest.mark.parametrize(
    "path", ["a", "a/b.txt", ".eval_results/x.yaml", ".gitattributes", "é/ü", "a b", "-x", "git", "x.git.y"]
)
def test_good_paths(path: str) -> None:
    assert check_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "./a",
            "a/..",
            "../a",
            "a/../b",
            "a\\b",
            "C:x",
            "a\0b",
            "a\nb",
        ),
        *(
            "a\x7f",
            "a\u202e",
            ".git",
            "a/.git/b",
            ".GIT",
            ".Git/x",
            "git~1",
            "GIT~2/a",
            ".git~1",
            ".gi\u200ct",
        ),
        *(
            "\uff0egit",
            "．ｇｉｔ/config",
            "a.",
            "a ",
            "a./b",
            "x" * 256,
            "a/" * 40 + "b",
            "é" * 600,
            "\ud800",
            'a"',
            ".cache/huggingface/download/config.json.metadata",
            ".Cache/HuggingFace",
        ),
    ],
)
def test_bad_paths(path: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_path(path)
    assert caught.value.status == 400
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", ["a", "onset-gates", "a.b_c", "A1", "x" * 96])
def test_good_repositories(name: str) -> None:
    assert RepoId.parse("models", "bela", name).id == f"bela/{name}"
    assert RepoId.parse("datasets", "bela", name).address == f"datasets/bela/{name}"


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "-a",
        "a-",
        ".a",
        "a.",
        "a--b",
        "a..b",
        "a/b",
        "a b",
        "é",
        "a\n",
        "x" * 97,
        "x.git",
        "X.GIT",
    ],
)
def test_bad_repositories(name: str) -> None:
    for owner, last in ((name, "ok"), ("ok", name)):
        with pytest.raises(Refusal):
            RepoId.parse("models", owner, last)


def test_reserved_namespaces_and_kinds() -> None:
    for kind, owner in (("models", "api"), ("models", "Datasets"), ("spaces", "bela"), ("../x", "bela")):
        with pytest.raises(Refusal):
            RepoId.parse(kind, owner, "x")


@pytest.mark.parametrize("name", ["main", "v1.0", "feature/x", "a_b+c"])
def test_good_branches(name: str) -> None:
    assert check_branch(name) == name
    assert branch_ref(name) == f"refs/heads/{name}" == branch_ref(f"refs/heads/{name}")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "..",
            "a..b",
            "-x",
            "a.lock",
            "a.",
            ".a",
            "HEAD",
            "0" * 40,
            "refs/heads/a",
        ),
        *("a b", "@{1}", "a~1", "a^", "a:b", "a?", "a*", "[", "a\\b", "a\n", "a\0", "x" * 201),
    ],
)
def test_bad_branches(name: str) -> None:
    with pytest.raises(Refusal):
        check_branch(name)


def test_pull_requests() -> None:
    assert pull_number("refs/pr/12") == 12
    assert branch_ref("refs/pr/12") == "refs/pr/12"
    for other in ("refs/pr/0", "refs/pr/01", "refs/pr/1/head", "refs/pr/x", "refs/pr/1\n", "pr/1"):
        assert pull_number(other) is None


def test_names_that_differ_in_case_only_are_one() -> None:
    assert folded("A/Straße") == folded("a/STRASSE")
    assert folded("e\u0301") == folded("\u00c9")
    assert folded("a") != folded("b")

"""The prose says what is so: links lead somewhere, commands and options exist, Python parses and runs."""

import ast
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
GROUPS = {"data", "cache", "index", "hub", "keys"}  # commands that have commands
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def blocks(page: Path, language: str) -> list[str]:
    return [body for name, body in FENCE.findall(page.read_text()) if name == language]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"^ {4,}.*$|`[^`\n]*`", "", FENCE.sub("", page.read_text()), flags=re.M)  # without code
    links = re.findall(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)", prose)
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


@cache
def help_of(*subcommand: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "zoo.cli", *subcommand, "--help"],
        capture_output=True, text=True, cwd=ROOT, env={"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"},
    )  # fmt: skip
    assert done.returncode == 0, f"zoo {' '.join(subcommand)} is no command: {done.stderr or done.stdout}"
    return done.stdout


COMMANDS = sorted({line for page in PAGES for block in blocks(page, "") for line in block.splitlines()})


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("zoo ")])
def test_commands_and_options_exist(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    subcommand = words[:2] if words[0] in GROUPS else words[:1]
    options = {word.partition("=")[0] for word in words if word.startswith("-")}
    known = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", help_of(*subcommand)))
    assert options <= known, f"zoo {' '.join(subcommand)} knows {sorted(known)}"


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make ")])
def test_make_targets_exist(line: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in shlex.split(line, comments=True)[1:]:
        assert re.search(rf"^{target}:", makefile, re.M), f"no make target {target}"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=name)
def test_python_examples_name_what_the_package_has(page: Path) -> None:
    import zoo

    for block in blocks(page, "python"):
        attributes = [node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Attribute)]
        for node in attributes:
            if isinstance(node.value, ast.Name) and node.value.id == "zoo":
                assert hasattr(zoo, node.attr), f"zoo.{node.attr} does not exist"


def test_the_readme_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np
    import soundfile

    clicks = np.zeros(44_100, np.int16)
    for start in (8_000, 20_000, 32_000):
        clicks[start : start + 2_000] = np.random.default_rng(start).integers(-20_000, 20_000, 2_000)
    soundfile.write(tmp_path / "loop.wav", clicks, 44_100)
    monkeypatch.chdir(tmp_path)
    (example,) = blocks(ROOT / "README.md", "python")
    names: dict[str, object] = {}
    exec(example, names)
    times = names["hits"].times  # type: ignore[attr-defined]
    assert times.dtype == np.float64
    assert len(times) == 3


def test_ci_and_the_readme_run_the_same_test_command() -> None:
    assert "make test" in [line for block in blocks(ROOT / "README.md", "") for line in block.splitlines()]
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1].startswith("make test")


def test_no_figure_in_the_readme_is_typed_by_hand() -> None:
    prose = FENCE.sub("", (ROOT / "README.md").read_text())
    named = r"Python 3\.\d+|Cortex-A\d+|C99|x86"
    prose = re.sub(rf"<!-- numbers.*?<!-- /numbers -->|\]\([^)]*\)|{named}", "", prose, flags=re.S)
    assert re.findall(r"\d[\d.,]*", prose) == []

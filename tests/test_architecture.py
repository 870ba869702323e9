"""The rules that keep the packages apart, read from the source itself."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BELOW = {
    "zoo": set(),
    "tasks": {"zoo"},
    "exporters": {"zoo"},
    "hub": {"zoo"},
    "bench": {"zoo", "tasks", "exporters"},
    "leaderboard": {"zoo", "tasks", "exporters", "bench"},
    "explorer": {"zoo", "tasks", "exporters", "bench"},
}
HEAVY = {
    *("torch", "numba", "pydantic", "soundfile", "soxr", "safetensors", "matplotlib", "mir_eval", "librosa"),
    *("scipy", "ziglang", "unicorn", "capstone", "elftools", "pysat"),
    *("starlette", "uvicorn", "pygit2", "cryptography", "huggingface_hub"),
}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(tree: ast.AST, file: Path) -> Iterator[tuple[str, int]]:
    """Every module that an import statement names, absolute, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = file.relative_to(ROOT).parent.parts
            prefix = base[: len(base) - node.level + 1] if node.level else ()
            yield ".".join((*prefix, *(node.module or "").split("."))), node.lineno
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            yield from ((arg.value, node.lineno) for arg in node.args if isinstance(arg, ast.Constant))


IMPORTED_AS = {
    "pyelftools": "elftools",
    "python-sat": "pysat",
    "pyyaml": "yaml",
    "markdown-it-py": "markdown_it",
}  # where the distribution's name is not the module's
BY_HAND = {
    "onnxruntime",  # only to draft labels anew, with the network of basic-pitch
    "difflogic",  # peers that no extra can name: `make peers` puts them aside
    "torchlogix",
}


def test_every_third_party_import_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    named = [re.match(r"[\w-]+", line)[0] for line in chain(project["dependencies"], *extras)]  # type: ignore[index]
    declared = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in named}
    known = declared | BY_HAND | set(BELOW) | set(sys.stdlib_module_names)
    missing = []
    for file in chain.from_iterable(map(sources, BELOW)):
        for module, line in imports(ast.parse(file.read_text()), file):
            if module.partition(".")[0] not in known and "benchmarks" not in file.parts:
                missing.append(f"{file.relative_to(ROOT)}:{line} imports {module}")
    assert missing == []


def is_cli(file: Path) -> bool:
    """The command line alone may reach up, inside the subcommand that runs."""
    return file.is_relative_to(ROOT / "zoo" / "cli")


@pytest.mark.parametrize("package", BELOW)
def test_packages_import_only_what_stands_below(package: str) -> None:
    upward = []
    for file in sources(package):
        tree = ast.parse(file.read_text(), str(file))
        scope = tree
        if is_cli(file):  # what a function imports is free here; what the module imports is not
            scope = ast.Module([node for node in tree.body if not isinstance(node, ast.FunctionDef)], [])
        for module, line in imports(scope, file):
            top = module.partition(".")[0]
            if top in BELOW and top != package and top not in BELOW[package]:
                upward.append(f"{file.relative_to(ROOT)}:{line} imports {module}")
    assert not upward, "imports go one way only (docs/architecture.md):\n" + "\n".join(upward)


def test_every_package_is_there_and_says_what_it_is() -> None:
    for package in BELOW:
        tree = ast.parse((ROOT / package / "__init__.py").read_text())
        assert ast.get_docstring(tree), f"{package}/__init__.py says what the package is for"


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.partition(".")[0] for name in json.loads(out.stdout.splitlines()[-1])}


def test_import_zoo_is_light() -> None:
    assert not modules_after("import zoo") & HEAVY


def test_the_command_line_starts_without_other_packages() -> None:
    loaded = modules_after("import zoo.cli")
    assert not loaded & (HEAVY - {"pydantic"}), "typer itself brings pydantic; nothing else heavy may load"
    assert not loaded & (set(BELOW) - {"zoo"}), "a package loads only when its subcommand runs"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def test_no_file_names_a_folder_of_the_machine_it_was_written_on() -> None:
    # Bela's projects lie in /root/Bela on every board.
    local = re.compile(r"(?<![\w.$/-])/(?:work|home|root(?!/Bela)|Users)/\w|file:///|[A-Z]:\\\\Users")
    named = []
    for file in tracked():
        if file == Path(__file__) or b"\0" in (data := file.read_bytes())[:8192]:
            continue
        text = data.decode("utf-8", "replace")
        named += [f"{file.relative_to(ROOT)}: {hit.group()}..." for hit in local.finditer(text)]
    assert not named, "\n".join(named)


def test_no_python_file_outgrows_one_idea() -> None:
    files = [file for package in (*BELOW, "tests", "scripts") for file in sources(package)]
    assert [str(file.relative_to(ROOT)) for file in files if len(file.read_text().splitlines()) > 400] == []

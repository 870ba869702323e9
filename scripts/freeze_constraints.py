"""Write constraints.txt: the exact release of every package that the extras bring, as installed here.

Run it in an environment made by `make test`, after changing pyproject.toml and seeing the tests pass:

    .venv/bin/python scripts/freeze_constraints.py
"""

from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HEADER = """\
# The exact releases the tests ran with; written by scripts/freeze_constraints.py, used by every make command.
# torch: one release for everybody, so training repeats and no install picks a newer build by itself.
"""


def closure(root: str, extras: frozenset[str]) -> dict[str, str]:
    """Names and versions of every installed distribution that `root[extras]` needs, however indirectly."""
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [(root, extras)]
    while todo:
        name, wanted = todo.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        try:
            found[name] = version(name).split("+")[0]
        except PackageNotFoundError:
            raise SystemExit(f"{name} is not installed here: run `make test` first") from None
        for line in requires(name) or []:
            need = Requirement(line)
            marker = need.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in wanted or {""}):
                todo.append((canonicalize_name(need.name), frozenset(need.extras)))
    del found[root]
    return found


def main() -> None:
    """Write the file beside pyproject.toml."""
    pins = closure("difflogic-zoo", frozenset({"dev", "all"}))
    lines = [f"{name}=={pins[name]}\n" for name in sorted(pins)]
    (Path(__file__).parents[1] / "constraints.txt").write_text(HEADER + "".join(lines))
    print(f"constraints.txt: {len(lines)} packages")


if __name__ == "__main__":
    main()

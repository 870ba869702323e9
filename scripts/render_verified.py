"""Write docs/verified.md from docs/records/verify.json: nobody types a figure.

zoo verify --all --record docs/records/verify.json && python -m scripts.render_verified
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scripts.render_readme import table

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "records" / "verify.json"
PAGE = ROOT / "docs" / "verified.md"

Row = dict[str, Any]

COLUMNS = {
    "numpy": "numpy",
    "PyTorch, hard mode": "PyTorch, hard mode",
    "C on host": "C on this machine",
    "C on cortex-a8 (emulated)": "C, emulated Cortex-A8",
    "C on cortex-a53 (emulated)": "C, emulated Cortex-A53",
    "assembly on pru (emulated)": "assembly, simulated PRU",
}


STREAM_COLUMNS = {
    "C stream on host": "this machine, blocks of 32",
    "C stream on cortex-a8 (emulated)": "emulated Cortex-A8, 32",
    "C stream on cortex-a8-neon (emulated)": "emulated NEON, 128",
    "C stream on cortex-a53 (emulated)": "emulated Cortex-A53, 64",
}


def render(record: dict[str, Any]) -> str:
    """The page."""
    rows = record["models"]
    differing = [row["id"] for row in rows if any(check["ok"] is False for check in row["checks"])]
    if differing:
        raise SystemExit(f"implementations differ, which no page may say is so: {', '.join(differing)}")
    refused = [line for row in rows for line in _refused(row)]
    return "\n\n".join(
        [
            INTRODUCTION.format(models=len(rows), **_versions(rows)),
            table(["model", *(f"{name}, s" for name in COLUMNS.values()), "digest"], [_cells(row) for row in rows]),
            *_streams(rows),
            OVER.format(seconds=max(row["emulated_at_most"] for row in rows)),
            "\n".join(refused) if refused else "Nothing was refused.",
            "## Digests",
            table(["model", "over", "SHA-256 over all predictions"], [cells for row in rows for cells in _digests(row)]),
        ]
    ) + "\n"


INTRODUCTION = """\
# What is verified

Written by `scripts/render_verified.py` from `docs/records/verify.json`, which `zoo verify --all --record` made on {machine} with Python
{python}, numpy {numpy}, PyTorch {torch}, ziglang {ziglang} and unicorn {unicorn}; nobody typed a figure.
[Exactness](exactness.md) says what a digest covers.

Each of the {models} bundled models answered with the same integers, frame by frame, in every implementation of its row. A number is how many
seconds of audio were compared. Golden vectors, stage by stage, were equal too wherever a number stands."""

STREAMS = """\
Models that hear and give a sample a frame, and whose registers only delay, answer in block mode too, many samples of one stream
at once. The same samples came out over so many seconds:"""

OVER = """\
PyTorch, numpy and C on this machine answered every clip of the test sets that ship with the package; emulated cores the first {seconds:g}
seconds of them. "refused" is a program that does not fit the PRU of a Bela, with the reason below; it is no difference. No board was
measured."""


def _cells(row: Row) -> list[str]:
    """One model."""
    found = {check["what"]: check for check in reversed(row["checks"]) if check["over"] in ("all", "emulated")}
    cells = []
    for what in COLUMNS:
        check = found.get(what)
        cells.append("not run" if check is None else f"{check['seconds']:,.1f}" if check["ok"] else _why(check)[0])
    digest = next(check["digest"] for check in row["checks"] if check["digest"])
    return [f"`{row['id']}`", *cells, f"`{digest[:16]}`"]


def _streams(rows: list[Row]) -> list[str]:
    """A line for each model that has streams; nothing where none has."""
    lines = []
    for row in rows:
        found = {check["what"]: check for check in row["checks"] if check["ok"]}
        if any(name in found for name in STREAM_COLUMNS):
            lines.append([f"`{row['id']}`", *(f"{found[name]['seconds']:,.1f}" for name in STREAM_COLUMNS)])
    head = ["model", *(f"{name}, s" for name in STREAM_COLUMNS.values())]
    return [STREAMS, table(head, lines)] if lines else []


def _why(check: Row) -> tuple[str, str]:
    """A word, and the reason."""
    word, _, reason = check["result"].partition(": ")
    return word, reason


def _refused(row: Row) -> list[str]:
    left = {check["what"]: check for check in row["checks"] if check["ok"] is None}
    return [f"* `{row['id']}`, {what}: {_why(check)[1]}" for what, check in left.items()]


def _digests(row: Row) -> list[list[str]]:
    """Each digest once, with the clips that it is over."""
    found: dict[str, str] = {}
    for check in row["checks"]:
        if check["digest"]:
            clips = "clip" if check["clips"] == 1 else "clips"
            found.setdefault(check["digest"], f"{check['clips']} {clips}, {check['seconds']:,.1f} s")
    return [[f"`{row['id']}`", over, f"`{digest}`"] for digest, over in found.items()]


def _versions(rows: list[Row]) -> dict[str, str]:
    """What ran, each version once."""
    names = {name: None for row in rows for name in row["with"]}
    return {name: " and ".join(sorted({row["with"][name] for row in rows if name in row["with"]})) for name in names}


def main() -> None:
    """Render."""
    PAGE.write_text(render(json.loads(RECORD.read_text())))


if __name__ == "__main__":
    main()

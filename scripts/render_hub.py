"""Write the limits in docs/hub.md from the code; with --picture, also the picture of the hub's front page.

python -m scripts.render_hub              the limits
python -m scripts.render_hub --picture    a hub with every bundled model, as Chromium shows it
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path

from hub.limits import MIB, Limits
from scripts.measure_hub import Client, served
from scripts.render_readme import table

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "hub.md"
PICTURE = ROOT / "docs" / "hub.png"
MODELS = ROOT / "zoo" / "models"
WINDOW = "1160,780"

MARKED = re.compile(r"(<!-- limits:[^>]*-->\n).*?(<!-- /limits -->)", re.S)
NAMES = {
    "max_file": "one file",
    "max_commit": "all files of a commit",
    "max_operations": "files added and deleted by a commit",
    "max_files": "files in a revision",
    "max_repositories": "repositories",
    "connections": "connections at once",
    "silence": "seconds that a client may send nothing",
}


def limits() -> str:
    """The table."""
    values = asdict(Limits())
    rows = [[name, _shown(values[key])] for key, name in NAMES.items()]
    return table(["at most", ""], rows) + "\n"


def _shown(value: float) -> str:
    return f"{value // MIB:,} MiB" if value >= MIB else f"{value:,.0f}"


def with_limits(page: str) -> str:
    """The page with the table between its markers."""
    replaced, found = MARKED.subn(lambda marks: f"{marks[1]}{limits()}{marks[2]}", page)
    if found != 1:
        raise SystemExit(f"docs/hub.md: expected one pair of limits markers, found {found}")
    return replaced


def picture() -> None:
    """Fill a hub, and let Chromium show it."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder, "hub"), "bela") as hub:
        client = Client(hub)
        for model in sorted(MODELS.glob("*/*/")):
            repo = f"{model.parent.name}/{model.name}"
            client.create(repo)
            client.commit(repo, {path.name: path.read_bytes() for path in model.iterdir() if path.is_file()})
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--window-size={WINDOW}",
        ]
        flags += ["--disable-background-networking", f"--user-data-dir={folder}/profile"]
        address = f"http://127.0.0.1:{hub.port}/"
        subprocess.run(
            ["chromium", *flags, f"--screenshot={PICTURE}", address],
            check=True,
            capture_output=True,
            timeout=60,
        )


def main() -> None:
    """Write the limits, and the picture if asked for."""
    parser = argparse.ArgumentParser(description="Write what docs/hub.md shows of the code.")
    parser.add_argument("--picture", action="store_true", help="also take the picture anew")
    if parser.parse_args().picture:
        picture()
    PAGE.write_text(with_limits(PAGE.read_text()))


if __name__ == "__main__":
    main()

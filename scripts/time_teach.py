"""Time `zoo teach` on folders of real one-shots, as a person would run it, and write what came into docs/own-task.md.

python -m scripts.time_teach            teach, write docs/records/teach.json, render
python -m scripts.time_teach --render   only render, from the record as it is

The recordings come from Debian packages that `zoo data build` unpacks; nothing of them is kept. Run it on a quiet machine: the record holds
the load before each run, and the processor time that teaching took, which a busy machine changes little.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scripts.render_readme import table

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "records" / "teach.json"
PAGE = ROOT / "docs" / "own-task.md"
MARKED = re.compile(r"(<!-- teach:[^>]*-->\n).*?(<!-- /teach -->)", re.S)
PACKAGES = "hydrogen-drumkits", "hydrogen-data", "sonic-pi-samples"
EXAMPLES = 16  # recordings a class
LENGTHS = 0.1, 4.0  # seconds of a one-shot
# Class -> pattern of the names of its recordings; a recording goes to the first class that it fits.
KINDS = {
    "snare": "snare|sd_",
    "hat": "hihat|hi-hat|hh|hat",
    "tom": "tom",
    "cymbal": "crash|ride|cymb",
    "hand-drum": "conga|bongo|tabla",
    "shaker": "shaker|tamb|maraca",
    "bell": "bell|cow",
    "kick": "kick|bassdrum|bd_",
}
FOLDERS = {
    "two": ("kick", "snare"),
    "five": ("kick", "snare", "hat", "tom", "cymbal"),
    "eight": tuple(KINDS),
}


def main() -> None:
    """Teach unless told not to, then render."""
    parser = argparse.ArgumentParser(description="Time zoo teach on folders of one-shots.")
    parser.add_argument("--render", action="store_true", help="only render, from the record as it is")
    if not parser.parse_args().render:
        from zoo.atomic import write_file

        write_file(RECORD, json.dumps(measure(), indent=1) + "\n")
    PAGE.write_text(with_section(PAGE.read_text(), render(json.loads(RECORD.read_text()))))


def measure() -> dict[str, Any]:
    """Every folder, one after the other."""
    from bench.targets.host import cpu_name

    runs = []
    with tempfile.TemporaryDirectory(prefix="teach-") as place:
        for name, classes in FOLDERS.items():
            folder = Path(place) / name
            fill(folder, classes)
            runs.append(teach(folder))
            print(runs[-1], flush=True)
    return {
        "schema": "teach/1",
        "processor": cpu_name(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": list(PACKAGES),
        "runs": runs,
    }


def fill(folder: Path, classes: tuple[str, ...]) -> None:
    """Copy recordings of each class, as many as `EXAMPLES`, spread over the packages' folders."""
    import soundfile

    from zoo.cache import cache_folder

    packages = [cache_folder() / "packages" / name for name in PACKAGES]
    missing = [path.name for path in packages if not path.is_dir()]
    if missing:
        raise SystemExit(f"{', '.join(missing)} not unpacked yet: run zoo data build onset first")
    found: dict[str, list[Path]] = {name: [] for name in KINDS}
    for path in sorted(p for package in packages for p in package.rglob("*") if p.suffix in (".wav", ".flac", ".ogg")):
        kind = next((name for name, wanted in KINDS.items() if re.search(wanted, path.name.lower())), None)
        if kind is not None and LENGTHS[0] <= soundfile.info(path).duration <= LENGTHS[1]:
            found[kind].append(path)
    for name in classes:
        (folder / name).mkdir(parents=True)
        some = found[name][:: max(1, len(found[name]) // EXAMPLES)][:EXAMPLES]
        for number, path in enumerate(some):
            shutil.copyfile(path, folder / name / f"{number:02d}{path.suffix}")


def teach(folder: Path) -> dict[str, Any]:
    """One run of the command: wall clock, processor time, and what it learned."""
    load, before = os.getloadavg()[0], resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    out = folder.with_name(f"{folder.name}-model")
    subprocess.run([sys.executable, "-m", "zoo.cli", "teach", folder, "-o", out], check=True, cwd=ROOT)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    about = json.loads((out / "training.json").read_text())
    return {
        "folder": folder.name,
        "classes": list(about["examples"]),
        "examples": sum(about["examples"].values()),
        "seconds": round(wall, 1),
        "processor_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "load_before": round(load, 2),
        "right": about["held_out"]["right"],
        "asked": about["held_out"]["examples"],
        "accuracy_ci95": about["held_out"]["accuracy_ci95"],
    }


def render(record: dict[str, Any]) -> str:
    """The section, as Markdown."""
    rows = [
        [
            ", ".join(run["classes"]),
            str(run["examples"]),
            f"{run['seconds']:.1f} s",
            f"{run['processor_seconds']:.1f} s",
            f"{run['load_before']:.1f}",
            f"{run['right']} of {run['asked']} ({run['accuracy_ci95'][0]:.0%} to {run['accuracy_ci95'][1]:.0%})",
        ]
        for run in record["runs"]
    ]
    head = ["one-shots of", "examples", "wall clock", "processor time", "load before", "held-out examples named rightly"]
    return f"""\
On {record["cores"]} cores of {record["processor"]}, from the command to the saved model:

{table(head, rows)}

The recordings are of drum kits and samples of the Debian packages {", ".join(record["packages"])}, by names of files;
`python -m scripts.time_teach` repeats it. The load is how many programs wanted to run: where it is above the number of cores, other work shared the
machine, and the processor time is nearer to what an idle one takes, since teaching uses one core.
"""


def with_section(page: str, section: str) -> str:
    """The page with the text between its markers replaced."""
    replaced, found = MARKED.subn(lambda marks: f"{marks[1]}{section}{marks[2]}", page)
    if found != 1:
        raise SystemExit(f"{PAGE.name}: expected one pair of teach markers, found {found}")
    return replaced


if __name__ == "__main__":
    main()

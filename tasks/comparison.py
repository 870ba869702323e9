"""What comparing models with baselines needs, whatever the task: models, means over seeds, files."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.base import Task
    from tasks.detectors import Detector
    from zoo.model import Model

Record = dict[str, Any]
Named = tuple[str, int | None, str | None, "Detector"]  # name, seed, training command


def trained_models(folders: Sequence[Path]) -> Iterator[tuple[int, str, Model]]:
    """Seed, training command and model of every folder."""
    import zoo

    for folder in folders:
        model = zoo.load(folder)
        training = model.config.training
        if training is None:
            raise SystemExit(f"{folder}: its config.json names no training run")
        yield training.seed, training.command, model


def built_baselines(
    task: Task, names: Sequence[str], seeded: Sequence[str], seeds: Sequence[int]
) -> Iterator[Named]:
    """These baselines of a task; those that have something to draw with every seed."""
    from tasks.baselines import build_baseline

    for name in names:
        for seed in seeds if name in seeded else seeds[:1]:
            yield name, seed if name in seeded else None, None, build_baseline(name, task, seed)


def measured(task: Task, detectors: Iterator[Named]) -> Iterator[tuple[Record, Detector]]:
    """What a record says of each detector on every test set of a task, and the detector."""
    from tasks.evaluate import evaluate

    for name, seed, command, detector in detectors:
        print(name, seed, flush=True)  # noqa: T201
        sets = {result.name: result.to_json() for result in evaluate(detector, task)}
        yield {"detector": name, "seed": seed, "command": command, "sets": sets}, detector


def mean(record: Record, detector: str, name: str, metric: str) -> float:
    """Mean over a detector's seeds of a metric on a set."""
    return fmean(run["sets"][name][metric] for run in record["runs"] if run["detector"] == detector)


def read_and_render(
    what: str,
    least: int,
    record: Path,
    measure: Callable[[list[Path]], Record],
    show: Callable[[Record], None],
) -> None:
    """Read the command line; measure unless told not to, write the record, then render from it.

    Args:
        what: For the help.
        least: Model folders that are needed.
        record: Where the record lies.
        measure: Folders -> record.
        show: Writes the page and its plots.
    """
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("folders", nargs="*", type=Path, help="trained gate networks")
    parser.add_argument("--render", action="store_true", help="only render, from the record as it is")
    given = parser.parse_args()
    if not given.render:
        if len(given.folders) < least:
            parser.error(f"{least} or more model folders are needed")
        from zoo.atomic import write_file

        record.parent.mkdir(exist_ok=True)
        write_file(record, json.dumps(measure(given.folders), indent=1, ensure_ascii=False) + "\n")
    show(json.loads(record.read_text(encoding="utf-8")))

"""Compare ways from numbers to bits on two tasks, with and without a linear layer that learns before them.

python -m scripts.study_encoders    writes docs/records/encoders.json; goes on where it was

Temperatures are chosen first, by validation with seeds of their own. Each trial is a line of the record as soon as
it ends, so the study may be stopped at any moment, and several processes may share it.
`python -m scripts.render_encoders` writes the page.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict
from pathlib import Path

from scripts.encoder_plan import TASKS, Hyper, Record, Trial, study, trial_of, tuning
from zoo.atomic import write_file
from zoo.errors import ZooError

RECORD = Path(__file__).parents[1] / "docs" / "records" / "encoders.json"
SCHEMA = "encoders/1"
AHEAD = 8  # trials from which the next is drawn


def load() -> Record:
    """The record as it is, or an empty one.

    Raises:
        ZooError: It was made with other settings.
    """
    about = {"schema": SCHEMA, "hyper": asdict(Hyper())}
    if not RECORD.exists():
        return about | {"data": {}, "tuning": [], "runs": []}
    record: Record = json.loads(RECORD.read_text(encoding="utf-8"))
    if {key: record[key] for key in about} != about:
        raise ZooError(f"{RECORD.name}: made with other settings. Remove it to start anew")
    return record


def save(record: Record) -> None:
    """One line a trial."""
    rows = {
        key: "[\n" + ",\n".join(json.dumps(row) for row in record[key]) + "\n]" for key in ("tuning", "runs")
    }
    parts = [f'"{key}": {rows.get(key) or json.dumps(value)}' for key, value in record.items()]
    write_file(RECORD, "{\n" + ",\n".join(parts) + "\n}\n")


def complete(part: str, trials: list[Trial], only: str | None) -> bool:
    """Run the trials that this part of the record lacks; whether all are there then."""
    from scripts.encoder_trials import Bench, run

    benches: dict[str, Bench] = {}
    while missing := [trial for trial in lacking(part, trials) if only in (None, trial.task)]:
        trial = random.choice(missing[:AHEAD])  # processes that share the work seldom draw the same one
        if trial.task not in benches:
            benches[trial.task] = Bench(trial.task)
        row = run(benches[trial.task], trial, Hyper(), tests=part == "runs")
        record = load()
        if trial in lacking(part, [trial]):
            record["data"] |= {trial.task: benches[trial.task].about()}
            order = {trial: place for place, trial in enumerate(trials)}
            record[part] = sorted([*record[part], row], key=lambda row: order.get(trial_of(row), len(order)))
            save(record)
        values = " ".join(f"{name} {value:.4f}" for name, value in row["hard"].items())
        print(f"{part}, {len(missing) - 1} to go: {trial}: {values}, {sum(row['seconds']):.1f} s", flush=True)
    return not lacking(part, trials)


def lacking(part: str, trials: list[Trial]) -> list[Trial]:
    """The trials that this part of the record has not."""
    done = set(map(trial_of, load()[part]))
    return [trial for trial in trials if trial not in done]


def main() -> None:
    """Run what the record lacks."""
    parser = argparse.ArgumentParser(description="Compare encoders")
    parser.add_argument("--only", choices=TASKS, help="one task, while another process has the other")
    only = parser.parse_args().only
    import torch

    torch.set_num_threads(1)  # sums in one order: a trial repeats bit for bit
    if not complete("tuning", list(tuning()), only):
        print("Temperatures are chosen when both tasks have tried theirs; start again then.")
    elif not complete("runs", list(study(load())), only):
        print("The other task's trials are missing still.")


if __name__ == "__main__":
    main()

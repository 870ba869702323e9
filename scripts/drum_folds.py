"""Hold out one group of drum kits after another: gates of size nano and the CNN, trained on all the others.

python -m scripts.drum_folds    train, measure, write docs/records/drum-folds.json
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.holding_out import Fold, Plan, hold_out

RECORD = Path(__file__).parents[1] / "docs" / "records" / "drum-folds.json"
FOLDS = (("macarthur",), ("forzee", "lmms"), ("millo", "audiophob", "rumpf"), ("bja", "colombo", "sonic-pi"),
         ("artemio",))  # fmt: skip
PLAN = Plan(size="nano", steps=600, float="class-cnn", float_steps=400)


def folds(task: Any) -> Iterator[Fold]:
    """Every group is heard as training is and asked as tests are."""
    from tasks.data.drum_kits import KITS

    taught = [clip for split in ("train", "spare") for clip in task.load(split)]
    asked = [clip for split in ("val", "test", "plain") for clip in task.load(split)]
    groups = {kit.name: kit.group for kit in KITS}
    for held in FOLDS:
        train = [clip for clip in taught if groups.get(clip.group) not in held]
        yield ", ".join(held), train, [clip for clip in asked if groups[clip.group] in held]


if __name__ == "__main__":
    from tasks.registry import get_task

    task = get_task("drums")
    hold_out(task, PLAN, folds(task), RECORD)

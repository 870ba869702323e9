"""Hold out one speaker after another: gates of size nano and the GRU, trained on the other five.

python -m scripts.digit_folds    train, measure, write docs/records/digit-folds.json
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.holding_out import Fold, Plan, hold_out

RECORD = Path(__file__).parents[1] / "docs" / "records" / "digit-folds.json"
PLAN = Plan(size="nano", steps=2000, float="class-gru", float_steps=500)


def folds(task: Any) -> Iterator[Fold]:
    """Every speaker is heard as training is and asked as tests are."""
    from tasks.data.digits import SPEAKERS

    taught = [clip for split in ("train", "spare") for clip in task.load(split)]
    asked = task.load("plain")
    for held in SPEAKERS:
        train = [clip for clip in taught if clip.group != held]
        yield held, train, [clip for clip in asked if clip.group == held]


if __name__ == "__main__":
    from tasks.registry import get_task

    task = get_task("digits")
    hold_out(task, PLAN, folds(task), RECORD)

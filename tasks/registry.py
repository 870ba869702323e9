"""Every task by its name."""

from __future__ import annotations

from tasks.base import Task
from tasks.onset import PercussiveOnset
from zoo.errors import ZooError

TASKS: dict[str, Task] = {task.name: task for task in (PercussiveOnset(),)}


def get_task(name: str) -> Task:
    """The task of this name, or of this `name@version`.

    Raises:
        ZooError: There is none, or only another version.
    """
    base, _, version = name.partition("@")
    if base not in TASKS:
        raise ZooError(f"task {name!r}: there is none. Choose {', '.join(TASKS)}")
    task = TASKS[base]
    if version and version != str(task.version):
        raise ZooError(
            f"task {name!r}: this release has {task.id}. Install the release that has version {version}"
        )
    return task

"""Every task by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.base import Task
from tasks.digits import Digits
from tasks.drive import GuitarDrive
from tasks.drums import DrumClasses
from tasks.keywords import Keywords
from tasks.notes import NoteOnsets
from tasks.onset import PercussiveOnset
from tasks.pitch import PitchClass
from tasks.sound import SoundMatching
from tasks.sound_events import SoundEvents
from tasks.timbre import Timbre
from tasks.vad import VoiceActivity
from zoo.errors import ZooError

if TYPE_CHECKING:
    from zoo.model import Model

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        PercussiveOnset(),
        DrumClasses(),
        VoiceActivity(),
        PitchClass(),
        GuitarDrive(),
        Timbre(),
        SoundMatching(),
        SoundEvents(),
        Keywords(),
        Digits(),
        NoteOnsets(),
    )
}


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


def task_of(model: Model) -> Task:
    """The task that a model belongs to, aimed at what it learned where there are several targets.

    Raises:
        ZooError: It belongs to none, or to one that is not here.
    """
    config = model.config
    if config.task is None:
        raise ZooError(f"{model.id}: it belongs to no task, so there is nothing to measure it on")
    return get_task(config.task).for_target(None if config.training is None else config.training.target)

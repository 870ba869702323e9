"""The clips of every task, by the task's name."""

from __future__ import annotations

from tasks.data.dataset import DataSet
from tasks.data.digits import DIGITS
from tasks.data.drive import DRIVE
from tasks.data.drums import DRUMS
from tasks.data.notes import NOTES
from tasks.data.onset import ONSET
from tasks.data.pitch import PITCH
from tasks.data.sound import SOUND
from tasks.data.sound_events import SOUND_EVENTS
from tasks.data.timbre import TIMBRE
from tasks.data.vad import VAD
from zoo.errors import ZooError

# What needs a teacher or a repository comes last: without them, all the others are built first.
DATASETS: dict[str, DataSet] = {
    dataset.name: dataset
    for dataset in (ONSET, DRUMS, DRIVE, TIMBRE, SOUND, SOUND_EVENTS, VAD, PITCH, DIGITS, NOTES)
}


def get_dataset(name: str) -> DataSet:
    """The clips of the task of this name.

    Raises:
        ZooError: There is no such task, or it needs no recordings.
    """
    if name not in DATASETS:
        raise ZooError(f"zoo data build: no clips for task {name!r}. There are {', '.join(DATASETS)}")
    return DATASETS[name]

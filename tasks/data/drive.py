"""The clips of the drive task: strummed chords, in splits by the letter of the root."""

from __future__ import annotations

from tasks.data.dataset import DataSet

RATE = 22_050  # what the circuit leaves lies below 5 kHz, and a second costs half as much
ROOTS = {"train": "ACDE", "val": "F", "test": "BG"}
AUTHOR, LICENCE, PACKAGE = "Gabriel Verdugo Soto", "CC-BY-3.0", "hydrogen-drumkits-effects"

DRIVE = DataSet(
    name="drive",
    version=1,
    splits=("val", "test", "train"),
    packages=(PACKAGE,),
    maker="tasks.data.drive_maker:DriveMaker",
    rate=RATE,
)

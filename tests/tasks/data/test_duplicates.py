import numpy as np
import pytest

from tasks.data.duplicates import LeakError, refuse_leaks, same_recordings
from tasks.data.kits import KITS
from tasks.data.shots import Shot
from tests.tasks.data.kits import hit


def kit(*seeds: int) -> list[Shot]:
    return [Shot(f"{seed}.wav", hit(seed, lead=0)) for seed in seeds]


def test_different_recordings_pass() -> None:
    refuse_leaks({"train": {"A": kit(0, 1, 2)}, "val": {"B": kit(3, 4)}, "test1": {"C": kit(5, 6)}})


@pytest.mark.parametrize(("gain", "shift", "noise"), [(1.0, 0, 0.0), (-0.3, 40, 0.0), (0.7, 100, 0.01)])
def test_a_planted_duplicate_is_refused_by_name(gain: float, shift: int, noise: float) -> None:
    """Other gain, polarity, start and a little noise do not hide it."""
    original = hit(1, lead=0)
    copy = gain * original[shift:] + noise * np.random.default_rng(0).normal(size=len(original) - shift)
    planted = [*kit(5, 6), Shot("renamed.wav", copy)]
    with pytest.raises(
        LeakError, match=r"1 recordings lie in both train and test1: A/1\.wav = C/renamed\.wav"
    ):
        refuse_leaks({"train": {"A": kit(0, 1, 2)}, "val": {"B": kit(3, 4)}, "test1": {"C": planted}})


def test_duplicates_inside_a_split_are_no_leak() -> None:
    refuse_leaks({"train": {"A": kit(0, 1), "B": kit(0, 1)}, "test1": {"C": kit(5)}})
    assert len(same_recordings({"a": hit(0)}, {"b": hit(0)})) == 1


def test_no_group_lies_in_two_splits() -> None:
    splits: dict[str, set[str]] = {}
    for entry in KITS:
        splits.setdefault(entry.group, set()).add(entry.split)
    assert {group: found for group, found in splits.items() if len(found) > 1} == {}
    together = {entry.group for entry in KITS if entry.folder in ("GMRockKit", "The Black Pearl 1.0")}
    assert len(together) == 1, "these two hold the same recordings"
    assert not [entry for entry in KITS if entry.split != "test1" and "Millo" in entry.folder]
    assert {entry.package for entry in KITS} == {"hydrogen-data", "hydrogen-drumkits"}

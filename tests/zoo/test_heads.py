import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.heads import (
    HEADS,
    ControlValues,
    GroupSum,
    Head,
    OnsetScore,
    OscillatorBank,
    PositionalSample,
)

EXAMPLES: dict[str, tuple[Head, int]] = {  # a head and a number of outputs that fits
    "onset_score": (OnsetScore(9, 8, 3, frames=2), 9),
    "group_sum": (GroupSum(3), 12),
    "positional_sample": (PositionalSample(7), 7),
    "control_values": (ControlValues(4, 5), 20),
    "oscillator_bank": (OscillatorBank(16, 9, 3, 2, 5), 39),
}


def outputs(frames: int, n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (frames, n), dtype=np.uint8)


def test_classes_sum_over_frames() -> None:
    head = GroupSum(2, frames=3)
    outputs = np.random.default_rng(0).integers(0, 2, (20, 8)).astype(np.uint8)
    alone = head.decode(outputs)
    expected = [alone[max(0, t - 2) : t + 1].sum(axis=0).tolist() for t in range(20)]
    stream = head.stream()
    parts = [stream.push(part).values for part in np.split(outputs, [1, 2, 9, 9])]
    assert np.concatenate(parts).tolist() == expected
    with pytest.raises(ValueError, match="frames: expected 1 to 16, found 17"):
        GroupSum(2, frames=17)


def test_every_registered_head_is_tried_here() -> None:
    assert set(EXAMPLES) == set(HEADS)
    assert all(HEADS[kind] is type(head) for kind, (head, _) in EXAMPLES.items())


@pytest.mark.parametrize("kind", EXAMPLES)
@settings(deadline=None, max_examples=30)
@given(cuts=st.lists(st.integers(0, 300), max_size=8), seed=st.integers(0, 1_000))
def test_blocks_of_any_size_give_what_the_whole_gives(kind: str, cuts: list[int], seed: int) -> None:
    head, n = EXAMPLES[kind]
    bits = outputs(300, n, seed)
    whole = head.stream().push(bits)
    stream = head.stream()
    blocks = [stream.push(block) for block in np.split(bits, sorted(cuts))]
    assert np.array_equal(np.concatenate([b.values for b in blocks]), whole.values)
    assert np.array_equal(np.concatenate([b.hits for b in blocks]), whole.hits)
    assert (whole.values.dtype, whole.hits.dtype) == (np.int32, np.int64)
    assert whole.values.shape == (300, head.n_values)
    if isinstance(head, OscillatorBank):  # renders: tests/zoo/test_oscillators.py
        return
    frames = getattr(head, "frames", 1)
    sums = [head.decode(bits[max(0, t + 1 - frames) : t + 1]).sum(axis=0) for t in range(len(bits))]
    assert np.array_equal(whole.values, sums)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_parameters_rebuild_the_head(kind: str) -> None:
    head, n = EXAMPLES[kind]
    assert HEADS[kind](**head.params()) == head
    head.check_outputs(n)


def scores(head: OnsetScore, values: list[int]) -> list[int]:
    return head.stream().hits(np.array(values, np.int32)).tolist()


def test_onset_needs_rearming() -> None:
    head = OnsetScore(threshold=5, rearm=3, refractory=0)
    assert scores(head, [5, 6, 3, 9, 2, 5]) == [0, 5]  # 3 does not re-arm, 2 does


def test_onset_waits_out_the_refractory_time() -> None:
    head = OnsetScore(threshold=5, rearm=5, refractory=3)
    assert scores(head, [9, 0, 9, 9, 0, 9]) == [0, 3]  # frame 3 is the first that may hit again


def test_a_rise_below_rearm_during_refractory_still_arms() -> None:
    assert scores(OnsetScore(5, 1, 4), [9, 0, 9, 9, 9, 9]) == [0, 4]


@settings(deadline=None)
@given(
    values=st.lists(st.integers(0, 9), max_size=60),
    threshold=st.integers(1, 9),
    rearm=st.integers(1, 10),
    refractory=st.integers(0, 5),
)
def test_onset_hits_follow_the_written_order(
    values: list[int], threshold: int, rearm: int, refractory: int
) -> None:
    armed, wait, expected = True, 0, []
    for frame, score in enumerate(values):
        wait = max(0, wait - 1)
        armed = armed or score < rearm
        if armed and wait == 0 and score >= threshold:
            expected.append(frame)
            armed, wait = False, refractory
    assert scores(OnsetScore(threshold, rearm, refractory), values) == expected


def test_group_sum_counts_consecutive_outputs() -> None:
    assert GroupSum(2).decode(np.array([[1, 0, 1, 1, 1, 0]], np.uint8)).tolist() == [[2, 2]]


def test_positional_sample_is_offset_binary_left_aligned() -> None:
    head = PositionalSample(3)
    bits = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 1]], np.uint8)
    assert head.decode(bits).tolist() == [[-32_768], [0], [24_576]]
    assert PositionalSample(16).decode(np.ones((1, 16), np.uint8)).tolist() == [[32_767]]


def test_control_values_count_their_group() -> None:
    assert ControlValues(2, 3).decode(np.array([[1, 0, 1, 0, 0, 0]], np.uint8)).tolist() == [[2, 0]]


@pytest.mark.parametrize(
    ("head", "n"),
    [
        (GroupSum(3), 10),
        (PositionalSample(8), 7),
        (ControlValues(2, 3), 7),
        (OnsetScore(1, 1, 0), 0),
        (OscillatorBank(16, 9, 3, 2, 5), 38),
    ],
)
def test_outputs_that_do_not_fit_are_refused(head: Head, n: int) -> None:
    with pytest.raises(ValueError, match=f"{head.kind}: circuit outputs: expected .* found {n}"):
        head.check_outputs(n)


@pytest.mark.parametrize(
    ("kind", "params", "name"),
    [
        ("onset_score", {"threshold": 0, "rearm": 1, "refractory": 0}, "threshold"),
        ("onset_score", {"threshold": 1, "rearm": 0, "refractory": 0}, "rearm"),
        ("onset_score", {"threshold": 1, "rearm": 1, "refractory": -1}, "refractory"),
        ("group_sum", {"classes": 1}, "classes"),
        ("positional_sample", {"width": 17}, "width"),
        ("control_values", {"values": 0, "group": 1}, "values"),
        ("oscillator_bank", {"hop": 48, "pitch": 15, "harmonics": 1, "noise": 0, "group": 1}, "hop"),
        ("oscillator_bank", {"hop": 16, "pitch": 15, "harmonics": 33, "noise": 0, "group": 1}, "harmonics"),
        ("oscillator_bank", {"hop": 16, "pitch": 15, "harmonics": 1, "noise": 0, "group": 49}, "group"),
    ],
)
def test_parameters_out_of_range_are_refused(kind: str, params: dict[str, int], name: str) -> None:
    with pytest.raises(ValueError, match=f"{kind}: {name}: expected"):
        HEADS[kind](**params)

import numpy as np
import pytest

from tasks.training.wiring import lane_wiring, learned_wiring, local_wiring, random_wiring


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def pairs(a: np.ndarray, b: np.ndarray) -> set[tuple[int, int]]:
    return {(min(p), max(p)) for p in zip(a.tolist(), b.tolist(), strict=True)}


@pytest.mark.parametrize(("inputs", "gates"), [(40, 300), (400, 8000), (512, 256)])
def test_random_pairs_are_unique_and_use_every_input_alike(inputs: int, gates: int) -> None:
    wiring = random_wiring(rng(), inputs, gates)
    assert (wiring.a != wiring.b).all()
    assert len(pairs(wiring.a, wiring.b)) == gates
    uses = np.bincount(wiring.a, minlength=inputs)
    assert uses.max() - uses.min() <= 1


def test_more_gates_than_pairs_still_read_two_different_inputs() -> None:
    wiring = random_wiring(rng(), 5, 100)
    assert (wiring.a != wiring.b).all()
    assert len(pairs(wiring.a, wiring.b)) == 10, "all there are"


def test_local_gates_read_within_their_window() -> None:
    wiring = local_wiring(rng(), 200, 400, window=10)
    centre = np.arange(400) // 2
    for operand in (wiring.a, wiring.b):
        assert (np.abs(operand - np.clip(centre, 5, 195)) <= 5).all()
        assert operand.min() >= 0
        assert operand.max() < 200
    assert (wiring.a != wiring.b).all()


@pytest.mark.parametrize(("width", "step"), [(32, 1), (128, 8)])
@pytest.mark.parametrize("sources", [1, 2, 12])
def test_lane_gates_are_whole_words_with_a_rotation(sources: int, width: int, step: int) -> None:
    wiring = lane_wiring(rng(), width * sources, width * 20, width)
    lanes = wiring.lanes
    assert lanes is not None
    assert lanes.width == width
    lane = np.arange(width)
    assert np.array_equal(wiring.a.reshape(20, width), width * lanes.a[:, None] + lane)
    assert np.array_equal(
        wiring.b.reshape(20, width), width * lanes.b[:, None] + (lane + lanes.rotation[:, None]) % width
    )
    assert (wiring.a != wiring.b).all(), "a word never meets itself unturned"
    assert (lanes.rotation % step == 0).all()
    assert len(set(lanes.rotation.tolist())) > 4
    uses = np.bincount(lanes.a, minlength=sources)
    assert uses.max() - uses.min() <= 1


def test_learned_candidates_differ_within_a_gate_and_start_from_random_wiring() -> None:
    wiring = learned_wiring(rng(), 30, 50, candidates=6)
    assert wiring.a.shape == wiring.b.shape == (6, 50)
    assert all(len(set(column)) == 6 for column in [*wiring.a.T.tolist(), *wiring.b.T.tolist()])
    start = random_wiring(rng(), 30, 50)
    assert np.array_equal(wiring.a[0], start.a)
    assert np.array_equal(wiring.b[0], start.b)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lane_wiring(rng(), 33, 64), "lane wiring: inputs: expected a multiple of 32, found 33"),
        (lambda: lane_wiring(rng(), 32, 65), "lane wiring: gates: expected a multiple of 32, found 65"),
        (lambda: lane_wiring(rng(), 64, 64, 64), "lane wiring: width: expected 32 or 128, found 64"),
        (lambda: lane_wiring(rng(), 128, 64, 128), "gates: expected a multiple of 128, found 64"),
        (lambda: local_wiring(rng(), 9, 9, 10), "local wiring: window: expected 2 to 9, found 10"),
        (lambda: learned_wiring(rng(), 9, 9, 1), "learned wiring: candidates: expected 2 to 9, found 1"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]

"""The note tracker: its written arithmetic, the pitches it finds, and notes given as controls."""

import numpy as np
import pytest

from tests.tiny import drums, note_model, pcm_model
from zoo.errors import ZooError
from zoo.frontends import NoteTracker


def tone(hertz: float, seconds: float = 0.4, rate: int = 16_000, level: float = 9_000) -> np.ndarray:
    t = np.arange(int(seconds * rate)) / rate
    parts = [np.sin(2 * np.pi * hertz * h * t + h) / h for h in (1, 2, 3)]
    return np.rint(level * sum(parts)).astype(np.int16)


def naive(fe: NoteTracker, samples: np.ndarray) -> np.ndarray:
    """The arithmetic as docs/architecture.md writes it, in Python integers and absolute times."""

    def log2(v: int) -> int:
        e = v.bit_length() - 1
        return 16 * e + (((v << 4) >> e) & 15)

    low, slow, height, level, before, armed = [0] * len(fe.low), 0, 0, 0, 0, False
    last: int | None = None  # instant of the last crossing
    periods: list[int] = []  # of the measurement, newest last
    latest = increment = note = 0
    rose = fell = 255
    logs: list[int] = []
    rows = []
    for n, sample in enumerate(samples.tolist(), 1):
        x = sample << 6
        level += (abs(x) - level) >> 8
        for k, shift in enumerate(fe.low):
            low[k] += (x - low[k]) >> shift
            x = low[k]
        slow += (x - slow) >> fe.high
        band = x - slow
        height += (abs(band) - height) >> 8
        armed = armed or band < -(height >> 1)
        if armed and before <= 0 < band:
            armed = False
            at = 16 * (n - 1) + (-before << 4) // (band - before)
            longest = 32_768 - (16 - (-before << 4) // (band - before))
            period = longest if last is None else min(longest, at - last)
            last = at
            if not periods or abs(period - latest) > latest >> 3:
                periods = []
            periods.append(period)
            latest = period
            while len(periods) > 2 and (len(periods) > 15 or sum(periods) > 16 * fe.window):
                periods.pop(0)
        before = band
        if n % fe.hop:
            continue
        if len(periods) >= 2:
            found = (len(periods) << 21) // sum(periods)
            increment = found if found < 32_768 else increment
        logs.append(log2((level >> 6) + fe.floor))
        past = [log2(fe.floor)] * 64 + logs
        changes = [past[-1] - past[-1 - lag] for lag in fe.lags]
        rose, fell = min(255, rose + 1), min(255, fell + 1)
        if changes[0] >= fe.rise or abs(increment - note) > increment >> 5:
            rose, note = 0, increment
        if changes[0] <= -fe.rise:
            fell = 0
        bits = [int(bit) for bit in f"{increment:015b}"]
        rows.append([increment, logs[-1], *changes, rose, fell, *bits])
    return np.array(rows, np.int32)


@pytest.mark.parametrize(
    "fe",
    [
        NoteTracker(),
        NoteTracker(hop=32, low=(), high=1, window=1, floor=1, lags=(64,), rise=1),
        NoteTracker(hop=96, low=(1, 2), high=15, window=4_095, floor=65_535, lags=(3, 1), rise=255),
    ],
)
def test_it_equals_the_written_arithmetic(fe: NoteTracker) -> None:
    edges = np.where(np.arange(2_048) // 50 % 2, 32_767, -32_768).astype(np.int16)
    silence = np.zeros(5_000, np.int16)
    samples = np.concatenate([drums(0.1), tone(440, 0.1), edges, silence, tone(233, 0.2), silence[:512]])
    assert np.array_equal(fe.features(samples), naive(fe, samples))


@pytest.mark.parametrize("hertz", [130.8, 261.6, 440.0, 987.8, 1568.0, 2093.0])
def test_pitch_is_right_to_two_cents_after_sixty_milliseconds(hertz: float) -> None:
    found = NoteTracker().features(tone(hertz))[8:, 0] * 16_000 / 2**17
    assert np.abs(1_200 * np.log2(found / hertz)).max() < 2


def test_a_new_note_is_followed_and_silence_keeps_the_last_one() -> None:
    fe = NoteTracker()
    samples = np.concatenate([tone(440), tone(660), np.zeros(16_000, np.int16)])
    features = fe.features(samples)
    step = 6_400 // fe.hop
    assert abs(features[step - 1, 0] - fe.increment(440)) <= 3
    assert abs(features[2 * step - 1, 0] - fe.increment(660)) <= 3
    assert abs(features[-1, 0] - fe.increment(660)) <= 40  # the filters' last swing has another period
    assert features[step + 6, 6] <= 6  # frames since the note changed
    assert features[-1, 1] == fe.silence


def test_an_octave_up_or_down_is_not_taken_for_the_note() -> None:
    """A second harmonic of equal strength stays below the hysteresis, above the low passes' edge."""
    t = np.arange(8_000) / 16_000
    both = 6_000 * (np.sin(2 * np.pi * 300 * t) + np.sin(2 * np.pi * 600 * t + 1))
    found = NoteTracker().features(np.rint(both).astype(np.int16))[8:, 0] * 16_000 / 2**17
    assert np.abs(1_200 * np.log2(found / 300)).max() < 20


def test_controls_give_what_the_sound_with_these_controls_gives() -> None:
    model = note_model()
    samples = np.concatenate([tone(440, 0.2), tone(550, 0.2)])
    measured = model.frontend.features(samples)
    assert np.array_equal(model.frontend.describe(measured[:, :2]), measured)
    assert np.array_equal(model.play(measured[:, :2]).samples, model(samples).samples)


def test_controls_are_checked() -> None:
    fe = NoteTracker()
    assert fe.increment(440.0) == 3_604
    with pytest.raises(ValueError, match="note_tracker: hertz: expected above 0, below 4000"):
        fe.increment(4_000)
    for wrong in ([[1, 2, 3]], [[-1, 0]], [[1 << 15, 0]], [[0, 512]]):
        with pytest.raises(ValueError, match="note_tracker: controls: expected"):
            fe.describe(wrong)
    with pytest.raises(ZooError, match="only a note_tracker has controls, found pcm_bits"):
        pcm_model().play([[1, 1]])

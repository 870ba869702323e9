"""The oscillator bank: its written arithmetic, and what a sound of it is made of."""

import math

import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.frontends import NoteTracker
from zoo.heads import OscillatorBank
from zoo.model import Model
from zoo.oscillators import Bank, Oscillators, sine_table

HEAD = OscillatorBank(hop=64, pitch=15, harmonics=5, noise=3, group=24)


def naive(bank: Bank, controls: np.ndarray) -> np.ndarray:
    """The arithmetic as docs/architecture.md writes it, in Python integers."""
    sine = [round(32_767 * math.sin(2 * math.pi * i / 512)) for i in range(512)]
    wave, levels, quiet = [0] * 257, [0] * bank.noise, max(1, bank.group // 3)
    low, phase, word = [0] * bank.noise, 0, 0x2545F491
    rows = []

    def scaled(x: int, level: int, detail: int) -> int:
        return (x * (4 + level % 4) << 4) >> (2 + 2 * bank.group // 4 - level // 4 + detail)

    for increment, gain, *counts in controls.tolist():
        before, wave, old = wave, [0] * 257, levels
        for p in range(129):
            sums = [0, 0]
            for h, count in enumerate(counts[: bank.harmonics], 1):
                heard = count and gain + count >= quiet
                if heard and h * increment < 1 << (bank.pitch + 1):
                    sums[h % 2] += scaled(sine[h * p % 512], gain + count, 0)
            wave[p], wave[256 - p] = (sums[1] + sums[0]) >> 4, (sums[1] - sums[0]) >> 4
        summed = [gain + count if count else 0 for count in counts[bank.harmonics :]]
        levels = [level if level >= quiet else 0 for level in summed]
        row = []
        for n in range(bank.hop):
            phase = (phase + (increment << (30 - bank.pitch))) % 2**32
            place = 2**32 - 1 - phase if phase >= 2**31 else phase
            at, part = place >> 23, place >> 17 & 63
            both = [w[at] + ((w[at + 1] - w[at]) * part >> 6) for w in (before, wave)]
            both = [-x for x in both] if phase >= 2**31 else both
            word ^= word << 13 & 0xFFFFFFFF
            word ^= word >> 17
            word ^= word << 5 & 0xFFFFFFFF
            rest = (word >> 16) - (65_536 if word >> 31 else 0) << 4
            for k in range(bank.noise):
                band = rest
                if k < bank.noise - 1:
                    low[k] += (rest - low[k]) >> (k + 1)
                    band, rest = rest - low[k], low[k]
                for i, level in enumerate((old[k], levels[k])):
                    both[i] += scaled(band, level, 8) if level else 0
            sound = both[0] + ((both[1] - both[0]) * n >> bank.hop.bit_length() - 1)
            row.append(min(32_767, max(-32_768, sound)))
        rows.append(row)
    return np.array(rows, np.int32)


def random_controls(bank: Bank, frames: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    controls = rng.integers(0, bank.group + 1, (frames, bank.n_controls)).astype(np.int32)
    controls[:, 0] = rng.integers(0, 1 << bank.pitch, frames)
    controls[rng.random(controls.shape) < 0.1] = 0
    return controls


@pytest.mark.parametrize(
    "bank", [HEAD.bank, Bank(16, 9, 32, 8, 48), Bank(256, 15, 1, 0, 1), Bank(32, 20, 4, 1, 7)]
)
def test_it_equals_the_written_arithmetic(bank: Bank) -> None:
    controls = random_controls(bank, 12)
    assert np.array_equal(Oscillators(bank).render(controls), naive(bank, controls))


def steady(frames: int = 250, **amplitudes: int) -> np.ndarray:
    """A tone of 500 Hz at 16 kHz: gain, then harmonics h1 to h5, noise n0 to n2."""
    names = ["pitch", "gain", *(f"h{k}" for k in range(1, 6)), *(f"n{k}" for k in range(3))]
    row = [NoteTracker().increment(500), *(amplitudes.get(name, 0) for name in names[1:])]
    return np.tile(np.array(row, np.int32), (frames, 1))


def spectrum(samples: np.ndarray) -> np.ndarray:
    """dB of full scale of a sine, a bin a Hz."""
    tail = samples.ravel()[-16_000:]
    return 20 * np.log10(np.abs(np.fft.rfft(tail * np.hanning(16_000))) * 4 / 16_000 / 32_767 + 1e-9)


def test_levels_are_decibels_that_add() -> None:
    found = spectrum(Oscillators(HEAD.bank).render(steady(gain=20, h1=24, h3=12)))
    assert found[500] == pytest.approx(-6.02, abs=0.1)  # four levels under the loudest
    assert found[1_500] == pytest.approx(-24.08, abs=0.1)
    rest = np.delete(found, [*range(497, 504), *range(1_497, 1_504)])
    assert rest.max() < -75  # interpolation's error, images and rounding
    softer = spectrum(Oscillators(HEAD.bank).render(steady(gain=12, h1=24, h3=12)))
    assert found[500] - softer[500] == pytest.approx(12.04, abs=0.1)


def test_harmonics_from_half_the_rate_on_are_silent() -> None:
    controls = steady(gain=24, h1=10, h5=10)
    controls[:, 0] = NoteTracker().increment(1_600.0) + 1  # the fifth lies above 8 kHz
    found = spectrum(Oscillators(HEAD.bank).render(controls))
    assert found[1_600] > -25
    assert np.delete(found, range(1_590, 1_611)).max() < -70


def test_bands_of_noise_lie_where_they_should() -> None:
    middles = []
    for k in range(3):
        power = 10 ** (spectrum(Oscillators(HEAD.bank).render(steady(gain=24, **{f"n{k}": 24}))) / 10)
        middles.append(float((power * np.arange(len(power))).sum() / power.sum()))
    assert middles[0] > 4_000 > middles[1] > 2_000 > middles[2]


def test_amplitudes_ramp_without_a_step() -> None:
    """A sine that is switched on: no sample jumps further than the loudest sine's steepest step."""
    controls = steady(20, gain=24, h1=20)
    controls[:10, 1], controls[:10, 2] = 4, 3  # seven of 48 levels are silence
    sound = Oscillators(HEAD.bank).render(controls).ravel()
    assert not sound[: 10 * 64].any()
    steepest = 32_767 / 2 * 2 * np.pi * 500 / 16_000
    assert np.abs(np.diff(sound)).max() <= steepest + 32_767 / 2 / 64 + 2


def test_the_table_is_symmetric() -> None:
    sine = sine_table().astype(int)
    assert sine[:257].tolist() == sine[256::-1].tolist()
    assert (sine[256:] == -sine[:256]).all()
    assert sine[128] == 32_767


def test_outputs_become_controls() -> None:
    head = OscillatorBank(hop=2, pitch=8, harmonics=1, noise=1, group=2)
    row = [1, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0]
    assert head.decode(np.array([row], np.uint8)).tolist() == [[133, 2, 0, 1]]


def test_hops_must_agree() -> None:
    from tests.tiny import random_circuit

    fe = NoteTracker(hop=128, feature=np.zeros(9, np.uint16), threshold=np.zeros(9, np.int32))
    circuit = random_circuit(0, 9, 400, 15 + 9 * 24)
    with pytest.raises(ZooError, match="128 samples a frame in, 64 out"):
        Model.from_parts(fe, circuit, HEAD, id="test/x", summary="x", licence="MIT")

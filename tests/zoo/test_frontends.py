import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny import drums, filterbank
from zoo.frontends import (
    FRONT_END_TENSORS,
    FRONT_ENDS,
    CounterBits,
    FrontEnd,
    NoteTracker,
    PcmBits,
    RawBits,
    ShiftFilterbank,
    SignAutocorrelation,
    samples_of_bits,
)

EXAMPLES: list[FrontEnd] = [
    filterbank(0),
    filterbank(1, 7),
    ShiftFilterbank(
        hop=1,
        shifts=(3,),
        lags=(1,),
        feature=np.array([0, 1], np.uint16),
        threshold=np.array([60, 1], np.int32),
    ),
    SignAutocorrelation(
        hop=64,
        lags=(1, 40, 333),
        hops=3,
        feature=np.array([0, 3, 2], np.uint16),
        threshold=np.array([100, 60, 90], np.int32),
    ),
    NoteTracker(
        hop=32,
        feature=np.array([0, 1, 3, 7, 12], np.uint16),
        threshold=np.array([900, 60, 2, 3, 1], np.int32),
    ),
    PcmBits(),
    PcmBits(width=5, taps=1, code="gray"),
    CounterBits(),
    CounterBits(width=3, gray=True),
    RawBits(rate=1_000, width=1),
    RawBits(rate=8_000, width=77),
]


def named(fe: FrontEnd) -> str:
    return f"{fe.kind}-{fe.n_bits}"


def naive_filterbank(fe: ShiftFilterbank, samples: np.ndarray) -> np.ndarray:
    """The arithmetic as docs/architecture.md writes it, in Python integers."""
    state, acc = [0] * fe.n_bands, [0] * fe.n_bands

    def log2(v: int) -> int:
        e = v.bit_length() - 1
        return 16 * e + (((v << 4) >> e) & 15)

    silence = [log2(fe.floor)] * fe.n_bands
    logs: list[list[int]] = []
    rows = []
    for n, x in enumerate(samples.tolist(), 1):
        prev = x << 6
        for k, shift in enumerate(fe.shifts):
            state[k] += (prev - state[k]) >> shift
            acc[k] += abs(prev - state[k])
            prev = state[k]
            assert -(2**31) <= prev < 2**31
            assert acc[k] < 2**31
        if n % fe.hop:
            continue
        logs.append([log2((a >> 6) + fe.floor) for a in acc])
        acc = [0] * fe.n_bands
        t = len(logs) - 1

        def at(i: int) -> list[int]:
            return logs[i] if i >= 0 else silence

        references = [at(t - lag) for lag in fe.lags]
        for window in fe.peaks:
            last = [at(t - i) for i in range(1, window + 1)]
            references.append([max(frame[k] for frame in last) for k in range(fe.n_bands)])
        differences = [[logs[t][k] - r[k] for k in range(fe.n_bands)] for r in references]
        row = [*logs[t]] + [d for difference in differences for d in difference]
        row += [sum(max(0, d) for d in one[lo:hi]) for one in differences for lo, hi in fe.flux]
        row += [logs[t][k] - logs[t][k + d] for d in fe.spans for k in range(fe.n_bands - d)]
        rows.append(row)
    return np.array(rows, np.int32)


@pytest.mark.parametrize(
    "fe",
    [
        ShiftFilterbank(),
        ShiftFilterbank(
            hop=32, shifts=(2, 1, 15), floor=1, lags=(3,), peaks=(1, 2, 7), flux=((0, 3), (1, 2))
        ),
        ShiftFilterbank(hop=256, shifts=(1, 1), lags=(), peaks=(5,)),
        ShiftFilterbank(hop=64, lags=(), peaks=()),
        ShiftFilterbank(hop=64, lags=(2,), flux=((0, 9),), spans=(3, 1, 8)),
    ],
)
def test_filterbank_equals_the_written_arithmetic(fe: ShiftFilterbank) -> None:
    edges = np.where(np.arange(2_048) // 50 % 2, 32_767, -32_768).astype(np.int16)
    samples = np.concatenate([drums(0.1), edges, np.zeros(512, np.int16)])
    assert np.array_equal(fe.features(samples), naive_filterbank(fe, samples))


def naive_autocorrelation(fe: SignAutocorrelation, samples: np.ndarray) -> np.ndarray:
    """The arithmetic as docs/architecture.md writes it, in Python integers."""
    state, slow, signs, bands = [0] * len(fe.low), 0, [], []
    for sample in samples.tolist():
        x = sample << 6
        for k, shift in enumerate(fe.low):
            state[k] += (x - state[k]) >> shift
            x = state[k]
        slow += (x - slow) >> fe.high
        bands.append(x - slow)
        signs.append(x - slow > 0)
        assert -(2**31) <= x - slow < 2**31

    def sign(n: int) -> bool:
        return n >= 0 and signs[n]

    rows = []
    for end in range(fe.hop, len(samples) + 1, fe.hop):
        window = range(end - fe.hop * fe.hops, end)
        row = [sum(n < 0 or sign(n) == sign(n - lag) for n in window) for lag in fe.lags]
        magnitude = sum(abs(band) for band in bands[end - fe.hop : end])
        assert magnitude < 2**31
        v = (magnitude >> 6) + fe.floor
        e = v.bit_length() - 1
        rows.append([*row, 16 * e + (((v << 4) >> e) & 15)])
    return np.array(rows, np.int32)


@pytest.mark.parametrize(
    "fe",
    [
        SignAutocorrelation(),
        SignAutocorrelation(hop=32, low=(), high=15, lags=(1, 1024), hops=1, floor=1),
        SignAutocorrelation(hop=96, low=(1, 2, 3), high=1, lags=(7, 31, 32, 33), hops=16, floor=65_535),
    ],
)
def test_sign_autocorrelation_equals_the_written_arithmetic(fe: SignAutocorrelation) -> None:
    edges = np.where(np.arange(2_048) // 50 % 2, 32_767, -32_768).astype(np.int16)
    samples = np.concatenate([drums(0.1), edges, np.zeros(512, np.int16)])
    assert np.array_equal(fe.features(samples), naive_autocorrelation(fe, samples))


def test_equal_signs_peak_at_the_period() -> None:
    period, lags = 100, tuple(range(20, 160))
    tone = np.rint(8_000 * np.sin(2 * np.pi * np.arange(16_000) / period)).astype(np.int16)
    counts = SignAutocorrelation(lags=lags).features(tone)[-1, :-1]
    assert lags[int(counts.argmax())] == period
    assert counts.max() >= 1_000
    assert counts[lags.index(period // 2)] <= 24


@pytest.mark.parametrize("code", ["positional", "gray"])
def test_pcm_bits_equal_their_definition(code: str) -> None:
    fe = PcmBits(width=4, taps=3, code=code)
    samples = np.array([-32_768, 32_767, 0, -1, 4_096], np.int16)
    bits = fe.bits(samples)
    assert bits.shape == (5, 12)
    for t in range(5):
        for tap in range(3):
            x = int(samples[t - tap]) if t >= tap else 0
            u = (x + 32_768) // 4_096
            u = u ^ u >> 1 if code == "gray" else u
            assert bits[t, 4 * tap : 4 * tap + 4].tolist() == [int(c) for c in f"{u:04b}"]


def test_adjacent_gray_codes_differ_in_one_bit() -> None:
    ramp = np.arange(-32_768, 32_768, 256, dtype=np.int16)
    bits = PcmBits(width=8, taps=1, code="gray").bits(ramp).astype(int)
    assert (np.abs(np.diff(bits, axis=0)).sum(axis=1) == 1).all()


def test_counter_counts_and_starts_again() -> None:
    fe = CounterBits(width=3, gray=True)
    bits = fe.bits(np.zeros(10, np.int16))
    for t in range(10):
        code, gray = t % 8, t % 8 ^ t % 8 >> 1
        assert bits[t].tolist() == [code >> i & 1 for i in range(3)] + [gray >> i & 1 for i in range(3)]


def test_raw_bits_are_the_bits_that_were_given() -> None:
    bits = np.random.default_rng(0).integers(0, 2, (5, 19)).astype(np.uint8)
    fe = RawBits(rate=1_900, width=19)
    assert np.array_equal(fe.bits(samples_of_bits(bits)), bits)
    assert fe.bits(np.array([-5, 32_767] + 17 * [0], np.int16)).tolist() == [[0, 1] + 17 * [0]]


@pytest.mark.parametrize("fe", EXAMPLES, ids=named)
@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(0, 3_000), max_size=8))
def test_blocks_of_any_size_give_what_the_whole_gives(fe: FrontEnd, cuts: list[int]) -> None:
    samples = drums(3_000 / 44_100)
    stream = fe.stream()
    blocks = [stream.push(block) for block in np.split(samples, sorted(cuts))]
    assert np.array_equal(np.concatenate(blocks), fe.features(samples))


@pytest.mark.parametrize("fe", EXAMPLES, ids=named)
def test_shapes_and_types(fe: FrontEnd) -> None:
    samples = drums(0.1)
    features = fe.features(samples)
    bits = fe.bits(samples)
    frames = len(samples) // fe.hop
    assert (features.shape, features.dtype) == ((frames, fe.n_features), np.int32)
    assert (bits.shape, bits.dtype) == ((frames, fe.n_bits), np.uint8)
    assert set(np.unique(bits)) <= {0, 1}
    assert np.array_equal(bits, fe.encode(features))
    assert fe.features(samples[:0]).shape == (0, fe.n_features)


@pytest.mark.parametrize("fe", EXAMPLES, ids=named)
def test_parts_rebuild_the_same_front_end(fe: FrontEnd) -> None:
    again = FRONT_ENDS[fe.kind].from_parts(json.loads(json.dumps(fe.params())), fe.tensors())
    assert again.params() == fe.params()
    assert np.array_equal(again.bits(drums(0.2)), fe.bits(drums(0.2)))


def test_every_registered_kind_is_tried_here_and_names_its_tensors() -> None:
    assert {fe.kind for fe in EXAMPLES} == set(FRONT_ENDS) == set(FRONT_END_TENSORS)
    for fe in EXAMPLES:
        assert FRONT_ENDS[fe.kind] is type(fe)
        assert {name: t.dtype.type for name, t in fe.tensors().items()} == FRONT_END_TENSORS[fe.kind]
        assert all(t.shape == (fe.n_bits,) for t in fe.tensors().values())


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        (PcmBits, {"width": 17}), (PcmBits, {"taps": 0}), (PcmBits, {"code": "bcd"}), (PcmBits, {"rate": 0}),
        (CounterBits, {"width": 32}), (CounterBits, {"rate": 0}),
        (RawBits, {"width": 0, "rate": 1}), (RawBits, {"width": 65_536, "rate": 1}),
        (RawBits, {"rate": 0, "width": 1}),
        (ShiftFilterbank, {"hop": 257}), (ShiftFilterbank, {"shifts": (0,)}), (ShiftFilterbank, {"floor": 0}),
        (ShiftFilterbank, {"lags": (0,)}), (ShiftFilterbank, {"peaks": (2_000,)}),
        (ShiftFilterbank, {"flux": ((3, 3),)}),
        (SignAutocorrelation, {"hop": 40}), (SignAutocorrelation, {"lags": ()}),
        (SignAutocorrelation, {"lags": (1_025,)}), (SignAutocorrelation, {"hops": 17}),
        (SignAutocorrelation, {"low": (0,)}), (SignAutocorrelation, {"floor": 0}),
        (ShiftFilterbank, {"spans": (9,)}),
        (NoteTracker, {"hop": 257}), (NoteTracker, {"lags": ()}), (NoteTracker, {"lags": (65,)}),
        (NoteTracker, {"low": (0,)}), (NoteTracker, {"window": 0}), (NoteTracker, {"rise": 0}),
    ],
)  # fmt: skip
def test_parameters_out_of_range_are_refused_by_name(kind: type, params: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"{kind.kind}: {next(iter(params))}"):
        kind(**params)


@pytest.mark.parametrize("fe", [filterbank(0, 512), PcmBits(), CounterBits()], ids=named)
def test_100_times_real_time(fe: FrontEnd) -> None:
    samples = drums(10.0, rate=fe.rate)
    fe.bits(samples[:1_000])  # compiles the loop the first time
    times = []
    for _ in range(3):
        start = time.process_time()
        fe.bits(samples)
        times.append(time.process_time() - start)
    assert 10 / min(times) >= 100

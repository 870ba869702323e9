"""Clips like produced loops, and the kits that nobody recorded."""

from pathlib import Path

import numpy as np
import pytest

from tasks.data.annotate import rises
from tasks.data.beats import TRAIN_VOICES, VAL_VOICES, accompany, beat, compress, murmur
from tasks.data.maker import Maker
from tasks.data.mixing import Recipe, clip_rng
from tasks.data.patterns import Strike, groove
from tasks.data.shots import RATE, Shot, cut
from tasks.data.synthetic_kits import SOUNDS, synthetic_kit
from tasks.registry import get_task
from tests.tasks.built import build

RECIPE = Recipe(4, 4.0, -20.0, (-30.0, -0.5), augment=True)


@pytest.fixture(scope="module")
def shots() -> list[Shot]:
    return synthetic_kit(np.random.default_rng(0))


@pytest.mark.parametrize("voices", [TRAIN_VOICES, VAL_VOICES])
def test_a_beat_follows_from_seed_split_and_number_bit_for_bit(
    shots: list[Shot], voices: tuple[str, ...]
) -> None:
    def made(index: int) -> str:
        return beat(clip_rng("beats", index), "a", shots, RECIPE, voices, "kit", "MIT").digest()

    assert made(3) == made(3) != made(4)


def test_labels_are_ascending_and_30_ms_apart(shots: list[Shot]) -> None:
    for index in range(8):
        clip = beat(clip_rng("beats", index), "a", shots, RECIPE, TRAIN_VOICES, "kit", "MIT")
        assert len(clip.samples) == 4 * RATE
        assert np.abs(clip.samples).max() > 500
        assert np.all(np.diff(clip.onsets) >= 0.0299999)
        assert len(clip.onsets) > 4


def test_voices_of_training_and_validation_differ() -> None:
    assert not set(TRAIN_VOICES) & set(VAL_VOICES)


@pytest.mark.parametrize("sound", SOUNDS)
def test_every_sound_can_be_one_clear_attack(sound: object) -> None:
    rng = np.random.default_rng(1)
    assert any(isinstance(cut("", sound(rng)), Shot) for _ in range(20))  # type: ignore[operator]


def test_no_two_synthetic_kits_share_a_sound() -> None:
    one, other = (synthetic_kit(np.random.default_rng(seed)) for seed in (1, 2))
    assert not {shot.samples.tobytes() for shot in one} & {shot.samples.tobytes() for shot in other}
    again = synthetic_kit(np.random.default_rng(1))
    assert [shot.samples.tobytes() for shot in again] == [shot.samples.tobytes() for shot in one]


@pytest.mark.parametrize("voice", [*TRAIN_VOICES, *VAL_VOICES])
def test_every_note_starts_with_a_hit_and_nothing_sounds_before(voice: str) -> None:
    hits = [Strike(at, 0, 0.0) for at in (10_000, 22_000, 40_000, 61_000)]
    notes, starts = accompany(np.random.default_rng(3), hits, 2 * RATE, (voice,))
    assert starts
    assert set(starts) <= {hit.at for hit in hits}
    assert not notes[: starts[0]].any()
    assert np.abs(notes[starts[0] : starts[0] + 2_000]).max() > 0.01


def test_the_compressor_takes_from_what_is_loud_alone() -> None:
    """12 dB over the threshold at 4 to 1 is 9 dB less, and the soft half is as much louder beside it."""
    t = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 1_000 * t)
    sound = np.concatenate([tone * 0.01, tone])
    out = compress(sound, -12.0, 4.0, 0.001, 0.05)
    soft, loud = (np.abs(out[int(at * RATE) : int((at + 0.1) * RATE)]).max() for at in (0.5, 1.5))
    assert 20 * np.log10(loud / soft) == pytest.approx(40 - 9, abs=0.3)
    assert np.array_equal(compress(sound, 0.0, 4.0, 0.001, 0.05), sound / np.abs(sound).max())


def test_a_groove_mostly_starts_at_once_and_stays_inside_the_clip() -> None:
    plans = [groove(np.random.default_rng(seed), 4.0, 8, -20.0) for seed in range(40)]
    assert all(0 <= strike.at < 3.9 * RATE for plan in plans for strike in plan)
    assert sum(plan[0].at < 400 for plan in plans if plan) > len(plans) / 2


def test_beats_play_the_kits_of_their_side_and_four_of_ten_are_synthetic() -> None:
    maker = Maker(Path())
    plain = {maker.group_and_licence("train", i)[0] for i in range(20)}
    groups = [maker.group_and_licence("beats", i)[0] for i in range(60)]
    assert set(groups) == plain | {"synthetic"}
    assert groups.count("synthetic") == 24
    held_out = {maker.group_and_licence("val", i)[0] for i in range(20)}
    assert {maker.group_and_licence("beats-val", i)[0] for i in range(20)} == held_out


def test_a_task_with_beats_trains_on_both_and_is_tested_on_the_same(tmp_path: Path) -> None:
    data = build(tmp_path)
    plain, wide = get_task("onset"), get_task("onset").with_beats()  # type: ignore[attr-defined]
    for split, beside in (("train", ["beats"]), ("val", ["beats-val", "loops-val"])):
        names = [clip.name for part in (split, *beside) for clip in plain.load(part, data)]
        assert [clip.name for clip in wide.load(split, data)] == names
        assert wide.manifest_digest(split, data) != plain.manifest_digest(split, data)
    assert wide.manifest_digest("test1") == plain.manifest_digest("test1")
    assert get_task("onset").manifest_digest("train", data) == plain.manifest_digest("train", data)


def test_every_kind_of_clip_counts_for_as_much_in_validation(tmp_path: Path) -> None:
    data = build(tmp_path)
    plain, wide = get_task("onset"), get_task("onset").with_beats()  # type: ignore[attr-defined]
    assert plain.weights("val", data) == [1, 1]
    names, weights = [clip.name for clip in wide.load("val", data)], wide.weights("val", data)
    assert len(weights) == len(names) == 5
    kinds = {kind: sum(w for n, w in zip(names, weights, strict=True) if n.startswith(kind)) for kind in
             ("val", "beats-val", "loops-val")}  # fmt: skip
    assert list(kinds.values()) == pytest.approx([5 / 3] * 3)


def test_nothing_between_the_hits_is_what_labels_call_an_onset() -> None:
    """The detector that drafts labels of real loops hears the loud hits, and little of the rest."""
    rng, bursts = np.random.default_rng(8), np.arange(RATE // 4, 8 * RATE, RATE)
    loud = np.zeros(8 * RATE)
    for at in bursts:
        loud[at : at + 400] = rng.uniform(-1, 1, 400)
    more = 0
    for seed in range(12):
        between = murmur(np.random.default_rng(seed), synthetic_kit(rng), len(loud))
        found = rises(loud + between)
        hits = [np.abs(found - at / RATE).min() for at in bursts]
        assert max(hits) < 0.01
        more += len(found) - len(bursts)
    assert any(murmur(np.random.default_rng(seed), synthetic_kit(rng), RATE).any() for seed in range(4))
    assert more < 12

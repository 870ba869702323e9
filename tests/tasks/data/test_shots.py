import numpy as np
import pytest
import soundfile

from tasks.data.shots import RATE, Refused, Shot, cut, read_kit
from tests.tasks.data.kits import hit
from zoo.errors import AudioError


def test_a_shot_starts_where_its_sound_starts() -> None:
    shot = cut("a", hit(1, lead=0.1))
    assert isinstance(shot, Shot)
    assert abs(shot.samples[0]) >= 0.02
    assert np.abs(shot.samples).max() == 1.0
    # The burst begins at 0.1 s exactly; 2 % of the peak is reached within its first samples.
    whole = hit(1, lead=0.1)
    assert len(whole) - len(shot.samples) - int(0.1 * RATE) < 5


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (np.zeros(RATE), "silent"),
        (np.linspace(0.03, 1, RATE) * np.sin(np.arange(RATE)), "slow attack"),
        (np.concatenate([hit(2), hit(2)]), "a second attack"),
        (np.concatenate([0.35 * np.ones(3000), np.ones(3000)]), "a swell"),
    ],
)
def test_what_is_no_single_hit_is_refused_with_the_reason(sound: np.ndarray, reason: str) -> None:
    found = cut("a", sound)
    assert isinstance(found, Refused)
    assert found.reason.startswith(reason)


def test_two_bursts_within_30_ms_are_one_hit() -> None:
    clap = np.concatenate([hit(3)[:900], hit(4, lead=0)])
    assert isinstance(cut("clap", clap), Shot)


def test_a_kit_at_another_rate_in_stereo_is_read_at_ours(tmp_path) -> None:
    sound = hit(5, rate=48_000)
    soundfile.write(tmp_path / "a.wav", np.stack([sound, sound], axis=1), 48_000)
    soundfile.write(tmp_path / "beats_1.wav", sound, 48_000)
    shots, refused = read_kit(tmp_path)
    assert [shot.name for shot in shots] == ["a.wav"]
    assert [(r.name, r.reason) for r in refused] == [("beats_1.wav", "a loop")]
    assert abs(len(shots[0].samples) / RATE - 0.3) < 0.001


def test_a_missing_kit_and_a_broken_file_name_themselves(tmp_path) -> None:
    with pytest.raises(AudioError, match="no such kit"):
        read_kit(tmp_path / "none")
    (tmp_path / "broken.wav").write_bytes(b"RIFF....")
    with pytest.raises(AudioError, match=r"broken\.wav"):
        read_kit(tmp_path)

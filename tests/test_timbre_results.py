"""The page of timbre results comes from its record, the record from enough seeds; examples can be heard."""

import json
from typing import Any

import pytest
import soundfile

import zoo
from scripts.compare_timbre import AUDIO, HEARD, LABELS, MODELS, NANO, PAGE, RECORD, SEEDED, SEEDS, render
from zoo.index import entries

BUNDLED = {
    MODELS["violin"]: ("violin", "standard"),
    NANO: ("violin", "nano"),
    MODELS["trumpet"]: ("trumpet", "standard"),
}


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return json.loads(RECORD.read_text())


def test_the_page_is_rendered_from_the_record(record: dict[str, Any]) -> None:
    assert PAGE.read_text() == render(record), "run `python -m scripts.compare_timbre --render`"


def test_a_changed_figure_would_be_noticed(record: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(record))
    changed["targets"]["violin"]["runs"][0]["sets"]["test"]["mr_stft"] -= 0.01
    assert PAGE.read_text() != render(changed)


@pytest.mark.parametrize("player", LABELS)
def test_claims_rest_on_enough_seeds(record: dict[str, Any], player: str) -> None:
    seeds = {run["seed"] for run in record["targets"]["violin"]["runs"] if run["detector"] == player}
    assert len(seeds) >= (len(SEEDS) if player in (*SEEDED, "standard", "nano") else 1)


def test_all_players_of_a_target_heard_the_same_sets(record: dict[str, Any]) -> None:
    for found in record["targets"].values():
        for name in ("test", "high"):
            assert len({run["sets"][name]["manifest_sha256"] for run in found["runs"]}) == 1


@pytest.mark.parametrize("model", [model for model in BUNDLED if model in entries()])
def test_the_models_that_ship_are_among_those_compared(record: dict[str, Any], model: str) -> None:
    target, size = BUNDLED[model]
    shipped = json.loads((zoo.load(model).folder / "record.json").read_text())
    runs = [run for run in record["targets"][target]["runs"] if run["detector"] == size]
    compared = {run["seed"]: run["sets"] for run in runs}
    assert compared[shipped["model"]["seed"]] == shipped["sets"]


def test_examples_are_short_and_of_what_the_page_says() -> None:
    found = sorted(AUDIO.glob("timbre-*.wav"))
    assert {path.stem.rpartition("-")[2] for path in found} == set(HEARD) - {"source"} | {"flute"}
    for path in found:
        about = soundfile.info(path)
        assert (about.samplerate, about.subtype, about.channels) == (16_000, "PCM_16", 1)
        assert path.stat().st_size < 300_000

import json
from pathlib import Path

import zoo
from tests.tiny import filterbank, lane_circuit, tiny_model
from zoo.card import make_card, table
from zoo.config import Config, Source, Training
from zoo.heads import OnsetScore

ABOUT = Config.of(
    filterbank(0),
    lane_circuit(0),
    OnsetScore(38, 34, 5),
    id="test/card",
    summary="Finds onsets",
    licence="CC-BY-SA-4.0",
    task="onset@1",
    training=Training(
        command="zoo train onset", seed=7, trainer="difflogic-zoo 0.1", data_manifest_sha256="a" * 64
    ),
    sources=(
        Source(title="Kit One", authors="A. Drummer", licence="CC-BY-3.0", origin="package kit-one 1.0"),
    ),
)


def test_the_card_names_parts_training_licence_and_sources() -> None:
    card = make_card(ABOUT, {"training.csv": b""})
    for text in ("# test/card", "`zoo train onset`", "`7`", "[training.csv](training.csv)", "CC-BY-SA-4.0"):
        assert text in card
    assert "| Kit One | A. Drummer | CC-BY-3.0 | package kit-one 1.0 |" in card
    assert card.startswith(
        "---\nlibrary_name: difflogic-zoo\nlicense: cc-by-sa-4.0\ntags: [logic-gates, audio, onset]\n---"
    )


def test_every_number_of_a_record_is_in_the_card() -> None:
    record = {
        "predictions_sha256": "ff",
        "accuracy": {"kits": {"f_50ms": 0.95123, "n": 20}, "loops": {"f_50ms": 0.93}},
        "cost": [{"part": "gates", "cycles": 1_234, "target": "cortex-a8"}],
        "delay_ms": {"median": 4.5, "p95": 12.25},
        "versions": ["a", "b"],
    }
    card = make_card(ABOUT, {"record.json": json.dumps(record).encode()})
    assert "| kits | 0.9512 | 20 |" in card
    assert "| loops | 0.93 |  |" in card
    assert "| 1 | gates | 1234 | cortex-a8 |" in card
    assert "| p95 | 12.25 |" in card
    assert "| predictions_sha256 | ff |" in card
    assert "| 1 | b |" in card


def test_wide_tables_are_turned() -> None:
    sets = {name: {f"metric_{n}": n / 3 for n in range(9)} for name in ("kits", "loops")}
    card = make_card(ABOUT, {"record.json": json.dumps({"sets": sets}).encode()})
    assert "|  | kits | loops |" in card
    assert "| metric_1 | 0.3333 | 0.3333 |" in card


def test_missing_and_nested_values_read_well() -> None:
    card = make_card(ABOUT, {"record.json": b'{"seed": null, "ci": {"f": [0.123456, 0.9]}}'})
    assert "| seed | not recorded |" in card
    assert "| f | [0.1235, 0.9] |" in card


def test_without_a_record_the_card_claims_nothing() -> None:
    assert "Measured" not in make_card(ABOUT, {})


def test_a_model_that_is_not_bundled_is_loaded_by_its_path() -> None:
    config = tiny_model().config
    assert 'zoo.load("path/to/mine")' in make_card(config.model_copy(update={"id": "local/mine"}), {})
    assert f'zoo.load("{config.id}")' in make_card(config, {})


def test_pipes_in_cells_do_not_break_tables() -> None:
    assert table(["a"], [["x|y"]]).splitlines()[-1] == "| x\\|y |"


def test_the_saved_card_is_the_generated_one(tmp_path: Path) -> None:
    folder = zoo.save(tiny_model(), tmp_path / "m")
    assert (folder / "README.md").read_text() == make_card(zoo.load(folder).config, {})


def test_the_config_survives_its_own_json() -> None:
    assert Config.model_validate_json(ABOUT.to_json()) == ABOUT
    assert Config.model_json_schema()["additionalProperties"] is False

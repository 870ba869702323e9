"""The page of all models says what its record says, and the record knows the models that ship."""

import json

from scripts.render_models import COSTS, PAGE, RECORD, costs, render
from zoo.index import entries

FOUND = json.loads(RECORD.read_text(encoding="utf-8"))


def test_the_page_is_rendered_from_the_record() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(FOUND), "run `python -m scripts.render_models --render`"


def test_the_hub_knows_the_same_costs() -> None:
    assert COSTS.read_text(encoding="utf-8") == costs(FOUND), "run `python -m scripts.render_models --render`"


def test_every_bundled_model_was_measured_as_it_ships() -> None:
    shipped = {id: entry.circuit_sha256 for id, entry in entries().items()}
    assert {id: one["circuit_sha256"] for id, one in FOUND.items()} == shipped, (
        "run `python -m scripts.render_models`"
    )


def test_what_the_index_says_runs_on_a_pru_has_a_price_there() -> None:
    for id, entry in entries().items():
        if "pru" in entry.targets:
            assert FOUND[id]["pru"]["percent"] < 100

"""Names of classes: kept in the config, told by results and cards, refused where they do not fit."""

from pathlib import Path

import numpy as np
import pytest

from tests.tiny import raw_model, tiny_model
from zoo.card import make_card
from zoo.cli.answers import render
from zoo.errors import ZooError
from zoo.folder import load_folder, save
from zoo.model import Model

NAMES = ("yes", "no", "maybe")


def named(names: tuple[str, ...] | None = NAMES) -> Model:
    parts = raw_model()
    about = {"id": "test/named", "summary": "Random gates", "licence": "CC0-1.0", "classes": names}
    return Model.from_parts(parts.frontend, parts.circuit, parts.head, **about)


def test_names_go_to_the_folder_and_come_back(tmp_path: Path) -> None:
    model = load_folder(save(named(), tmp_path / "model"))
    assert model.config.classes == NAMES
    assert "| classes | yes, no, maybe |" in make_card(model.config, {})
    assert load_folder(save(named(None), tmp_path / "unnamed")).config.classes is None


def test_results_tell_the_name_of_every_frame() -> None:
    samples = np.random.default_rng(0).integers(-100, 100, 410).astype(np.int16)
    heard = named()(samples)
    assert heard.names == NAMES
    assert heard.labels == [NAMES[k] for k in heard.classes]
    assert named(None)(samples).labels == [str(k) for k in heard.classes]
    lines = render(named(), heard, "csv", "x.wav", ()).splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == heard.labels


def test_another_number_of_names_is_refused() -> None:
    with pytest.raises(ZooError, match="2 names of classes, 3 values of group_sum"):
        named(("yes", "no"))
    onset = tiny_model()
    about = {"id": "test/onset", "summary": "s", "licence": "CC0-1.0", "classes": ("a", "b")}
    with pytest.raises(ZooError, match="2 names of classes, 1 values of onset_score"):
        Model.from_parts(onset.frontend, onset.circuit, onset.head, **about)

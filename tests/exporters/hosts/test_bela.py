"""What only a Bela project has: two models in one program."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import zoo
from exporters.c.names import default_name
from exporters.hosts import HOSTS
from exporters.hosts.engine import best_engine
from exporters.hosts.host import Wrapped
from tests.exporters.hosts import bela_host
from tests.exporters.hosts.expected import expected_outputs
from tests.exporters.hosts.hosts import needs
from tests.tiny import drums

pytestmark = pytest.mark.slow

# Of one rate, so that both are exact; the last one runs a compiled model beside a file.
PAIRS = (
    ("bela/onset-gates", "bela/drum-gates-nano"),
    ("bela/violin-gates-nano", "bela/voice-gates-nano"),
    ("bela/digit-gates-nano", "bela/kick-gates"),
)


@pytest.mark.parametrize("ids", PAIRS, ids=lambda ids: "+".join(id.split("/")[1] for id in ids))
def test_two_models_in_one_project(ids: tuple[str, str], tmp_path: Path) -> None:
    """As the page says: the C files of the second stand beside those of the first, the core only once."""
    needs("g++", "g++")
    wrapped = []
    for id in ids:
        model = zoo.load(id)
        HOSTS["bela"].export(model, tmp_path / default_name(id))
        wrapped.append(Wrapped(model, default_name(id), best_engine(model)))
    project, other = (tmp_path / default_name(id) for id in ids)
    for path in [*other.glob("*.c"), *other.glob("*.h"), *other.glob("*.S")]:
        shutil.copy(path, project)
    bela_host.build(project, second=other / "render.cpp")
    (rate,) = {unit.model.rate for unit in wrapped}
    samples = drums(3.0, 3, rate)
    sound = (samples / 32_768).astype(np.float32)
    found = bela_host.run_signals(project, wrapped[0], sound, rate, 16, second=wrapped[1])
    for late, unit, instance in zip((0, bela_host.LATE), wrapped, found, strict=True):
        model = unit.model
        wanted = expected_outputs(unit.model, samples[late:])
        assert any(len(np.unique(output)) > 1 for output in wanted)
        for output, expected in zip(instance, wanted, strict=False):
            assert not output[:late].any()
            np.testing.assert_array_equal(output[late:], expected)

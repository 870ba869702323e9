"""What a classifier of gates costs, as comparisons tell it."""

import pytest

import zoo
from bench.measure.class_costs import gates_cost
from tasks.registry import get_task


@pytest.mark.slow
def test_the_network_alone_is_gates_and_head() -> None:
    model = zoo.load("bela/sound-events-gates-nano")
    found = gates_cost(model, get_task("sound-events"))  # type: ignore[arg-type]
    lines = found["lines"]
    assert found["cycles_hop"] == lines["gates"] + lines["head"]
    assert 0 < found["cycles_hop"] < lines["total"] <= sum(v for k, v in lines.items() if k != "total") * 1.05
    assert found["cycles_second"] == found["cycles_hop"] * model.rate / model.hop
    assert found["gates"] == model.circuit.n_gates

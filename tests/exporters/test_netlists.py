"""Gates for hardware tools: what is written computes what the circuit does."""

import re
from pathlib import Path

import numpy as np
import pytest

from exporters.c import ExportError
from exporters.c.names import default_name
from exporters.netlists import KINDS, export_netlist, write_verilog
from tests.tiny import MAKERS, lane_circuit
from tests.zoo.interchange.circuits import any_circuit, frames_for, run_verilog, same
from zoo.heads import GroupSum
from zoo.interchange import read
from zoo.model import Model


@pytest.mark.parametrize("seed", range(40))
def test_verilog_computes_what_the_circuit_does(seed: int) -> None:
    circuit = any_circuit(seed)
    bits = frames_for(circuit, frames=20)
    assert np.array_equal(run_verilog(write_verilog(circuit, "net"), bits), circuit.evaluate(bits))


def test_ports_follow_the_circuit_and_its_head() -> None:
    plain = write_verilog(any_circuit(3, 0), "net")
    assert "clk" not in plain
    stateful = write_verilog(any_circuit(0, 2), "net", GroupSum(7), comment="one\ntwo")
    assert stateful.startswith("// one\n// two\n")
    ports = [line.split()[-1].rstrip(",") for line in stateful.splitlines() if line.startswith("    input")]
    assert ports == 2 * ["clk", "rst", "en", "x"]
    assert "net gates (.clk(clk), .rst(rst), .en(en), .x(x), .y(y));" in stateful
    assert re.findall(r"^module (\w+)", stateful, re.M) == ["net", "net_class"]


@pytest.mark.parametrize("name", ["tiny", "register", "counter", "raw"])
@pytest.mark.parametrize("kind", KINDS)
def test_models_of_every_kind(kind: str, name: str, tmp_path: Path) -> None:
    model = MAKERS[name](1)
    path = export_netlist(model, tmp_path / "new", kind)
    assert path == tmp_path / "new" / f"{default_name(model.id)}{KINDS[kind]}"
    assert model.config.circuit.sha256.encode() in path.read_bytes()
    if kind != "verilog":
        assert same(read(path).circuit, model.circuit)


@pytest.mark.parametrize("name", ["module", "reg", "a b", "9", "x" * 99, "a__b"])
def test_names_that_verilog_does_not_take(name: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="name: expected"):
        export_netlist(MAKERS["tiny"](0), tmp_path, "verilog", name)
    assert not list(tmp_path.iterdir())


def test_a_model_with_the_name_of_a_keyword_has_another_here(tmp_path: Path) -> None:
    tiny = MAKERS["tiny"](0)
    about = {"id": "test/table", "summary": "For tests", "licence": "CC0-1.0"}
    model = Model.from_parts(tiny.frontend, tiny.circuit, tiny.head, **about)
    assert export_netlist(model, tmp_path, "verilog").name == "model_table.v"


def test_comments_stay_comments(tmp_path: Path) -> None:
    model = MAKERS["tiny"](0)
    text = export_netlist(model, tmp_path, "verilog").read_text()
    head = text.partition("`default_nettype")[0]
    assert all(line.startswith("//") for line in head.splitlines() if line)


def test_lanes_are_written_gate_by_gate(tmp_path: Path) -> None:
    circuit = lane_circuit(1)
    bits = frames_for(circuit, frames=3)
    assert np.array_equal(run_verilog(write_verilog(circuit, "lanes"), bits), circuit.evaluate(bits))

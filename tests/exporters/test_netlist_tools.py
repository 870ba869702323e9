"""Yosys, ABC and Icarus Verilog read what is written and write what is read, where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from exporters.netlists import write_verilog
from tests.zoo.interchange.circuits import any_circuit, frames_for, same
from zoo.circuit import Circuit
from zoo.heads import GroupSum
from zoo.interchange import Imported, read, write_aiger, write_blif

pytestmark = pytest.mark.netlist_tools

SEEDS = range(1, 9)


def tool(*names: str) -> str:
    """The first of some programs that is installed."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"{names[0]} is not installed: on Debian, install iverilog, yosys and berkeley-abc")
    return found


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    return done.stdout


BENCH = """
module bench;
    reg clk = 0, rst = 0, en = 1;
    reg [{width}:0] frames [0:{last}];
    reg [{width}:0] x;
    wire [{outputs}:0] y;
    wire [{counts}:0] counts;
    wire [{index}:0] class_index;
    integer f;
    net gates ({ports}.y(y));
    net_class classes ({ports}.counts(counts), .class_index(class_index));
    initial begin
        $readmemb("frames.txt", frames);
        for (f = 0; f <= {last}; f = f + 1) begin
            x = frames[f];
            #1 $display("%b %b %0d", y, counts, class_index);
            clk = 1; #1 clk = 0;
        end
        rst = 1; #1 clk = 1; #1 clk = 0; rst = 0; en = 0;
        x = frames[0]; #1 $display("%b %b %0d", y, counts, class_index);
        clk = 1; #1 clk = 0; #1 $display("%b %b %0d", y, counts, class_index);
    end
endmodule
"""


def simulate(circuit: Circuit, bits: npt.NDArray[np.uint8], head: GroupSum, folder: Path) -> list[list[str]]:
    """y, counts and class of every frame; then those of frame 0 after a reset, and again with `en` low."""
    group = circuit.n_outputs // head.classes
    ports = ".clk(clk), .rst(rst), .en(en), " if circuit.n_registers else ""
    ports += ".x(x), " if circuit.n_inputs else ""
    sizes = {
        "width": max(circuit.n_inputs, 1) - 1, "last": len(bits) - 1, "outputs": circuit.n_outputs - 1,
        "counts": head.classes * group.bit_length() - 1, "index": (head.classes - 1).bit_length() - 1,
    }  # fmt: skip
    (folder / "net.v").write_text(write_verilog(circuit, "net", head))
    (folder / "bench.v").write_text(BENCH.format(ports=ports, **sizes))
    rows = ["".join(map(str, row[::-1])) or "0" for row in bits.tolist()]
    (folder / "frames.txt").write_text("\n".join(rows) + "\n")
    run(tool("iverilog"), "-Wall", "-Wno-timescale", "-o", "net.vvp", "bench.v", "net.v", folder=folder)
    return [line.split() for line in run(tool("vvp"), "net.vvp", folder=folder).splitlines()]


@pytest.mark.parametrize("classes", [7, 2])
@pytest.mark.parametrize("seed", SEEDS)
def test_icarus_simulates_the_same(seed: int, classes: int, tmp_path: Path) -> None:
    circuit = any_circuit(seed)
    outputs = np.resize(circuit.outputs, 14)
    circuit = replace(circuit, outputs=outputs)
    bits, head = frames_for(circuit, frames=25), GroupSum(classes)
    expected = circuit.evaluate(np.concatenate([bits, bits[:0]]))
    counts, width = head.decode(expected), (14 // classes).bit_length()
    rows = [
        [
            "".join(map(str, y[::-1])),
            "".join(f"{count:0{width}b}" for count in reversed(row)),
            str(np.argmax(row)),
        ]
        for y, row in zip(expected.tolist(), counts.tolist(), strict=True)
    ]
    assert simulate(circuit, bits, head, tmp_path) == [*rows, rows[0], rows[0]]


def compare(circuit: Circuit, found: Imported) -> None:
    """Equal outputs, whatever order the tool puts inputs in; there is no reset, and every frame counts."""
    assert found.names is not None
    bits = frames_for(circuit)
    columns = {f"x[{i}]": column for i, column in enumerate(bits.T)}
    columns |= {name: np.full(len(bits), name == "en", np.uint8) for name in ("clk", "rst", "en")}
    columns["x"] = bits[:, 0]  # Yosys leaves the index of a single bit out
    given = [columns[name] for name in found.names.inputs]
    values = found.circuit.evaluate(np.stack(given, axis=1))
    order = [found.names.outputs.index(f"y[{i}]") for i in range(circuit.n_outputs)]
    assert np.array_equal(values[:, order], circuit.evaluate(bits))


def with_inputs(seed: int) -> Circuit:
    """A circuit that has inputs."""
    return next(c for c in map(any_circuit, range(10 * seed, 10 * seed + 10)) if c.n_inputs and c.n_gates > 5)


@pytest.mark.parametrize("seed", SEEDS)
def test_yosys_synthesises_verilog_to_blif(seed: int, tmp_path: Path) -> None:
    circuit = with_inputs(seed)
    (tmp_path / "net.v").write_text(write_verilog(circuit, "net"))
    script = (
        "read_verilog net.v; hierarchy -top net; proc; flatten; opt; simplemap; "
        "dfflegalize -cell $_DFF_P_ 01; opt_clean; splitnets -ports -format []; write_blif out.blif"
    )
    run(tool("yosys"), "-q", "-p", script, folder=tmp_path)
    compare(circuit, read(tmp_path / "out.blif"))


@pytest.mark.parametrize("seed", SEEDS)
def test_yosys_turns_blif_into_aiger(seed: int, tmp_path: Path) -> None:
    circuit = with_inputs(seed)
    (tmp_path / "net.blif").write_text(write_blif(circuit, "net"))
    for form in ("-ascii", ""):
        script = f"read_blif net.blif; techmap; aigmap; write_aiger {form} -symbols out.aig"
        run(tool("yosys"), "-q", "-p", script, folder=tmp_path)
        compare(circuit, read(tmp_path / "out.aig"))


@pytest.mark.parametrize("seed", SEEDS)
def test_abc_reads_both_and_writes_both(seed: int, tmp_path: Path) -> None:
    circuit = with_inputs(seed)
    (tmp_path / "net.blif").write_text(write_blif(circuit))
    (tmp_path / "net.aig").write_bytes(write_aiger(circuit))
    script = (
        "read_aiger net.aig; strash; write_aiger -s a.aig; logic; write_blif a.blif; "
        "read_blif net.blif; strash; write_aiger -s b.aig; logic; write_blif b.blif"
    )
    run(tool("berkeley-abc", "abc", "yosys-abc"), "-q", script, folder=tmp_path)
    for name in ("a.aig", "a.blif", "b.aig", "b.blif"):
        found = read(tmp_path / name)
        compare(circuit, found)
        assert same(found.circuit, circuit)

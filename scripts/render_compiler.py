"""Write docs/compiler-results.md from docs/records/compiler.json and gates-left.json: nobody types a figure.

python scripts/render_compiler.py
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean
from typing import Any

from scripts.render_readme import table

ROOT = Path(__file__).parents[1]
RECORDS = ROOT / "docs" / "records"
PAGE = ROOT / "docs" / "compiler-results.md"

Record = dict[str, Any]


def load() -> Record:
    """Both records; the study of gates left under `study`."""
    record: Record = json.loads((RECORDS / "compiler.json").read_text())
    return record | {"study": json.loads((RECORDS / "gates-left.json").read_text())}


def render(record: Record) -> str:
    """The page."""
    parts = [part(record) for part in (_left, _blocks, _frames, _arm_blocks, _pru, _share, _peers, _bracket)]
    return "\n\n".join([INTRODUCTION, *parts]) + "\n"


INTRODUCTION = """\
# What the compiler achieves

Every number on this page was written by a program: `python scripts/measure_compiler.py` measures,
`python scripts/study_gates_left.py` trains nets and counts, `python scripts/render_compiler.py` writes this page. How each part
works stands in [the compiler](compiler.md), [PRU programs](pru.md) and the models of the [Cortex-A8](cortex-a8-model.md)
and the [Cortex-A53](cortex-a53-model.md). Times are of the machine that measured; cycles are emulated or simulated, and no board
was measured."""


def _left(record: Record) -> str:
    """Gates left, by net and by how it was trained."""
    rows = []
    for net in dict.fromkeys(row["net"] for row in record["study"]):
        for tau in dict.fromkeys(row["tau"] for row in record["study"]):
            runs = [row for row in record["study"] if (row["net"], row["tau"]) == (net, tau)]
            each = " ".join(f"{run['percent']:.1f}" for run in runs)
            rows.append(
                [
                    net,
                    f"{tau:.0f}",
                    f"{mean(run['percent'] for run in runs):.2f} %",
                    each,
                    f"{mean(run['test_accuracy'] for run in runs):.3f}",
                ]
            )
    shipped = [
        [name, f"{net['gates']:,}", _basis(net, "any"), _basis(net, "thumb"), _basis(net, "pru")]
        for name, net in record["gates_left"].items()
        if isinstance(net, dict)
    ]
    return f"""\
## Gates left

Digit nets (400 inputs) trained as difflogic trains them, and the two-input gates that the passes leave. The temperature `tau` of
the head decides more than any pass: difflogic's own recipe for these digits has 10, and 30 is the value of its
larger ones. "random" starts with random logits, "residual" with gates that pass their first operand on.

{table(["net", "tau", "left, mean", "seed by seed", "test accuracy"], rows)}

The nets that ship with the measurements, with the inverters that each machine needs beside the gates:

{table(["net", "gates", "left (inverters)", "Thumb-2", "PRU"], shipped)}"""


def _basis(net: Record, basis: str) -> str:
    row = net["bases"][basis]
    return f"{row['percent']:.1f} % ({row['inverters']}), {row['cpu_seconds']:.2f} s"


def _blocks(record: Record) -> str:
    """Throughput on the host beside difflogic."""
    part = record["throughput"]
    texts = []
    for name, net in part["nets"].items():
        rows = [
            [what, f"{row['ns']:,.1f}", f"{row['ns_median']:,.1f}", f"{row['times_difflogic']:.2f}"]
            for what, row in net["ns_per_sample"].items()
        ]
        builds = [
            [
                what,
                f"{row['compile_seconds']:.2f} s",
                "-" if "export_seconds" not in row else f"{row['export_seconds']:.2f} s",
                "-" if "of_difflogic" not in row else f"{row['of_difflogic']:.1%}",
            ]
            for what, row in net["builds"].items()
        ]
        head = ["way", "ns a sample, least", "median", "times difflogic -O3"]
        texts.append(
            f"### {name}\n\n{table(head, rows)}\n\n"
            + table(["build", "compiler", "our Python", "of difflogic's compile time"], builds)
        )
    body = "\n\n".join(texts)
    return f"""\
## Blocks on this machine, beside difflogic

{part["samples"]:,} samples, one core of an {part["processor"]}, all in one process, {part["rounds"]} rounds in turn; the class counts are
identical. "bools" starts from one byte a bit, sample by sample, as difflogic does; "planes" starts from bit planes.
`x86-64` uses SSE2, which is part of the instruction set that difflogic's C is compiled for.

{body}"""


def _frames(record: Record) -> str:
    """One frame through lanes and through random wiring."""
    part = record["frame_cycles"]
    rows = [
        [
            what,
            f"{row['gates']:,}",
            f"{row['left']:,}" if "left" in row else "-",
            f"{row['cycles']:,}",
            f"{row['instructions']:,}",
            f"{row['code_bytes']:,}",
        ]
        for what, row in part["medians"].items()
    ]
    ratios = [[what, f"{ratio:.1f}"] for what, ratio in part["ratios"].items()]
    head = ["code", "gates", "left", "cycles", "instructions", "bytes of code"]
    return f"""\
## One frame, now

Three layers of 1,280 gates, the operations {part["operations"]}, medians of {len(part["seeds"])} seeds, emulated.

{table(head, rows)}

How many times dearer random wiring is depends on what "equal size" means, because the passes halve a randomly wired net and
cannot halve a word of lanes: as many gates in the model, as many gates that are really evaluated, or as many gates with a C compiler
alone on both sides (what a user without these emitters has).

{table(["random wiring / lanes", "times"], ratios)}"""


def _arm_blocks(record: Record) -> str:
    """Blocks on the emulated ARM cores."""
    part = record["block_cycles"]
    rows = [
        [
            wiring,
            way,
            f"{row['left']:,}",
            f"{row['frames']}",
            f"{row['cycles']:,}",
            f"{row['code_bytes']:,}",
            f"{row['gates_a_cycle']:.1f}",
        ]
        for wiring in ("dense", "local")
        for way, row in part[wiring].items()
    ]
    head = ["wiring", "code", "gates left", "frames", "cycles", "bytes of code", "gates of the model a cycle"]
    return f"## Blocks on ARM, emulated\n\nFour layers of 1,000 gates over 256 inputs.\n\n{table(head, rows)}"


def _pru(record: Record) -> str:
    """Whole models, and the largest nets."""
    part = record["pru"]
    rows = []
    for device, row in part["onset"].items():
        cycles, words = row["cycles_a_hop"], row["instructions"]
        rows.append(
            [
                device,
                *(f"{cycles[key]:,.0f}" for key in ("features", "encode", "gates", "head", "total")),
                f"{row['percent']:.2f} % ({row['percent_of_the_worst_hop']:.2f} %)",
                f"{words['total']:,} of {words['limit']:,}",
                f"{row['data_bytes']:,} of {row['data_limit']:,}",
            ]
        )
    largest = [
        [
            form,
            f"{alone['gates']:,}",
            f"{alone['instructions']:,}",
            f"{alone['data_bytes']:,}",
            f"{alone['cycles']:,}",
            f"{part['largest_whole_model'][form]['gates']:,}",
        ]
        for form, alone in part["largest"].items()
    ]
    head = ["device", "front end", "encoder", "gates", "head", "total", "of one PRU (worst hop)"]
    gates = [
        "form",
        "gates",
        "instructions",
        "data bytes",
        "cycles",
        "gates beside onset-gates' front end and head",
    ]
    return f"""\
## Whole models on a PRU, simulated

`bela/onset-gates`, cycles a hop; every stage equals the golden vectors.

{table([*head, "instructions", "data bytes"], rows)}

The largest lane nets that fit the device `bela`:

{table(gates, largest)}"""


def _share(record: Record) -> str:
    """Any circuit on a PRU, against the limit of 32 gates a cycle."""
    rows = []
    for kind, nets in record["pru_share"]["nets"].items():
        for net in nets:
            by = net["cycles_by_kind"]
            rows.append(
                [
                    kind,
                    str(net["seed"]),
                    f"{net['live_gates']:,}",
                    f"{net['cycles']:,}",
                    f"**{net['share']:.3f}**",
                    f"{net['cycles_a_gate']:.2f}",
                    *(f"{by[key]:,}" for key in ("gates", "not", "load", "store", "scratch")),
                ]
            )
    head = ["wiring", "seed", "gates left", "cycles", "share", "cycles a gate"]
    return f"""\
## Any circuit on a PRU, simulated

256 inputs, four layers of 1,000 gates, 32 frames in the lanes of a word. The limit is one gate (32 evaluations) a cycle; the share
counts the gates left and all cycles: loads of inputs and stores of outputs too. These nets are beyond the
instruction memory of a PRU: the simulator was told to have more.

{table([*head, "gates", "NOT", "loads", "stores", "scratchpad"], rows)}"""


def _peers(record: Record) -> str:
    """Float and int8 networks of about equal accuracy."""
    part = record["float_peers"]
    sets = ("test1", "test2", "test3")
    rows = []
    for peer in ({"network": part["gates"]["model"], "arithmetic": "gates", **part["gates"]}, *part["peers"]):
        f = [f"{peer['sets'][name]['f_50ms']:.3f}" for name in sets]
        rows.append(
            [
                peer["network"],
                peer["arithmetic"],
                f"{peer['hop']}",
                f"{peer['cycles_hop']:,.0f}",
                f"{peer['cycles_second'] / 1000:,.0f}",
                *f,
            ]
        )
    head = [
        "network",
        "arithmetic",
        "hop",
        "cycles a hop",
        "thousand cycles a second",
        "F, test1",
        "test2",
        "test3",
    ]
    return (
        f"## Float and int8 networks on the same emulated Cortex-A8\n\n{part['note']}\n\n{table(head, rows)}"
    )


def _bracket(record: Record) -> str:
    """Our cycle models beside llvm-mca."""
    rows = [
        [
            what,
            f"{row['cycles']:,}",
            ", ".join(f"{core} {x['cycles']:,}" for core, x in row["llvm_mca"].items()),
        ]
        for what, row in record["mca_bracket"].items()
        if isinstance(row, dict)
    ]
    return (
        "## Our core models beside llvm-mca\n\nllvm-mca has no Cortex-A8; the A9 is out of order (optimistic), the R52 "
        f"waits longer for loads (pessimistic).\n\n{table(['code', 'our cycles', 'llvm-mca'], rows)}"
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(render(load()))


if __name__ == "__main__":
    main()

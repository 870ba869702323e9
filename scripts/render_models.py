"""Price every bundled model on an emulated Cortex-A8 and a simulated PRU, and write the page of all models.

python -m scripts.render_models            measure what the record does not know yet, then render
python -m scripts.render_models --render   only render, from the record as it is

A model is measured again when its circuit changed; delete its entry in the record to measure it anew.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from scripts.render_readme import table
from zoo.index import Entry, entries

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "records" / "models.json"
PAGE = ROOT / "docs" / "models.md"
PICTURE = ROOT / "docs" / "models.png"
COSTS = ROOT / "hub" / "costs.json"  # what the hub shows beside a model that it knows
TARGETS = ("cortex-a8", "pru")
SECONDS = 1.0  # of test audio, that costs are measured on

Record = dict[str, Any]

_HEAD = f"""\
# Every model

Written by `scripts/render_models.py` from the models' own records and `docs/records/models.json`; nobody typed a figure.

The result is the task's main metric on each of its test sets, in the order of the task's page; how far to trust it is said
there. "Cortex-A8" is the share of a Bela's processor at 1 GHz that the whole model takes, from samples to answers, hop by hop;
"gates alone" the cycles of a hop between bits and bits. Both come from a [core model](cortex-a8-model.md), the share of a
[PRU](pru.md) at 200 MHz from a simulator: no board was measured. What answers every sample is priced sample by sample here; in
blocks it costs a fraction of that ([drive](drive-results.md)).

![Share of the processor against gates]({PICTURE.name})
"""


def measure(entry: Entry) -> Record:
    """What a model costs on each target, or why it does not run there."""
    import zoo
    from bench.clips import first_seconds, test_clips
    from bench.targets import TARGETS as MADE
    from exporters.c.names import ExportError

    model = zoo.load(entry.id)
    sets, _ = test_clips(model)
    clips = first_seconds(model, sets, SECONDS)
    found: Record = {"circuit_sha256": entry.circuit_sha256, "hop": model.hop, "rate": model.rate}
    for name in TARGETS:
        try:
            cost = MADE[name]().cost(model, clips)
        except ExportError as error:
            found[name] = {"refused": str(error)}
            continue
        total, gates = cost.line("total").cycles, cost.line("gates").cycles
        assert total is not None
        assert gates is not None
        assert cost.memory is not None
        found[name] = {
            "cycles_hop": total.median,
            "cycles_hop_gates": gates.median,
            "percent": cost.percent[1],
            "code_bytes": cost.memory.code,
            "data_bytes": cost.memory.data,
        }
    return found


def render(record: Record) -> str:
    """The page."""
    parts = [_HEAD]
    by_task: dict[str, list[Entry]] = {}
    for entry in entries().values():
        by_task.setdefault((entry.task or "").partition("@")[0], []).append(entry)
    for task, models in sorted(by_task.items()):
        parts.append(_section(task, models, record))
    return "\n".join(parts)


def _section(name: str, models: list[Entry], record: Record) -> str:
    from tasks.registry import get_task

    task = get_task(name)
    column = task.columns[0]
    head = ["model", column.title, "gates", "Cortex-A8", "gates alone, cycles", "PRU", "licence"]
    rows = []
    for entry in models:
        cost = record[entry.id]
        rows.append(
            [
                f"`{entry.id}`",
                _result(entry, column),
                f"{entry.gates:,}",
                _share(cost["cortex-a8"]),
                f"{cost['cortex-a8']['cycles_hop_gates']:,.0f}",
                _share(cost["pru"]),
                json.loads((entry.folder / "config.json").read_text("utf-8"))["licence"],
            ]
        )
    first = record[models[0].id]
    every = f"answers every {1000 * first['hop'] / first['rate']:.3g} ms"
    return f"## {name}\n\n{task.summary}; {every}.\n\n{table(head, rows)}\n"


def _result(entry: Entry, column: Any) -> str:
    """The main metric on each test set, from the model's own record."""
    found = json.loads((entry.folder / "record.json").read_text("utf-8"))["sets"]
    return ", ".join(column.text(values[column.key]) for values in found.values())


def _share(cost: Record) -> str:
    return "does not fit" if "refused" in cost else f"{cost['percent']:.2g} %"


def costs(record: Record) -> str:
    """The hub's list: cycles of a hop by model and target."""
    found = {
        id: {name: one[name]["cycles_hop"] for name in TARGETS if "refused" not in one[name]}
        for id, one in record.items()
    }
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


def draw(record: Record) -> None:
    """Every model's share of the Cortex-A8 against its gates."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 5), layout="constrained")
    axes = figure.subplots()
    known = entries()
    by_task: dict[str, list[Entry]] = {}
    for entry in known.values():
        by_task.setdefault((entry.task or "").partition("@")[0], []).append(entry)
    for name, models in sorted(by_task.items()):
        shares = [record[entry.id]["cortex-a8"]["percent"] for entry in models]
        axes.scatter([entry.gates for entry in models], shares, label=name, s=45)
    axes.set(xscale="log", yscale="log", xlabel="gates", ylabel="% of a Cortex-A8 at 1 GHz (emulated)")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize=8)
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


def main() -> None:
    """Measure unless told not to, then render."""
    from zoo.atomic import write_file

    parser = argparse.ArgumentParser(description="Write the page of all bundled models.")
    parser.add_argument("--render", action="store_true", help="only render, from the record as it is")
    known = entries()
    record: Record = json.loads(RECORD.read_text("utf-8")) if RECORD.is_file() else {}
    if not parser.parse_args().render:
        fresh = {id for id, one in record.items() if id in known and _same(one, known[id])}
        for id in known:
            if id not in fresh:
                print(f"measuring {id}", flush=True)
                record[id] = measure(known[id])
                write_file(RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")
        record = {id: record[id] for id in known}
        write_file(RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")
    write_file(PAGE, render(record))
    write_file(COSTS, costs(record))
    draw(record)


def _same(measured: Record, entry: Entry) -> bool:
    return bool(measured["circuit_sha256"] == entry.circuit_sha256)


if __name__ == "__main__":
    main()

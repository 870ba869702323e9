"""Measure the README's model and write its numbers and its picture; nobody types a figure.

python scripts/render_readme.py            measure, write docs/records/onset-gates.json, render
python scripts/render_readme.py --render   render README.md from the record as it is
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
RECORD = ROOT / "docs" / "records" / "onset-gates.json"
PICTURE = ROOT / "docs" / "onset-gates.png"
MODEL = "bela/onset-gates"
TARGET = "cortex-a8"  # emulated, so that every machine finds the same numbers
PICTURED = ("test3", "loop_safari")  # a loop in the public domain

NUMBERS = re.compile(r"(<!-- numbers:[^>]*-->\n).*?(<!-- /numbers -->)", re.S)


def measure() -> dict[str, Any]:
    """What `zoo bench` finds on the emulated target, as a record."""
    import zoo
    from bench.api import benchmark

    model = zoo.load(MODEL)
    findings = benchmark(model, [TARGET])
    return {
        "schema": "readme/1",
        "model": {
            "id": model.id,
            "revision": model.circuit.digest(),
            "gates": model.circuit.n_gates,
            "bits": model.frontend.n_bits,
            "hop": model.hop,
            "rate": model.rate,
        },
        "sets": {result.name: result.to_json() for result in findings.accuracy},
        "costs": [asdict(cost) for cost in findings.costs],
        "agreements": [asdict(agreement) for agreement in findings.agreements],
    }


def render(record: dict[str, Any]) -> str:
    """The README's section, as Markdown."""
    model, (cost,), (agreement,) = record["model"], record["costs"], record["agreements"]
    if agreement["difference"] is not None:
        raise SystemExit(f"{MODEL} differs on {TARGET}: {agreement['difference']}")
    low, likely, high = cost["percent"]
    memory = cost["memory"]
    every = 1000 * model["hop"] / model["rate"]
    size = f"{model['gates']:,} gates read {model['bits']:,} bits"
    share = f"{likely:.2g} % of the processor ({low:.2g} to {high:.2g} %)"
    held = "{code:,} bytes of code, {constants:,} of tables and {state:,} of state".format(**memory)
    return f"""\
{size} and answer every {model["hop"]} samples ({every:.1f} ms). On recordings that training never heard:

{accuracy_table(record["sets"])}

On an emulated Cortex-A8, the processor of a Bela, one hop takes:

{cost_table(cost)}

That is {share}, in {held}.
Instructions are counted exactly; cycles come from a
[model of the core](docs/cortex-a8-model.md): no board was measured.
Over {agreement["seconds"]:.0f} seconds of the test sets, its answers equal numpy's bit for bit.
"""


def accuracy_table(sets: dict[str, Any]) -> str:
    """A row a test set."""
    head = ["test set", "minutes", "F at ±50 ms", "F at ±25 ms", "precision", "recall", "false a minute"]
    rows = [
        [
            values["what"],
            f"{values['seconds'] / 60:.1f}",
            f"**{values['f_50ms']:.3f}**",
            f"{values['f_25ms']:.3f}",
            f"{values['precision_50ms']:.3f}",
            f"{values['recall_50ms']:.3f}",
            f"{values['false_positives_per_minute']:.1f}",
            f"{values['delay_median_ms']:.1f} ms (p95 {values['delay_p95_ms']:.1f})",
        ]
        for values in sets.values()
    ]
    return table([*head, "delay"], rows)


def cost_table(cost: dict[str, Any]) -> str:
    """A row a part of the model."""
    from bench.targets.base import PART_NAMES

    names = PART_NAMES | {"total": "**whole model**"}
    rows = []
    for line in cost["lines"]:
        cycles = line["cycles"]
        numbers = (line["instructions"]["median"], cycles["median"], cycles["minimum"], cycles["maximum"])
        rows.append([names[line["part"]], *(f"{number:,.0f}" for number in numbers)])
    return table(["part", "instructions", "cycles, median", "least", "most"], rows)


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table whose numbers line up on the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def with_numbers(readme: str, section: str) -> str:
    """The README with the text between its markers replaced."""
    replaced, found = NUMBERS.subn(lambda marks: f"{marks[1]}{section}{marks[2]}", readme)
    if found != 1:
        raise SystemExit(f"README.md: expected one pair of numbers markers, found {found}")
    return replaced


def draw() -> None:
    """The README's picture: the model over one real loop."""
    import zoo
    from tasks.registry import get_task
    from zoo.plot import plot_result

    model = zoo.load(MODEL)
    name, loop = PICTURED
    (clip,) = (clip for clip in get_task("onset").load(name) if clip.name == loop)
    plot_result(model, clip.samples, model(clip.samples), PICTURE, loop)


def main() -> None:
    """Measure unless told not to, then render."""
    parser = argparse.ArgumentParser(description="Write the README's numbers and picture.")
    parser.add_argument("--render", action="store_true", help="only render, from the record as it is")
    if not parser.parse_args().render:
        from zoo.atomic import write_file

        RECORD.parent.mkdir(exist_ok=True)
        write_file(RECORD, json.dumps(measure(), indent=1, ensure_ascii=False) + "\n")
        draw()
    README.write_text(with_numbers(README.read_text(), render(json.loads(RECORD.read_text()))))


if __name__ == "__main__":
    main()

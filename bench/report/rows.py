"""The cells of a report's tables, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Sequence

from bench.targets.base import PART_NAMES, Cost, CostLine, Spread
from tasks.base import Task
from tasks.evaluate import SetResult
from zoo.frontends import CounterBits
from zoo.model import Model

Row = tuple[str, ...]

NO_VALUE = "-"
INDENT = "  "  # of a part under its target


def tested_on(model: Model) -> str:
    """What accuracy is measured on; a model that hears nothing is compared with what it was made from."""
    if isinstance(model.frontend, CounterBits):
        return "against the sound that it is to play"
    return "on recordings that training never heard"


def accuracy_headings(task: Task) -> Row:
    """What `accuracy_row` tells."""
    headings = ["set", "clips", "minutes"]
    for column in task.columns:
        headings.append(column.title)
        if column.key == task.main_metric in task.intervals:
            headings.append("its 95 % interval")
    return tuple(headings)


def accuracy_row(result: SetResult) -> Row:
    """A test set, cell by cell as in `accuracy_headings`."""
    task = result.task
    cells = [result.what, str(len(result.clips)), f"{result.seconds / 60:.1f}"]
    for column in task.columns:
        cells.append(column.text(result.metrics[column.key]))
        if column.key == task.main_metric in task.intervals:
            low, high = result.intervals[column.key]
            cells.append(f"{low:.{column.digits}f}–{high:.{column.digits}f}")
    return tuple(cells)


def cost_rows(cost: Cost) -> tuple[Row, list[Row]]:
    """Headings, and a row for each part; the last is the total. Measured and emulated numbers never meet."""
    if cost.method == "measured":
        return (
            ("part", "ns a hop, median", "least", "most"),
            [(PART_NAMES[line.part], *_three(line.ns)) for line in cost.lines],
        )
    return (
        ("part", "instructions", "cycles, median", "least", "most"),
        [(PART_NAMES[line.part], _three(line.instructions)[0], *_three(line.cycles)) for line in cost.lines],
    )


OVERVIEW = ("one hop on", "static: code", "emulated: cycles", "measured: ns", "of the processor")


def overview_rows(costs: Sequence[Cost]) -> list[Row]:
    """As `OVERVIEW`: for each target its total and its share, then its parts, whose names are indented."""
    rows = []
    for cost in costs:
        total, *parts = (cost.lines[-1], *cost.lines[:-1])
        rows.append((cost.target, *_kinds(total), f"{cost.percent[1]:.3g} %"))
        rows += [(f"{INDENT}{PART_NAMES[line.part]}", *_kinds(line), "") for line in parts]
    return rows


def _kinds(line: CostLine) -> Row:
    """What was counted, emulated and measured of a part."""
    code = NO_VALUE if line.code is None else f"{line.code:,} B"
    return code, _three(line.cycles)[0], _three(line.ns)[0]


def share_text(cost: Cost) -> str:
    """How much of the processor the model takes at its rate."""
    low, likely, high = cost.percent
    return f"{likely:.3g} % of the processor at {cost.rate:,} Hz ({low:.3g} to {high:.3g} %)"


def memory_text(cost: Cost) -> str:
    """Bytes by kind; empty where the target does not know."""
    m = cost.memory
    if m is None:
        return ""
    data = f"{m.constants:,} of tables, {m.state:,} of state, {m.stack:,} of stack"
    if m.data_limit is not None:
        data += f": {m.data:,} of {m.data_limit:,} bytes of data memory ({m.data / m.data_limit:.0%})"
    if m.code_limit is not None:
        used = f"{m.code // 4:,} of {m.code_limit // 4:,} instruction words ({m.code / m.code_limit:.0%})"
        return f"{used}; {data}"
    if m.code_cache is None:
        return f"{m.code:,} bytes of code, {data}"
    fits = "fits" if m.fits_code_cache else "does NOT fit"
    return f"{m.code:,} bytes of code ({fits} the {m.code_cache >> 10} KiB instruction cache), {data}"


def _three(spread: Spread | None) -> Row:
    if spread is None:
        return NO_VALUE, NO_VALUE, NO_VALUE
    return f"{spread.median:,.0f}", f"{spread.minimum:,.0f}", f"{spread.maximum:,.0f}"

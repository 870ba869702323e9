"""The cells of a report's tables, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Sequence

from bench.targets.base import PART_NAMES, Cost, CostLine, Spread
from tasks.evaluate import SetResult
from tasks.metrics import confidence

Row = tuple[str, ...]

NO_VALUE = "-"
INDENT = "  "  # of a part under its target

ACCURACY = (
    *("set", "clips", "minutes", "F at ±50 ms", "its 95 % interval", "F at ±25 ms", "precision", "recall"),
    *("false a minute", "delay, median", "delay, p95"),
)


def accuracy_row(result: SetResult) -> Row:
    """A test set, cell by cell as in `ACCURACY`."""
    m, (low, high) = result.metrics(), confidence(result.clips)
    return (
        result.what,
        str(len(result.clips)),
        f"{sum(clip.seconds for clip in result.clips) / 60:.1f}",
        _value(m["f_50ms"]),
        f"{low:.3f}–{high:.3f}",
        _value(m["f_25ms"]),
        _value(m["precision_50ms"]),
        _value(m["recall_50ms"]),
        _value(m["false_positives_per_minute"], 1),
        _value(m["delay_median_ms"], 1, " ms"),
        _value(m["delay_p95_ms"], 1, " ms"),
    )


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


def _value(value: float | None, digits: int = 3, unit: str = "") -> str:
    return NO_VALUE if value is None else f"{value:.{digits}f}{unit}"

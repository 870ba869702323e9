"""A benchmark in the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.report.findings import Findings
from bench.report.rows import (
    INDENT,
    OVERVIEW,
    accuracy_headings,
    accuracy_row,
    cost_rows,
    memory_text,
    overview_rows,
    share_text,
    tested_on,
)
from bench.targets.base import Cost


def print_findings(findings: Findings, console: Console) -> None:
    """Every table, then the notes."""
    model = findings.model
    console.print(f"[bold]{model.id}[/bold]: {escape(model.config.summary)}", highlight=False)
    every = f"an answer every {1000 * model.hop / model.rate:.2f} ms"
    console.print(
        f"{model.circuit.n_gates:,} gates, {model.frontend.n_bits} bits in, {every}", highlight=False
    )
    if findings.accuracy:
        _heading(console, f"Accuracy {tested_on(model)}")
        console.print(_accuracy(findings))
    if len(findings.costs) > 1:
        _heading(console, "What a hop costs, target by target")
        console.print(_overview(findings))
    for cost in findings.costs:
        _heading(console, f"Cost on {cost.target}, {cost.method}: {cost.device}, a hop of {cost.hop} samples")
        console.print(_cost(cost))
        for line in (share_text(cost), memory_text(cost)):
            if line:
                console.print(f"  {line}", highlight=False)
        for note in cost.notes:
            console.print(f"  {escape(note)}", style="dim", highlight=False)
    _heading(console, "Answers")
    for agreement in findings.agreements:
        over = f"over {agreement.seconds:,.0f} s of audio"
        if agreement.difference is None:
            said = f"[green]{agreement.target} equals numpy bit for bit {over}[/green]"
        else:
            said = f"[red]{agreement.target} differs from numpy {over}: {escape(agreement.difference)}[/red]"
        console.print(f"  {said}", highlight=False)
    for note in findings.notes:
        console.print(f"Note: {escape(note)}", highlight=False, soft_wrap=True)


def _heading(console: Console, text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]", highlight=False)


def _accuracy(findings: Findings) -> Table:
    """A column a set, so that it fits a narrow terminal."""
    columns = [accuracy_row(result) for result in findings.accuracy]
    table = Table("", *(column[0] for column in columns), box=box.SIMPLE_HEAD)
    task = findings.accuracy[0].task
    main = next(column.title for column in task.columns if column.key == task.main_metric)
    for cells in zip(accuracy_headings(task)[1:], *(column[1:] for column in columns), strict=True):
        table.add_row(*cells, style="bold" if cells[0] == main else None)
    return _right_aligned(table)


def _overview(findings: Findings) -> Table:
    """Static, emulated and measured numbers, each in a column of its own."""
    table = Table(*OVERVIEW, box=box.SIMPLE_HEAD)
    for row in overview_rows(findings.costs):
        table.add_row(*row, style=None if row[0].startswith(INDENT) else "bold")
    return _right_aligned(table)


def _cost(cost: Cost) -> Table:
    headings, rows = cost_rows(cost)
    table = Table(*headings, box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row, end_section=row is rows[-2])
    return _right_aligned(table)


def _right_aligned(table: Table) -> Table:
    """Numbers line up; the first column is words."""
    for column in table.columns[1:]:
        column.justify = "right"
    return table

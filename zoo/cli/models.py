"""`zoo list` and `zoo show`: which models there are, and what one is."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from zoo.cli.arguments import ModelArgument


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    app.command("list")(list_models)
    app.command("show")(show)


def list_models(
    pattern: Annotated[
        str, typer.Argument(help="Part of the id, or a shell pattern such as '*-nano'.")
    ] = "*",
    task: Annotated[str | None, typer.Option(help="Only this task: onset, or onset@1.")] = None,
    target: Annotated[
        str | None, typer.Option(help="Only models shown to run there: host, cortex-a8.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the models of the index: those that came with it, and those on the hub."""
    from zoo.index import catalogue, list_models

    known = catalogue()
    plain = not set(pattern) & set("*?[")
    found = [known[id] for id in list_models(f"*{pattern}*" if plain else pattern, task=task, target=target)]
    where = {entry.id: entry.where for entry in found}
    if as_json:
        print(json.dumps([{**asdict(entry), "where": where[entry.id]} for entry in found], indent=2))
        return
    if not found:
        tasks = sorted({(entry.task or "").partition("@")[0] for entry in known.values()} - {""})
        targets = sorted({name for entry in known.values() for name in entry.targets})
        print(
            "No model matches. `zoo list` without arguments shows all of them. "
            f"Tasks: {', '.join(tasks)}. Targets: {', '.join(targets)}."
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("id", no_wrap=True)  # to be typed, so never cut
    table.add_column("gates", justify="right", no_wrap=True)
    places = [_place(entry.id, where[entry.id]) for entry in found]
    elsewhere = set(places) != {"bundled"}
    if elsewhere:
        table.add_column("where", no_wrap=True)
    table.add_column("what it does")
    for entry, place in zip(found, places, strict=True):
        table.add_row(entry.id, f"{entry.gates:,}", *([place] if elsewhere else []), entry.summary)
    Console(markup=False).print(table)


def _place(id: str, where: str) -> str:
    """Where a model is, and which other one the index has for a bundled one."""
    from zoo.index import newer_of

    newer = newer_of(id)
    return where if newer is None else f"{where}, newer @{newer.commit}"


def show(
    model: ModelArgument,
    card: Annotated[bool, typer.Option("--card", help="Print the whole card (Markdown).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print config.json.")] = False,
) -> None:
    """Show what a model is: parts, sizes, digest, licence."""
    from zoo.index import load

    loaded = load(model)
    if as_json:
        print(loaded.config.to_json(), end="")
        return
    if card and loaded.folder is not None:
        print((loaded.folder / "README.md").read_text("utf-8"), end="")
        return
    from rich.console import Console
    from rich.table import Table

    from zoo.card import facts
    from zoo.circuit import GATE_NAMES

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts(loaded.config):
        table.add_row(name, value.strip("`"))
    circuit = loaded.circuit
    used = [f"{GATE_NAMES[op]}: {count}" for op, count in enumerate(circuit.op_histogram()) if count]
    table.add_row("depth", f"{circuit.depth()} levels")
    table.add_row("gates by kind", ", ".join(used))
    table.add_row("licence", loaded.config.licence)
    table.add_row("folder", str(loaded.folder))
    console = Console(markup=False)
    console.print(f"{loaded.id}: {loaded.config.summary}\n", highlight=False)
    console.print(table)

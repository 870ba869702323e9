"""`zoo import`: a circuit of another tool as a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zoo.circuit import Circuit


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    app.command("import")(import_)


def import_(
    file: Annotated[Path, typer.Argument(help="The file of the other tool.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The model folder to make.")],
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="difflogic, difflogic-c, torchlogix, torchlogix-c, aiger or blif; by the name if left out.",
        ),
    ] = None,
    classes: Annotated[
        int | None, typer.Option(help="Answer with one of so many classes, by counting groups of outputs.")
    ] = None,
    inputs: Annotated[
        int | None, typer.Option(help="Input bits of a difflogic network, where the file does not say.")
    ] = None,
    optimise: Annotated[
        bool, typer.Option("--optimise", help="Leave out gates that change nothing.")
    ] = False,
    licence: Annotated[str, typer.Option(help="SPDX expression of the network.")] = "LicenseRef-unknown",
    id: Annotated[str | None, typer.Option(help="namespace/name; local/<file> if left out.")] = None,
) -> None:
    """Make a model of a circuit from difflogic, torchlogix, AIGER or BLIF."""
    from zoo.interchange.command import import_command

    change = _smaller() if optimise else None
    raise typer.Exit(
        import_command(
            file, out, format=from_, classes=classes, inputs=inputs, change=change, licence=licence, id=id
        )
    )


def _smaller() -> Callable[[Circuit], Circuit]:
    from exporters.passes import optimise

    return optimise

"""`zoo export`, `zoo bench` and `zoo verify`: a model as code, its cost, and proof that it stays the same."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from zoo.cli.arguments import MODEL_HELP, ModelArgument

KINDS = (
    "A host: cpp, bela, pd, pd-object, supercollider, csound, faust, wasm or board. Or a kind of code: c, "
    "gates, pru, aiger, aiger-ascii, blif or verilog."
)


class Mode(StrEnum):
    """How gates run: one frame now, or many frames in the lanes of a word."""

    FRAME = "frame"
    BLOCK = "block"


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    app.command("export")(export)
    app.command("bench")(bench)
    app.command("verify")(verify)


def export(
    model: ModelArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the code.")],
    to: Annotated[str, typer.Option(help=KINDS)] = "c",
    mode: Annotated[Mode, typer.Option(help="One frame at a time, or blocks of frames.")] = Mode.FRAME,
    name: Annotated[
        str | None, typer.Option(help="C name of the functions; the model's when left out.")
    ] = None,
    target: Annotated[
        str, typer.Option(help="What it is for: portable, x86-64, avx2, cortex-a8, cortex-a53, wasm ...")
    ] = "portable",
    device: Annotated[str, typer.Option(help="Which PRU: bela, am335x or am62x.")] = "bela",
    engine: Annotated[
        str | None, typer.Option(help="How a host runs the model: compiled, file, or pru (Bela).")
    ] = None,
    prebuilt: Annotated[
        bool, typer.Option("--prebuilt", help="Build plugins for x86-64, armv7 (Bela) and aarch64.")
    ] = False,
    headers: Annotated[
        Path, typer.Option(help="For --prebuilt: where packages with the hosts' headers are unpacked.")
    ] = Path("/"),
    bendable: Annotated[
        bool,
        typer.Option("--bendable", help="For gates and hosts: keep every gate, so that each can be bent."),
    ] = False,
) -> None:
    """Write a model as code without dependencies, or as a plugin of an audio host."""
    from exporters.api import export_command

    raise typer.Exit(
        export_command(
            model,
            to=to,
            out=out,
            mode=mode.value,
            name=name,
            target=target,
            device=device,
            engine=engine,
            prebuilt=prebuilt,
            headers=headers,
            bendable=bendable,
        )
    )


def bench(
    model: ModelArgument,
    target: Annotated[
        list[str] | None, typer.Option(help="Only this target, or all; may be repeated.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots to this file.")] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Audio to emulate at the most, in seconds.", min=0.1)
    ] = None,
) -> None:
    """Measure a model's accuracy on its bundled test set, and its cost on each target."""
    from bench.api import bench_command

    raise typer.Exit(bench_command(model, target=target, html=html, seconds=seconds))


def verify(
    model: Annotated[str | None, typer.Argument(help=MODEL_HELP)] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every bundled model.")] = False,
    seconds: Annotated[
        float | None, typer.Option(help="Audio that emulated cores hear at the most; 60 s.", min=0.1)
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", help="Models at a time; one a core when left out.", min=1)
    ] = None,
    record: Annotated[
        Path | None, typer.Option(help="Put what was found into this JSON file (bundled models only).")
    ] = None,
) -> None:
    """Prove that every implementation gives the same predictions: one digest for all of them."""
    if (model is None) != all_:
        raise typer.BadParameter("give a model, or --all")
    from bench.verify_command import verify_command

    raise typer.Exit(verify_command(model, all_=all_, seconds=seconds, jobs=jobs, record=record))

"""`zoo data build`, `zoo train`, `zoo teach` and `zoo eval`: what the tasks package does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zoo.cli.arguments import ModelArgument


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    data = typer.Typer(help="Recordings to train and test on.", no_args_is_help=True)
    data.command("build")(build)
    app.add_typer(data, name="data")
    app.command("train")(train)
    app.command("teach")(teach)
    app.command("eval")(evaluate)


def build(
    tasks: Annotated[
        list[str] | None, typer.Argument(help="Whose recordings (onset, ...); those of every task if none.")
    ] = None,
    packages: Annotated[
        Path | None, typer.Option(help="A folder of unpacked Debian packages, where there is no apt.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Another folder than the user's cache.")
    ] = None,
) -> None:
    """Fetch, check, cut, label and split the recordings."""
    from tasks.data.build import build_command

    raise typer.Exit(build_command(tasks or (), packages=packages, out=out))


def train(
    task: Annotated[str, typer.Argument(help="What to learn: onset.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The model folder to make.")],
    size: Annotated[str, typer.Option(help="Size of the network, as the task names them.")] = "nano",
    seed: Annotated[int, typer.Option(help="Seed of everything random.", min=0)] = 0,
    steps: Annotated[int | None, typer.Option(help="Training steps instead of the task's.", min=1)] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the run's last checkpoint.")] = False,
    data: Annotated[Path | None, typer.Option(help="Folder made by `zoo data build`.")] = None,
    target: Annotated[
        str | None, typer.Option(help="What to learn, where the task has a choice: sound's tunes, ...")
    ] = None,
    init_from: Annotated[
        str | None, typer.Option(help="Start from the weights of this model (id or folder) of the same size.")
    ] = None,
) -> None:
    """Train a model; a run that was stopped or killed goes on with --resume."""
    from tasks.run_training import train_command

    raise typer.Exit(
        train_command(
            task,
            out=out,
            size=size,
            seed=seed,
            resume=resume,
            device=device,
            steps=steps,
            data=data,
            target=target,
            init_from=init_from,
        )
    )


def teach(
    folder: Annotated[
        Path,
        typer.Argument(help="Folder with a sub-folder of recordings for each class.", show_default=False),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The model folder to make.")],
    record: Annotated[
        list[str] | None,
        typer.Option("--record", help="First record a take of this class into FOLDER; may be repeated."),
    ] = None,
    seconds: Annotated[float, typer.Option(help="Length of a recorded take.", min=1, max=120)] = 10,
    seed: Annotated[int, typer.Option(help="Seed of everything random.", min=0)] = 0,
    licence: Annotated[str, typer.Option(help="Licence of model and recordings (SPDX).")] = "NOASSERTION",
) -> None:
    """Teach a model your own sounds, in seconds."""
    from tasks.teach.command import teach_command

    raise typer.Exit(teach_command(folder, out, record=record, seconds=seconds, seed=seed, licence=licence))


def evaluate(
    model: ModelArgument,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Only this test set; may be repeated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the model's record (JSON) to this file.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder made by `zoo data build`.")] = None,
    baselines: Annotated[
        bool,
        typer.Option(
            "--baselines",
            help="Measure the task's baselines too (needs `zoo data build`; float networks train).",
        ),
    ] = False,
) -> None:
    """Measure a model on its task's test sets."""
    from tasks.evaluate import eval_command

    raise typer.Exit(eval_command(model, sets=sets, out=out, data=data, baselines=baselines))

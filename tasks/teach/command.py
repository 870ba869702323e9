"""`zoo teach`: from a folder of examples to a model folder, in seconds."""

from __future__ import annotations

import json
import re
import shlex
import time
import unicodedata
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from zoo.errors import ZooError

if TYPE_CHECKING:
    from rich.console import Console

    from tasks.teach.estimate import Estimate
    from tasks.teach.examples import ExampleSet
    from tasks.teach.learn import Lesson
    from zoo.model import Model


def teach_command(
    folder: Path,
    out: Path,
    record: list[str] | None = None,
    seconds: float = 10.0,
    seed: int = 0,
    licence: str = "NOASSERTION",
) -> int:
    """Record where that is asked for, learn, tell the held-out estimate, and save a model folder.

    Args:
        folder: One sub-folder a class.
        out: The model folder to make; must not exist.
        record: Classes to record a take of first.
        seconds: Length of a take.
        seed: Of everything random.
        licence: SPDX expression of the model and its recordings.

    Returns:
        0.

    Raises:
        ZooError: Recordings that cannot be used, or a place that cannot be written to.
        MissingExtraError: A microphone is asked for and sounddevice is not installed.
    """
    from rich.console import Console

    started = time.monotonic()
    console = Console(stderr=True)
    if out.exists():
        raise ZooError(f"{out}: exists already. Remove it, or give another folder with -o")
    out.absolute().parent.mkdir(parents=True, exist_ok=True)  # fails before anybody played anything
    if record:
        _record(folder, record, seconds, console)
        started = time.monotonic()
    found, lesson = _learn(folder, seed, console)
    command = f"zoo teach {shlex.quote(_printable(folder.resolve().name))} --seed {seed}"
    model = make_model(found, lesson, out, command, seed, licence)
    about = {
        "command": command,
        "seed": seed,
        "examples": found.counts(),
        "held_out": lesson.estimate.to_json(),
        "seconds": round(time.monotonic() - started, 1),
    }
    from zoo.folder import save

    extra = {"training.json": (json.dumps(about, indent=2) + "\n").encode()}
    save(model, out, samples=_golden(found), extra=extra)
    tell(found, lesson.estimate, console)
    taken = time.monotonic() - started
    console.print(f"{out}: {model.circuit.n_gates} gates, {taken:.0f} s.", soft_wrap=True, markup=False)
    made = shlex.quote(str(out))
    console.print("Next:", *(f"  zoo {what}" for what in _next(made)), sep="\n", soft_wrap=True, markup=False)
    return 0


def _next(made: str) -> tuple[str, ...]:
    """What to do with the model, as arguments of `zoo`, to be copied."""
    return f"run {made} RECORDING", f"bench {made}", f"export {made} --to c -o DIR"


def make_model(found: ExampleSet, lesson: Lesson, out: Path, command: str, seed: int, licence: str) -> Model:
    """The model of what was learned, with names of its classes and where it comes from."""
    from zoo.config import Source, Training
    from zoo.model import Model

    plain = unicodedata.normalize("NFKD", out.resolve().name).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9._-]+", "-", plain.lower()).strip("-._")[:64] or "model"
    classes = tuple(_printable(one)[:80] for one in found.classes)
    frontend, circuit, head = lesson.parts
    return Model.from_parts(
        frontend,
        circuit,
        head,
        id=f"local/{name}",
        summary=f"Tells apart {', '.join(classes)}"[:400],
        licence=licence,
        training=Training(
            command=command,
            seed=seed,
            trainer=f"difflogic-zoo {version('difflogic-zoo')}, torch {version('torch')}",
            data_manifest_sha256=found.digest(),
        ),
        sources=(
            Source(title="own recordings", authors="whoever taught it", licence=licence, origin=command),
        ),
        classes=classes,
    )


def _golden(found: ExampleSet) -> npt.NDArray[np.int16]:
    """int16 (n,): the beginning of an example of each class, for the golden vectors."""
    first = {example.label: example.samples for example in reversed(found.examples)}
    return np.concatenate([first[label][: found.rate // 4] for label in range(len(found.classes))])


def tell(found: ExampleSet, estimate: Estimate, console: Console) -> None:
    """The confusions, how many held-out examples were named rightly, and what makes that doubtful."""
    from rich.table import Table

    from tasks.teach.estimate import warnings_of

    table = Table("held-out examples of", box=None, header_style="bold")
    for name in found.classes:
        table.add_column(f"as {_printable(name)}", justify="right")
    for name, row in zip(found.classes, estimate.confusion.tolist(), strict=True):
        table.add_row(_printable(name), *map(str, row))
    console.print(table)
    low, high = estimate.interval
    console.print(
        f"{estimate.right} of {estimate.asked} named rightly by models that had not heard their "
        f"{estimate.by} ({low:.0%} to {high:.0%}).",
        highlight=False,
    )
    for note in (*found.notes, *warnings_of(found)):
        console.print(f"Note: {_printable(note)}", markup=False, highlight=False)


def _learn(folder: Path, seed: int, console: Console) -> tuple[ExampleSet, Lesson]:
    """Read and teach, with a progress bar."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from tasks.teach.examples import find_recordings, read_examples
    from tasks.teach.learn import RATE, teach, total_steps

    files = sum(len(some) for some in find_recordings(folder).values())
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        reading = progress.add_task("reading", total=files)
        found = read_examples(folder, RATE, lambda name: progress.update(reading, advance=1))
        learning = progress.add_task("learning", total=total_steps())
        lesson = teach(
            found, seed, lambda what, n: progress.update(learning, advance=n, description=f"learning: {what}")
        )
    return found, lesson


def _record(folder: Path, classes: list[str], seconds: float, console: Console) -> None:
    from tasks.teach.learn import RATE
    from tasks.teach.record import record_takes

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    def ask(line: str) -> None:
        say(line)
        try:
            input()
        except EOFError:
            raise ZooError(
                "zoo teach --record: nobody is there to press Enter. Run it in a terminal"
            ) from None

    with console.status("") as status:
        status.stop()

        def level(done: float, peak: float) -> None:
            status.start()
            status.update(f"{done:5.1f} s  {'#' * round(30 * peak)}")
            if done >= seconds:
                status.stop()

        record_takes(folder, classes, seconds, RATE, ask, say, level)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)

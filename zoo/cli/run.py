"""`zoo run`: a model over one recording, its answer as text, CSV, JSON, audio or a picture.

A model that counts instead of listening needs no recording: it runs for as long as is asked.
"""

from __future__ import annotations

import sys
import warnings
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoo.cli.arguments import ModelArgument

if TYPE_CHECKING:
    from zoo.audio import Prepared
    from zoo.model import Model


# Kinds of sound files that nothing is written to.
_SOUND = (".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aif", ".aiff")


class Format(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    app.command("run")(run)


def run(
    model: ModelArgument,
    recording: Annotated[
        Path | None,
        typer.Argument(help="A wav, flac, ogg, aiff or mp3 file; none for a model that hears nothing."),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", "-f", help="How to write the answer; as --out ends, or text, if not given."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write it to this file; audio as .wav.")
    ] = None,
    click: Annotated[
        Path | None, typer.Option(help="Write the recording with a click at each onset.")
    ] = None,
    wav: Annotated[Path | None, typer.Option(help="Write the audio of a model that makes audio.")] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            help="How long a model without a recording runs; once through its counter if not given."
        ),
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw waveform, score and onsets to this PNG.")] = None,
) -> None:
    """Run a model over a recording, or let one that makes sound play."""
    from zoo.atomic import write_file
    from zoo.audio import AudioNote, click_track, prepare_file, write_wav
    from zoo.cli.answers import render
    from zoo.frontends import CounterBits
    from zoo.heads import SoundHead
    from zoo.index import load
    from zoo.results import Onsets, Samples

    loaded = load(model)
    if wav is None and out is not None and out.suffix.lower() == ".wav":
        wav, out = out, None
    _check_options(loaded, click, wav)
    _check_files(recording, out, wav, click, plot)
    if seconds is not None and recording is not None:
        raise typer.BadParameter("a recording is as long as it is: leave one out", param_hint="--seconds")
    quiet = form is None and isinstance(loaded.head, SoundHead) and sys.stdout.isatty()
    if quiet and out is wav is plot is None:
        hint = "give --out FILE.wav, or --format text for its numbers"
        raise typer.BadParameter(f"{loaded.id} makes sound: {hint}", param_hint="--out")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AudioNote)  # printed below, once, without a source line
        samples, notes = (
            _silence(loaded, seconds) if recording is None else prepare_file(recording, loaded.rate)
        )
        if recording is not None and isinstance(loaded.frontend, CounterBits):
            notes = (f"{loaded.id} hears nothing: {recording} only says how long it plays",)
        result = loaded(samples)
    for note in notes:
        print(f"Note: {note}", file=sys.stderr)
    text = render(loaded, result, _form(form, out), str(recording or ""), notes)
    if isinstance(result, Onsets) and not len(result.times):
        print("Note: no onsets found", file=sys.stderr)
    if plot is not None:  # first: without matplotlib nothing is to be written
        from zoo.plot import plot_result

        plot_result(loaded, samples, result, plot, recording.name if recording else loaded.id)
    if click is not None and isinstance(result, Onsets):
        write_wav(click, click_track(samples, loaded.rate, result.times), loaded.rate)
    if wav is not None and isinstance(result, Samples):
        write_wav(wav, result.samples, result.rate)
    if out is not None:
        write_file(out, text)
    elif wav is None and not quiet:
        sys.stdout.write(text)


def _form(form: Format | None, out: Path | None) -> str:
    """What was asked for, else what the name of the file says, else text."""
    ending = "" if out is None else out.suffix.lower().removeprefix(".")
    return (form or (Format(ending) if ending in ("csv", "json") else Format.TEXT)).value


def _silence(model: Model, seconds: float | None) -> Prepared:
    """As many samples as the model is to run for, where it only counts them."""
    import numpy as np

    from zoo.audio import Prepared
    from zoo.errors import ZooError
    from zoo.frontends import CounterBits

    frontend = model.frontend
    if not isinstance(frontend, CounterBits):
        raise typer.BadParameter(f"{model.id} listens: give it a recording", param_hint="RECORDING")
    frames = min(1 << frontend.width, 600 * frontend.rate) if seconds is None else round(seconds * model.rate)
    if not 1 <= frames <= 1 << 28:
        raise ZooError(f"--seconds {seconds}: expected {1 / model.rate:g} to {(1 << 28) // model.rate}")
    return Prepared(np.zeros(frames, np.int16), ())


def _check_options(model: Model, click: Path | None, wav: Path | None) -> None:
    """Refuse, before any work, what this model's head cannot answer."""
    from zoo.errors import ZooError
    from zoo.heads import OnsetScore, SoundHead

    if click is not None and not isinstance(model.head, OnsetScore):
        raise ZooError(f"{model.id}: --click needs a model that finds onsets; this one answers otherwise")
    if wav is not None and not isinstance(model.head, SoundHead):
        raise ZooError(f"{model.id}: --wav needs a model that makes audio; this one answers otherwise")


def _check_files(recording: Path | None, out: Path | None, *others: Path | None) -> None:
    """Refuse to write over the recording, and to write numbers into a file that is named as sound."""
    from zoo.errors import ZooError

    if out is not None and out.suffix.lower() in _SOUND:
        raise ZooError(f"{out}: sound is written as .wav, other answers as .txt, .csv or .json. Name it so")
    for path in (out, *others):
        if path is not None and recording is not None and path.exists() and path.samefile(recording):
            raise ZooError(f"{path}: this is the recording, which would be lost. Give another name")

"""`zoo verify`: one predictions digest from every implementation, and golden vectors stage by stage."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np
import numpy.typing as npt

from bench.clips import at_least, samples_of, test_clips
from bench.targets import TARGETS
from bench.targets.base import Target
from exporters.c.names import ExportError
from zoo.errors import ModelError
from zoo.golden import Golden, check_golden, make_golden, read_golden
from zoo.model import Model
from zoo.results import Trace, predictions_digest

Int16 = npt.NDArray[np.int16]
Predict = Callable[[Model, Sequence[Int16]], list[Trace]]

SECONDS = 60.0  # of audio that an emulated core hears at least


@dataclass(frozen=True)
class Check:
    """One row of the table.

    Args:
        what: The implementation, or the file.
        over: What it ran over.
        result: What was found.
        ok: True, False, or None when it was skipped.
        digest: Predictions digest, where all agree.
    """

    what: str
    over: str
    result: str
    ok: bool | None
    digest: str | None = None


def verify_command(
    model: str | PathLike[str] | None, *, all_: bool = False, seconds: float | None = None
) -> int:
    """Verify one model or all bundled ones, and print a table for each.

    Args:
        model: Id or folder; None with `all_`.
        all_: Every bundled model.
        seconds: Audio for each emulated core; 60 when None.

    Returns:
        0 when everything that ran agrees, else 1.

    Raises:
        ZooError: The model is refused, or a compiler or emulator is missing or fails.
    """
    from rich.console import Console

    import zoo

    console = Console()
    code = 0
    for name in zoo.list_models() if all_ or model is None else [model]:
        loaded = zoo.load(name)
        with console.status("loading") as status:
            checks = []
            for check in verify(loaded, SECONDS if seconds is None else seconds, status.update):
                checks.append(check)
        console.print(_table(loaded, checks))
        for over, digest in {check.over: check.digest for check in checks if check.digest}.items():
            console.print(f"Predictions digest over {over}:\n  {digest}", highlight=False)
        skipped = [check for check in checks if check.ok is None]
        if any(check.ok is False for check in checks):
            console.print(f"[red]{loaded.id}: the implementations differ.[/red]")
            code = 1
        elif skipped:
            console.print(f"{loaded.id}: a partial proof: {'; '.join(c.what for c in skipped)} did not run.")
        else:
            console.print(f"[green]{loaded.id}: every implementation gives the same predictions.[/green]")
    return code


def verify(
    model: Model, seconds: float = SECONDS, say: Callable[[str], None] = lambda _: None
) -> Iterator[Check]:
    """Every check of one model, as it is done.

    Args:
        model: What to verify.
        seconds: Audio for each emulated core, in seconds.
        say: Told what runs next.
    """
    targets = {name: make() for name, make in TARGETS.items()}
    if model.folder is not None:
        yield Check("manifest.json", "every file", "sizes and SHA-256 as listed", True)  # loading checked it
        golden = read_golden(model, model.folder)
        yield _golden_numpy(model, golden)
    else:
        golden = make_golden(model)
    for name, target in targets.items():
        say(f"{name}: golden vectors")
        yield _stages(f"{written_in(name)} on {name}", model, target, golden)

    sets, notes = test_clips(model)
    for note in notes:
        yield Check("test sets", "", note, None)
    clips = samples_of(model, sets)
    some = at_least(sets, seconds, model.rate) or clips
    say("numpy")
    reference = [model.predict(clip) for clip in clips]
    some_reference = reference if some is clips else [model.predict(clip) for clip in some]
    yield _reference(model, clips, reference)
    say("PyTorch")
    yield _torch(model, clips, reference)
    say("host")
    yield _compare("C on host", model, targets["host"].run, clips, reference)
    yield _reference(model, some, some_reference)
    for name, target in targets.items():
        if target.method == "emulated":
            say(name)
            what = f"{written_in(name)} on {name} (emulated)"
            yield _compare(what, model, target.run, some, some_reference)


def written_in(target: str) -> str:
    """What an export for a target is written in."""
    return "assembly" if target == "pru" else "C"


def _stages(what: str, model: Model, target: Target, golden: Golden) -> Check:
    """Every stage of an export; a model that the target cannot hold is no difference."""
    try:
        found = target.stages(model, golden.samples)
    except ExportError as error:
        return Check(what, "golden vectors", f"skipped: {error}", None)
    difference = first_stage_difference(golden, found)
    return Check(what, "golden vectors", difference or "every stage equal", difference is None)


def _golden_numpy(model: Model, golden: Golden) -> Check:
    assert model.folder is not None
    try:
        check_golden(model, golden, model.folder / "golden.safetensors")
    except ModelError as error:
        return Check("numpy", "golden vectors", str(error), False)
    return Check("numpy", "golden vectors", "every stage equal", True)


def _torch(model: Model, clips: Sequence[Int16], reference: list[Trace]) -> Check:
    """PyTorch in hard mode, where it is installed."""
    if importlib.util.find_spec("torch") is None:
        missing = "skipped: torch is not installed (pip install 'difflogic-zoo[train]')"
        return Check("PyTorch, hard mode", "", missing, None)
    from tasks.training.hard import predict

    return _compare("PyTorch, hard mode", model, predict, clips, reference)


def _compare(
    what: str, model: Model, predict: Predict, clips: Sequence[Int16], reference: list[Trace]
) -> Check:
    try:
        found = predict(model, clips)
    except ExportError as error:
        return Check(what, _over(model, clips), f"skipped: {error}", None)
    digest = predictions_digest(found)
    if digest != predictions_digest(reference):
        return Check(what, _over(model, clips), first_difference(reference, found), False)
    return Check(what, _over(model, clips), f"{digest[:16]}...", True, digest)


def _reference(model: Model, clips: Sequence[Int16], reference: list[Trace]) -> Check:
    digest = predictions_digest(reference)
    return Check("numpy", _over(model, clips), f"{digest[:16]}...", True, digest)


def first_difference(expected: Sequence[Trace], found: Sequence[Trace]) -> str:
    """Where two lists of traces first differ: the clip, the frame, and both values."""
    if len(expected) != len(found):
        return f"{len(found)} clips instead of {len(expected)}"
    for clip, (one, other) in enumerate(zip(expected, found, strict=True)):
        if one.values.shape != other.values.shape:
            return f"clip {clip}: values {other.values.shape} instead of {one.values.shape}"
        wrong = np.argwhere(one.values != other.values)
        if wrong.size:
            frame, value = wrong[0].tolist()
            return (
                f"differs first at clip {clip}, frame {frame}, value {value}: "
                f"{other.values[frame, value]} instead of {one.values[frame, value]}"
            )
        if not np.array_equal(one.hits, other.hits):
            return f"clip {clip}: hits {_few(other.hits)} instead of {_few(one.hits)}"
    return "only the types differ"


def first_stage_difference(expected: Golden, found: Golden) -> str | None:
    """The first stage, and the first frame in it, that differ; None when all are equal."""
    others = found.tensors()
    for stage, one in expected.tensors().items():
        other = others[stage]
        if one.shape != other.shape:
            return f"{stage}: shape {other.shape} instead of {one.shape}"
        if not np.array_equal(one, other):
            frame = int(np.argwhere(one != other)[0][0])
            return (
                f"{stage} differs first at frame {frame}: {_few(other[frame])} instead of {_few(one[frame])}"
            )
    return None


def _few(values: npt.NDArray[np.generic]) -> str:
    listed = np.atleast_1d(values).tolist()
    return f"{listed[:6]}{' and more' if len(listed) > 6 else ''}"


def _over(model: Model, clips: Sequence[Int16]) -> str:
    seconds = sum(map(len, clips)) / model.rate
    return f"{len(clips)} clip{'s' if len(clips) != 1 else ''}, {seconds:,.0f} s"


def _table(model: Model, checks: Sequence[Check]) -> object:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"{model.id}: circuit {model.circuit.digest()[:16]}", title_justify="left")
    for heading in ("", "implementation", "over", "predictions digest, or what else"):
        table.add_column(heading, overflow="fold")
    marks = {True: "[green]ok[/green]", False: "[red]differs[/red]", None: "[yellow]skipped[/yellow]"}
    for check in checks:
        table.add_row(marks[check.ok], check.what, check.over, escape(check.result))
    return table

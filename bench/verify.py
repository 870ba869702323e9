"""The checks of `zoo verify`: a predictions digest from every implementation, and golden vectors by stage."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from bench.clips import first_seconds, samples_of, test_clips
from bench.targets import TARGETS
from bench.targets.base import Target
from bench.targets.streams import EMULATED, HOST, has_streams
from exporters.c.names import ExportError
from zoo.errors import ModelError
from zoo.golden import Golden, check_golden, make_golden, read_golden
from zoo.model import Model
from zoo.results import Trace, predictions_digest

Int16 = npt.NDArray[np.int16]
Predict = Callable[[Model, Sequence[Int16]], list[Trace]]

SECONDS = 60.0  # of audio that an emulated core hears at the most

# "all" and "emulated" are predictions over clips: every shipped one, and the first seconds of them. "golden"
# is every stage over the golden vectors, "folder" what loading checks, "sets" a test set that is not here.
Over = Literal["all", "emulated", "golden", "folder", "sets"]


@dataclass(frozen=True)
class Check:
    """One row of the table.

    Args:
        what: The implementation, or the file.
        over: What was compared.
        result: What was found.
        ok: True, False, or None when it did not run.
        seconds: Audio that was compared; 0 where nothing was.
        clips: How many clips that is.
        digest: Predictions digest, where all agree.
    """

    what: str
    over: Over
    result: str
    ok: bool | None
    seconds: float = 0.0
    clips: int = 0
    digest: str | None = None


def verify(
    model: Model, seconds: float = SECONDS, say: Callable[[str], None] = lambda _: None
) -> Iterator[Check]:
    """Every check of one model, as it is done.

    PyTorch, numpy and the host answer every shipped clip; emulated cores the first `seconds` of them. A model
    that has streams in block mode answers by them too.

    Args:
        model: What to verify.
        seconds: Audio for each emulated core, in seconds, at the most.
        say: Told what runs next.
    """
    targets = {name: make() for name, make in TARGETS.items()}
    refused: dict[str, str] = {}
    if model.folder is not None:
        yield Check("manifest.json", "folder", "sizes and SHA-256 of every file as listed", True)
        golden = read_golden(model, model.folder)
        yield _golden_numpy(model, golden)
    else:
        golden = make_golden(model)
    for name, target in targets.items():
        say(f"{name}: golden vectors")
        check = _stages(implementation(target), model, target, golden)
        yield check
        if check.ok is None:
            refused[name] = check.result

    sets, notes = test_clips(model)
    for note in notes:
        yield Check("test sets", "sets", note, None)
    clips = samples_of(model, sets)
    some = first_seconds(model, sets, seconds)
    say("numpy")
    reference = [model.predict(clip) for clip in clips]
    known = {id(clip): trace for clip, trace in zip(clips, reference, strict=True)}
    some_reference = [known[id(clip)] if id(clip) in known else model.predict(clip) for clip in some]
    yield _predictions("numpy", "all", model, clips, reference)
    say("PyTorch")
    yield _torch(model, clips, reference)
    say("host")
    yield _compare("C on host", "all", model, targets["host"].run, clips, reference)
    streams = has_streams(model)
    if streams:
        yield _compare("C stream on host", "all", model, HOST.run, clips, reference)
    yield _predictions("numpy", "emulated", model, some, some_reference)
    for name, target in targets.items():
        if target.method != "emulated":
            continue
        what = implementation(target)
        if name in refused:
            yield Check(what, "emulated", refused[name], None)
            continue
        say(name)
        yield _compare(what, "emulated", model, target.run, some, some_reference)
    for stream in EMULATED if streams else ():
        say(f"stream on {stream.way}")
        what = f"C stream on {stream.way} (emulated)"
        yield _compare(what, "emulated", model, stream.run, some, some_reference)


def written_in(target: str) -> str:
    """What an export for a target is written in."""
    return "assembly" if target == "pru" else "C"


def implementation(target: Target) -> str:
    """What a target runs, and where."""
    emulated = " (emulated)" if target.method == "emulated" else ""
    return f"{written_in(target.name)} on {target.name}{emulated}"


def _stages(what: str, model: Model, target: Target, golden: Golden) -> Check:
    """Every stage of an export; a model that the target cannot hold is no difference."""
    try:
        found = target.stages(model, golden.samples)
    except ExportError as error:
        return Check(what, "golden", f"refused: {error}", None)
    difference = first_stage_difference(golden, found)
    return _golden(what, model, golden, difference)


def _golden(what: str, model: Model, golden: Golden, difference: str | None) -> Check:
    seconds = len(golden.samples) / model.rate
    return Check(what, "golden", difference or "every stage equal", difference is None, seconds, 1)


def _golden_numpy(model: Model, golden: Golden) -> Check:
    assert model.folder is not None
    try:
        check_golden(model, golden, model.folder / "golden.safetensors")
    except ModelError as error:
        return _golden("numpy", model, golden, str(error))
    return _golden("numpy", model, golden, None)


def _torch(model: Model, clips: Sequence[Int16], reference: list[Trace]) -> Check:
    """PyTorch in hard mode, where it is installed."""
    what = "PyTorch, hard mode"
    if importlib.util.find_spec("torch") is None:
        missing = "skipped: torch is not installed (pip install 'difflogic-zoo[train]')"
        return Check(what, "all", missing, None)
    from tasks.training.hard import predict

    return _compare(what, "all", model, predict, clips, reference)


def _compare(
    what: str, over: Over, model: Model, predict: Predict, clips: Sequence[Int16], reference: list[Trace]
) -> Check:
    found = predict(model, clips)
    check = _predictions(what, over, model, clips, found)
    if check.digest == predictions_digest(reference):
        return check
    return replace(check, result=first_difference(reference, found), ok=False, digest=None)


def _predictions(
    what: str, over: Over, model: Model, clips: Sequence[Int16], traces: list[Trace]
) -> Check:
    digest = predictions_digest(traces)
    seconds = sum(map(len, clips)) / model.rate
    return Check(what, over, f"{digest[:16]}...", True, seconds, len(clips), digest)


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

"""`zoo bench`: how good a model is, what it costs on each target, and whether they agree with numpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from bench.clips import first_seconds, test_clips
from bench.report.findings import Agreement, Findings, Int16, typical_example
from bench.scaling import HOPS, Curve, gate_curve
from bench.targets import TARGETS
from bench.targets.base import Target
from bench.verify import first_difference
from exporters.c.names import ExportError
from zoo.errors import ZooError
from zoo.model import Model
from zoo.results import Trace, predictions_digest

SECONDS = 60.0
ALL = "all"  # in the place of a target's name


def bench_command(
    model: str | PathLike[str],
    *,
    target: Sequence[str] | None = None,
    html: str | PathLike[str] | None = None,
    seconds: float | None = None,
) -> int:
    """Benchmark a model: tables in the terminal, and a web page on request.

    Args:
        model: Id of a bundled model, or path of a model folder.
        target: Only these targets; all when None, empty or "all".
        html: Write the page to this file.
        seconds: Audio that each target answers at the most, for comparison with numpy; 60 when None.

    Returns:
        0 when every target's answers equal numpy's, else 1.

    Raises:
        ZooError: The model, a target or the file cannot be used; a compiler or emulator fails or is missing.
    """
    from rich.console import Console

    import zoo
    from bench.report.tables import print_findings

    names = _checked_targets(target)
    page = _checked_page(html)
    loaded = zoo.load(model)
    console = Console()
    with console.status("loading") as status:
        findings = benchmark(loaded, names, SECONDS if seconds is None else seconds, status.update)
        if page is not None:
            from bench.report.page import write_page

            findings.curves.extend(curves(findings, status.update))
            status.update("drawing the page")
            write_page(findings, page)
    print_findings(findings, console)
    if page is not None:
        console.print(f"The same with plots: {page}", soft_wrap=True, markup=False)
    return 1 if any(agreement.difference for agreement in findings.agreements) else 0


def benchmark(
    model: Model,
    targets: Sequence[str] = tuple(TARGETS),
    seconds: float = SECONDS,
    say: Callable[[str], None] = lambda _: None,
) -> Findings:
    """Measure accuracy, cost and agreement.

    Args:
        model: What to benchmark.
        targets: Names of `TARGETS`.
        seconds: Audio that each target answers at the most.
        say: Told what runs next.
    """
    from tasks.evaluate import evaluate
    from tasks.registry import task_of

    say("reading the test sets")
    sets, notes = test_clips(model)
    task = None if model.config.task is None else task_of(model)
    accuracy = evaluate(model, task, list(sets), task.shipped, say) if task is not None and sets else []
    example = typical_example(model, sets, accuracy)
    clips = first_seconds(model, sets, seconds)
    reference = [model.predict(clip) for clip in clips]
    findings = Findings(model, task, accuracy, example, notes=notes)
    for name in targets:
        made = TARGETS[name]()
        say(f"{name}: answers over {sum(map(len, clips)) / model.rate:.0f} s of audio")
        try:
            agreement = _agreement(made, model, clips, reference)
        except ExportError as error:  # too large for this target, which the others need not mind
            if len(targets) == 1:
                raise
            findings.notes.append(f"{name}: {error}")
            continue
        findings.agreements.append(agreement)
        say(f"{name}: cost")
        findings.costs.append(made.cost(model, clips))
    return findings


def curves(findings: Findings, say: Callable[[str], None] = lambda _: None) -> list[Curve]:
    """What circuits of other sizes would cost, on every target of these findings that knows cycles."""
    model = findings.model
    found = []
    for cost in findings.costs:
        own = cost.line("gates").cycles
        if own is not None:
            samples = np.zeros(HOPS * model.hop, np.int16)
            found.append(gate_curve(model, TARGETS[cost.target](), own.median, samples, say))
    return found


def _agreement(target: Target, model: Model, clips: Sequence[Int16], reference: list[Trace]) -> Agreement:
    found = target.run(model, clips)
    expected = predictions_digest(reference)
    difference = None if predictions_digest(found) == expected else first_difference(reference, found)
    return Agreement(target.name, target.method, sum(map(len, clips)) / model.rate, expected, difference)


def _checked_targets(names: Sequence[str] | None) -> list[str]:
    for name in names or ():
        if name not in TARGETS and name != ALL:
            raise ZooError(f"--target: expected {ALL} or one of {', '.join(TARGETS)}, found {name!r}")
    return list(TARGETS if not names or ALL in names else dict.fromkeys(names))


def _checked_page(html: str | PathLike[str] | None) -> Path | None:
    """The path, after checking before a minute of work that a file can stand there."""
    if html is None:
        return None
    path = Path(html)
    if path.is_dir() or not path.parent.is_dir():
        what = "a folder" if path.is_dir() else f"no folder {path.parent}"
        raise ZooError(f"--html {path}: expected the name of a file in a folder that exists, found {what}")
    return path

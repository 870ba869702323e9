"""`zoo verify`: one model, or all bundled ones in as many processes as there are cores; tables, a record."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import multiprocessing
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.verify import SECONDS, Check, verify
from zoo.errors import ZooError
from zoo.hub.trust import Verdict, verify_model
from zoo.index import entries

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

SCHEMA = "verify/1"
MARKS = {True: "[green]ok[/green]", False: "[red]differs[/red]", None: "[yellow]did not run[/yellow]"}
SHORT = {
    "numpy": "numpy",
    "PyTorch, hard mode": "PyTorch",
    "C on host": "host",
    "C on cortex-a8 (emulated)": "A8",
    "C on cortex-a53 (emulated)": "A53",
    "assembly on pru (emulated)": "PRU",
}  # of the table of all models, which must fit a terminal
OVER = {"all": "all clips", "emulated": "the clips of emulated cores"}


@dataclass(frozen=True)
class Verified:
    """What became of one model.

    Args:
        id: The model's.
        circuit: SHA-256 of its circuit, hex.
        manifest: SHA-256 of its folder's manifest, hex.
        checks: In the order in which they were done.
        took: Seconds by the clock.
        signature: What its signature says; None where nobody looked.
    """

    id: str
    circuit: str
    manifest: str
    checks: tuple[Check, ...]
    took: float
    signature: Verdict | None = None

    @property
    def differs(self) -> bool:
        """An implementation gave something else, or the signature is bad."""
        return self.forged or any(check.ok is False for check in self.checks)

    @property
    def forged(self) -> bool:
        """There is a signature, and it is bad."""
        return self.signature is not None and self.signature.status == "bad"

    @property
    def left_out(self) -> list[Check]:
        """What did not run, each once."""
        return list({check.what: check for check in self.checks if check.ok is None}.values())


def verify_command(
    model: str | PathLike[str] | None,
    *,
    all_: bool = False,
    seconds: float | None = None,
    jobs: int | None = None,
    record: str | PathLike[str] | None = None,
) -> int:
    """Verify one model or all bundled ones, and print a table for each and one of all.

    Args:
        model: Id or folder; None with `all_`.
        all_: Every bundled model.
        seconds: Audio for each emulated core at the most; 60 when None.
        jobs: Models at a time, each in a process of its own; as many as there are cores when None.
        record: Put what was found into this JSON file; what it holds of other bundled models stays.

    Of one model, what its signature says is told too; bundled ones are pinned by the index.

    Returns:
        0 when everything that ran agrees and no signature is bad, else 1.

    Raises:
        ZooError: The model is refused, or a compiler or emulator is missing or fails.
    """
    from rich.console import Console

    console = Console()
    limit = SECONDS if seconds is None else seconds
    if all_ or model is None:
        names = [entry.id for entry in sorted(entries().values(), key=lambda entry: -entry.gates)]
        found = []
        for verified in in_processes(names, limit, jobs or os.cpu_count() or 1, console):
            found.append(verified)
            # At once, for what is stopped has not been in vain; but not what was bundled anew meanwhile.
            if record is not None and verified.manifest == entries()[verified.id].manifest_sha256:
                write_record([verified], Path(record), limit)
        found.sort(key=lambda verified: verified.id)
    else:
        with console.status("loading") as status:
            found = [_verified(model, limit, status.update)]
        if record is not None:
            write_record(found, Path(record), limit)
    for verified in found:
        if verified.differs or not all_:
            console.print(checks_table(verified))
            for digest, over in _digests(verified).items():
                console.print(f"Predictions digest over {over}:\n  {digest}", highlight=False)
        console.print(_sentence(verified))
    if all_:
        console.print(summary_table(found))
    else:
        console.print(f"Signature: {found[0].signature}.", highlight=False, markup=False, soft_wrap=True)
    console.print(f"Emulated cores heard at most {limit:g} s of each model's clips.", highlight=False)
    return 1 if any(verified.differs for verified in found) else 0


def in_processes(names: Sequence[str], seconds: float, jobs: int, console: Console) -> Iterator[Verified]:
    """Every model as it is done, the largest begun first; the bar says what is done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    spawn = multiprocessing.get_context("spawn")  # a fork would copy the threads of torch and numba half
    with (
        Progress(*columns, console=console, transient=True) as progress,
        ProcessPoolExecutor(jobs, spawn, _one_thread) as pool,
    ):
        bar = progress.add_task(f"{jobs} at a time", total=len(names))
        futures = [pool.submit(_verified_or_refused, name, seconds) for name in names]
        try:
            for future in as_completed(futures):
                verified = future.result()
                progress.update(bar, advance=1, description=f"{verified.id} ({verified.took:.0f} s)")
                yield verified
        finally:
            pool.shutdown(cancel_futures=True)


def _one_thread() -> None:
    """Models share the cores out among them, so none needs threads of its own."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"


def _verified(
    model: str | PathLike[str], seconds: float, say: Callable[[str], None] = lambda _: None
) -> Verified:
    import zoo
    from zoo.manifest import MANIFEST

    start = time.monotonic()
    loaded = zoo.load(model)
    assert loaded.folder is not None
    manifest = hashlib.sha256((loaded.folder / MANIFEST).read_bytes()).hexdigest()
    checks = tuple(verify(loaded, seconds, say))
    took, signature = time.monotonic() - start, verify_model(loaded.folder)
    return Verified(loaded.id, loaded.circuit.digest(), manifest, checks, took, signature)


def _verified_or_refused(name: str, seconds: float) -> Verified:
    """As `_verified`; an error is a check that failed, so that the other models go on."""
    start = time.monotonic()
    try:
        return _verified(name, seconds)
    except ZooError as error:
        failed = Check("loading and running", "folder", str(error), False)
        entry = entries()[name]
        took = time.monotonic() - start
        return Verified(name, entry.circuit_sha256, entry.manifest_sha256, (failed,), took)


def _digests(verified: Verified) -> dict[str, str]:
    """Digest -> the clips that it is over, in words."""
    found: dict[str, dict[str, None]] = {}
    for check in verified.checks:
        if check.digest is not None:
            found.setdefault(check.digest, {})[OVER[check.over]] = None
    return {digest: " and ".join(over) for digest, over in found.items()}


def _sentence(verified: Verified) -> str:
    """What came out, in a line."""
    from rich.markup import escape

    if verified.forged:
        return f"[red]{verified.id}: {verified.signature}.[/red]"
    if verified.differs:
        return f"[red]{verified.id}: the implementations differ.[/red]"
    if verified.left_out:
        reasons = "; ".join(f"{check.what} did not run ({check.result})" for check in verified.left_out)
        return escape(f"{verified.id}: a partial proof: {reasons}.")
    return f"[green]{verified.id}: every implementation gives the same predictions.[/green]"


def checks_table(verified: Verified) -> Table:
    """A row a check."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"{verified.id}: circuit {verified.circuit[:16]}", title_justify="left")
    for heading in ("", "implementation", "compared", "predictions digest, or what else"):
        table.add_column(heading, overflow="fold")
    for check in verified.checks:
        table.add_row(MARKS[check.ok], check.what, _compared(check), escape(check.result))
    return table


def _compared(check: Check) -> str:
    """What an implementation answered: clips, and how long they last."""
    if check.over in ("folder", "sets"):
        return ""
    if check.over == "golden":
        return f"golden vectors, {check.seconds:.2f} s" if check.seconds else "golden vectors"
    if not check.clips:
        return ""
    return f"{check.clips} clip{'' if check.clips == 1 else 's'}, {check.seconds:,.1f} s"


def summary_table(found: Sequence[Verified]) -> Table:
    """A row a model, a column an implementation: the seconds over which its predictions are equal."""
    from rich.table import Table

    ran = {check.what for verified in found for check in _predictions(verified)}
    names = [name for name in SHORT if name in ran]
    table = Table(title="Seconds of audio over which predictions are equal", title_justify="left")
    table.add_column("model", no_wrap=True)
    for name in names:
        table.add_column(SHORT[name], justify="right", no_wrap=True)
    table.add_column("digest", no_wrap=True)
    for verified in found:
        first = {check.what: check for check in reversed(_predictions(verified))}
        cells = [_cell(first[name]) if name in first else "" for name in names]
        digest = next((check.digest for check in verified.checks if check.digest), None)
        mark = "[red]differs[/red]" if verified.differs else (digest or "")[:8]
        table.add_row(verified.id, *cells, mark)
    return table


def _predictions(verified: Verified) -> list[Check]:
    return [check for check in verified.checks if check.over in ("all", "emulated")]


def _cell(check: Check) -> str:
    if check.ok:
        return f"{check.seconds:,.1f}"
    return "differs" if check.ok is False else check.result.partition(":")[0]


def write_record(found: Sequence[Verified], path: Path, seconds: float) -> None:
    """Put models into a record of `zoo verify`; what it holds of models that are no longer bundled goes.

    Args:
        found: What was verified, bundled models all.
        path: JSON.
        seconds: What emulated cores heard at the most.

    Raises:
        ZooError: One is not bundled, or the file is no such record.
    """
    from zoo.atomic import write_file

    bundled = entries()
    for verified in found:
        if verified.id not in bundled or bundled[verified.id].manifest_sha256 != verified.manifest:
            raise ZooError(f"{verified.id}: a record holds bundled models only, and this is none")
    rows: dict[str, dict[str, Any]] = {}
    if path.is_file():
        record = json.loads(path.read_text("utf-8"))
        if record.get("schema") != SCHEMA:
            raise ZooError(f"{path}: expected schema {SCHEMA}, found {record.get('schema')}")
        rows = {row["id"]: row for row in record["models"] if row["id"] in bundled}
    for verified in found:
        row = {name: value for name, value in asdict(verified).items() if name != "signature"}
        rows[verified.id] = row | {"emulated_at_most": seconds, "with": versions()}
    record = {"schema": SCHEMA, "models": [rows[name] for name in sorted(rows)]}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, json.dumps(record, indent=1) + "\n")


def versions() -> dict[str, str]:
    """What ran: the processor's kind, Python, and the packages that compute, compile and emulate."""
    found = {"machine": platform.machine(), "python": platform.python_version()}
    for package in ("numpy", "numba", "torch", "ziglang", "unicorn"):
        if importlib.util.find_spec(package) is not None:
            found[package] = version(package)
    return found

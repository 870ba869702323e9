"""Every kind of export by its name, and what `zoo export` does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from exporters.c import MODES, TARGETS, ExportError, export_c
from exporters.gatesfile import export_gates
from exporters.hosts import HOSTS, Host
from exporters.hosts.engine import ENGINES
from exporters.netlists import KINDS, export_netlist
from exporters.pru.export import export_pru
from zoo.model import Model


class Options(NamedTuple):
    """What may be said about an export beside its kind.

    Args:
        name: C name of everything; the model's when None.
        mode: "frame" or "block".
        target: What C is for, a key of `TARGETS`.
        device: Which PRU, a key of `exporters.pru.devices.DEVICES`.
        engine: How a host's plugin runs the model: "compiled" or "file"; what is faster when None.
        bendable: Keep every gate in a `.gates` file or a host's, so that each can be held while it runs.
    """

    name: str | None = None
    mode: str = "frame"
    target: str = "portable"
    device: str = "bela"
    engine: str | None = None
    bendable: bool = False


def _c(model: Model, out: str | PathLike[str], options: Options) -> str:
    source = export_c(model, out, options.name, options.mode, options.target)  # type: ignore[arg-type]
    gates = source.with_name(f"{source.stem}_gates.S")
    files = f"{source}, {gates.name} and the header" if gates.is_file() else f"{source} and its header"
    return f"wrote {files}. Call {source.stem}_init, then {source.stem}_push."


def _pru(model: Model, out: str | PathLike[str], options: Options) -> str:
    source = export_pru(model, out, options.name, options.mode, options.device)
    stem = source.stem
    return f"wrote {source}, {stem}.bin, {stem}_pru.h and the memory map. {stem}_pru.h says how to load it."


def _gates(model: Model, out: str | PathLike[str], options: Options) -> str:
    path = export_gates(model, out, options.name, options.bendable)
    return f"wrote {path}, {path.stat().st_size:,} bytes for programs that load models while they run."


def _host(host: Host, model: Model, out: str | PathLike[str], options: Options) -> str:
    engine: Any = options.engine
    return host.export(model, out, options.name, engine, options.target, options.bendable)


def _netlist(kind: str, model: Model, out: str | PathLike[str], options: Options) -> str:
    path = export_netlist(model, out, kind, options.name)
    circuit = model.circuit
    return (
        f"wrote {path}: {circuit.n_gates} gates and {circuit.n_registers} registers, from the "
        f"{circuit.n_inputs} bits of the front end to the {circuit.n_outputs} that the head takes."
    )


# Name of a kind -> a function that writes it and says what it wrote.
EXPORTERS: dict[str, Callable[[Model, str | PathLike[str], Options], str]] = {
    "c": _c,
    "gates": _gates,
    "pru": _pru,
    **{name: partial(_host, host) for name, host in HOSTS.items()},
    **{kind: partial(_netlist, kind) for kind in KINDS},
}


def export_command(
    model: str | PathLike[str],
    *,
    to: str,
    out: str | Path,
    mode: str = "frame",
    name: str | None = None,
    target: str = "portable",
    device: str = "bela",
    engine: str | None = None,
    prebuilt: bool = False,
    headers: str | Path = "/",
    bendable: bool = False,
) -> int:
    """`zoo export`: write a model as code and say what was written.

    Args:
        model: Id of a bundled model, or path of a model folder.
        to: Kind of export, a key of `EXPORTERS`.
        out: Folder for the code.
        mode: "frame" or "block".
        name: C name of the functions; the model's when None.
        target: What C is for, a key of `TARGETS`.
        device: Which PRU, a key of `exporters.pru.devices.DEVICES`.
        engine: How a host's plugin runs the model: "compiled" or "file"; what is faster when None.
        prebuilt: Build plugins for three processors: for the host `to`, or for all where it is "c".
        headers: Where the packages with the hosts' headers are installed or unpacked.
        bendable: Keep every gate in a `.gates` file or a host's, so that each can be held while it runs.

    Returns:
        0.

    Raises:
        ZooError: The model, the kind or an option cannot be used.
    """
    from rich.console import Console

    import zoo

    if to not in EXPORTERS:
        raise ExportError(f"--to: expected one of {', '.join(sorted(EXPORTERS))}, found {to!r}")
    if mode not in MODES:
        raise ExportError(f"--mode: expected one of {', '.join(MODES)}, found {mode!r}")
    if target not in TARGETS:
        raise ExportError(f"--target: expected one of {', '.join(TARGETS)}, found {target!r}")
    if engine is not None and engine not in ENGINES:
        raise ExportError(f"--engine: expected one of {', '.join(ENGINES)}, found {engine!r}")
    loaded = zoo.load(model)
    if prebuilt:
        return _prebuilt(loaded, to, out, name, Path(headers))
    said = EXPORTERS[to](loaded, out, Options(name, mode, target, device, engine, bendable))
    Console().print(f"{loaded.id}: {said}", highlight=False, soft_wrap=True, markup=False)
    return 0


def _prebuilt(model: Model, to: str, out: str | Path, name: str | None, headers: Path) -> int:
    from rich.console import Console

    from exporters.hosts.prebuilt import HOSTS as BUILT
    from exporters.hosts.prebuilt import export_prebuilt

    if to not in (*BUILT, "c"):  # "c" is what `--to` is when nobody gave one
        raise ExportError(f"--prebuilt: expected --to {', '.join(BUILT)} or none for all of them, found {to}")
    console = Console()
    hosts = (to,) if to in BUILT else BUILT
    with console.status("building") as status:
        found = export_prebuilt(model, out, hosts, headers, name, status.update)
    for path in found:
        console.print(str(path), highlight=False, soft_wrap=True, markup=False)
    return 0

"""Plugins as binaries: Pd externals, SuperCollider UGens and Csound opcodes for three processors.

The compiler is that of the pip package `ziglang`, so any machine builds for every other, and against an old C
library (2.24, that of Bela's image): what runs there runs on newer ones too. Paths and times leave no trace,
so the bytes are the same each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from os import PathLike
from pathlib import Path

from exporters.c.build import Compiler, build, zig
from exporters.c.names import ExportError, default_name
from exporters.hosts.csound import CSOUND
from exporters.hosts.engine import best_engine, check_hosted
from exporters.hosts.host import Host, Wrapped
from exporters.hosts.pd import PD
from exporters.hosts.supercollider import SUPERCOLLIDER, class_name
from zoo.hub.release import HOW_BUILT
from zoo.model import Model

GLIBC = "2.24"


@dataclass(frozen=True)
class Machine:
    """What is built for.

    Args:
        name: As people and folders call it.
        flags: Of the compiler.
        bela: Whether it is a Bela's, whose Csound has 32-bit samples.
    """

    name: str
    flags: tuple[str, ...]
    bela: bool = False


MACHINES = (
    Machine("x86-64", ("-target", f"x86_64-linux-gnu.{GLIBC}", "-mcpu=x86_64")),
    Machine("armv7", ("-target", f"arm-linux-gnueabihf.{GLIBC}", "-mcpu=cortex_a8"), bela=True),
    Machine("aarch64", ("-target", f"aarch64-linux-gnu.{GLIBC}", "-mcpu=baseline")),
)

COMPILED = ("-O3", "-g0", "-fPIC", "-I.")
COMMON = (*COMPILED, "-s", "-shared", "-Wl,--build-id=none")

# Where the headers of hosts lie, by Debian's packages.
HEADERS = {
    "pd": ("usr/include/pd", "m_pd.h", "puredata-dev"),
    "supercollider": ("usr/include/SuperCollider", "plugin_interface/SC_PlugIn.h", "supercollider-dev"),
    "csound": ("usr/include/csound", "csdl.h", "libcsound64-dev"),
}
HOSTS = tuple(HEADERS)


def export_prebuilt(
    model: Model,
    directory: str | PathLike[str],
    hosts: Sequence[str] = HOSTS,
    headers: Path = Path("/"),
    name: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Build a model's plugins.

    Args:
        model: What to build.
        directory: Gets `MACHINE/HOST/...`, with a text beside each build that says how to do it again.
        hosts: Of `HOSTS`.
        headers: Where Debian's packages are installed or unpacked.
        name: C name; the last part of the model's id when None.
        say: Told what is being built.

    Returns:
        Every binary.

    Raises:
        ExportError: A header is missing, or the model has no shape in an audio host.
        BuildError: The compiler failed.
    """
    from zoo.atomic import write_file

    check_hosted(model)
    wrapped = Wrapped(model, name or default_name(model.id), best_engine(model))
    found = []
    for host in hosts:
        known = _headers(host, headers)
        for machine in MACHINES:
            say(f"{host} for {machine.name}")
            files, others = _BUILDERS[host](wrapped, machine, known)
            folder = Path(directory) / machine.name / host
            how = how_built(wrapped, host, machine, known, files)
            everything: dict[str, bytes | str] = {**files, **others, HOW_BUILT: how}
            for path, content in everything.items():
                place = folder / path
                place.parent.mkdir(parents=True, exist_ok=True)
                write_file(place, content)
            found += [folder / path for path in files]
    return found


def how_built(
    wrapped: Wrapped, host: str, machine: Machine, headers: Mapping[str, str], files: Mapping[str, bytes]
) -> str:
    """From what and with what these binaries were built, and their digests: lines of `key: value`."""
    seen = hashlib.sha256(repr(sorted(headers.items())).encode()).hexdigest()
    lines = {
        "model": wrapped.model.id,
        "circuit": wrapped.model.circuit.digest(),
        "exporter": f"difflogic-zoo {version('difflogic-zoo')}",
        "compiler": zig().label,
        "flags": " ".join((*machine.flags, *COMMON)),
        "headers": f"{HEADERS[host][2]}, sha256 {seen}",
        "again": f"zoo export MODEL --to {host} --prebuilt --name {wrapped.name} -o DIR",
        **{name: f"sha256 {hashlib.sha256(data).hexdigest()}" for name, data in sorted(files.items())},
    }
    return "".join(f"{key}: {value}\n" for key, value in lines.items())


def _headers(host: str, root: Path) -> dict[str, str]:
    """Name -> text of every header of a host, so that a build sees nothing else of this machine."""
    place, needed, package = HEADERS[host]
    folder = root / place
    if not (folder / needed).is_file():
        raise ExportError(
            f"{folder}: no {needed}. Install Debian's {package}, or unpack it (`apt-get download {package}` "
            f"and `dpkg -x {package}_*.deb DIR`) and say --headers DIR"
        )
    return {
        f"headers/{path.relative_to(folder)}": path.read_text("utf-8", "replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in (".h", ".hpp", "")
    }


def _binary(
    wrapped: Wrapped, written: Mapping[str, str], own: str, headers: Mapping[str, str], flags: Sequence[str]
) -> bytes:
    """The plugin of one file of its own, and of what all of a model's plugins share."""
    shared = {p: text for p, text in written.items() if p.startswith("src/") or p.endswith(".h")}
    files = {own.replace("~", "_tilde"): written[own], **shared, **headers}
    if not own.endswith(".cpp"):
        return build(zig(), (*flags, *COMMON), files, f"{wrapped.name}.so", ("-lm",)).read_bytes()
    plain = {p: text for p, text in files.items() if p != own}
    others = {p: text for p, text in files.items() if not p.endswith((".c", ".S"))}
    plugin = build(_zig_cpp(), (*flags, *COMPILED, "-c"), others, "plugin.o")
    return build(zig(), (*flags, *COMMON), plain, f"{wrapped.name}.so", (str(plugin), "-lm")).read_bytes()


def _zig_cpp() -> Compiler:
    """For objects of C++, whose own library is not linked: a plugin needs nothing of it."""
    compiler = zig()
    return Compiler((*compiler.command[:-1], "c++"), compiler.label)


def _texts(host: Host, wrapped: Wrapped) -> dict[str, str]:
    """An export's files, all of them text."""
    return {path: str(text) for path, text in host.files(wrapped).items()}


Built = tuple[dict[str, bytes], dict[str, str]]


def _pd(wrapped: Wrapped, machine: Machine, headers: dict[str, str]) -> Built:
    written = _texts(PD, wrapped)
    flags = (*machine.flags, "-std=gnu99", "-fvisibility=default", "-Iheaders", "-Isrc")
    binaries = {
        f"{box}.pd_linux": _binary(wrapped, written, f"{box}.c", headers, flags)
        for box in (f"{wrapped.name}~", wrapped.name)
    }
    return binaries, {path: text for path, text in written.items() if path.endswith("-help.pd")}


def _supercollider(wrapped: Wrapped, machine: Machine, headers: dict[str, str]) -> Built:
    written = _texts(SUPERCOLLIDER, wrapped)
    flags = (*machine.flags, "-Iheaders/plugin_interface", "-Iheaders/common", "-Isrc")
    flags += ("-fvisibility=hidden", "-fno-exceptions", "-fno-rtti")
    binary = _binary(wrapped, written, f"{wrapped.name}.cpp", headers, flags)
    kept = {path: text for path, text in written.items() if path.startswith(("Classes/", "HelpSource/"))}
    return {f"{class_name(wrapped.name)}.so": binary}, kept


def _csound(wrapped: Wrapped, machine: Machine, headers: dict[str, str]) -> Built:
    written, changed = _texts(CSOUND, wrapped), {}
    if machine.bela:  # Debian's header insists on 64-bit samples
        changed["headers/float-version.h"] = ""
    flags = (*machine.flags, "-std=gnu99", "-fvisibility=default", "-Iheaders", "-Isrc")
    flags += () if machine.bela else ("-DUSE_DOUBLE",)
    binary = _binary(wrapped, written, f"{wrapped.name}_opcode.c", headers | changed, flags)
    return {f"lib{wrapped.name}.so": binary}, {f"{wrapped.name}.csd": written[f"{wrapped.name}.csd"]}


_BUILDERS: dict[str, Callable[[Wrapped, Machine, dict[str, str]], Built]] = {
    "pd": _pd,
    "supercollider": _supercollider,
    "csound": _csound,
}

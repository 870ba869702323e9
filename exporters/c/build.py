"""Compile generated C with the pip package `ziglang` or any C compiler; results are cached by content."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from zoo.cache import cache_folder
from zoo.errors import MissingExtraError, ZooError

HOST_FLAGS = ("-std=c99", "-O2", "-g0", "-fPIC", "-shared", "-nostdlib")

# Thumb-2 for the Cortex-A8 without NEON, whose cycles the core model does not know; no library at all.
A8_FLAGS = (
    *("-target", "thumb-freestanding-eabi", "-mcpu=cortex_a8-neon", "-std=c99", "-O2", "-g0"),
    *("-fomit-frame-pointer", "-ffreestanding", "-fno-builtin", "-nostdlib", "-static"),
)

# A64 for the Cortex-A53; no library at all.
A53_FLAGS = (
    *("-target", "aarch64-freestanding-none", "-mcpu=cortex_a53", "-std=c99", "-O2", "-g0"),
    *("-fomit-frame-pointer", "-ffreestanding", "-fno-builtin", "-nostdlib", "-static"),
)

# WebAssembly with 128-bit vectors, every function of the files callable from outside.
WASM_FLAGS = (
    *("-target", "wasm32-freestanding", "-msimd128", "-std=c99", "-O1", "-g0", "-ffreestanding"),
    *("-nostdlib", "-Wl,--no-entry", "-Wl,--export-dynamic", "-fvisibility=default"),
)

TIME_LIMIT = 600


class BuildError(ZooError):
    """A compiler failed or could not be run; the message holds what it printed."""


@dataclass(frozen=True)
class Compiler:
    """A command that compiles C.

    Args:
        command: Program and first arguments.
        label: What people call it, with its version.
    """

    command: tuple[str, ...]
    label: str


def host_compiler() -> Compiler:
    """What builds for this machine: `$CC`, else ziglang, else cc, gcc or clang.

    Raises:
        BuildError: `$CC` names nothing that runs.
        MissingExtraError: There is no compiler.
    """
    if chosen := os.environ.get("CC"):
        command = tuple(shlex.split(chosen))
        if not command or shutil.which(command[0]) is None:
            raise BuildError(f"CC={chosen}: no such program; unset CC or set it to a C compiler")
        return Compiler(command, _first_line(command))
    if importlib.util.find_spec("ziglang") is not None:
        return zig()
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return Compiler((name,), _first_line((name,)))
    raise MissingExtraError(
        "no C compiler: neither ziglang nor cc, gcc or clang is here. Install one with "
        "pip install 'difflogic-zoo[bench]'"
    )


def zig() -> Compiler:
    """The C compiler of the pip package `ziglang`, which builds for every target.

    Raises:
        MissingExtraError: It is not installed.
    """
    if importlib.util.find_spec("ziglang") is None:
        raise MissingExtraError(
            "building for a machine other than this one needs ziglang: pip install 'difflogic-zoo[bench]'"
        )
    return Compiler((sys.executable, "-m", "ziglang", "cc"), f"ziglang {version('ziglang')} (clang)")


def build(
    compiler: Compiler, flags: Sequence[str], files: Mapping[str, str], output: str, links: Sequence[str] = ()
) -> Path:
    """Compile and link the C, C++ and assembly files among `files`, or find the result of an earlier call.

    Args:
        compiler: What to run.
        flags: Its arguments before the files.
        files: Name -> text of every source and header.
        output: Name of the result.
        links: Arguments after the files.

    Returns:
        The result, in the cache folder; it is there whole or not at all.

    Raises:
        BuildError: The compiler failed, or the cache folder cannot be written.
    """
    key = hashlib.sha256(repr((compiler, tuple(flags), sorted(files.items()), output, tuple(links))).encode())
    cache = cache_folder()
    place = cache / "builds" / key.hexdigest()[:32] / output
    if place.is_file():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".build-", dir=cache) as folder:
            for name, text in files.items():
                (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / name).write_text(text)
            sources = sorted(name for name in files if name.endswith((".c", ".cpp", ".s", ".S")))
            _run((*compiler.command, *flags, "-o", output, *sources, *links), Path(folder))
            (Path(folder) / output).replace(place)
    except OSError as error:
        said = error.strerror or error
        raise BuildError(f"{cache}: {said}. Choose another folder with ZOO_CACHE") from None
    return place


def _run(command: tuple[str, ...], folder: Path) -> None:
    zig_cache = {f"ZIG_{kind}_CACHE_DIR": str(cache_folder() / "zig") for kind in ("GLOBAL", "LOCAL")}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=zig_cache | os.environ,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{shlex.join(command)}: {error}") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-4_000:] or "nothing"
        raise BuildError(f"{shlex.join(command)} failed with exit code {done.returncode} and said:\n{said}")


def _first_line(command: tuple[str, ...]) -> str:
    """What the compiler calls itself; a different version is a different cache entry."""
    try:
        said = subprocess.run((*command, "--version"), capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{shlex.join(command)} --version: {error}") from None
    return (said.strip().splitlines() or [shlex.join(command)])[0]

"""Generated code compiled once, with how long that took: for some peers two minutes."""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from zoo.cache import cache_folder

TIME_LIMIT = 1_800


@dataclass(frozen=True)
class Built:
    """A shared library.

    Args:
        path: The shared library.
        compiler: What the compiler calls itself.
        flags: Its arguments.
        seconds: CPU time that compiling took.
    """

    path: str
    compiler: str
    flags: tuple[str, ...]
    seconds: float


def build_timed(files: Mapping[str, str], flags: tuple[str, ...], compiler: str = "gcc") -> Built:
    """Compile to a shared library, or find the result of an earlier call and what it took then.

    Args:
        files: Name -> text of C, assembly and headers.
        flags: Arguments of the compiler.
        compiler: Program to run.

    Raises:
        FileNotFoundError: There is no such compiler.
        subprocess.CalledProcessError: It failed; its message is in `stderr`.
    """
    if shutil.which(compiler) is None:
        raise FileNotFoundError(f"{compiler} is not installed")
    label = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout
    label = label.partition("\n")[0]
    key = hashlib.sha256(repr((sorted(files.items()), flags, label)).encode()).hexdigest()[:32]
    folder = cache_folder() / "timed" / key
    note = folder / "built.json"
    if note.is_file():
        kept = json.loads(note.read_text())
        return Built(**{**kept, "flags": tuple(kept["flags"])})
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        here = Path(temporary)
        for name, text in files.items():
            (here / name).write_text(text)
        sources = sorted(name for name in files if name.endswith((".c", ".S")))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [compiler, "-shared", "-fPIC", *flags, "-o", "library.so", *sources]
        subprocess.run(command, cwd=here, check=True, capture_output=True, text=True, timeout=TIME_LIMIT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        (here / "library.so").replace(folder / "library.so")
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        built = Built(str(folder / "library.so"), label, flags, round(seconds, 2))
        (here / "built.json").write_text(json.dumps(asdict(built)))
        (here / "built.json").replace(note)
    return built

"""Install the pure Python part of difflogic: `python -m bench.peers.install_difflogic`.

No published form of it installs without CUDA: its setup imports torch's extension builder, and its package
the CUDA extension. So the source distribution is built with a stand-in builder that builds nothing, into a
folder of its own; whoever imports it from there first puts an empty module `difflogic_cuda` in place.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = "0.1.0"
FOLDER = Path(__file__).parents[2] / "build" / "peers"

_STAND_IN = """\
from setuptools import Extension
from setuptools.command.build_ext import build_ext


class BuildExtension(build_ext):
    def run(self):
        pass


def CUDAExtension(name, sources, **options):
    return Extension(name, sources)
"""


def install(folder: Path = FOLDER) -> None:
    """Build and install into `folder`, which the benchmark adds to its path.

    Raises:
        subprocess.CalledProcessError: pip failed; it has said why.
    """
    with tempfile.TemporaryDirectory() as temporary:
        stand_in = Path(temporary) / "torch" / "utils"
        stand_in.mkdir(parents=True)
        (stand_in.parent / "__init__.py").touch()
        (stand_in / "__init__.py").touch()
        (stand_in / "cpp_extension.py").write_text(_STAND_IN)
        command = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--quiet",
            "--upgrade",
        ]
        command += ["--no-deps", "--no-build-isolation", "--target", str(folder), f"difflogic=={VERSION}"]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": temporary})


if __name__ == "__main__":
    install()

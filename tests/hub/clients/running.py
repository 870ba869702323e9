"""How tests run other people's clients."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CLIENTS = ROOT / "build" / "clients"
MODEL = ROOT / "zoo" / "models" / "bela" / "snare-gates"
PYTHONS = {
    "2.4": Path(sys.executable),
    "1.33": CLIENTS / "1.33.0" / "bin" / "python",
    "0.36": CLIENTS / "0.36.2" / "bin" / "python",
}


def present(program: Path | str) -> str:
    """The program's path; without it the test is skipped, but not where CI has installed it."""
    if found := shutil.which(program):
        return found
    how = f"{program} is not installed: scripts/install_hub_clients.sh"
    if os.environ.get("CI") == "true":
        pytest.fail(how)
    pytest.skip(how)


def environment(hub_url: str, token: str, home: Path) -> dict[str, str]:
    """What a client gets to know: where the hub is, who it is, and where to keep things."""
    return {
        "PATH": os.environ["PATH"],
        "HF_ENDPOINT": hub_url,
        "HF_TOKEN": token,
        "HF_HOME": str(home),
    }


def run(command: list[str], known: dict[str, str], cwd: Path | None = None) -> str:
    """What a client says; one that fails shows all it said."""
    done = subprocess.run(
        command, env=known, cwd=cwd, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def last_line(said: str) -> str:
    return said.strip().rpartition("\n")[2]

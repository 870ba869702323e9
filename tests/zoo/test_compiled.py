"""numba's cache is a convenience: where it cannot be written, loops still run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOOP = """
from zoo.compiled import compiled

@compiled()
def total(n):
    s = 0
    for i in range(n):
        s += i
    return s

print(total(5))
"""


@pytest.mark.parametrize("writable", [True, False])
def test_a_loop_runs_with_and_without_a_cache(tmp_path: Path, writable: bool) -> None:
    (tmp_path / "loop.py").write_text(LOOP)
    if not writable:  # a file where numba wants a folder stops root too
        (tmp_path / "__pycache__").write_text("")
    home = tmp_path if writable else tmp_path / "loop.py"
    variables = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "loop.py"], cwd=tmp_path, env=os.environ | variables, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("10\n", "")
    assert bool(list(tmp_path.rglob("*.nbi"))) == writable

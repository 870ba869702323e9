"""The Bela project, the Pd external in ARM's own Pd, and the board's program, on an emulated ARM."""

import hashlib
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest

import zoo
from exporters.c.build import zig
from exporters.c.names import default_name
from exporters.hosts import HOSTS
from exporters.hosts.engine import best_engine
from exporters.hosts.host import Wrapped
from tests.exporters.hosts import bela_host, pd_host
from tests.exporters.hosts.expected import expected_outputs
from tests.exporters.hosts.hosts import make, needs
from tests.exporters.hosts.test_hosts import MODELS, recording

ROOT = Path(__file__).parents[3] / "build" / "arm-pd"
QEMU = ("qemu-arm", "-L", str(ROOT))
TARGET = ("-target", "arm-linux-gnueabihf.2.24", "-mcpu=cortex_a8")  # Bela's processor and C library

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _needs_arm() -> None:
    needs("qemu-arm", "qemu-user")
    needs(str(ROOT / "usr" / "bin" / "puredata"), "Pd for ARM: run scripts/build_arm_pd.sh")


def cross_compiler() -> str:
    """The setting of a Makefile."""
    return f"CC={shlex.join([*zig().command, *TARGET])}"


@pytest.mark.parametrize("id", MODELS)
def test_bela_project(id: str, tmp_path: Path) -> None:
    model = zoo.load(id)
    HOSTS["bela"].export(model, tmp_path)
    bela_host.build_arm(tmp_path)
    samples, sound = recording(id)
    wrapped = Wrapped(model, default_name(id), best_engine(model))
    instances = bela_host.run_signals(tmp_path, wrapped, sound, model.rate, 16, QEMU)
    for late, instance in zip((0, bela_host.LATE), instances, strict=True):
        for output, expected in zip(instance, expected_outputs(model, samples[late:]), strict=False):
            assert not output[:late].any()
            np.testing.assert_array_equal(output[late:], expected)


@pytest.mark.parametrize("id", MODELS)
def test_pd_external(id: str, tmp_path: Path) -> None:
    model = zoo.load(id)
    HOSTS["pd"].export(model, tmp_path)
    make(tmp_path, cross_compiler())
    samples, sound = recording(id)
    wrapped = Wrapped(model, default_name(id), best_engine(model))
    pd = (*QEMU, str(ROOT / "usr" / "bin" / "puredata"))
    for instance in pd_host.run_signals(tmp_path, wrapped, sound, model.rate, 16, pd=pd):
        wanted = expected_outputs(model, samples)[: len(wrapped.signals)]
        for output, expected in zip(instance, wanted, strict=True):
            np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("id", MODELS)
def test_board_program(id: str, tmp_path: Path) -> None:
    model = zoo.load(id)
    HOSTS["board"].export(model, tmp_path)
    make(tmp_path, cross_compiler())
    samples, _ = recording(id)
    program, file = str(tmp_path / "gates-run"), str(tmp_path / f"{default_name(id)}.gates")
    done = subprocess.run([*QEMU, program, file], input=samples.tobytes(), capture_output=True)
    assert done.returncode == 0, done.stderr
    trace = model.predict(samples)
    found = np.frombuffer(done.stdout, np.int32)
    assert digest(found[: trace.values.size]) == digest(trace.values.ravel())
    if len(trace.hits):
        np.testing.assert_array_equal(np.flatnonzero(found[trace.values.size :]), trace.hits)
    timed = subprocess.run([*QEMU, program, "--time", file], input=samples.tobytes(), capture_output=True)
    assert f'"frames": {len(trace.values)}' in timed.stdout.decode()
    (tmp_path / "cut.gates").write_bytes(Path(file).read_bytes()[:-8])
    refused = subprocess.run([*QEMU, program, str(tmp_path / "cut.gates")], input=b"", capture_output=True)
    assert (refused.returncode, b"not as long as it says" in refused.stderr) == (1, True)


def digest(values: np.ndarray) -> str:
    return hashlib.sha256(values.astype("<i4").tobytes()).hexdigest()

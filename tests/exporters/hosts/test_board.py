"""The board's program on this machine: values, answers, controls and info of any model file."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

import zoo
from exporters.gatesfile import export_gates
from exporters.hosts import HOSTS
from tests.exporters.hosts.expected import expected_controls
from tests.exporters.hosts.hosts import make
from tests.exporters.hosts.test_hosts import BANK, MODELS, flipped, recording

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, which is the same for all models, and their files."""
    place = tmp_path_factory.mktemp("board")
    HOSTS["board"].export(zoo.load(MODELS[0]), place)
    make(place)
    for id in MODELS:
        export_gates(zoo.load(id), place, "model-" + id.split("/")[1])
    return place


def run(folder: Path, file: str, samples: np.ndarray, *way: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["./gates-run", *way, f"{file}.gates"], cwd=folder, input=samples.tobytes(), capture_output=True
    )


@pytest.mark.parametrize("id", MODELS)
def test_it_says_what_numpy_says_of_a_real_recording(id: str, folder: Path) -> None:
    model, (samples, _) = zoo.load(id), recording(id)
    trace = model.predict(samples)
    assert len(np.unique(trace.values)) > 1
    done = run(folder, "model-" + id.split("/")[1], samples)
    assert done.returncode == 0, done.stderr
    found = np.frombuffer(done.stdout, np.int32)
    values, answers = np.split(found, [trace.values.size])
    np.testing.assert_array_equal(values.reshape(trace.values.shape), trace.values)
    if len(trace.hits):
        np.testing.assert_array_equal(np.flatnonzero(answers), trace.hits)
    about = json.loads(run(folder, "model-" + id.split("/")[1], samples, "--info").stdout)
    assert (about["model"], about["digest"]) == (model.id, model.circuit.digest())


def test_it_says_what_the_oscillators_play(folder: Path) -> None:
    model, (samples, _) = zoo.load(BANK), recording(BANK)
    done = run(folder, "model-violin-gates-nano", samples, "--controls")
    found = np.frombuffer(done.stdout, np.int32).reshape(-1, model.head.bank.n_controls)
    np.testing.assert_array_equal(found, expected_controls(model, samples))
    refused = run(folder, "model-onset-gates", samples, "--controls")
    assert (refused.returncode, b"no oscillator bank" in refused.stderr) == (1, True)


def test_one_flipped_gate_is_seen_and_a_missing_file_is_an_error(folder: Path) -> None:
    model = zoo.load("bela/bytebeat-42-gates")
    export_gates(flipped(model), folder, "flipped")
    samples = np.zeros(4_096, np.int16)
    found = [run(folder, name, samples).stdout for name in ("flipped", "model-bytebeat-42-gates")]
    assert found[0] != found[1]
    assert found[0] == expected_of(flipped(model), samples)
    missing = run(folder, "nowhere", samples)
    assert (missing.returncode, missing.stdout) == (1, b"")
    assert b"cannot be opened" in missing.stderr


def expected_of(model: zoo.Model, samples: np.ndarray) -> bytes:
    """Values, then answers, which a tune has none of."""
    values = model.predict(samples).values.ravel()
    return np.concatenate([values, np.zeros(len(samples), np.int32)]).astype("<i4").tobytes()

"""The interpreter of `.gates` files against the compiled export of the same model, on this machine.

Both answer the same seconds of audio, in one call; the interpreter may take three times as long, no more.
"""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import pytest

import zoo
from bench.targets.host import Host
from exporters.gatesfile import gates_file
from exporters.gatesfile.host import LoadedGates
from tests.tiny import drums

MODELS = ("bela/onset-gates", "bela/drum-gates", "bela/pitch-gates", "bela/drive-gates", "bela/kick-gates")
SECONDS, ROUNDS, MOST = 5.0, 7, 3.0


@pytest.mark.parametrize("id", MODELS)
def test_interpreter_against_compiled(benchmark: Any, id: str) -> None:
    model = zoo.load(id)
    samples = drums(SECONDS, 1, model.rate)
    loaded, port = LoadedGates(gates_file(model)), Host().load(model)
    expected = model.predict(samples).values
    assert (port.run(samples).values == expected).all()
    assert (loaded.trace([samples]).values == expected).all()
    compiled, interpreted = [], []
    for _ in range(ROUNDS):  # in turn, so that a busy machine is busy for both
        compiled.append(seconds(lambda: port.run(samples)))
        interpreted.append(seconds(lambda: loaded.push(samples)))
    ratio = min(interpreted) / min(compiled)
    benchmark.group = f"{id}, {SECONDS:.0f} s of audio"
    benchmark.extra_info.update(
        ratio_least=ratio, ratio_median=median(interpreted) / median(compiled), state=loaded.state_bytes
    )
    benchmark(loaded.push, samples)
    assert ratio < MOST


def seconds(work: Any) -> float:
    """CPU time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start

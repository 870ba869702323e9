"""Cycles a sample of models that change a sound: sample by sample, in blocks, and of a float GRU."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bench.targets.machine import EmulatedMachine, Program
from bench.targets.port import NAME, sources
from exporters.c.build import build, zig
from exporters.c.targets import find_target
from zoo.model import Model

BLOCKS = 8  # that are followed
NOT_YET = 2  # blocks before them, which warm the branch history
CORE = "cortex-a8"
WAYS = ("cortex-a8", "cortex-a8-neon")
PAST_WORDS = 1 << 14  # room for any stream's memory
FRAMES = 64  # of the GRU


def stream_cost(model: Model, samples: npt.NDArray[np.int16], way: str) -> dict[str, int | float]:
    """Blocks of one stream, samples in and samples out, on the emulated Cortex-A8; the answers are checked.

    Args:
        model: Its block export must have `NAME_stream`.
        samples: int16, at least ten blocks.
        way: One of `WAYS`.

    Raises:
        AssertionError: A sample is not numpy's.
    """
    from bench.targets import TARGETS
    from bench.targets.emulated import EmulatedTarget

    emulated: Any = TARGETS[CORE]()
    assert isinstance(emulated, EmulatedTarget)
    files = sources(model, "block", way)
    program = Program(build(zig(), emulated.core.flags, files, "model.elf", ("-Wl,-e,harness_run",)))
    machine, core = EmulatedMachine(program), emulated.core.model(program.timings())
    n = 32 * find_target(way).words
    given = samples[: n * (NOT_YET + BLOCKS)].reshape(-1, n)
    past, sound = machine.place(np.zeros(PAST_WORDS, np.uint32)), machine.place(np.zeros(n, np.int16))
    machine.invoke(f"{NAME}_init_stream", past)
    counts, found = [], []
    for block in given:
        counts.append(core.run(machine.trace(f"{NAME}_stream", past, machine.place(block), sound)))
        found.append(machine.read(sound, np.int16, (n,)))
    expected = model.predict(given.ravel()).values[:, 0]
    assert np.array_equal(np.concatenate(found), expected), f"{way}: a sample is not numpy's"
    instructions, cycles = np.median(counts[NOT_YET:], axis=0) / n
    code = sum(
        program.code_bytes(f"{NAME}_{part}")
        for part in ("stream", "rank", "hear", "say", "late", "turn")
    )
    return {"block": n, "cycles": float(cycles), "instructions": float(instructions), "code_bytes": code}


def frame_cost(model: Model, samples: npt.NDArray[np.int16]) -> dict[str, int | float]:
    """One sample at a time on the emulated Cortex-A8: the median of the whole."""
    from bench.targets import TARGETS

    cost = TARGETS[CORE]().cost(model, [samples])
    total = cost.line("total")
    assert total.cycles is not None
    assert total.instructions is not None
    assert cost.memory is not None
    return {
        "block": 1,
        "cycles": total.cycles.median,
        "instructions": total.instructions.median,
        "code_bytes": cost.memory.code,
    }


def gru_cost(module: Any, samples: npt.NDArray[np.int16]) -> dict[str, int | float]:
    """A `CausalGru` of one sample a frame in float C, as fast as we can write it.

    Raises:
        AssertionError: It differs from PyTorch by more than a thousandth of full scale.
    """
    import torch

    from bench.peers.emulated import EmulatedPeer
    from bench.peers.float_c import float_source
    from bench.peers.nets import net_of

    x = (samples[:2_000, None] / 32_768).astype(np.float32)
    with torch.no_grad():
        expected = module.eval()(torch.from_numpy(x)[None])[0].numpy()
    peer = EmulatedPeer(float_source(net_of("causal-gru", module)))
    difference = float(np.abs(peer.run(x, np.float32) - expected).max())
    assert difference <= 1e-3, f"C differs from PyTorch by {difference}"
    cost = peer.cost(x[:FRAMES])
    return {
        "block": 1,
        "cycles": cost.cycles.median,
        "instructions": cost.instructions.median,
        "code_bytes": cost.code + cost.constants,
    }

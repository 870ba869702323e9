"""What the study of encoders tries: tasks, setups, temperatures, seeds. `scripts/study_encoders.py` runs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import product
from statistics import fmean
from typing import Any

TESTS = {"onset": ("test1", "test3"), "drums": ("test",)}
TASKS = ("drums", "onset")
SEEDS = {"drums": (1, 2, 3, 4, 5), "onset": (1, 2, 3, 4, 5)}
TUNING_SEEDS = {"drums": (11, 12), "onset": (11,)}  # an onset trial takes twice as long
Setup = tuple[str, str, int, int]  # what stands before, encoder, channels, bits
CHANNELS, WIDE, DEEP = 32, 512, 5  # of the linear layer; bits of thermometers; bits a channel of codes
THERMOMETERS = ("fixed", "learned", "ordered", "soft", "annealed", "noisy")
TEMPERATURES: dict[str, tuple[float, ...]] = {
    **dict.fromkeys(THERMOMETERS, (0.07, 0.15, 0.3)),
    "gray": (0.1, 0.3, 1.0),
}
SAME: Setup = ("linear", "learned", CHANNELS, CHANNELS * DEEP)  # a thermometer of as many bits as the codes
LINEAR: tuple[Setup, ...] = (
    *(("linear", name, CHANNELS, WIDE) for name in THERMOMETERS),
    SAME,
    *(("linear", name, CHANNELS, CHANNELS * DEEP) for name in ("positional", "positional-sine", "gray")),
)
DIRECT: tuple[Setup, ...] = tuple(
    ("nothing", name, 0, WIDE) for name in (*THERMOMETERS, "positional", "gray")
)
FROZEN: tuple[Setup, ...] = (
    ("frozen", "learned", CHANNELS, WIDE),
    ("frozen", "gray", CHANNELS, CHANNELS * DEEP),
)
OTHER: tuple[Setup, ...] = (  # bits against the metric, on drums
    *(("linear", "learned", CHANNELS, CHANNELS * each) for each in (3, 8)),
    *(("linear", "gray", CHANNELS, CHANNELS * each) for each in (3, 4)),
    ("linear", "learned", 2 * CHANNELS, WIDE),
    ("linear", "gray", 2 * CHANNELS, 2 * CHANNELS * DEEP),
)
CORE = (*(setup for setup in DIRECT if setup[1] in ("fixed", "learned")), *LINEAR, FROZEN[0])
EXTRA = tuple(setup for setup in (*DIRECT, *OTHER, FROZEN[1]) if setup not in CORE)
FEW = (*(setup for setup in DIRECT if setup[1] in ("soft", "positional", "gray")), FROZEN[1])
SETUPS = {"drums": (*CORE, *EXTRA), "onset": (*CORE, *FEW)}
Record = dict[str, Any]


@dataclass(frozen=True)
class Hyper:
    """What all trials share.

    Args:
        steps: Batches; the last weights count.
        batch: Frames a batch.
        gate_rate: Peak learning rate of the gates.
        threshold_rate: Of thresholds and of the linear layer's biases, in integers.
        weight_rate: Of the linear layer's weights, in integers.
    """

    steps: int = 2000
    batch: int = 256
    gate_rate: float = 0.03
    threshold_rate: float = 1.0
    weight_rate: float = 0.05


@dataclass(frozen=True)
class Trial:
    """One network.

    Args:
        task: `onset` or `drums`.
        before: What stands before the encoder: `nothing`, a `linear` layer that learns, or a `frozen` one.
        encoder: One of `tasks.training.encoders.ENCODERS`.
        channels: Outputs of the linear layer; 0 where there is none.
        bits: Into the first layer of gates.
        temperature: See `make_encoder`.
        seed: Of everything random.
    """

    task: str
    before: str
    encoder: str
    channels: int
    bits: int
    temperature: float | None
    seed: int


def tuning() -> Iterator[Trial]:
    """Every temperature of every encoder behind a linear layer."""
    for task in TASKS:
        for seed, (before, name, channels, bits) in product(TUNING_SEEDS[task], LINEAR):
            if name in TEMPERATURES and bits == (WIDE if name in THERMOMETERS else bits):
                for temperature in TEMPERATURES[name]:
                    yield Trial(task, before, name, channels, bits, temperature, seed)


def chosen(record: Record) -> dict[str, float]:
    """The temperature of each encoder with the best validation: the mean of the tasks' means over seeds."""

    def mean(name: str, value: float) -> float:
        rows = [row for row in record["tuning"] if (row["encoder"], row["temperature"]) == (name, value)]
        return fmean(fmean(row["hard"]["val"] for row in rows if row["task"] == task) for task in TASKS)

    return {name: max(values, key=lambda value: mean(name, value)) for name, values in TEMPERATURES.items()}


def study(record: Record) -> Iterator[Trial]:
    """Every setup with every seed, the core of them first."""
    temperatures = chosen(record)
    for setups, task in product((CORE, EXTRA), TASKS):
        for seed, (before, name, channels, bits) in product(SEEDS[task], setups):
            if (before, name, channels, bits) in SETUPS[task]:
                yield Trial(task, before, name, channels, bits, temperatures.get(name), seed)


def trial_of(row: Record) -> Trial:
    """What a row of the record tried."""
    return Trial(**{field.name: row[field.name] for field in fields(Trial)})

"""Targets: where an export runs, and what it costs there."""

from __future__ import annotations

from collections.abc import Callable

from bench.targets.base import Target


def _host() -> Target:
    from bench.targets.host import Host

    return Host()


def _cortex_a8() -> Target:
    from bench.targets.cortex_a8 import CortexA8

    return CortexA8()


def _cortex_a53() -> Target:
    from bench.targets.cortex_a53 import CortexA53

    return CortexA53()


def _pru() -> Target:
    from bench.targets.pru import Pru

    return Pru()


TARGETS: dict[str, Callable[[], Target]] = {
    "host": _host,
    "cortex-a8": _cortex_a8,
    "cortex-a53": _cortex_a53,
    "pru": _pru,
}

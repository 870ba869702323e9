"""The emulated Cortex-A8 by its first name."""

from bench.targets.machine import EmulatedMachine as A8Machine
from bench.targets.machine import EmulationError, Program

__all__ = ["A8Machine", "EmulationError", "Program"]

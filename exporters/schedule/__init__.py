"""From a circuit to straight-line code: an order of the gates, then registers for their values."""

from exporters.schedule.allocate import Allocation, allocate
from exporters.schedule.code import Copy, Gate, Instruction, Load, Machine, Place, Store
from exporters.schedule.order import depth_first, fewest_live, repeated
from exporters.schedule.running_sums import running_sums

__all__ = [
    "Allocation",
    "Copy",
    "Gate",
    "Instruction",
    "Load",
    "Machine",
    "Place",
    "Store",
    "allocate",
    "depth_first",
    "fewest_live",
    "repeated",
    "running_sums",
]

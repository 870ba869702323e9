"""Processors with PRU cores: what each has, and what of it a program may use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Ram = Literal["own", "other", "shared"]

# Where a core sees each RAM; its own is at 0 for both cores.
RAM_ADDRESS: dict[str, int] = {"own": 0x0000, "other": 0x2000, "shared": 0x10000}
BANKS = (10, 11, 12)  # the scratchpad's device numbers for XIN and XOUT


@dataclass(frozen=True)
class Region:
    """Bytes of a RAM that a program may write.

    Args:
        ram: Which RAM, seen from the program's core.
        start: First byte, counted from the start of that RAM.
        size: How many.
    """

    ram: Ram
    start: int
    size: int

    @property
    def address(self) -> int:
        """Where the core sees the first byte."""
        return RAM_ADDRESS[self.ram] + self.start


@dataclass(frozen=True)
class Device:
    """A processor's PRU subsystem, as far as one program may use it.

    Args:
        name: Its name on the command line.
        title: What it is, for people.
        clock_hz: Cycles a second.
        instruction_words: Instructions that the memory of one core holds.
        data_bytes: Size of each core's own data RAM.
        shared_bytes: Size of the RAM that both cores and the ARM see.
        core: The core that runs the program.
        free: What the program may write.
        scratch: First and last register that it may use in each of the scratchpad's three banks.
        notes: What of this is not certain.
    """

    name: str
    title: str
    clock_hz: int
    instruction_words: int
    data_bytes: int
    shared_bytes: int
    core: int
    free: tuple[Region, ...]
    scratch: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    notes: tuple[str, ...] = ()

    def free_bytes(self, ram: Ram) -> int:
        """How much of a RAM the program may write."""
        return sum(region.size for region in self.free if region.ram == ram)


AM335X = Device(
    name="am335x",
    title="AM335x (BeagleBone Black), both PRUs free",
    clock_hz=200_000_000,
    instruction_words=2048,
    data_bytes=8192,
    shared_bytes=12288,
    core=0,
    free=(Region("own", 0, 8192), Region("other", 0, 8192), Region("shared", 0, 12288)),
    scratch=((0, 29), (0, 29), (0, 29)),
)

# What core/PRU.cpp and pru/pru_rtaudio_irq.p of Bela leave alone: its own program runs on PRU1.
BELA = replace(
    AM335X,
    name="bela",
    title="PRU0 of a Bela (AM335x) while Bela's own program runs on PRU1",
    free=(Region("own", 0, 8192), Region("shared", 0x800, 0x800), Region("shared", 0x1800, 0x800)),
    scratch=((18, 29), (0, 29), (5, 29)),
)

AM62X = Device(
    name="am62x",
    title="AM62x (PocketBeagle 2, Bela Gem), both PRUs free",
    clock_hz=250_000_000,
    instruction_words=3072,
    data_bytes=8192,
    shared_bytes=32768,
    core=0,
    free=(Region("own", 0, 8192), Region("other", 0, 8192), Region("shared", 0, 32768)),
    scratch=((0, 29), (0, 29), (0, 29)),
    notes=(
        "The clock is 250 or 333 MHz by a multiplexer; 250 MHz is assumed.",
        "32 KiB of shared RAM stand in a window of 64 KiB; what Bela uses on a Gem is not public.",
    ),
)

DEVICES = {device.name: device for device in (AM335X, BELA, AM62X)}


def study(device: Device) -> Device:
    """The device with as many instructions as an address can count, to measure code that does not fit."""
    return replace(device, name=f"{device.name}-study", instruction_words=65536)

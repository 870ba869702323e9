"""The memory map of a program: what stands where in the memory that the device leaves free."""

from __future__ import annotations

from dataclasses import dataclass

from exporters.c.names import ExportError
from exporters.pru.devices import Device


@dataclass(frozen=True)
class Item:
    """One thing in memory.

    Args:
        name: Its name, a C identifier in lower case.
        address: Where the core sees its first byte.
        size: Bytes.
        what: What it is, for people.
    """

    name: str
    address: int
    size: int
    what: str


class DoesNotFitError(ExportError):
    """The data or the code do not fit, or an offset is too large for its field."""


class MemoryMap:
    """Places things in the free regions of a device and collects what they start with."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.items: list[Item] = []
        self.contents: dict[int, bytes] = {}
        self._free = [(region.address, region.size) for region in device.free]

    @property
    def free_bytes(self) -> int:
        """Bytes that nothing has taken."""
        return sum(size for _, size in self._free)

    @property
    def used_bytes(self) -> int:
        """Bytes taken."""
        return sum(item.size for item in self.items)

    def place(self, name: str, size: int, what: str, contents: bytes = b"") -> int:
        """Take `size` bytes in one piece, in the first hole that holds them: own RAM as long as it lasts.

        Args:
            name: A C identifier.
            size: Bytes; made up to whole words.
            what: What it is.
            contents: What it starts with; zeros after that.

        Returns:
            The address.

        Raises:
            DoesNotFitError: No hole is large enough.
        """
        size = -(-size // 4) * 4
        holes = [hole for hole in self._free if hole[1] >= size]
        if not holes:
            raise self._full(name, f"{size:,} bytes in one piece", max((s for _, s in self._free), default=0))
        return self._take(holes[0], name, size, what, contents)

    def place_records(self, name: str, records: list[bytes], what: str) -> list[tuple[int, int]]:
        """Take room for records of equal size, in as many pieces as the holes ask for.

        Returns:
            Address and number of records of each piece, in order.

        Raises:
            DoesNotFitError: Not all fit.
        """
        pieces: list[tuple[int, int]] = []
        done = 0
        while done < len(records):
            size = len(records[done])
            hole = max(self._free, key=lambda hole: hole[1], default=(0, 0))
            count = min(len(records) - done, hole[1] // size)
            if not count:
                raise self._full(name, f"{len(records):,} records of {size} bytes", done)
            part = f"{name}{len(pieces)}" if count < len(records) else name
            contents = b"".join(records[done : done + count])
            pieces.append((self._take(hole, part, size * count, what, contents), count))
            done += count
        return pieces

    def check_code(self, least: int) -> None:
        """Refuse straight code before it is written.

        Raises:
            DoesNotFitError: It needs more instructions than the device has.
        """
        if least > self.device.instruction_words:
            raise DoesNotFitError(
                f"instructions of {self.device.name}: straight code needs more than {least:,} for the gates, "
                f"there are {self.device.instruction_words:,}"
            )

    def images(self) -> list[tuple[int, bytes]]:
        """Address and bytes of everything that has contents or must start as zeros, joined where adjacent."""
        joined: list[tuple[int, bytes]] = []
        for item in sorted(self.items, key=lambda item: item.address):
            data = self.contents.get(item.address, b"").ljust(item.size, b"\0")
            if joined and joined[-1][0] + len(joined[-1][1]) == item.address:
                joined[-1] = joined[-1][0], joined[-1][1] + data
            else:
                joined.append((item.address, data))
        return joined

    def _take(self, hole: tuple[int, int], name: str, size: int, what: str, contents: bytes) -> int:
        address, room = hole
        at = self._free.index(hole)
        self._free[at : at + 1] = [(address + size, room - size)] if room > size else []
        self.items.append(Item(name, address, size, what))
        self.contents[address] = contents
        return address

    def _full(self, name: str, wanted: str, possible: int) -> DoesNotFitError:
        total = sum(region.size for region in self.device.free)
        return DoesNotFitError(
            f"data memory of {self.device.name}: {name} needs {wanted}, and there is room for {possible:,}; "
            f"{self.used_bytes:,} of {total:,} bytes are taken"
        )

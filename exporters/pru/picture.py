"""The memory map of a program as a table to read and as a picture."""

from __future__ import annotations

from html import escape

import numpy as np

from exporters.pru.devices import RAM_ADDRESS, Device, Ram
from exporters.pru.memory import Item
from exporters.pru.unit import PARTS, PruUnit

RAMS: tuple[Ram, ...] = ("own", "other", "shared")
TITLES = {"own": "own data RAM", "other": "the other core's data RAM", "shared": "shared RAM"}
COLOURS = ("#9ecae1", "#fdbe85", "#a1d99b", "#dab6d8", "#f4a8a5", "#a8ddd9", "#f5e08f", "#d3bba8")
WIDTH, ROW = 960, 64

Span = tuple[int, int, str, str]  # address, size, name, meaning


def memory_text(unit: PruUnit) -> str:
    """What stands where, a line each, and what is left."""
    device, words = unit.device, len(unit.program.words)
    parts = unit.part_sums(np.ones(words, np.int64))
    lines = [
        f"{unit.model.id} for {device.title}",
        "",
        f"instructions {words:>6,} of {device.instruction_words:,}",
        *(f"  {name:<12} {parts[name]:>5,}" for name in (*PARTS, "mailbox")),
        "",
        f"data         {unit.data_bytes:>6,} of {sum(r.size for r in device.free):,} bytes that are free",
    ]
    for ram in RAMS:
        lines += ["", f"{TITLES[ram]}, from 0x{RAM_ADDRESS[ram]:05X}"]
        for start, size, name, what in spans(device, ram, unit.memory.items):
            lines.append(f"  0x{start:05X} {size:>6,}  {name:<12} {what}".rstrip())
    return "\n".join(lines) + "\n"


def ram_bytes(device: Device, ram: Ram) -> int:
    """Size of a RAM."""
    return device.shared_bytes if ram == "shared" else device.data_bytes


def spans(device: Device, ram: Ram, items: list[Item]) -> list[Span]:
    """Address, size, name and meaning of everything in a RAM without a gap, free room and others' too."""
    base, end = RAM_ADDRESS[ram], RAM_ADDRESS[ram] + ram_bytes(device, ram)
    ours = [(r.address, r.address + r.size) for r in device.free if r.ram == ram]
    found = [(i.address, i.size, i.name, i.what) for i in items if base <= i.address < end]
    at = base
    for start, stop in [*ours, (end, end)]:
        if start > at:
            found.append((at, start - at, "(others')", "not for this program"))
        inside = sorted(item for item in found if start <= item[0] < stop)
        reached = start
        for item in inside:
            if item[0] > reached:
                found.append((reached, item[0] - reached, "(free)", ""))
            reached = item[0] + item[1]
        if stop > reached:
            found.append((reached, stop - reached, "(free)", ""))
        at = stop
    return sorted(found)


def memory_picture(unit: PruUnit) -> str:
    """An SVG: each memory a bar, to one scale."""
    device, words = unit.device, len(unit.program.words)
    names = [item.name for item in unit.memory.items]
    largest = max(ram_bytes(device, ram) for ram in RAMS)
    room, at = device.instruction_words, 0
    code: list[Span] = []
    for part, size in unit.part_sums(np.ones(words, np.int64)).items():
        code.append((at, size, part, "instructions of this part, wherever they stand"))
        at += size
    code.append((words, room - words, "(free)", ""))
    parts = [*PARTS, "mailbox"]
    bars = [_bar(0, "instruction memory", code, room, room, "instructions", parts)]
    for row, ram in enumerate(RAMS, 1):
        base = RAM_ADDRESS[ram]
        rows = [
            (at - base, size, name, what) for at, size, name, what in spans(device, ram, unit.memory.items)
        ]
        bars.append(_bar(row, TITLES[ram], rows, ram_bytes(device, ram), largest, "bytes", names))
    height = ROW * len(bars) + 16
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">\n'
        '<rect width="100%" height="100%" fill="white"/>\n'
        f"<title>{escape(unit.model.id)} in the memory of {escape(device.title)}</title>\n"
        + "".join(bars)
        + "</svg>\n"
    )


def _bar(
    row: int,
    title: str,
    rows: list[Span],
    size: int,
    largest: int,
    unit: str,
    names: list[str],
) -> str:
    """One memory: its name, and a rectangle for each thing in it."""
    y, scale = ROW * row + 8, (WIDTH - 16) / largest
    used = sum(n for _, n, name, _ in rows if not name.startswith("("))
    out = [f'<text x="8" y="{y + 12}">{escape(title)}: {used:,} of {size:,} {unit}</text>\n']
    for start, n, name, what in rows:
        colour = {"(free)": "#f4f4f4", "(others')": "#bbbbbb"}.get(name, "")
        colour = colour or COLOURS[names.index(name) % len(COLOURS)]
        x, w = 8 + start * scale, n * scale
        label = f"{name} {n:,} {unit}" + (f": {what}" if what else "")
        out.append(
            f'<rect x="{x:.1f}" y="{y + 18}" width="{w:.1f}" height="28" fill="{colour}" stroke="#555" '
            f'stroke-width="0.5"><title>{escape(label)}</title></rect>\n'
        )
        if w > 7 * len(name):
            out.append(f'<text x="{x + 3:.1f}" y="{y + 36}" font-size="11">{escape(name)}</text>\n')
    return "".join(out)

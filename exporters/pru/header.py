"""The C header of a PRU program: words, what memory starts with, the memory map, how to load and call it."""

from __future__ import annotations

from exporters.c.part import table
from exporters.pru.devices import AM62X, RAM_ADDRESS
from exporters.pru.mailbox import FIELDS, MAGIC, STOP, VERSION
from exporters.pru.unit import PruUnit

# RAM as a core sees it -> the name that libprussdrv maps it by, for each core.
MAPPED = {
    "own": ("PRUSS0_PRU0_DATARAM", "PRUSS0_PRU1_DATARAM"),
    "other": ("PRUSS0_PRU1_DATARAM", "PRUSS0_PRU0_DATARAM"),
    "shared": ("PRUSS0_SHARED_DATARAM", "PRUSS0_SHARED_DATARAM"),
}


def ram_of(address: int) -> str:
    """Which RAM a core finds at an address."""
    return max((ram for ram, start in RAM_ADDRESS.items() if start <= address), key=RAM_ADDRESS.__getitem__)


def header_text(unit: PruUnit) -> str:
    """The whole header."""
    by_prussdrv = not unit.device.name.startswith(AM62X.name)  # the library knows the AM335x alone
    words = [f"0x{word:08X}u" for word in unit.program.words.tolist()]
    images, parts = [], []
    for i, (address, data) in enumerate(unit.images()):
        ram = ram_of(address)
        start = address - RAM_ADDRESS[ram]
        content = [f"0x{data[j : j + 4][::-1].hex().upper()}u" for j in range(0, len(data), 4)]
        images.append(
            f"/* {len(data)} bytes at 0x{start:04X} of the {ram} RAM */\n"
            f"static const uint32_t $name_data{i}[{len(content)}] = {{\n{table(content, 8)}}};\n"
        )
        mapped = MAPPED[ram][unit.device.core]
        parts.append(f"{{ {mapped}, 0x{start:04X}u, {len(data)}u, $name_data{i} }}")
    text = (
        HEADER.replace("@functions", FUNCTIONS if by_prussdrv else "")
        .replace("@load", BY_PRUSSDRV if by_prussdrv else BY_REMOTEPROC)
        .replace("@title", _title(unit))
        .replace("@defines", _defines(unit))
        .replace("@code", f"static const uint32_t $name_code[{len(words)}] = {{\n{table(words, 8)}}};\n")
        .replace("@images", "\n".join(images))
        .replace("@parts", ",\n".join(f"        {part}" for part in parts))
        .replace("@mailbox_ram", MAPPED[ram_of(unit.mailbox.address)][unit.device.core])
        .replace("@core", str(unit.device.core))
    )
    return text.replace("$NAME", unit.name.upper()).replace("$name", unit.name)


def _title(unit: PruUnit) -> str:
    lines = unit.text.partition(".origin")[0].splitlines()
    return "".join(f" * {line.removeprefix('// ')}\n" for line in lines)


def _defines(unit: PruUnit) -> str:
    """Numbers of the program, and the memory map."""
    model, box = unit.model, unit.mailbox
    start = RAM_ADDRESS[ram_of(box.address)]
    rows = [
        ("HOP", str(model.hop), "samples a frame"),
        ("RATE", str(model.rate), "samples a second"),
        ("VALUES", str(model.head.n_values), "integers a frame"),
        ("CODE_WORDS", str(len(unit.program.words)), "instructions"),
        ("MAILBOX", f"0x{box.address - start:04X}u", "where the mailbox stands in its RAM"),
        ("SAMPLES", f"0x{box.samples - start:04X}u", "where the samples stand there, int16"),
        ("RESULT", f"0x{box.values - start:04X}u", "where the values stand there, int32"),
        ("MAGIC", f"0x{MAGIC:08X}u", "the first word of the mailbox"),
        ("VERSION", f"{VERSION}u", "the second: of its layout"),
        ("STOP", f"0x{STOP:08X}u", "the request that halts the program"),
    ]
    rows += [(f"AT_{key}", f"0x{at:02X}u", what) for key, (at, what) in FIELDS.items()]
    rows += [
        (f"MAP_{item.name.upper()}", f"0x{item.address:05X}u", f"{item.size} bytes: {item.what}")
        for item in sorted(unit.memory.items, key=lambda item: item.address)
    ]
    return "".join(f"#define $NAME_{key} {value} /* {what} */\n" for key, value, what in rows)


BY_PRUSSDRV = """\
Define $NAME_PRUSSDRV before including this file for
 * functions that use libprussdrv."""

BY_REMOTEPROC = """\
Put the data in place, then let the kernel's
 * remoteproc start the words of $name_code: libprussdrv does not know this processor."""

HEADER = """\
/*
@title *
 * The program runs for ever. It waits until REQUEST and DONE of the mailbox differ, reads HOP samples
 * (int16), writes VALUES integers (int32), the answer and the cycles that it took, and then copies REQUEST to
 * DONE. A request of all ones halts it.
 *
 * A loader should look at the first words of the mailbox: magic, version, the circuit's digest, samples and
 * values a frame. $NAME_MAP_...: what stands where, as the core sees it (own data RAM from 0, the other
 * core's from 0x2000, shared RAM from 0x10000). @load
 */
#ifndef $NAME_PRU_H
#define $NAME_PRU_H

#include <stdint.h>

@defines
@code
@images
@functions#endif
"""

FUNCTIONS = """\
#ifdef $NAME_PRUSSDRV

#include <prussdrv.h>

static volatile uint8_t *$name_ram; /* the RAM that the mailbox stands in */

static volatile uint32_t *$name_word(uint32_t field)
{
    return (volatile uint32_t *)($name_ram + $NAME_MAILBOX + field);
}

/* After prussdrv_init and prussdrv_open: put the data in place and start the core. Returns 0, or -1. */
static int $name_start(void)
{
    static const struct { unsigned int ram; uint32_t at, bytes; const uint32_t *data; } part[] = {
@parts
    };
    uint32_t i, j;
    void *ram;
    prussdrv_pru_disable(@core);
    for (i = 0; i < sizeof part / sizeof part[0]; i++) {
        if (prussdrv_map_prumem(part[i].ram, &ram))
            return -1;
        for (j = 0; j < part[i].bytes / 4; j++)
            ((volatile uint32_t *)((uint8_t *)ram + part[i].at))[j] = part[i].data[j];
    }
    if (prussdrv_map_prumem(@mailbox_ram, &ram))
        return -1;
    $name_ram = (volatile uint8_t *)ram;
    if (*$name_word($NAME_AT_MAGIC) != $NAME_MAGIC)
        return -1;
    return prussdrv_exec_code(@core, (const unsigned int *)$name_code, sizeof $name_code) ? -1 : 0;
}

/* Hand over $NAME_HOP samples. */
static void $name_send(const int16_t *samples)
{
    volatile int16_t *to = (volatile int16_t *)($name_ram + $NAME_SAMPLES);
    int i;
    for (i = 0; i < $NAME_HOP; i++)
        to[i] = samples[i];
    ++*$name_word($NAME_AT_REQUEST);
}

/* Whether the answer to the last request is there; then read it with $name_answer and $name_value. */
static int $name_ready(void)
{
    return *$name_word($NAME_AT_DONE) == *$name_word($NAME_AT_REQUEST);
}

/* 1 for an onset, the class of a GroupSum, else 0. */
static int32_t $name_answer(void)
{
    return (int32_t)*$name_word($NAME_AT_ANSWER);
}

static int32_t $name_value(int i)
{
    return ((volatile int32_t *)($name_ram + $NAME_RESULT))[i];
}

#endif

"""

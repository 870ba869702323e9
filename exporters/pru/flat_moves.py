"""The end of a step: registers take old values of other registers, and next values that waited in a slot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from exporters.pru.flat_machine import Op


def move_registers(
    moves: Mapping[int, int], late: Mapping[int, int], registers: Sequence[int], spare: int
) -> list[Op]:
    """Instructions that copy words of memory, all of them as they were before.

    Args:
        moves: Word of a register -> word of the register whose old value it takes.
        late: Word of a register -> slot that its next value waits in.
        registers: Registers to use; a run of neighbours, ascending.
        spare: A slot for values that move in a circle.
    """
    ops: list[Op] = []
    longest = _run_length(registers)
    for target, source, count in _chunks(dict(moves), longest, spare):
        ops += [Op("load", registers[0], count, source), Op("store", registers[0], count, target)]
    for target, source, count in _runs(sorted(late.items()), longest):
        ops += [Op("load", registers[0], count, source), Op("store", registers[0], count, target)]
    return ops


def _run_length(registers: Sequence[int]) -> int:
    count = 1
    while count < len(registers) and registers[count] == registers[0] + count:
        count += 1
    return count


def _chunks(moves: dict[int, int], longest: int, spare: int) -> Iterator[tuple[int, int, int]]:
    """(first target, first source, words) of bursts; none overwrites what a later one reads."""
    readers: dict[int, set[int]] = {}
    for target, source in moves.items():
        readers.setdefault(source, set()).add(target)
    ready = [target for target in moves if not readers.get(target)]
    while moves:
        if not ready:  # only circles are left: one value steps aside
            target = next(iter(moves))
            yield spare, target, 1
            for reader in readers.pop(target):
                moves[reader] = spare
            ready.append(target)
        target = ready.pop()
        if target not in moves:
            continue
        chunk = [target]
        for step in (-1, 1):
            while len(chunk) < longest and _fits(chunk[-1] + step, chunk[-1], step, moves, readers, chunk):
                chunk.append(chunk[-1] + step)
            if len(chunk) > 1:
                break
        yield min(chunk), moves[min(chunk)], len(chunk)
        for word in chunk:
            source = moves.pop(word)
            left = readers.get(source, set())
            left.discard(word)
            if not left and source in moves:
                ready.append(source)


def _fits(
    word: int, before: int, step: int, moves: dict[int, int], readers: dict[int, set[int]], chunk: list[int]
) -> bool:
    """Whether a target may join a burst: its source is the next word too, and nothing else reads it."""
    if word not in moves or moves[word] != moves[before] + step:
        return False
    return readers.get(word, set()) <= {*chunk, word}


def _runs(pairs: Sequence[tuple[int, int]], longest: int) -> Iterator[tuple[int, int, int]]:
    i = 0
    while i < len(pairs):
        j = i + 1
        while j < len(pairs) and j - i < longest and pairs[j] == (pairs[i][0] + j - i, pairs[i][1] + j - i):
            j += 1
        yield pairs[i][0], pairs[i][1], j - i
        i = j

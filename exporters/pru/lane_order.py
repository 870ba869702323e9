"""The order in which an unrolled lane circuit computes its words: next to each other what share operands."""

from __future__ import annotations

from collections import Counter

from exporters.pru.storage import StoredWord


def greedy_order(words: list[StoredWord], room: int) -> list[StoredWord]:
    """An order of evaluation that needs few loads when `room` registers hold values.

    The next word is, of those that read a value in a register, the one that needs fewest loads and ends most
    values; where there is none, the first of all.
    """
    left = Counter(index for word in words for index in word.reads)
    unknown = {word.index for word in words}
    missing = {word.index: len(unknown.intersection(word.reads)) for word in words}
    readers: dict[int, list[StoredWord]] = {}
    for word in words:
        for index in word.reads:
            readers.setdefault(index, []).append(word)
    ready = {word.index: word for word in words if not missing[word.index]}
    held: dict[int, None] = {}  # in registers, oldest first
    order: list[StoredWord] = []
    while ready:
        near = [word for index in held for word in readers[index] if word.index in ready]
        word = min(near or [next(iter(ready.values()))], key=lambda word: _cost(word, held, left))
        order.append(word)
        del ready[word.index]
        for index in word.reads:
            left[index] -= 1
            held.pop(index, None)
            if left[index]:
                held[index] = None
        if left[word.index]:
            held[word.index] = None
        while len(held) > room:
            del held[next(iter(held))]
        for reader in readers.get(word.index, ()):
            missing[reader.index] -= 1
            if not missing[reader.index]:
                ready[reader.index] = reader
    return order


def _cost(word: StoredWord, held: dict[int, None], left: Counter[int]) -> tuple[int, int, int]:
    """Loads; values that go on living; place in the circuit."""
    loads = sum(index not in held for index in word.reads)
    return loads, sum(left[index] > 1 for index in word.reads), word.index


def uses(order: list[StoredWord]) -> dict[int, list[int]]:
    """When each word is read: positions in the order, last first."""
    times: dict[int, list[int]] = {}
    for position in range(len(order) - 1, -1, -1):
        for index in order[position].reads:
            times.setdefault(index, []).append(position)
    return times

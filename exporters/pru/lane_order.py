"""The order in which an unrolled lane circuit computes its words: next to each other what share operands."""

from __future__ import annotations

from collections import Counter

from exporters.pru.storage import StoredWord


def greedy_order(words: list[StoredWord], room: int) -> list[StoredWord]:
    """An order of evaluation that needs few loads when `room` registers hold values.

    The next word is the one that needs fewest loads; of those the one that ends the most values.
    """
    left = Counter(index for word in words for index in word.reads)
    unknown = {word.index for word in words}
    waiting: dict[int, StoredWord] = {word.index: word for word in words}
    held: dict[int, None] = {}  # in registers, oldest first
    order = []
    while waiting:
        word = min(
            (word for word in waiting.values() if unknown.isdisjoint(word.reads)),
            key=lambda word: (
                sum(index not in held for index in word.reads),
                sum(left[index] > 1 for index in word.reads),
            ),
        )
        order.append(word)
        del waiting[word.index]
        unknown.discard(word.index)
        for index in word.reads:
            left[index] -= 1
            held.pop(index, None)
            if left[index]:
                held[index] = None
        if left[word.index]:
            held[word.index] = None
        while len(held) > room:
            del held[next(iter(held))]
    return order


def uses(order: list[StoredWord]) -> dict[int, list[int]]:
    """When each word is read: positions in the order, last first."""
    times: dict[int, list[int]] = {}
    for position in range(len(order) - 1, -1, -1):
        for index in order[position].reads:
            times.setdefault(index, []).append(position)
    return times

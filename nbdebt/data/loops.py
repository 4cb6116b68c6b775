"""Feedback loops: notebooks that read, by way of others, what they write."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Book = TypeVar("Book", bound=Hashable)
Thing = TypeVar("Thing", bound=Hashable)


def loop_through(
    start: Book, readers: Callable[[Book], Iterable[tuple[Thing, Book]]]
) -> list[tuple[Book, Thing, Book]]:
    """The shortest way from a notebook back to itself.

    Args:
        start: where to begin.
        readers: for a notebook, what it makes and who reads that. Whoever is left out there is in no loop.

    Returns:
        Maker, thing, reader for each step, the last of which reads into ``start``; empty where no way
        leads back. Things that only go back and forth in one step (a notebook that reads what it makes) are
        no loop.
    """
    came: dict[Book, tuple[Book, Thing]] = {}
    todo = deque([start])
    while todo:
        book = todo.popleft()
        for thing, reader in readers(book):
            if reader == book:
                continue
            if reader == start:
                return _way(start, book, thing, came)
            if reader not in came:
                came[reader] = (book, thing)
                todo.append(reader)
    return []


def _way(
    start: Book, last: Book, thing: Thing, came: dict[Book, tuple[Book, Thing]]
) -> list[tuple[Book, Thing, Book]]:
    steps = [(last, thing, start)]
    while last != start:
        before, carried = came[last]
        steps.append((before, carried, last))
        last = before
    return steps[::-1]

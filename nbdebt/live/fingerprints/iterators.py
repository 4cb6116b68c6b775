"""Iterators, generators and open files: what can be read of them without moving them on.

The iterators of builtins say their state through ``__reduce__``, which copies. Those of ``itertools`` warn
there since Python 3.12, so what they refer to is read instead (as the garbage collector sees it): where the
position is in none of these objects, they are sampled. A generator is its function, the instruction it
waits at, and the values in its frame, as the garbage collector sees them: ``f_locals`` would leave a dict
behind that keeps them alive.
"""

import contextlib
import gc
import io
import itertools
import os
import stat
import types
from typing import Any, Final

from xxhash import xxh3_128_digest

from nbdebt.live.fingerprints.code import code_digest
from nbdebt.live.fingerprints.kinds import reads
from nbdebt.live.fingerprints.nodes import PLAIN, Node
from nbdebt.live.fingerprints.peek import attribute, mro, token
from nbdebt.live.fingerprints.walk import Walk

_SAMPLES: Final[tuple[Any, ...]] = (
    iter([]),
    iter(()),
    iter("a"),
    iter("é"),
    iter(b""),
    iter(bytearray()),
    iter(range(0)),
    iter(range(2**80)),
    iter({}),
    iter({}.values()),
    iter({}.items()),
    iter(set()),
    reversed([]),
    reversed({}),
    reversed({}.values()),
    reversed({}.items()),
    iter(int, 1),
)
_BUILTIN_ITERATORS: Final[tuple[type, ...]] = tuple(map(type, _SAMPLES))
_COMPOSED: Final = (enumerate, zip, map, filter, reversed)


@reads(*_BUILTIN_ITERATORS, *_COMPOSED)
def _iterator(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    kind = b"iterator:" + type(value).__name__.encode()
    for base in (*_COMPOSED, *_BUILTIN_ITERATORS):
        if base in mro(type(value)):
            state = base.__dict__["__reduce__"](value)
            return Node(kind, list(state[1:]) if type(state) is tuple else [state])
    return walk.opaque(value, "an iterator")


_SEEN_WHOLE: Final[tuple[type, ...]] = (
    itertools.chain,
    itertools.groupby,
    itertools.accumulate,
    itertools.starmap,
    itertools.takewhile,
    itertools.dropwhile,
    itertools.filterfalse,
    itertools.compress,
    itertools.pairwise,
    itertools.zip_longest,
    itertools.product,
)
_SEEN_IN_PART: Final[tuple[type, ...]] = (
    itertools.islice,
    itertools.cycle,
    itertools.permutations,
    itertools.combinations,
    itertools.combinations_with_replacement,
    type(itertools.tee([])[0]),
)


@reads(*_SEEN_WHOLE, *_SEEN_IN_PART)
def _composed(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    if not any(base in _SEEN_WHOLE for base in mro(type(value))):
        walk.sampled(f"an itertools.{type(value).__name__}, whose position can't be read")
    return Node(b"itertools:" + type(value).__name__.encode(), _referents(value))


def _referents(value: object) -> list[Any]:
    return [x for x in gc.get_referents(value) if x is not type(value)]


@reads(itertools.count)
def _count(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    held = _referents(value)
    if all(token(type(x)) in PLAIN for x in held):
        return xxh3_128_digest(itertools.count.__repr__(value).encode())
    walk.sampled("an itertools.count of numbers of an own kind")
    return Node(b"count", held)


@reads(itertools.repeat)
def _repeat(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    try:
        left = itertools.repeat.__length_hint__(value)
    except TypeError:
        left = None
    return Node(b"repeat", [left, *_referents(value)])


_RUNNING: Final = {
    types.GeneratorType: ("gi_running", "gi_code", "gi_frame"),
    types.CoroutineType: ("cr_running", "cr_code", "cr_frame"),
    types.AsyncGeneratorType: ("ag_running", "ag_code", "ag_frame"),
}


@reads(*_RUNNING)
def _generator(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    running, code, frame = _RUNNING[type(value)]
    if object.__getattribute__(value, running):
        return walk.opaque(value, "a generator that is running")
    kind = b"generator:" + code_digest(object.__getattribute__(value, code))
    waiting = object.__getattribute__(value, frame)
    if waiting is None:
        return xxh3_128_digest(kind + b"done")
    position: int = waiting.f_lasti
    del waiting
    held = [x for x in gc.get_referents(value) if type(x) is not types.FrameType]
    return Node(kind + b"%d" % position, held)


_FILES: Final = (io.FileIO, io.BufferedReader, io.BufferedWriter, io.BufferedRandom)


@reads(*_FILES)
def _file(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    kind = next(cls for cls in _FILES if cls in mro(type(value)))
    closed = kind.__dict__["closed"].__get__(value)
    if closed:
        return _closed(value, value)
    digest = walk.opaque(value, "an open file")
    descriptor = kind.fileno(value)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return digest
    return xxh3_128_digest(digest + b"%d" % kind.tell(value))


def _closed(value: Any, below: Any) -> bytes:
    """A file that was closed: what is left of it is its kind and its name.

    Args:
        value: the file.
        below: what it reads or writes through; itself where there is nothing.
    """
    kind = type(below)
    raw = below if kind is io.FileIO else kind.__dict__["raw"].__get__(below) if kind in _FILES else None
    name = _name_of(raw) if type(raw) is io.FileIO else ""
    return xxh3_128_digest(f"closed {type(value).__name__} {kind.__name__} {name}".encode("utf-8", "replace"))


_buffer_of = io.TextIOWrapper.__dict__["buffer"].__get__
_raw_of = io.BufferedReader.__dict__["raw"].__get__


def _name_of(raw: io.FileIO) -> str:
    """The path that a file was opened by; empty where that was none."""
    name = attribute(raw, "name")
    return name if type(name) is str else ""


@reads(io.TextIOWrapper)
def _text_file(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    below = _buffer_of(value)
    kind = next((cls for cls in _FILES if type(below) is cls), None)
    if kind is not None and kind.__dict__["closed"].__get__(below):
        return _closed(value, below)
    if kind is io.BufferedReader and type(value) is io.TextIOWrapper:
        raw = _raw_of(below)
        with contextlib.suppress(OSError):
            found = os.fstat(kind.fileno(below))
            if type(raw) is io.FileIO and stat.S_ISREG(found.st_mode):
                # Within a loop over its lines it doesn't say where it stands.
                position = io.TextIOWrapper.tell(value)
                return Node(b"reader", [_name_of(raw), found.st_size, position])
    return walk.opaque(value, "an open file")

"""Seeds for the streams that a notebook drew from unseeded, and what is said of them."""

from collections.abc import Collection, Iterable

from nbdebt.export.generators import STREAM, Generators
from nbdebt.export.helpers import Names
from nbdebt.export.model import Log

_SEEDS = {
    "python": ("random", "{}.seed({})"),
    "numpy": ("numpy", "{}.random.seed({})"),
    "torch": ("torch", "{}.manual_seed({})"),
    "tensorflow": ("tensorflow", "{}.random.set_seed({})"),
}


STREAMS = frozenset(_SEEDS)
_SAID = {
    "python": "`random`",
    "numpy": "`numpy.random`",
    STREAM: "generators of its own",
}


def seeds_of(log: Log, names: Names, seed: int | None, restored: Collection[str] = ()) -> str:
    """The lines that seed what the notebook did not; none where ``seed`` is None."""
    if seed is None:
        return ""
    lines = []
    for stream in log.unseeded:
        if stream in _SEEDS and stream not in restored:
            module, form = _SEEDS[stream]
            lines.append(form.format(names.module(module), seed))
    return "\n".join(["# The notebook did not seed these.", *lines]) if lines else ""


def said_streams(streams: Iterable[str]) -> str:
    """Streams by the names under which people know them."""
    return ", ".join(_SAID.get(stream, stream) for stream in streams)


def notes_of(log: Log, seed: int | None, generators: Generators, restored: Collection[str] = ()) -> list[str]:
    """What must be said of draws without a seed."""
    if not log.unseeded:
        return []
    unseeded = [stream for stream in log.unseeded if stream not in restored]
    if generators.faithful:
        said = [f"Put where the session had them: {said_streams(sorted(restored))}"] if restored else []
        if STREAM in unseeded and not generators.left:
            unseeded.remove(STREAM)
            said.append("Generators of its own have what they took from the system in the session")
        if unseeded:
            said.append(f"Where {said_streams(unseeded)} stood is not known: drawn anew")
        return said
    streams = said_streams(unseeded)
    if seed is None or not any(stream in _SEEDS or stream == STREAM for stream in log.unseeded):
        return [f"The notebook drew from {streams} unseeded: each run of this script gives something else"]
    known = any(entry.stood or entry.entropies for entry in log.entries)
    own = "its own numbers come with `--faithful`" if known else "its own numbers can't be had again"
    notes = [f"The notebook drew from {streams} unseeded: {own}. This script seeds with {seed}"]
    if generators.left:
        notes.append(
            f"Generators that are made in a loop or a function ({', '.join(generators.left)}) stay unseeded: "
            "with one seed they would all draw the same"
        )
    return notes

"""What a session gives to export: the log of its runs as they ran, and what it holds now."""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from typing import TYPE_CHECKING

from nbdebt.export.generators import STREAM, unseeded
from nbdebt.export.homes import homes_of
from nbdebt.export.model import Entry, Held, Log
from nbdebt.flow.reader import Reader, parse
from nbdebt.live.held import held
from nbdebt.live.own import is_own
from nbdebt.live.record import RunRecord
from nbdebt.live.recorder import registry
from nbdebt.model.history import Table

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_SHELL = re.compile(r"_+|_i*\d*|__vsc_ipynb_file__")
_NO_SEED = frozenset(("time", "os", "uuid", "hash", "in a branch"))


def log_of(session: "Session") -> Log:
    """The runs of a session in the order in which they ran, and where.

    Args:
        session: a live session.
    """
    session.document.find()
    shown = session.document.cells(session.runs, session.last, session.times)
    tags = {place.cell_id: place.tags for place in shown}
    above: dict[str, tuple[str, ...]] = {}
    waiting: list[str] = []
    ran = {record.run.cell_id for record in session.runs if not is_own(record.run.source)}
    for place in shown:
        if place.kind == "markdown":
            waiting.append(place.source)
        elif place.cell_id in ran:
            above[place.cell_id] = tuple(waiting)
            waiting.clear()
    reprs = getattr(getattr(session.shell, "history_manager", None), "output_hist_reprs", None)
    texts = {c: t for c, t in reprs.items() if isinstance(t, str)} if isinstance(reprs, dict) else None
    entries = [*_earlier(session, texts or {})]
    before = len(entries)
    for record in session.runs:
        if not is_own(record.run.source):
            cell = record.run.cell_id
            entries.append(_entry(record, before, tags.get(cell, ()), above.pop(cell, ())))
    values = session.recorder.namespace.values
    made = {name for entry in entries for name in (*(entry.effects or ()), *_defined(entry))}
    names = tuple(
        name
        for name in session.recorder.namespace.user_names()
        if name in made
        and name != "display"
        and not _SHELL.fullmatch(name)
        and type(values.get(name)) is not type(sys)
    )
    directory = getattr(session.shell, "starting_dir", "") or os.getcwd()
    written, new = _files(session.runs, directory)
    unknown = (
        (f"{before} of its runs are from before recording began: how they ended isn't known",)
        if before
        else ()
    )
    return Log(
        os.path.basename(session.document.path) or "a session",
        tuple(entries),
        directory,
        True,
        packages(),
        _is_inline(),
        str(getattr(session.shell, "ast_node_interactivity", "last_expr")),
        names,
        _unseeded(session.runs),
        unknown,
        written,
        new,
        lambda wanted: _look(session, wanted),
        texts,
        session.settings.seed,
        tuple(waiting),
        session.recorder.environ,
    )


def _earlier(session: "Session", shown: dict[int, str]) -> Iterable[Entry]:
    """Runs from before recording began, as the shell's history has them."""
    inputs = [i for i in session.recorder.earlier.inputs if not is_own(i[1])]
    reader = Reader(registry)
    for number, (count, source) in enumerate(inputs, 1):
        flow = reader.read(parse(number, source))
        yield Entry(number, "", source, flow, count, "unknown", shows=count in shown)


def _entry(record: RunRecord, before: int, tags: tuple[str, ...], above: tuple[str, ...]) -> Entry:
    run = record.run
    return Entry(
        run.sequence + before,
        run.cell_id,
        record.text if record.text.startswith("%") and record.text != run.source else run.source,
        record.flow,
        record.count,
        run.outcome,
        record.error,
        tags,
        bool(record.result),
        frozenset(read.base for read in record.reads),
        {base: effect.kind for base, effect in record.effects.items()},
        frozenset(name for name, state in record.found.items() if state.exactness == "identity"),
        (),
        above,
        record.stood,
        record.entropies,
    )


def _defined(entry: Entry) -> Iterable[str]:
    return (name.name for name in entry.flow.defines)


def _is_inline() -> bool:
    """Whether figures are shown under cells and closed: the backend of matplotlib that Jupyter sets.

    It is read past matplotlib's own look-up, which would choose a backend.
    """
    settings = getattr(sys.modules.get("matplotlib"), "rcParams", None)
    chosen = dict.get(settings, "backend", "") if isinstance(settings, dict) else ""
    return "inline" in (chosen if isinstance(chosen, str) else os.environ.get("MPLBACKEND", ""))


def _files(records: Sequence[RunRecord], directory: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Files that runs wrote, and those of them that weren't there before."""
    written: dict[str, bool] = {}
    found: set[str] = set()
    for record in records:
        for read in record.reads:
            if read.base.startswith("<File>"):
                found.add(read.base[6:])
        for base, effect in record.effects.items():
            if base.startswith("<File>") and effect.kind != "deleted":
                path = base[6:]
                if path not in written and not os.path.isdir(path):
                    written[path] = path not in found and effect.before is None
        for access in record.accesses:
            name = _written(access.resource)
            known = access.mode != "write" or name in written
            if not (known or os.path.isdir(os.path.join(directory, name))):
                written[name] = name not in found
    # What the system saw has another name, now and then, than the code has for it.
    real = {os.path.realpath(os.path.join(directory, p)): p for p in written if not os.path.isabs(p)}
    for path in [path for path in written if os.path.isabs(path) and os.path.realpath(path) in real]:
        written[real[os.path.realpath(path)]] = written.pop(path)
    return tuple(written), tuple(path for path, new in written.items() if new)


def _written(resource: object) -> str:
    """What is written, as a file where it is one: a table's database may be."""
    if isinstance(resource, Table) and resource.connection and "://" not in resource.connection:
        return resource.connection
    return str(resource)


def _unseeded(records: Sequence[RunRecord]) -> tuple[str, ...]:
    found = {
        read.base[8:]
        for record in records
        for read in record.reads
        if read.base.startswith("<random>") and (read.key is None or read.maker < 0)
    }
    if any(unseeded(record.flow) for record in records):
        found.add(STREAM)
    return tuple(sorted(found - _NO_SEED))


def _look(session: "Session", names: Sequence[str]) -> dict[str, Held]:
    """What the session holds under names now, without running any code of the user's."""
    values = session.recorder.namespace.values
    return {name: held(values[name]) for name in names if name in values}


def packages() -> dict[str, str]:
    """The packages that are loaded, and their versions."""
    loaded = {name.partition(".")[0] for name in list(sys.modules)}
    found: dict[str, str] = {}
    for distributions in homes_of(loaded - set(sys.stdlib_module_names)).values():
        found.update((name, metadata.version(name)) for name in distributions)
    return dict(sorted(found.items()))

"""What the panel asks a kernel beside its state: data in and out, the flow, exports; what is to be done."""

import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from nbdebt.config import load_settings
from nbdebt.data.repay import DONE, declare_output, lock_for, pin_sources
from nbdebt.export.jobs import Jobs
from nbdebt.export.offer import offered, refusal, verified, wanted_of
from nbdebt.export.refused import ExportRefused
from nbdebt.live.drawing import drawn
from nbdebt.live.exposure import around, was_seen
from nbdebt.live.pinning import reader_of
from nbdebt.model.errors import NbdebtError
from nbdebt.model.history import Url
from nbdebt.report.graph import flow_object
from nbdebt.report.inout import Item, data_object, declared_pattern, item_of, looked_up, pin_facts
from nbdebt.rules.surroundings import Surroundings

if TYPE_CHECKING:
    from nbdebt.live.session import Session

Answer = dict[str, Any]


def export(session: "Session", given: Answer) -> Answer:
    """The session as a script, or as something else; run and compared where that is asked for, which goes on
    in a thread while cells run; null while a cell runs.

    Raises:
        NbdebtError: what is asked for doesn't go together, or nothing ran yet.
    """
    wanted, seed = wanted_of(given.get("options")), session.settings.seed
    with looking(session) as resting:
        if not resting:
            return {"export": None}
        log = session.log()
        if not log.entries:
            raise NbdebtError("nothing ran yet that could be exported")
        cells = {entry.label: entry.cell for entry in log.entries}
        try:
            found = offered(log, wanted, seed)
        except ExportRefused as error:
            return {"export": refusal(error, cells)}
        if not given.get("verify"):
            return {"export": found}
        # What is compared is what the session holds now: runs that follow change nothing of it.
        held = log.look(log.names) if log.look is not None else {}
    log = msgspec.structs.replace(log, look=lambda names: {n: held[n] for n in names if n in held})

    def proof() -> Answer:
        try:
            return verified(log, wanted, seed)
        except ExportRefused as error:
            return refusal(error, cells)

    jobs = _jobs(session)
    job = jobs.start(proof, found["name"])
    return {"export": {**found, "state": "running", "job": job}}


def export_result(session: "Session", given: Answer) -> Answer:
    """What came of it."""
    return {"export": _jobs(session).result(int(given["job"]))}


def export_stop(session: "Session", given: Answer) -> Answer:
    """End it."""
    _jobs(session).stop(int(given["job"]))
    return {}


def _jobs(session: "Session") -> Jobs:
    found = _running.get(session)
    if found is None:
        found = _running[session] = Jobs(session.recorder.files.quiet)
        session.on_close(found.close)
    return found


_running: "weakref.WeakKeyDictionary[Session, Jobs]" = weakref.WeakKeyDictionary()
_FIELDS = ("owner", "consumers", "note", "expires")
WAIT = "a cell is running: ask again when it is done"
PAUSED = "recording is paused: `%nbdebt on` goes on with it"


@contextmanager
def looking(session: "Session") -> Iterator[bool]:
    """No run begins meanwhile, and none is blamed for what is opened. Says whether none is going on."""
    with session.recorder.at_rest() as resting, session.recorder.files.quiet():
        yield resting


def data(session: "Session", given: Answer) -> Answer:
    """What comes in and goes out; null while a cell runs."""
    with looking(session) as resting:
        seen = around(session) if resting else None
        if seen is None:
            return {"data": None}
        return {"data": data_object(seen, looked_up(seen), lambda exchange: was_seen(session, exchange))}


def flow(session: "Session", given: Answer) -> Answer:
    """How data flow between the cells; null while a cell runs."""
    with looking(session) as resting:
        if not resting:
            return {"flow": None}
        ids = [cell.id for cell in session.analysis().notebook.cells]
        return {"flow": flow_object(drawn(session), ids)}


def pin(session: "Session", given: Answer) -> Answer:
    """Pin one source.

    Raises:
        NbdebtError: it can't be read, or the lock file not written.
    """
    _, item = _wanted(session, given)
    touch, directory = item.touch, session.pins.directory()
    lock = lock_for(directory)
    target = touch.text if isinstance(touch.resource, Url) else touch.target
    # Not while runs are kept from beginning: a digest of much takes its time.
    with session.recorder.files.quiet():
        (made,) = pin_sources([target], lock, directory, reader_of(session, lock))
    return {"said": f"`{made.name}` pinned in `{_short(lock, directory)}`: {pin_facts(made)}"}


def declare(session: "Session", given: Answer) -> Answer:
    """Declare one output in the project's configuration.

    Raises:
        NbdebtError: it can't be declared.
    """
    seen, item = _wanted(session, given)
    directory = session.pins.directory()
    pattern = declared_pattern(seen, item.touch, str(given.get("pattern", "")))
    with session.recorder.files.quiet():
        file, done = declare_output(directory, pattern, *(str(given.get(name, "")) for name in _FIELDS))
        session.settings = load_settings(directory)
    return {"said": f"`{pattern}` {DONE[done]} `{_short(file, directory)}`"}


def _wanted(session: "Session", given: Answer) -> tuple[Surroundings, Item]:
    with looking(session) as resting:
        seen = around(session) if resting else None
        if seen is None:
            raise NbdebtError(PAUSED if session.paused else WAIT)
        return seen, item_of(looked_up(seen), str(given["key"]))


def _short(file: "os.PathLike[str]", directory: "os.PathLike[str]") -> str:
    return os.path.relpath(file, os.path.realpath(directory))


REQUESTS: dict[str, tuple[Callable[["Session", Answer], Answer], bool]] = {
    "data": (data, False),
    "flow": (flow, False),
    "export": (export, False),
    "export-result": (export_result, False),
    "export-stop": (export_stop, False),
    "pin": (pin, True),
    "declare": (declare, True),
}
"""What answers, and whether all that is known is to be sent anew afterwards."""

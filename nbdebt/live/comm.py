"""The wire to a front end: what the panel in JupyterLab shows, and what it asks for.

Two comm targets, whose messages are described by ``nbdebt/report/wire.schema.json``:

``nbdebt``
    The front end opens it; the kernel answers with the state (:func:`nbdebt.report.json.report_object` within
    it) and sends it anew when a run has changed something, and what there is to say under a cell.
``nbdebt-requests``
    The front end says what the document is, and asks. Apart, because ipykernel 7.4 lets messages on a comm
    that was sent to from the thread of the cells wait for that thread: this one is only ever answered on.

A third name, ``nbdebt-hello``, is how a front end finds out: a comm of that name is registered, so that it
stands in the answer to ``comm_info_request``, and nothing is sent of it. Only where the server says that its
front end knows it (``NBDEBT_FRONT_END``, which :mod:`nbdebt.server` sets for the kernels that it starts) is
it opened, too.

Requests arrive on another thread than cells run on (ipykernel 7): no object of the user's is looked at while
a run goes on, and what was asked meanwhile is answered with what is known.
"""

import importlib
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbdebt import __version__
from nbdebt.live.document import Shown
from nbdebt.model.errors import NbdebtError
from nbdebt.rules import catalogue

if TYPE_CHECKING:
    from nbdebt.live.inline import Notice
    from nbdebt.live.record import RunRecord
    from nbdebt.live.session import RunReport, Session

VERSION = 1
STATE, REQUESTS, HELLO = "nbdebt", "nbdebt-requests", "nbdebt-hello"
_LINES = ("code", "markdown", "raw")


class Wire:
    """The front ends of one session.

    Args:
        session: the session.
        manager: the kernel's comm manager.
    """

    def __init__(self, session: "Session", manager: Any) -> None:
        self.session = session
        self.manager = manager
        self._clients: dict[str, Any] = {}
        self._askers: dict[str, Any] = {}
        # Whose messages, as the protocol names senders, come from a page of ours.
        self._senders: dict[str, str] = {}
        self._cells: dict[str, dict[str, Shown]] = {}
        self._document = ""
        self._state: dict[str, Any] | None = None
        self._late = False
        self._sequence = 0
        self._lock = threading.RLock()
        manager.register_target(STATE, self._opened)
        manager.register_target(REQUESTS, self._asker)
        self._hello = _hello(manager)
        self._ends = [session.subscribe(self._told), session.on_settled(self._settled)]

    @property
    def listening(self) -> bool:
        """Whether a front end has come, and has not said that it goes."""
        return bool(self._clients)

    @property
    def attached(self) -> bool:
        """Whether a front end is there that shows what is said of the run that goes on.

        Whoever has a cell run is there to see it. Pages that crashed never say that they go: so what counts
        is not who came once, but whether the request to run came from one who did. A console, or an editor
        that knows nothing of nbdebt, has the line in its outputs, whatever else is connected.
        """
        if not self._clients:
            return False
        sender = _sender(self.session.shell.kernel.get_parent("shell"))
        return sender == "" or any(self._senders.get(client) == sender for client in list(self._clients))

    # From the kernel

    def notice(self, said: "Notice") -> None:
        """Say something under a cell, where it is seen and not saved."""
        objects = importlib.import_module("nbdebt.report.json").finding_object
        new = [objects(finding) for finding in said.new]
        self._send({"kind": "notice", "cell": said.here, "findings": new, "settled": list(said.settled)})

    def _told(self, told: "RunReport") -> None:
        """A run changed something."""
        if self._clients:
            self._late = False
            self._push(told.report)

    def _settled(self, record: "RunRecord") -> None:
        """A run changed nothing but that it happened."""
        if not self._clients:
            return
        if self._late or self._state is None:
            self._late = False
            self._push(None)
        else:
            cell_id = record.run.cell_id
            self._state["runs"] = len(self.session.runs)
            for verdict in self._state["report"]["verdicts"]:
                for cell in verdict["cells"]:
                    if cell["id"] == cell_id:
                        cell.update(state="same", because=[])
            self._send({"kind": "run", "cell": cell_id, "runs": len(self.session.runs)})

    def _push(self, report: Any) -> None:
        """Send the state to all."""
        self._state = self._now(report)
        self._send(self._state)

    def _now(self, report: Any) -> dict[str, Any]:
        session = self.session
        shown = importlib.import_module("nbdebt.report.json").report_object
        views = importlib.import_module("nbdebt.live.views")
        found = shown(
            session.report() if report is None else report,
            importlib.import_module("nbdebt.report.view").View(),
        )
        for verdict in found["verdicts"]:
            verdict["sentence"] = views.live_words(verdict["sentence"])
        return {
            "kind": "state",
            "document": self._document,
            "recording": not session.paused,
            "level": session.level,
            "runs": len(session.runs),
            "ignored": sorted(session.ignored),
            "failures": session.failures,
            "report": found,
        }

    def _send(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._sequence += 1
            whole = {"version": VERSION, "nbdebt": __version__, "seq": self._sequence, **message}
            for comm in list(self._clients.values()):
                comm.send(whole)

    # From the front end

    def _opened(self, comm: Any, message: dict[str, Any]) -> None:
        """A front end is there: one that was there before under the same name is so no more."""
        given = _given(message)
        comm.handle_msg = _ignored
        if given.get("version") != VERSION:
            refused = f"nbdebt {__version__} in the kernel speaks version {VERSION} of the wire"
            comm.send(
                {"version": VERSION, "nbdebt": __version__, "seq": 0, "kind": "refused", "reason": refused}
            )
            comm.close()
            return
        client = str(given.get("client", comm.comm_id))
        with self._lock:
            self._clients[client] = comm
            self._senders[client] = _sender(message)
        comm.on_close(lambda message: self._left(self._clients, client, comm))
        self._answer_state(comm)

    def _answer_state(self, comm: Any) -> None:
        """What is known goes at once, though it be old: while a cell runs, nothing newer can be known."""
        with self.session.recorder.at_rest() as resting:
            if resting and self._state is None:
                self._state = self._now(None)
            self._late = self._late or not resting
            if self._state is not None:
                comm.send({"version": VERSION, "nbdebt": __version__, "seq": 0, **self._state})

    def _asker(self, comm: Any, message: dict[str, Any]) -> None:
        client = str(_given(message).get("client", comm.comm_id))
        with self._lock:
            self._askers[client] = comm
        # Not `on_msg`: around what that calls, IPython has figures drawn that a running cell isn't done with.
        comm.handle_msg = lambda message: self._asked(comm, message)
        comm.on_close(lambda message: self._left(self._askers, client, comm))

    def _left(self, those: dict[str, Any], client: str, comm: Any) -> None:
        with self._lock:
            if those.get(client) is comm:
                del those[client]
            self._cells.pop(comm.comm_id, None)

    def _asked(self, comm: Any, message: dict[str, Any]) -> None:
        """A request; its answer, where it has an id."""
        given = _given(message)
        kind = str(given.get("kind"))
        answer: dict[str, Any] = {"version": VERSION, "kind": "answer", "id": given.get("id"), "ok": True}
        try:
            if given.get("version") != VERSION or kind not in {*_REQUESTS, *_OTHERS}:
                raise NbdebtError(f"not understood by nbdebt {__version__}: {kind}")
            request = _REQUESTS.get(kind, Wire._other)
            answer.update(request(self, {**given, "comm": comm.comm_id}) or {})
        except Exception as error:
            words = str(error) if isinstance(error, NbdebtError) else f"{type(error).__name__}: {error}"
            answer.update(ok=False, error=words)
        if given.get("id") is not None:
            comm.send(answer)

    def _take_document(self, given: dict[str, Any]) -> None:
        """The document is this: cells that are new or changed, and the order of all."""
        # Two windows may show different states of a notebook: each tells what has changed in its own.
        known = self._cells.setdefault(given["comm"], {})
        for cell_id, (source, kind) in given["cells"].items():
            known[cell_id] = Shown(str(cell_id), str(source), kind if kind in _LINES else "raw")
        order = [str(cell_id) for cell_id in given["order"]]
        unknown = [cell_id for cell_id in order if cell_id not in known]
        if unknown:
            raise NbdebtError(f"{len(unknown)} cells were never sent")
        cells = {cell_id: known[cell_id] for cell_id in order}
        self._cells[given["comm"]] = cells
        with self.session.recorder.at_rest() as resting:
            self._document = str(given["document"])
            self.session.set_document(cells.values())
            if resting:
                self._push(None)
            else:
                self._late = True

    def _plan(self, given: dict[str, Any]) -> dict[str, Any]:
        """What to run again, in order."""
        rerun = importlib.import_module("nbdebt.live.rerun")
        with self.session.recorder.at_rest() as resting:
            if not resting:
                return {"plan": None}
            seen = self.session.analysis()
            listed = [{"cell": ref.id, "because": because} for ref, because in rerun.plan(seen, self.session)]
            mend = [
                {"cell": ref.id, "because": because} for ref, because in rerun.to_mend(seen, self.session)
            ]
        return {"plan": {"again": listed, "mend": mend, "document": self._document}}

    def _ignore(self, given: dict[str, Any]) -> None:
        """Say no more of a rule in this session, or say it again."""
        code = str(given["code"])
        if given.get("undo"):
            self.session.ignored.pop(code, None)
        else:
            self.session.ignored[code] = str(given.get("reason", ""))
        self._say_anew()

    def _say_anew(self) -> None:
        """Something else than a run changed what is owed."""
        with self.session.recorder.at_rest() as resting:
            if resting:
                self._push(None)
            else:
                self._late = True

    def _other(self, given: dict[str, Any]) -> dict[str, Any]:
        """What is asked for where somebody looks at it (:mod:`nbdebt.live.answers`)."""
        does, changes = importlib.import_module("nbdebt.live.answers").REQUESTS[given["kind"]]
        found: dict[str, Any] = does(self.session, given)
        if changes:
            self._say_anew()
        return found

    def _explain(self, given: dict[str, Any]) -> dict[str, Any]:
        """The page of a rule."""
        rule = catalogue().get(str(given["code"]))
        if rule is None:
            raise NbdebtError("there is no such rule")
        return {"page": rule.markdown}

    def close(self) -> None:
        """Tell the front ends, and leave nothing in the kernel."""
        for end in self._ends:
            end()
        for target in (STATE, REQUESTS):
            self.manager.targets.pop(target, None)
        with self._lock:
            comms = [*self._clients.values(), *self._askers.values()]
            self._clients.clear()
            self._askers.clear()
        if self._hello.primary:
            comms.append(self._hello)
        else:
            self._hello._closed = True
            self.manager.unregister_comm(self._hello)
        for comm in comms:
            comm.close()


_REQUESTS: dict[str, Callable[[Wire, dict[str, Any]], dict[str, Any] | None]] = {
    "document": Wire._take_document,
    "plan": Wire._plan,
    "ignore": Wire._ignore,
    "explain": Wire._explain,
}


_OTHERS = frozenset(("data", "flow", "pin", "declare", "export", "export-result", "export-stop"))


def attach(session: "Session") -> Callable[[], None] | None:
    """Listen for front ends, where the shell is a kernel's.

    Returns:
        What ends it; None where there is no kernel.
    """
    if getattr(session.shell, "kernel", None) is None:
        return None
    wire = Wire(session, importlib.import_module("comm").get_comm_manager())
    session.front_ends = wire

    def detach() -> None:
        session.front_ends = None
        wire.close()

    return detach


def _hello(manager: Any) -> Any:
    """What tells a front end that asks, and one that is known to listen, that this kernel records."""
    create = importlib.import_module("comm").create_comm
    if os.environ.get("NBDEBT_FRONT_END") == "1":
        return create(target_name=HELLO, data={"version": VERSION})
    comm = create(target_name=HELLO, primary=False)
    manager.register_comm(comm)
    return comm


def _sender(message: dict[str, Any]) -> str:
    """Who sent a message: what the protocol calls its session."""
    return str((message or {}).get("header", {}).get("session", ""))


def _given(message: dict[str, Any]) -> dict[str, Any]:
    """What a message carries."""
    data = message.get("content", {}).get("data")
    return data if isinstance(data, dict) else {}


def _ignored(message: dict[str, Any]) -> None:
    """Nothing is said on this comm."""

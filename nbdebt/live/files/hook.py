"""The audit hook (PEP 578): what the interpreter says of files, processes and connections.

An audit hook can't be taken out again, an exception in it aborts what the user does, and it is called for
every ``id()``. So there is one for the whole process, it returns at once for what it doesn't know (and for
everything, while no run is on), and it only writes down; :mod:`nbdebt.live.files.classify` thinks about it
afterwards. Where there was a C compiler at installation, the hook itself is C (``_audit.c``).
"""

import atexit
import os
import re
import shlex
import sys
import threading
import types
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, NamedTuple

from nbdebt.flow.shell import shell_accesses
from nbdebt.live.files.attribution import Attribution, Owner
from nbdebt.live.files.contents import BEFORE, Contents, Signature, signature
from nbdebt.live.files.noise import caller, is_bundled, is_noise, noisy_prefixes
from nbdebt.model.history import File, Package, Resource, Url

try:
    from nbdebt.live.files import _audit
except ImportError:  # installed where there is no C compiler
    _audit = None  # type: ignore[assignment]

_ACCESS_MODE = os.O_RDONLY | os.O_WRONLY | os.O_RDWR
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_REQUEST_LINE = re.compile(rb"^([A-Z]+) (\S+) HTTP/1\.[01]\r\n")
_HOST = re.compile(rb"\r\n[Hh]ost: ([^\r\n]+)\r\n")
_LAUNCHERS = frozenset(("", "subprocess", "os", "asyncio", "pty"))
_WRITING = frozenset(("write", "append", "update"))
_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ksh"))
_MOST = 20_000


class Touch(NamedTuple):
    """One thing that happened, as it was written down.

    Args:
        kind: ``read``, ``write``, ``append``, ``update`` (written in place), ``maybe`` (a database that was
            connected to), ``delete``, ``rename``, ``list``, ``make``, ``temporary``; ``url``, ``sql``,
            ``table``, ``package``; with ``entry-`` before it, what a function is declared to do.
        path: absolute path; the URL, statement, table or package otherwise.
        given: as it was given.
        owner: whose doing.
        via: (module, function) of the outermost library function, ``("", event)`` for the user's own call; a
            single text where it is known by name.
        found: signature at the time, None where there was nothing.
        before: digest of the content at the time, where it had to be taken.
        other: destination of a rename, connection of a statement, method of a request; ``+`` for a file that
            is opened to be read, too.
    """

    kind: str
    path: str
    given: str
    owner: Owner
    via: tuple[str, str]
    found: Signature | None = None
    before: str = ""
    other: str = ""


_CONNECTIONS = 256


class Hook:
    """Writes down what the interpreter tells, while runs are on.

    Args (attributes):
        touches: what happened since it was last taken.
        failures: what went wrong in the hook; never raised.
        exec_seen: called with each code object of a cell that is about to be executed.
    """

    def __init__(self, attribution: Attribution, contents: Contents) -> None:
        self.attribution = attribution
        self.contents = contents
        self.touches: list[Touch] = []
        self.failures: list[str] = []
        self.exec_seen: Callable[[types.CodeType], None] | None = None
        self.prefixes: tuple[str, ...] = noisy_prefixes()
        self._inside = threading.local()
        self._databases: dict[int, tuple[str, str]] = {}
        self._handlers: dict[str, Callable[[tuple[Any, ...], types.FrameType], None]] = {
            "open": self._open,
            "os.rename": self._rename,
            "os.remove": self._remove,
            "os.rmdir": self._remove,
            "os.truncate": self._truncate,
            "os.link": self._link,
            "os.symlink": self._link,
            "os.chmod": self._change,
            "os.chown": self._change,
            "os.mkdir": self._make,
            "os.listdir": self._list,
            "os.scandir": self._list,
            "tempfile.mkstemp": self._temporary,
            "tempfile.mkdtemp": self._temporary,
            "sqlite3.connect": self._connect,
            "sqlite3.connect/handle": self._connected,
            "urllib.Request": self._request,
            "http.client.send": self._send,
            "subprocess.Popen": self._popen,
            "os.system": self._system,
            "_thread.start_new_thread": self._thread,
            "_thread.start_joinable_thread": self._thread,
            "exec": self._exec,
        }

    def open_gate(self) -> None:
        """Runs are on: write down. Puts the hook into the interpreter the first time."""
        _install(tuple(self._handlers))
        _gate.update(dict.fromkeys(self._handlers, self._event))

    def close_gate(self) -> None:
        """No run is on, or they do without: every event is passed by."""
        _gate.clear()

    def take(self) -> list[Touch]:
        """What was written down so far; the list is new from then on."""
        found, self.touches = self.touches, []
        return found

    def note(self, touch: Touch) -> None:
        """Write down what another sensor saw."""
        if len(self.touches) < _MOST:
            self.touches.append(touch)

    def quiet(self) -> "Quiet":
        """A context in which this thread's own accesses are not written down."""
        return Quiet(self._inside)

    def _event(self, event: str, args: tuple[Any, ...], frame: types.FrameType) -> None:
        inside = self._inside
        if getattr(inside, "on", False):
            return
        inside.on = True
        try:
            self._handlers[event](args, frame)
        except Exception as error:
            if len(self.failures) < 20:
                self.failures.append(f"{event}: {type(error).__name__}: {error}")
        finally:
            inside.on = False

    # Paths

    def locate(self, given: object, directory: int = -1) -> tuple[str, str] | None:
        """(absolute path, path as given) of what the user touches; None for what is noise or no path."""
        text = path_text(given)
        if not text or "\0" in text:
            return None
        if type(directory) is int and directory >= 0 and not os.path.isabs(text):
            text = os.path.join(os.readlink(f"/proc/self/fd/{directory}"), text)
        path = os.path.abspath(text)
        return None if is_noise(path, self.prefixes) else (path, text)

    def _file(
        self,
        kind: str,
        event: str,
        given: object,
        frame: types.FrameType,
        directory: int = -1,
        other: str = "",
    ) -> None:
        place = self.locate(given, directory)
        if place is None:
            return
        wanted, module, function = caller(frame)
        if not wanted or (is_bundled(place[0]) and kind != "read"):
            return
        if kind in _WRITING and os.path.isdir(place[0]):
            # A nameless temporary file is "opened" under its directory's name.
            return
        found = signature(place[0])
        before = ""
        if found is not None and kind not in ("read", "list", "make", "temporary"):
            before = self.contents.digest(place[0], BEFORE)
        via = (module, function) if function else ("", event)
        self.note(Touch(kind, *place, self.attribution.owner(frame), via, found, before, other))

    # Events, with their arguments as in the library reference's table of audit events

    def _open(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        path, mode, flags = args
        if type(path) is int or flags & _DIRECTORY:
            return
        if isinstance(mode, str) and "x" in mode:
            kind = "write"
        elif flags & _ACCESS_MODE == os.O_RDONLY:
            kind = "read"
        elif flags & os.O_TRUNC or flags & os.O_EXCL:
            kind = "write"
        else:
            kind = "append" if flags & os.O_APPEND else "update"
        both = kind in ("append", "update") and flags & _ACCESS_MODE == os.O_RDWR
        self._file(kind, "open" if mode is not None else "os.open", path, frame, other="+" if both else "")

    def _rename(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        source, target, from_directory, to_directory = args
        there, here = self.locate(source, from_directory), self.locate(target, to_directory)
        if there is not None and here is not None:
            self._file("write", "os.rename", here[0], frame, other="renamed")
            self._file("rename", "os.rename", there[0], frame, other=here[0])

    def _remove(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        self._file("delete", "os.remove", args[0], frame, args[1])

    def _truncate(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        if type(args[0]) is not int:
            self._file("update", "os.truncate", args[0], frame)

    def _link(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        source = path_text(args[0])
        self._file("write", "os.link", args[1], frame, -1 if len(args) < 4 else args[3])
        if source and os.path.isfile(source):
            self._file("read", "os.link", source, frame)

    def _change(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        if type(args[0]) is not int:
            self._file("change", "os.chmod", args[0], frame, args[-1])

    def _make(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        self._file("make", "os.mkdir", args[0], frame, args[2])

    def _list(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        if type(args[0]) is not int:
            self._file("list", "os.listdir", "." if args[0] is None else args[0], frame)

    def _temporary(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        self._file("temporary", "tempfile", args[0], frame)

    def _connect(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        self._inside.database = None
        text = path_text(args[0])
        name, _, query = text.partition("?")
        if name.startswith("file:"):
            text = re.sub(r"^//(?:localhost)?(?=/)", "", name[5:])
        if text not in ("", ":memory:") and "mode=memory" not in query:
            self._inside.database = self.locate(text)
            self._file("read" if "mode=ro" in query else "maybe", "sqlite3.connect", text, frame)

    def _connected(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        # Told of every connection right after its database. So an address that is used again never leads to
        # the database of a connection that is gone.
        place = getattr(self._inside, "database", None)
        self._databases.pop(id(args[0]), None)
        if place is not None:
            self._databases[id(args[0])] = place
            if len(self._databases) > _CONNECTIONS:
                del self._databases[next(iter(self._databases))]

    def database(self, connection: object) -> str:
        """The file that an open connection of sqlite3 is to, as it was named; empty where unknown."""
        path, given = self._databases.get(id(connection), ("", ""))
        return given if given and os.path.abspath(given) == path else path

    def _request(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        # Of a file, the event of its opening tells.
        if type(args[0]) is str and not args[0].startswith("file:"):
            self.url(args[0], str(args[3] or "GET"), "urllib.request.urlopen", frame)

    def _send(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        data = args[1] if type(args[1]) is bytes else b""
        line, host = _REQUEST_LINE.match(data), _HOST.search(data)
        if line is not None and host is not None:
            scheme = "https" if "HTTPS" in type(args[0]).__name__ else "http"
            url = line[2].decode("latin-1")
            if not url.startswith(("http:", "https:")):
                url = f"{scheme}://{host[1].decode('latin-1')}{url}"
            self.url(url, line[1].decode("latin-1"), "http.client", frame)

    def url(self, url: str, method: str, event: str, frame: types.FrameType) -> None:
        """Write down a request."""
        wanted, module, function = caller(frame)
        if wanted:
            via = (module, function) if function else ("", event)
            self.note(Touch("url", url, url, self.attribution.owner(frame), via, other=method.upper()))

    def _popen(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        command, directory = args[1], path_text(args[2])
        listed = type(command) in (list, tuple)
        words = [path_text(word) for word in (command if listed else (command,))]
        self._command(words, frame, directory)

    def _system(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        self._command([path_text(args[0])], frame, "")

    def _command(self, words: list[str], frame: types.FrameType, directory: str) -> None:
        wanted, module, _ = caller(frame)
        # Libraries ask the system for its name, its processors and the like.
        if wanted and module.partition(".")[0] in _LAUNCHERS:
            owner = self.attribution.owner(frame)
            for resource, mode, detail in shell_accesses(command_text(words)):
                self._commanded(resource, mode, detail, owner, directory)

    def _commanded(
        self, resource: Resource, mode: str, detail: tuple[str, ...], owner: Owner, directory: str
    ) -> None:
        via = ("", "subprocess")
        if isinstance(resource, Url):
            self.note(Touch("url", resource.url, "", owner, via, other="PUT" if mode == "write" else "GET"))
        elif isinstance(resource, Package):
            self.note(Touch("package", resource.package, resource.requirement, owner, via))
        elif isinstance(resource, File) and "computed" not in detail:
            given = os.path.join(directory, os.path.expanduser(resource.path))
            place = self.locate(given)
            if place is not None:
                kind = "delete" if mode == "delete" else f"entry-{'append' if 'append' in detail else mode}"
                found = signature(place[0])
                before = (
                    self.contents.digest(place[0], BEFORE) if found is not None and mode != "read" else ""
                )
                self.note(Touch(kind, *place, owner, via, found, before))

    def _thread(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        self.attribution.thread_starts(args[0])

    def _exec(self, args: tuple[Any, ...], frame: types.FrameType) -> None:
        if self.exec_seen is not None and type(args[0]) is types.CodeType:
            self.exec_seen(args[0])


class Quiet:
    """What this thread does meanwhile is not written down."""

    def __init__(self, inside: threading.local) -> None:
        self._inside = inside

    def __enter__(self) -> None:
        self._before = getattr(self._inside, "on", False)
        self._inside.on = True

    def __exit__(self, *_: object) -> None:
        self._inside.on = self._before


def command_text(words: list[str]) -> str:
    """The shell code that a command is: its words quoted, or what a shell is told with ``-c``."""
    if len(words) == 1:
        return words[0]
    if words and os.path.basename(words[0]) in _SHELLS and "-c" in words[1:-1]:
        return words[words.index("-c") + 1]
    return shlex.join(words)


def path_text(value: object) -> str:
    """A path given as text, bytes or one of :mod:`pathlib`'s; empty for everything else. Other classes may
    have a ``__fspath__`` of the user's own, which is not run."""
    # Not isinstance(): that asks the object for its ``__class__``.
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if issubclass(kind, str):
        return str.__str__(value)
    if kind is bytes:
        return os.fsdecode(value)  # type: ignore[arg-type]
    if kind.__module__.partition(".")[0] == "pathlib" and issubclass(kind, PurePath):
        return os.fspath(value)  # type: ignore[call-overload,no-any-return]
    return ""


_gate: dict[str, Callable[[str, tuple[Any, ...], types.FrameType], None]] = {}
"""The events that are listened to now: empty while no run is on."""
_installed = False


def _install(names: tuple[str, ...]) -> None:
    global _installed
    if _installed:
        return
    _installed = True
    if _audit is not None:
        # Nothing of Python's can be called any more once the interpreter is being taken down.
        atexit.register(_gate.clear)
        _audit.install(_gate, names)
        return

    def nbdebt_audit(
        event: str, args: tuple[Any, ...], gate: Any = _gate, frame: Any = sys._getframe
    ) -> None:
        if event not in gate:
            return
        try:
            gate[event](event, args, frame(1))
        except Exception:
            return

    sys.addaudithook(nbdebt_audit)

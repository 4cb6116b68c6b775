"""A script runs in a process of its own, in a copy of a directory, with limits."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

import nbdebt
from nbdebt.export.model import Held, Limits
from nbdebt.export.place import as_original, copied
from nbdebt.export.stopping import stop_of
from nbdebt.model.errors import NbdebtError

_SCRIPT = ("script.py", "nbdebt.live.replayed")
_NOTEBOOK = ("notebook.ipynb", "nbdebt.live.replayed_cells")
_SUMMARIES = "--summaries"
_LEFT_BEHIND = frozenset(("__pycache__", ".ipynb_checkpoints", ".ipython", ".git"))
_SMALL = 64 * 2**20
_NO_MEMORY = re.compile(
    r"MemoryError|[Cc]annot allocate memory|bad_alloc|[Uu]nable to allocate|out of memory"
)


class Program(msgspec.Struct, frozen=True):
    """What is run, and what is asked of it.

    Args:
        text: the script, or the JSON of a notebook.
        is_notebook: it is a notebook.
        directory: a copy of this is where it runs.
        names: whose values are asked for.
        functions: functions of it, whose names count as its own.
        files: which files are kept of those that it writes.
        made: files that it finds gone: they weren't there when the notebook began.
        written: files that will be written.
        summaries: values come with their summaries.
        environ: the environment that it finds; None for this process's.
    """

    text: str
    is_notebook: bool = False
    directory: str = "."
    names: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    summaries: bool = False
    environ: Mapping[str, str] | None = None


class Done(msgspec.Struct):
    """One run: its exit status, what it printed, its values, the contents of its files.

    Values and ``said_here`` (what it printed) name the original directory where it was told the copy's.
    ``files`` are those that were asked for, ``others`` those that it wrote besides, small ones.
    """

    status: int
    printed: str
    said: str
    values: dict[str, Held]
    files: dict[str, bytes]
    seconds: float
    others: dict[str, bytes]
    said_here: str = ""

    def failure(self, limits: Limits) -> str:
        """Why it came to no end, in words; empty where it did."""
        if not self.status:
            return ""
        if self.status == -getattr(signal, "SIGALRM", 0):
            return f"it did not end within {limits.timeout:g} s"
        lines = [line for line in self.said.strip().splitlines() if line.strip()]
        if limits.memory and (_NO_MEMORY.search(lines[-1] if lines else "") or self.status == -9):
            return f"it needs more memory than the {said_size(limits.memory)} that it may have"
        return f"it fails: {lines[-1][:200] if lines else f'exit status {self.status}'}"


def run(program: Program, limits: Limits) -> Done:
    """Run it. This runs code.

    Args:
        program: what is run.
        limits: how long it may run, and how much memory it may have.

    Raises:
        NbdebtError: it is a notebook, and there is no kernel.
    """
    if program.is_notebook and find_spec("ipykernel") is None:
        raise NbdebtError("to run a notebook, a kernel is needed: pip install 'nbdebt[verify]'")
    with copied(program.directory, program.made, program.written) as place, TemporaryDirectory() as beside:
        name, child = _NOTEBOOK if program.is_notebook else _SCRIPT
        path, result = Path(beside, name), Path(beside, "values")
        path.write_text(program.text, encoding="utf-8")
        options = [_SUMMARIES] if program.summaries else []
        functions = [f"{name}()" for name in program.functions]
        command = [sys.executable, "-m", child, *options, str(path), str(result), *program.names, *functions]
        before = _stamps(place)
        started = time.perf_counter()
        with Path(beside, "out").open("w+b") as out, Path(beside, "err").open("w+b") as err:
            status = _watched(command, place, out.fileno(), err.fileno(), limits, program.environ)
            out.seek(0)
            err.seek(0)
            printed, said = (f.read().decode("utf-8", "replace") for f in (out, err))
        seconds = time.perf_counter() - started
        told = result.read_bytes() if result.exists() else b""
        values = msgspec.msgpack.decode(told, type=dict[str, Held]) if told else {}
        if place.parent.name.encode() in told:
            values = {name: _moved(value, place, program.directory) for name, value in values.items()}
        wanted = sorted(name for name in {*program.files} if not os.path.isabs(name))
        files = {name: (place / name).read_bytes() for name in wanted if (place / name).is_file()}
        now = _stamps(place)
        new = [name for name, stamp in now.items() if before.get(name) != stamp and name not in files]
        others = {name: (place / name).read_bytes() for name in sorted(new) if now[name][0] <= _SMALL}
        here = as_original(printed, place, program.directory)
        return Done(status, printed, said, values, files, seconds, others, here)


def _moved(held: Held, place: Path, directory: str) -> Held:
    """A value that names the original where it named the copy."""

    def at_home(plain: Any) -> Any:
        if isinstance(plain, str):
            return as_original(plain, place, directory) if place.parent.name in plain else plain
        return list(map(at_home, plain)) if isinstance(plain, list | tuple) else plain

    return msgspec.structs.replace(held, plain=at_home(held.plain))


def _stamps(place: Path) -> dict[str, tuple[int, int]]:
    """Size and time of the files below a directory, but for those that tools leave behind."""
    found: dict[str, tuple[int, int]] = {}
    for folder, folders, names in os.walk(place):
        folders[:] = [name for name in folders if name not in _LEFT_BEHIND]
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                stamp = os.stat(path)
                found[os.path.relpath(path, place)] = stamp.st_size, stamp.st_mtime_ns
    return found


def size_of(text: str) -> int:
    """A size in bytes: ``2G``, ``500 MB``.

    Raises:
        ValueError: it is none.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", text.lower())
    if found is None:
        raise ValueError(f"{text!r} is no size: `2G`, `500M`")
    return int(float(found[1]) * 1024 ** " kmgt".index(found[2] or " "))


def said_size(size: int) -> str:
    """A size for people."""
    for unit, power in (("GB", 3), ("MB", 2), ("kB", 1)):
        if size >= 1024**power:
            return f"{size / 1024**power:.3g} {unit}"
    return f"{size} bytes"


def _watched(
    command: Sequence[str], place: Path, out: int, err: int, limits: Limits, found: Mapping[str, str] | None
) -> int:
    """Run a process and all that it starts, not longer than it may; its exit status."""
    home = str(Path(nbdebt.__file__).parents[1])
    given = os.environ if found is None else found
    environ = {k: v for k, v in given.items() if k not in ("MPLBACKEND", "JPY_SESSION_NAME")}
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, [environ.get("PYTHONPATH", ""), home]))
    environ.setdefault("PYTHONHASHSEED", "0")
    process = subprocess.Popen(
        command,
        cwd=place,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        start_new_session=True,
        preexec_fn=_limited(limits) if os.name == "posix" else None,
    )
    stop = stop_of.get()
    try:
        if stop is not None:
            stop.begun(lambda: _end(process) if os.name == "posix" else process.kill())
        return process.wait(limits.timeout)
    except subprocess.TimeoutExpired:
        return -signal.SIGALRM if os.name == "posix" else 1
    finally:
        if os.name == "posix":
            _end(process)
        else:
            process.kill()
        process.wait()
        if stop is not None:
            stop.ended()


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _limited(limits: Limits) -> Callable[[], None]:
    import resource

    seconds = int(limits.timeout * (os.cpu_count() or 1)) + 1

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        if limits.memory:
            resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))

    return limit

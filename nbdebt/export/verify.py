"""The proof: a script runs in a fresh process, in a copy of the directory, and what it gives is compared."""

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

import nbdebt
from nbdebt.export.compare import comparable, differ, files_differ, lines_of, missing_line, without_addresses
from nbdebt.export.model import Compared, Entry, Held, Script, Verification
from nbdebt.export.place import copied, outside
from nbdebt.export.seeds import said_streams
from nbdebt.model.errors import NbdebtError

_CHILD = "nbdebt.live.replayed"
_CELLS = "nbdebt.live.replayed_cells"
_STAND_INS = frozenset(("IPython.core.magics.execution.TimeitResult", "IPython.utils.capture.CapturedIO"))


class _Done(msgspec.Struct):
    """One run of a script: what it printed, its values, the contents of its files."""

    status: int
    printed: str
    said: str
    values: dict[str, Held]
    files: dict[str, bytes]
    differences: list[str]
    seconds: float


def verify(script: Script, timeout: float = 600.0, again: bool = True) -> Verification:
    """Run a script in a fresh process and compare; see :meth:`Script.verify`."""
    log, manifest = script.log, script.manifest
    harmful = outside(log.written)
    if harmful:
        reason = f"it was not run: it writes {', '.join(harmful)}, outside the directory that is copied"
        return Verification(False, (reason,))
    if script.is_notebook and find_spec("ipykernel") is None:
        raise NbdebtError("to run a notebook, a kernel is needed: pip install 'nbdebt[verify]'")
    before = log.look(manifest.names) if log.look is not None else {}
    done = _run(script, timeout, compare=True)
    if done.status:
        return Verification(False, (_failure(done, timeout),), seconds=done.seconds)
    differences, notes = list(done.differences), []
    values = 0
    apart = {name for name, value in before.items() if value.kind in _STAND_INS}
    notes += [f"`{name}` is what a magic gives: the script has its own" for name in sorted(apart)]
    for name in manifest.names if log.look is not None else ():
        if name not in before or name in apart:
            continue
        if name not in done.values:
            differences.append(f"`{name}` is not there")
        elif not comparable(before[name], done.values[name]):
            notes.append(f"`{name}` is a {before[name].kind}, which can't be looked into")
        else:
            values += 1
            if how := differ(before[name], done.values[name]):
                differences.append(f"`{name}` {how}")
    expected = [line for entry in script.printed for line in _expected(script, entry)]
    missing = missing_line(expected, done.printed.splitlines())
    if missing is not None:
        differences.append(f"it does not print {missing.strip()[:80]!r} where the notebook did")
    if differences and log.unseeded and manifest.seeded:
        differences.insert(0, f"the notebook drew from {said_streams(log.unseeded)} unseeded")
    if log.look is None:
        notes.append("a saved notebook does not hold the values of its names: what it shows was compared")
    repeatable = None
    if again:
        second = _run(script, timeout, compare=False)
        repeatable = _same(done, second, apart)
    files = sum(1 for path in manifest.files if path in done.files)
    compared = Compared(values, files, len(expected))
    return Verification(not differences, tuple(differences), compared, repeatable, tuple(notes), done.seconds)


def _expected(script: Script, entry: Entry) -> list[str]:
    """The lines that a run printed and showed, as far as they are known."""
    log = script.log
    if entry.outputs:
        return lines_of(
            output.text
            for output in entry.outputs
            if output.text is not None
            and (output.kind == "execute_result" or (output.kind == "stream" and output.name == "stdout"))
        )
    text = (log.shown or {}).get(entry.count or -1)
    return lines_of([text]) if text is not None else []


def _same(one: _Done, other: _Done, apart: set[str]) -> bool:
    if other.status or _lines(one) != _lines(other) or one.values.keys() != other.values.keys():
        return False
    if any(differ(one.values[name], other.values[name]) for name in one.values.keys() - apart):
        return False
    return one.files == other.files


def _lines(done: _Done) -> list[str]:
    """What was printed, without times and the directories of the copies."""
    return [without_addresses(line) for line in lines_of([done.printed])]


def _run(script: Script, timeout: float, compare: bool) -> _Done:
    log = script.log
    with copied(log.directory, log.made, log.written) as place, TemporaryDirectory() as beside:
        name, child = ("notebook.ipynb", _CELLS) if script.is_notebook else ("script.py", _CHILD)
        path, result = Path(beside, name), Path(beside, "values")
        path.write_text(script.text, encoding="utf-8")
        functions = [f"{name}()" for name in script.manifest.functions]
        command = [sys.executable, "-m", child, str(path), str(result), *script.manifest.names, *functions]
        started = time.perf_counter()
        with Path(beside, "out").open("w+b") as out, Path(beside, "err").open("w+b") as err:
            status = _watched(command, place, out.fileno(), err.fileno(), timeout)
            out.seek(0)
            err.seek(0)
            printed, said = (f.read().decode("utf-8", "replace") for f in (out, err))
        seconds = time.perf_counter() - started
        values = msgspec.msgpack.decode(result.read_bytes(), type=dict[str, Held]) if result.exists() else {}
        files: dict[str, bytes] = {}
        differences: list[str] = []
        wanted = {access for access in script.manifest.files if not os.path.isabs(access)}
        for name in sorted(wanted):
            written = place / name
            if written.is_file():
                files[name] = written.read_bytes()
            if compare and not status and (how := files_differ(Path(log.directory, name), written)):
                differences.append(f"{name} {how}")
        return _Done(status, printed, said, values, files, differences, seconds)


def _watched(command: list[str], place: Path, out: int, err: int, timeout: float) -> int:
    """Run a process and all that it starts, not longer than it may; its exit status."""
    home = str(Path(nbdebt.__file__).parents[1])
    environ = {k: v for k, v in os.environ.items() if k not in ("MPLBACKEND", "JPY_SESSION_NAME")}
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
        preexec_fn=_limited(timeout) if os.name == "posix" else None,
    )
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return -signal.SIGALRM if os.name == "posix" else 1
    finally:
        if os.name == "posix":
            _end(process)
        else:
            process.kill()
        process.wait()


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _limited(timeout: float):  # type: ignore[no-untyped-def]
    import resource

    seconds = int(timeout * (os.cpu_count() or 1)) + 1

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    return limit


def _failure(done: _Done, timeout: float) -> str:
    if done.status == -getattr(signal, "SIGALRM", 0):
        return f"it did not end within {timeout:g} s"
    lines = [line for line in done.said.strip().splitlines() if line.strip()]
    return f"it fails: {lines[-1][:200] if lines else f'exit status {done.status}'}"

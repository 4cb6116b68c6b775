"""The proof: a script runs in a fresh process, in a copy of the directory, and what it gives is compared."""

import os
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from nbdebt.export.compare import comparable, differ, lines_of, missing_line, without_addresses
from nbdebt.export.files import bytes_differ
from nbdebt.export.model import NOT_RUN, Compared, Entry, Given, Limits, Script, Verification
from nbdebt.export.place import outside
from nbdebt.export.running import Done, Program, run
from nbdebt.export.seeds import said_streams

_STAND_INS = frozenset(("IPython.core.magics.execution.TimeitResult", "IPython.utils.capture.CapturedIO"))


def verify(
    script: Script, limits: Limits | None = None, again: bool = True, summaries: bool = False
) -> Verification:
    """Run a script in a fresh process and compare; see :meth:`Script.verify`.

    Args:
        script: the script.
        limits: how long one run may take, and how much memory it may have.
        again: run it a second time, and compare it with itself.
        summaries: tell what it gave, too (``Verification.given``).
    """
    limits = limits or Limits()
    log, manifest = script.log, script.manifest
    harmful = outside(log.written)
    if harmful:
        reason = f"{NOT_RUN}: it writes {', '.join(harmful)}, outside the directory that is copied"
        return Verification(False, (reason,))
    before = log.look(manifest.names) if log.look is not None else {}
    program = _program(script, summaries)
    done = run(program, limits)
    if done.status:
        return Verification(False, (done.failure(limits),), seconds=done.seconds)
    differences, notes = list(_file_differences(script, done)), []
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
    missing = missing_line(expected, done.said_here.splitlines())
    if missing is not None:
        differences.append(f"it does not print {missing.strip()[:80]!r} where the notebook did")
    if differences and log.unseeded and manifest.seeded:
        differences.insert(0, f"the notebook drew from {said_streams(log.unseeded)} unseeded")
    if log.look is None:
        notes.append("a saved notebook does not hold the values of its names: what it shows was compared")
    repeatable, second, varies = None, done, ""
    if again:
        second = run(program, limits)
        varies = _varies(done, second, apart)
        repeatable = not varies
    there = [path for path in manifest.files if Path(log.directory, path).is_file()]
    notes += [f"{path} is not there to compare with" for path in done.files if path not in there]
    files = sum(1 for path in there if path in done.files)
    compared = Compared(values, files, len(expected))
    given = _given(done, second, apart) if summaries and not second.status else None
    return Verification(
        not differences, tuple(differences), compared, repeatable, tuple(notes), done.seconds, given, varies
    )


def _program(script: Script, summaries: bool) -> Program:
    log, manifest = script.log, script.manifest
    return Program(
        script.text,
        script.is_notebook,
        log.directory,
        manifest.names,
        manifest.functions,
        manifest.files,
        log.made,
        log.written,
        summaries,
        log.environ,
    )


def _file_differences(script: Script, done: Done) -> Iterator[str]:
    for name in sorted(set(script.manifest.files)):
        if os.path.isabs(name) or "://" in name:
            continue
        original = Path(script.log.directory, name)
        if name not in done.files:
            yield f"{name} was not written"
        elif not original.is_file():
            if script.log.observed:
                yield f"{name} is not there any more to compare with"
        elif how := bytes_differ(original.read_bytes(), done.files[name], name):
            yield f"{name} {how}"


def _given(one: Done, other: Done, apart: set[str]) -> Given:
    """What two runs of a script agree on."""
    names = [name for name in one.values if name in other.values]
    # Exactly the same: the clock is within any tolerance of what it was a second ago.
    same = [n for n in names if n not in apart and one.values[n].digest == other.values[n].digest]
    files = [n for n in one.files if n in other.files and not bytes_differ(one.files[n], other.files[n], n)]
    changing = [name for name in (*names, *one.files) if name not in same and name not in files]
    # As it was printed in either copy: a line that names the directory is no line for other machines.
    rest = iter(_lines(other.printed))
    printed = [line for line in _lines(one.printed) if any(line == there for there in rest)]
    return Given(
        {name: one.values[name] for name in same},
        {name: one.files[name] for name in files},
        tuple(printed),
        tuple(changing),
    )


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


def _varies(one: Done, other: Done, apart: set[str]) -> str:
    """What two runs of a script don't agree on, the first of it; empty where they do."""
    if other.status:
        return "it fails then"
    for name in sorted(one.values.keys() - apart):
        if name not in other.values:
            return f"`{name}` is not there"
        if how := differ(one.values[name], other.values[name]):
            return f"`{name}` {how}"
    first, second = one.files | one.others, other.files | other.others
    if only := sorted(first.keys() ^ second.keys()):
        return f"{only[0]} is written by one run only"
    for name in sorted(first):
        if how := bytes_differ(first[name], second[name], name):
            return f"{name} {how}"
    for line, instead in zip_longest(_lines(one.said_here), _lines(other.said_here), fillvalue=""):
        if line != instead:
            return f"it prints {line.strip()[:80]!r}, then {instead.strip()[:80]!r}"
    return ""


def _lines(printed: str) -> list[str]:
    """What was printed, without times."""
    return [without_addresses(line) for line in lines_of([printed])]

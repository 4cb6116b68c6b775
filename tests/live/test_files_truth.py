"""The table of calls against the kernel's own account, where ``strace`` can be run: what touches a file is
seen, or is said not to be.

All calls that can be made here run in one process. What was written is known by looking at the directory
before and after, what was read by the files that the kernel opened.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.calls import CALLS, Call

PLAYED = """
import builtins, json, os, sys
from pathlib import Path
from nbdebt.live.files import FileWatch
from nbdebt.model.history import File

sys.dont_write_bytecode = True
cells, work, out = json.load(open(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]
sys.path.insert(0, "")

def there():
    found = {}
    for path in Path.cwd().rglob("*"):
        stat = path.stat()
        held = path.read_bytes().hex() if path.is_file() else None
        found[str(path.relative_to(Path.cwd()))] = [held, stat.st_mtime_ns * path.is_file(), stat.st_mode]
    return found

watch, found = FileWatch(), []
watch.start()
for number, (prepare, code) in enumerate(cells):
    (work / str(number)).mkdir()
    os.chdir(work / str(number))
    sys.modules.pop("helper", None)
    names = {"__name__": "__main__"}
    exec(prepare, dict(names))
    before = there()
    watch.begin(number)
    os.access(f"/nbdebt-begins/{number}", 0)
    try:
        builtins.exec(builtins.compile(code, f"<ipython-input-{number}-0123456789ab>", "exec"), names)
        error = ""
    except Exception as raised:
        error = repr(raised)
    names.clear()
    os.access(f"/nbdebt-ends/{number}", 0)
    seen = watch.end(number)
    after = there()
    found.append({"error": error, "before": list(before), "after": list(after),
        "changed": [p for p in {*before, *after} if before.get(p) != after.get(p)],
        "seen": [[s.mode, os.path.relpath(os.path.abspath(s.resource.path))]
                 for s in seen if isinstance(s.resource, File)]})
json.dump(found, open(out, "w"))
"""
_MARK = re.compile(r'"/nbdebt-(begins|ends)/(\d+)"')
_OPENED = re.compile(r'\b(?:openat|open|openat2)\((?:[^,"]*, )?"([^"]*)", ([A-Z_|]+)')


def playable(call: Call) -> bool:
    """Whether its libraries are here."""
    return all(importlib.util.find_spec(library) is not None for library in call.needs.split())


def opened(log: str, work: Path) -> dict[int, set[str]]:
    """What the kernel opened for each call below its directory; directories with a slash at the end."""
    found: dict[int, set[str]] = {}
    current = -1
    for line in log.splitlines():
        if mark := _MARK.search(line):
            current = int(mark[2]) if mark[1] == "begins" else -1
        elif current >= 0 and " = -1 " not in line and (match := _OPENED.search(line)):
            here = work / str(current)
            path = os.path.relpath(os.path.normpath(here / match[1]), here)
            if not path.startswith(".."):
                found.setdefault(current, set()).add(path + "/" * ("O_DIRECTORY" in match[2]))
    return found


def covered(path: str, seen: set[str]) -> bool:
    """Whether a file, or the directory that is spoken of for all that is in it, was seen."""
    return path in seen or any(str(parent) in seen for parent in Path(path).parents if str(parent) != ".")


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace, which nothing here installs")
def test_what_the_kernel_saw_is_seen_or_listed(tmp_path: Path) -> None:
    calls = [call for call in CALLS if playable(call)]
    work, log, out = tmp_path / "work", tmp_path / "log", tmp_path / "out.json"
    work.mkdir()
    (tmp_path / "cells.json").write_text(json.dumps([(call.prepare, call.code) for call in calls]))
    (tmp_path / "played.py").write_text(PLAYED)
    arguments = [str(tmp_path / "played.py"), str(tmp_path / "cells.json"), str(work), str(out)]
    command = [
        "strace",
        "-f",
        "-qq",
        "--seccomp-bpf",
        "-o",
        str(log),
        "-e",
        "trace=open,openat,openat2,access,faccessat",
    ]
    done = subprocess.run(
        [*command, sys.executable, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    if "ptrace" in done.stderr.lower():
        pytest.skip("strace is not permitted here")
    assert out.exists(), done.stderr
    reads = opened(log.read_text(errors="replace"), work)
    wrong = []
    for number, (call, played) in enumerate(zip(calls, json.loads(out.read_text()), strict=True)):
        touched, lasting = reads.get(number, set()), {*played["before"], *played["after"]}
        writes = set(played["changed"])
        truth = (touched & lasting) | writes
        seen = {path for _, path in played["seen"]}
        wrote = {path for mode, path in played["seen"] if mode != "read"}
        missed = {path for path in truth if not covered(path, wrote if path in writes else seen)}
        listed = set(call.missed())
        # A link reads nothing of what it points to, as the kernel sees it.
        known = truth | {path.rstrip("/") for path in touched}
        known |= {str(parent) for path in known for parent in Path(path).parents}
        invented = (seen & lasting) - known
        if played["error"] or missed != listed or (invented and "link(" not in call.code):
            said = f"missed {sorted(missed)}, listed {sorted(listed)}, invented {sorted(invented)}"
            wrong.append(f"{call.code}: {played['error'] or said}")
    assert len(calls) > 80 and wrong == []


DOCS = Path(__file__).parents[2] / "docs"


def in_docs(page: str, mark: str) -> list[str]:
    """The rows of a table in the docs."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return text.partition(f"<!-- {mark} -->")[2].partition("<!-- end -->")[0].strip().splitlines()[2:]


def library(call: Call) -> str:
    """The library that a call is of."""
    return call.needs.split()[0] if call.needs.split() else "standard library"


def unseen_rows() -> list[str]:
    """The calls of which something isn't seen, with the Pythons for which that is so."""
    rows = []
    for call in CALLS:
        before, since = call.missed(told=False), call.missed(told=True)
        if before or since:
            pythons = "all" if before == since else "3.11" if before else "3.12 and later"
            lines = [line for line in call.code.splitlines() if not line.startswith(("import", "from"))]
            code = "; ".join(lines or [call.code])
            code = code if len(code) <= 100 else f"{code[:99]}…"
            rows.append(f"| {library(call)} | `{code}` | {', '.join(before or since)} | {pythons} |")
    return rows


def library_rows() -> list[str]:
    """For each library: calls, and how many are seen in full by Python 3.11, and by later ones."""
    found: dict[str, list[Call]] = {}
    for call in CALLS:
        found.setdefault(library(call), []).append(call)
    rows = {
        name: [len(calls), *(sum(not call.missed(told) for call in calls) for told in (False, True))]
        for name, calls in found.items()
    }
    rows["**all**"] = [sum(column) for column in zip(*rows.values(), strict=True)]
    return [f"| {name} | {' | '.join(map(str, counts))} |" for name, counts in rows.items()]


def test_the_docs_list_what_is_not_seen() -> None:
    assert in_docs("limits.md", "unseen calls") == unseen_rows()
    assert in_docs("accuracy.md", "calls") == library_rows()

"""Export beside other tools: the tests' notebooks, run in real kernels, made into scripts by each.

    python -m benchmarks.export [--only WORD] [--write FILE]

Each script is run in a fresh process, in an empty directory. Compared with the session are the values of its
names at the end, the files that it wrote, and the lines that it printed and displayed. Peers are pinned and
installed into an environment of their own under ``.venv-bench``.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.export.sessions import Session, lines_of, plain, played
from benchmarks.export.speed import measure
from benchmarks.export.tools import PEERS, TOOLS, environment
from tests.export.notebooks import NOTEBOOKS, play
from tests.live.kernels import ROOT

BEGIN, END = "<!-- measured export -->", "<!-- /measured export -->"
CELLS = 500
_RUN = """
import json, runpy, sys
sys.path[0] = "."
sys.path.append(sys.argv.pop())
script, target = sys.argv[1:]
sys.argv = [script]
values = runpy.run_path(script, run_name="__main__")
from tests.export.probe import names
app = values.get("app")
if type(app).__module__.startswith("marimo"):
    values = app.run()[1]
open(target, "w").write(json.dumps(names(dict(values))))
"""


class Score(msgspec.Struct):
    """How a tool's script did.

    Args:
        ran: it ended without an error.
        values: all names have the session's values.
        files: all files are there with the session's contents.
        lines: how many of the session's lines it printed.
    """

    ran: bool = False
    values: bool = False
    files: bool = False
    lines: int = 0

    @property
    def right(self) -> bool:
        """Whether values and files are the session's."""
        return self.ran and self.values and self.files


def run_script(script: Path, folder: Path) -> tuple[bool, dict[str, Any], list[str]]:
    """Run a script in a fresh process: whether it ended well, what it holds, what it printed."""
    folder.mkdir(parents=True, exist_ok=True)
    held = folder.with_suffix(".json")
    site = next(environment().parent.parent.glob("lib/python*/site-packages"))
    environ = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    environ |= {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
    command = [sys.executable, "-c", _RUN, str(script), str(held), str(site)]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300)
    if done.returncode:
        return False, {}, lines_of(done.stdout)
    return True, plain(json.loads(held.read_text(encoding="utf-8"))), lines_of(done.stdout)


def score(session: Session, scripts: dict[str, Path], folder: Path) -> Score:
    """Run what a tool made, and compare."""
    if not scripts:
        return Score()
    if "*" not in scripts:
        return _slices(session, scripts, folder)
    ran, values, lines = run_script(scripts["*"], folder / "run")
    kept = Counter(session.lines) & Counter(lines)
    return Score(
        ran,
        ran and all(values.get(name) == value for name, value in session.values.items()),
        ran and all(_same(session.folder / name, folder / "run" / name) for name in session.files),
        sum(kept.values()),
    )


def _slices(session: Session, scripts: dict[str, Path], folder: Path) -> Score:
    """A script for each name: it is for that name only, and no script is there for files and lines."""
    found = Score(True, True, not session.files)
    for name, wanted in session.values.items():
        if name not in scripts:
            return Score(False)
        ran, values, _ = run_script(scripts[name], folder / f"run-{name}")
        found.ran = found.ran and ran
        found.values = found.values and ran and values.get(name) == wanted
    return found


def _same(one: Path, other: Path) -> bool:
    # Pictures differ in what their programs write about themselves; that they are there is enough.
    return other.exists() and (one.suffix == ".png" or one.read_bytes() == other.read_bytes())


def compare(only: str, place: Path) -> tuple[list[Session], dict[str, list[Score]]]:
    """Run all notebooks, and all tools on each."""
    sessions: list[Session] = []
    scores: dict[str, list[Score]] = {tool: [] for tool in TOOLS}
    for number, (name, text) in enumerate(NOTEBOOKS.items()):
        if only not in name:
            continue
        print(name, file=sys.stderr)
        notebook = play(text)
        session = played(name, notebook, place / str(number))
        sessions.append(session)
        for tool, make in TOOLS.items():
            folder = place / str(number) / "".join(c for c in tool if c.isalpha())
            folder.mkdir()
            scores[tool].append(score(session, make(session, notebook, folder), folder))
    return sessions, scores


def table(sessions: list[Session], scores: dict[str, list[Score]]) -> str:
    """The tables, as Markdown."""
    lines = sum(len(session.lines) for session in sessions)
    rows = [
        f"| tool | script runs | the session's values | values and files | lines kept of {lines} |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for tool, found in scores.items():
        kept = "" if tool.startswith("ipyflow") else str(sum(s.lines for s in found))
        counts = [
            sum(s.ran for s in found),
            sum(s.ran and s.values for s in found),
            sum(s.right for s in found),
        ]
        rows.append(f"| {tool} | {' | '.join(map(str, counts))} | {kept} |")
    rows += ["", f"Which of the {len(sessions)} notebooks each got wrong:", ""]
    for tool, found in scores.items():
        wrong = [s.name for s, one in zip(sessions, found, strict=True) if not one.right]
        rows.append(f"- {tool}: {', '.join(wrong) or 'none'}")
    return "\n".join(rows)


def honest(sessions: list[Session], scores: dict[str, list[Score]]) -> str:
    """How often our word on our own script was true."""
    found = []
    for way, tool in zip(("live", "faithful", "saved"), scores, strict=False):
        right = [one.right for one in scores[tool]]
        said = [session.told[way][0] for session in sessions]
        silent = [s.name for s, r, t in zip(sessions, right, said, strict=True) if t and not r]
        found.append(
            f"- {tool}: said to be equal {sum(said)} times; of these it was not "
            f"{len(silent)} times{': ' + ', '.join(silent) if silent else ''}"
        )
    return "\n".join(found)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="only notebooks with this word in their name")
    parser.add_argument("--write", type=Path, help="put the table between the marks of this page")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        sessions, scores = compare(arguments.only, Path(place))
    seconds, without, _ = measure(CELLS)
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    text = "\n".join(
        [
            f"Measured on {date.today()}, {system}, Python {platform.python_version()}; "
            f"peers: {', '.join(PEERS)}.",
            "",
            table(sessions, scores),
            "",
            "What nbdebt said of its own scripts, having run them:",
            "",
            honest(sessions, scores),
            "",
            f"A live session of {CELLS} cells is exported in {seconds:.2f} s of CPU time, "
            f"{without:.2f} s where no ruff is there to format it.",
        ]
    )
    print(text)
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        arguments.write.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Speed of ``nbdebt check`` beside ruff, nbqa + pyflakes, pynblint and flake8-nb, in CPU seconds, in one run.

    python -m benchmarks.static [DIR] [--sample N] [--peers ruff,nbqa,…] [--instructions N] [--write FILE]

CPU seconds are user + system of the whole process tree (``wait4``), the best of several runs where a run is
short. nbdebt is measured as ``pip install .`` gives it, compiled where there is a C compiler, and once as the
sources are. Peers that need minutes are measured on a sample, every k-th notebook, and so is nbdebt beside
them. Versions of the peers are pinned; each is installed into a virtual environment of its own under
``.venv-bench``.

Seconds depend on what else a machine does; instructions don't. Where there is valgrind, callgrind counts
those of all processes on a smaller sample.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = {
    "ruff": "ruff==0.17.6",
    "nbqa": "nbqa==1.9.1 pyflakes==4.1.0",
    "pynblint": "pynblint==0.1.6 click<8.2",
    "flake8-nb": "flake8-nb==0.5.3",
}
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
FLOOR = """
import ast, gc, json, pathlib, sys
gc.disable()
for path in pathlib.Path(sys.argv[1]).rglob("*.ipynb"):
    try:
        notebook = json.loads(path.read_bytes())
    except ValueError:
        continue
    for cell in notebook.get("cells", ()):
        if cell.get("cell_type") == "code":
            source = "".join(cell.get("source", ""))
            try:
                ast.parse(source)
            except (SyntaxError, ValueError):
                pass
"""


class Row(NamedTuple):
    """One measurement: what, on how many notebooks, CPU seconds, and peak memory in MB."""

    tool: str
    notebooks: int
    seconds: float
    wall: float
    memory: float


class Counted(NamedTuple):
    """One count: what, on how many notebooks, and millions of instructions."""

    tool: str
    notebooks: int
    millions: float


def measure(
    command: Sequence[str], times: int = 1, before: Callable[[], None] | None = None
) -> tuple[float, float, float]:
    """CPU seconds (least of several runs), wall seconds and peak resident memory (MB) of a command and its
    children."""
    best = (float("inf"), 0.0, 0.0)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(times):
        if before is not None:
            before()
        started = time.perf_counter()
        with open(os.devnull, "wb") as sink:
            process = subprocess.Popen(command, stdout=sink, stderr=sink, cwd=ROOT, env=environment)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)[:120]} ended with status {process.returncode}")
        taken = (usage.ru_utime + usage.ru_stime, time.perf_counter() - started, usage.ru_maxrss / 1024)
        best = min(best, taken)
    return best


def instructions(command: Sequence[str]) -> float:
    """Millions of instructions that a command and its children execute, as callgrind counts them.

    Source: valgrind's manual, "Callgrind" (``Collected`` is the sum of one process).
    """
    counting = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--trace-children=yes"]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [*counting, *command],
        capture_output=True,
        text=True,
        errors="replace",
        cwd=ROOT,
        env={**environment, "PYTHONHASHSEED": "0"},
        check=False,
    )
    return sum(map(int, re.findall(r"==\d+== Collected : (\d+)", done.stderr))) / 1e6


def counted(folder: Path, size: int, peers: set[str]) -> list[Counted]:
    """Instructions of all tools on a small sample; none where there is no valgrind."""
    if not size or shutil.which("valgrind") is None:
        return []
    with tempfile.TemporaryDirectory() as name:
        few = Path(name)
        count = sample(folder, few, size)
        commands = {
            "json + ast.parse": [sys.executable, "-c", FLOOR, str(few)],
            "nbdebt, cold, one process": [*nbdebt("--jobs", "1", "--no-cache"), str(few)],
            "nbdebt, not compiled": [*nbdebt("--jobs", "1", "--no-cache", sources=True), str(few)],
        }
        commands |= {peer: [*of_peer(peer), str(few)] for peer in PEERS if peer in peers}
        rows: list[Counted] = []
        for tool, command in commands.items():
            # What is compiled and kept on a first run isn't counted.
            measure(command)
            rows.append(Counted(tool, count, instructions(command)))
            print(f"{tool}: {rows[-1].millions:.0f} million instructions", file=sys.stderr)
        start = Counted("nbdebt --version", 0, instructions([nbdebt()[0], "--version"]))
        return [*rows, start, Counted("python -c pass", 0, instructions([sys.executable, "-c", "pass"]))]


def of_peer(name: str) -> list[str]:
    """How a peer checks what is named behind."""
    commands = {
        "ruff": ["-m", "ruff", "check", "--isolated", "--exit-zero", "--no-respect-gitignore", "--no-cache"],
        "nbqa": ["-m", "nbqa", "pyflakes"],
        "pynblint": ["-c", "from pynblint.main import app; app()"],
        "flake8-nb": ["-m", "flake8_nb"],
    }
    return [str(peer_python(name)), *commands[name]]


def peer_python(name: str) -> Path:
    """The interpreter of a peer's environment, installed on first use."""
    folder = ROOT / ".venv-bench" / name
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"installing {PEERS[name]} …", file=sys.stderr)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS[name].split()], check=True)
    return python


def sample(source: Path, target: Path, count: int) -> int:
    """Copy every k-th notebook, so that about ``count`` are there."""
    notebooks = sorted(source.rglob("*.ipynb"))
    step = max(1, len(notebooks) // count)
    chosen = notebooks[::step]
    for number, notebook in enumerate(chosen):
        shutil.copy(notebook, target / f"{number:04d}.ipynb")
    return len(chosen)


def install() -> None:
    """Build and install nbdebt from this checkout, as those who use it do."""
    folder = ROOT / ".venv-bench" / "nbdebt"
    if not folder.exists():
        venv.create(folder, with_pip=True)
    print("installing nbdebt from this checkout …", file=sys.stderr)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    # The version stays the same while the sources change.
    subprocess.run([*pip, "--force-reinstall", str(ROOT)], check=True)


def nbdebt(*options: str, sources: bool = False) -> list[str]:
    """The command under test: as installed, or as the sources of this checkout are."""
    command = (
        [sys.executable, "-m", "nbdebt"]
        if sources
        else [str(ROOT / ".venv-bench" / "nbdebt" / "bin" / "nbdebt")]
    )
    return [*command, "check", "--output-format", "concise", "--quiet", *options]


def run(folder: Path, size: int, peers: set[str]) -> list[tuple[str, list[Row]]]:
    """All measurements, grouped under headings."""
    install()
    count = len(list(folder.rglob("*.ipynb")))
    groups: list[tuple[str, list[Row]]] = []
    cache = ROOT / ".nbdebt_cache"
    whole: list[Row] = []

    def cold() -> None:
        shutil.rmtree(cache, ignore_errors=True)

    ruff = of_peer("ruff") if "ruff" in peers else []
    whole.append(Row("json + ast.parse", count, *measure([sys.executable, "-c", FLOOR, str(folder)], 3)))
    if ruff:
        whole.append(Row("ruff --no-cache", count, *measure([*ruff, str(folder)], 3)))
    whole.append(
        Row(
            "nbdebt, cold, one process",
            count,
            *measure([*nbdebt("--jobs", "1", "--no-cache"), str(folder)], 3),
        )
    )
    whole.append(
        Row(
            "nbdebt, cold, two processes",
            count,
            *measure([*nbdebt("--jobs", "2", "--no-cache"), str(folder)], 3),
        )
    )
    whole.append(
        Row(
            "nbdebt, not compiled, cold, one process",
            count,
            *measure([*nbdebt("--jobs", "1", "--no-cache", sources=True), str(folder)], 3),
        )
    )
    cold()
    measure([*nbdebt("--jobs", "1"), str(folder)])
    if ruff:
        ruff_cache = tempfile.mkdtemp()
        warm = [*ruff[:-1], "--cache-dir", ruff_cache, str(folder)]
        measure(warm)
        whole.append(Row("ruff, cached", count, *measure(warm, 3)))
        shutil.rmtree(ruff_cache, ignore_errors=True)
    whole.append(Row("nbdebt, cached", count, *measure([*nbdebt("--jobs", "1"), str(folder)], 3)))
    groups.append((f"All {count} notebooks", whole))
    slow = peers - {"ruff"}
    if slow:
        with tempfile.TemporaryDirectory() as name:
            few = Path(name)
            chosen = sample(folder, few, size)
            rows = [
                Row(
                    "nbdebt, cold, one process",
                    chosen,
                    *measure([*nbdebt("--jobs", "1", "--no-cache"), str(few)], 3),
                )
            ]
            for peer in sorted(slow):
                try:
                    rows.append(Row(peer, chosen, *measure([*of_peer(peer), str(few)])))
                except (SystemExit, subprocess.CalledProcessError) as error:
                    print(f"{peer}: {error}", file=sys.stderr)
            groups.append((f"A sample of {chosen} notebooks", rows))
    groups.append(("Size", sizes()))
    one = min(folder.rglob("*.ipynb"), key=lambda p: abs(p.stat().st_size - 20_000))
    start = [
        Row("python -c pass", 0, *measure([sys.executable, "-c", "pass"], 9)),
        Row("nbdebt --version", 0, *measure([nbdebt()[0], "--version"], 9)),
        Row("nbdebt check one.ipynb", 1, *measure([*nbdebt("--no-cache"), str(one)], 9)),
    ]
    groups.append(("Start-up", start))
    return groups


def sizes() -> list[Row]:
    """Cost of long notebooks and of large outputs, on notebooks made for it."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        for cells in (50, 500, 5000):
            path = Path(name) / f"{cells}.ipynb"
            made = [
                code(n, f"x{n} = [{n}, {n + 1}]\nx{n}.append(x{max(n - 7, 0)}[0])\nprint(x{n})\n")
                for n in range(cells)
            ]
            path.write_text(json.dumps(document(made)), encoding="utf-8")
            rows.append(Row(f"nbdebt, {cells} cells", 1, *measure([*nbdebt("--no-cache"), str(path)], 3)))
        large = Path(name) / "large.ipynb"
        # Written in pieces: a child's peak memory is never less than its parent's was.
        with large.open("w", encoding="utf-8") as file:
            head, tail = json.dumps(document([code(0, "print('x' * 10)")])).split('"outputs": []')
            file.write(head + '"outputs": [')
            picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 4_000_000}}
            for number in range(50):
                file.write(", " * bool(number) + json.dumps(picture))
            file.write("]" + tail)
        rows.append(Row("nbdebt, a notebook of 200 MB", 1, *measure([*nbdebt("--no-cache"), str(large)], 3)))
    return rows


def code(number: int, source: str) -> dict[str, Any]:
    """A code cell as nbformat has it."""
    return {
        "cell_type": "code",
        "id": f"c{number}",
        "metadata": {},
        "execution_count": number + 1,
        "source": source,
        "outputs": [],
    }


def document(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """A notebook of these cells."""
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def losses(groups: list[tuple[str, list[Row]]]) -> list[str]:
    """Whom nbdebt needs more CPU than, in a sentence each."""
    lines: list[str] = []
    for title, rows in groups:
        for row in rows:
            ours = "nbdebt, cached" if "cached" in row.tool else "nbdebt, cold, one process"
            base = next((r.seconds for r in rows if r.tool == ours), 0.0)
            if not row.tool.startswith("nbdebt") and row.seconds < base:
                lines.append(f"- {title.lower()}: {ours} needs {base / row.seconds:.1f} × {row.tool}")
    return ["Where nbdebt needs more than others:", "", *lines, ""] if lines else []


def counts_table(rows: list[Counted]) -> list[str]:
    """The counts of instructions as Markdown."""
    if not rows:
        return []
    base = next(row.millions for row in rows if row.tool.startswith("nbdebt, cold"))
    lines = [
        f"**Instructions, {rows[0].notebooks} notebooks, counted by callgrind**",
        "",
        "| tool | million instructions | of nbdebt's |",
        "| --- | ---: | ---: |",
    ]
    for row in rows:
        ratio = f"{row.millions / base:.2f}" if row.notebooks else ""
        lines.append(f"| {row.tool} | {row.millions:,.0f} | {ratio} |")
    return [*lines, ""]


def table(groups: list[tuple[str, list[Row]]], counts: list[Counted]) -> str:
    """The measurements as Markdown; each group's ratios are to its nbdebt row."""
    lines = [
        f"Measured on {date.today().isoformat()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, "
        f"Python {platform.python_version()}; peers: {', '.join(PEERS.values())}.",
        "",
    ]
    for title, rows in groups:
        base = next((r.seconds for r in rows if r.tool.startswith("nbdebt, cold, one")), None)
        lines += [
            f"**{title}**",
            "",
            "| tool | CPU s | wall s | peak MB | of nbdebt's CPU |",
            "| --- | ---: | ---: | ---: | ---: |",
        ]
        for row in rows:
            ratio = f"{row.seconds / base:.2f}" if base else ""
            lines.append(f"| {row.tool} | {row.seconds:.3f} | {row.wall:.2f} | {row.memory:.0f} | {ratio} |")
        lines.append("")
    return "\n".join([*lines, *counts_table(counts), *losses(groups)])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", default="corpus", type=Path)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--peers", default="ruff,nbqa,pynblint,flake8-nb")
    parser.add_argument("--instructions", type=int, default=40, help="notebooks to count instructions on")
    parser.add_argument("--write", type=Path, help="put the table between the marks of this page")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if not any(folder.rglob("*.ipynb")):
        raise SystemExit(f"{arguments.folder}: no notebooks here; `make corpus` fetches some")
    peers = {p for p in arguments.peers.split(",") if p}
    if unknown := peers - set(PEERS):
        raise SystemExit(f"unknown peer {sorted(unknown)[0]!r}; known: {', '.join(PEERS)}")
    groups = run(folder, arguments.sample, peers)
    text = table(groups, counted(folder, arguments.instructions, peers))
    print(text)
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        head, _, rest = page.partition(BEGIN)
        _, _, tail = rest.partition(END)
        arguments.write.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()

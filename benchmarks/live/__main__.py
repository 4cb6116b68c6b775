"""Speed of a live session: the same cells in real kernels, plain, with nbdebt and with ipyflow, in one run.

    python -m benchmarks.live [--cells N] [--times N] [--peers ipyflow] [--write FILE]

The kernels take turns, cell by cell, so that what else the machine does falls on all of them. What is
measured is the CPU time of the kernel's process (on Linux; elsewhere the time for which it says that it is
busy); medians are shown. nbdebt's line under the cell is on and the document is known, as it is with a
front end. Peers are pinned and installed into an environment of their own under ``.venv-bench``, with the
same IPython, ipykernel, numpy and pandas as here.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.live.kernels import ROOT, Kernel, Start, starters
from benchmarks.live.workloads import BOUNDARY, INSIDE, Work, indebted, trivial

PEERS = {"ipyflow": "ipyflow==0.0.231"}
SHARED = ("ipython", "ipykernel", "numpy", "pandas")
BEGIN, END = "<!-- measured live -->", "<!-- /measured live -->"
_WINDOW = 50
_FEWER = 200
_DEBTS = 400


def peer_python(name: str) -> str:
    """The interpreter of a peer's environment, installed on first use."""
    folder = ROOT / ".venv-bench" / name
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"installing {PEERS[name]} …", file=sys.stderr)
        venv.create(folder, with_pip=True)
        pinned = [f"{package}=={version(package)}" for package in SHARED]
        subprocess.run([python, "-m", "pip", "install", "-q", PEERS[name], *pinned], check=True)
    return str(python)


def tell(kernel: Kernel, cells: Sequence[tuple[str, str]]) -> None:
    """Say what the document is, as the front end does."""
    if kernel.name == "nbdebt":
        kernel.run(f"get_ipython()._nbdebt_session.set_document({list(cells)!r})", "", silent=True)


def milliseconds(seconds: Sequence[float]) -> float:
    """The median, in milliseconds."""
    return statistics.median(seconds) * 1000


class Measured(dict[str, list[float]]):
    """Seconds by kernel."""

    def row(self, title: str, names: Sequence[str], goal: str) -> str:
        """A line of the table: milliseconds of each, and what they are of the plain kernel's."""
        plain = milliseconds(self["plain"])
        cells = [title, f"{plain:.2f}"]
        for name in names[1:]:
            if name not in self:
                cells.append("")
                continue
            taken = milliseconds(self[name])
            cells.append(f"{taken:.2f} ({taken - plain:+.2f}, ×{taken / plain:.2f})")
        return f"| {' | '.join(cells)} | {goal} |"


def session(kernels: Sequence[Kernel], count: int, cell: Callable[[int], str] = trivial) -> list[Measured]:
    """A session of such cells: the first of them, the middle, the last."""
    cells = [(f"c{n}", cell(n)) for n in range(count)]
    for kernel in kernels:
        tell(kernel, cells)
    seconds: dict[str, list[float]] = {kernel.name: [] for kernel in kernels}
    for cell_id, source in cells:
        for kernel in kernels:
            seconds[kernel.name].append(kernel.run(source, cell_id))
    half = count // 2
    spans = [(10, 10 + _WINDOW), (half, half + _WINDOW), (count - _WINDOW, count)]
    return [Measured({k: v[first:last] for k, v in seconds.items()}) for first, last in spans]


def repeated(kernels: Sequence[Kernel], works: Sequence[Work], times: int) -> list[Measured]:
    """Each piece of work several times, the kernels in turn."""
    cells = [
        (f"w{n}-{kind}", work.before if kind == "before" else work.source)
        for n, work in enumerate(works)
        for kind in ("before", "work")
    ]
    for kernel in kernels:
        tell(kernel, cells)
    found = []
    for number, work in enumerate(works):
        measured = Measured({kernel.name: [] for kernel in kernels})
        for kernel in kernels:
            kernel.run(work.before, f"w{number}-before")
            kernel.run(work.source, f"w{number}-work")
        for _ in range(times):
            for kernel in kernels:
                measured[kernel.name].append(kernel.run(work.source, f"w{number}-work"))
        found.append(measured)
    return found


def loading(start: dict[str, Start], times: int) -> Measured:
    """``%load_ext`` in fresh kernels."""
    found = Measured({name: [] for name in start if name != "plain"})
    for _ in range(times):
        for name in found:
            kernel = start[name]()
            found[name].append(kernel.setup_seconds)
            kernel.close()
    return found


def goal(work: Work) -> str:
    """What is aimed at, in words."""
    return f"×{work.most:.2f}" if work.most else f"+{work.added:g} ms"


def run(peers: dict[str, str], count: int, times: int) -> str:
    """All measurements, as Markdown."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        start = starters(folder, peers)
        names = list(start)
        head = f"| cell | plain ms | {' | '.join(f'{n} ms' for n in names[1:])} | aim for nbdebt |"
        lines = [
            f"Measured on {date.today().isoformat()}, {platform.system()} {platform.machine()}, "
            f"{os.cpu_count()} cores, Python {platform.python_version()}, "
            f"{', '.join(f'{package} {version(package)}' for package in SHARED)}; "
            f"peers: {', '.join(PEERS[p] for p in peers) or 'none'}. "
            "In brackets: milliseconds added to the plain kernel's, and the ratio to them.",
            "",
        ]
        rule = f"| --- | {' | '.join('---:' for _ in names)} | ---: |"

        def table(title: str, rows: Sequence[str]) -> None:
            lines.extend([f"**{title}**", "", head, rule, *rows, ""])
            print("\n".join(lines[-len(rows) - 5 :]), file=sys.stderr, flush=True)

        own = {n: start[n]() for n in ("plain", "nbdebt")}
        at_first = {n: kernel.memory() for n, kernel in own.items()}
        spans = session([*own.values()], count)
        grown = {n: kernel.memory() for n, kernel in own.items()}
        for kernel in own.values():
            kernel.close()
        titles = ["cells 10 to 60", f"around cell {count // 2}", f"the last of {count}"]
        rows = [m.row(t, names, "+2 ms") for t, m in zip(titles, spans, strict=True)]
        table(f"A session of {count} trivial cells", rows)
        debtors = [start[n]() for n in ("plain", "nbdebt")]
        spans = session(debtors, min(_DEBTS, count), indebted)
        for kernel in debtors:
            kernel.close()
        titles = ["cells 10 to 60", f"around cell {_DEBTS // 2}", f"the last of {_DEBTS}"]
        rows = [m.row(t, names, "") for t, m in zip(titles, spans, strict=True)]
        table("A session with an unseeded draw at its top, which each report tells again", rows)
        if peers:
            all_kernels = [start[n]() for n in names]
            spans = session(all_kernels, min(_FEWER, count))
            for kernel in all_kernels:
                kernel.close()
            titles = ["cells 10 to 60", f"around cell {_FEWER // 2}", f"the last of {_FEWER}"]
            rows = [m.row(t, names, "+2 ms") for t, m in zip(titles, spans, strict=True)]
            table(f"A session of {_FEWER} trivial cells, peers beside it", rows)
        for title, works in (("Inside of a cell", INSIDE), ("Large objects in the namespace", BOUNDARY)):
            kernels = [start[n]() for n in names]
            found = repeated(kernels, works, times)
            for kernel in kernels:
                kernel.close()
            table(title, [m.row(w.title, names, goal(w)) for w, m in zip(works, found, strict=True)])
        loads = loading(start, max(3, times // 2))
        extra = {n: grown[n] - at_first[n] for n in grown}
        lines += [
            "**Loading, and memory**",
            "",
            *[f"- `%load_ext {n}` in a fresh kernel: {milliseconds(s):.0f} ms" for n, s in loads.items()],
            f"- private memory that loading nbdebt adds: {at_first['nbdebt'] - at_first['plain']:.1f} MB",
            f"- private memory that {count} cells add: {extra['plain']:.1f} MB plain, "
            f"{extra['nbdebt']:.1f} MB with nbdebt (aim: at most 30 MB more)",
            "",
        ]
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=1000, help="length of the session of trivial cells")
    parser.add_argument("--times", type=int, default=9, help="how often each piece of work is repeated")
    parser.add_argument("--peers", default="ipyflow", help="comma-separated; empty for none")
    parser.add_argument("--write", type=Path, help="put the tables between the marks of this page")
    arguments = parser.parse_args()
    chosen = [p for p in arguments.peers.split(",") if p]
    if unknown := set(chosen) - set(PEERS):
        raise SystemExit(f"unknown peer {sorted(unknown)[0]!r}; known: {', '.join(PEERS)}")
    text = run({p: peer_python(p) for p in chosen}, arguments.cells, arguments.times)
    print(text)
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        arguments.write.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

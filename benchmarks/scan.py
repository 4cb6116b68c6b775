"""How fast ``nbdebt scan`` is, what it takes, and whether it survives: on a tree grown from the corpus.

    python -m benchmarks.scan [--count 20000] [--corpus corpus] [--place DIRECTORY] [--dask] [--write FILE]

It prints notebooks a second with one process and with two, the largest memory of the process that scans, of
each that judges, what scanning again costs, and whether scans that were killed at random points, and one on a
cluster, give the same rows.
"""

import argparse
import hashlib
import os
import platform
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from benchmarks.trees import grow

_SECONDS_BETWEEN_LOOKS = 0.5
BEGIN, END = "<!-- measured scan -->", "<!-- /measured scan -->"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument("--place", type=Path, default=Path("/tmp/nbdebt-bench-scan"))
    parser.add_argument("--write", type=Path, help="put a table between the marks of this page")
    parser.add_argument("--dask", action="store_true", help="on a cluster of this machine, too")
    asked = parser.parse_args()
    tree = asked.place / f"tree{asked.count}"
    if not tree.exists():
        originals = sorted(asked.corpus.rglob("*.ipynb"))
        if not originals:
            sys.exit(f"{asked.corpus}: no notebooks there: make corpus")
        grow(tree, originals, asked.count)
    size = sum(path.stat().st_size for path in tree.rglob("*.ipynb"))
    print(f"{asked.count} notebooks, {size / 1e6:.0f} MB, {os.cpu_count()} cores")
    wanted, seconds = "", 0.0
    rows: list[tuple[str, str, str, str]] = []
    for jobs in (1, 2):
        output = asked.place / f"jobs{jobs}"
        shutil.rmtree(output, ignore_errors=True)
        seconds, cpu, most = measured(tree, output, "-j", str(jobs))
        rate = f"{asked.count / seconds:.0f}/s, {asked.count / cpu:.0f} per CPU second"
        print(f"{jobs} process(es): {seconds:.1f} s, {rate}, largest memory {most}")
        rows.append((said(jobs), f"{asked.count / seconds:.0f}", f"{asked.count / cpu:.0f}", most))
        wanted = digest(output)
    whole = seconds
    seconds, cpu, most = measured(tree, output, "-j", "2")
    print(f"again, nothing changed: {seconds:.1f} s, largest memory {most}")
    rows.append(("again, nothing changed", f"{asked.count / seconds:.0f}", f"{asked.count / cpu:.0f}", most))
    print(f"journal {(output / 'journal.sqlite').stat().st_size / 1e6:.1f} MB")
    output = asked.place / "killed"
    shutil.rmtree(output, ignore_errors=True)
    kills = killed(tree, output, random.Random(0), whole / 2)
    survived = f"Killed {kills} times at random points: {same(digest(output), wanted)} rows."
    print(survived)
    if asked.dask:
        output = asked.place / "dask"
        shutil.rmtree(output, ignore_errors=True)
        seconds, _, most = measured(tree, output, "--engine", "dask")
        told = f"{same(digest(output), wanted)} rows"
        print(f"dask, workers of this machine: {seconds:.1f} s, {told}, largest memory {most}")
        survived += f" On Dask, workers of this machine: {told}, {asked.count / seconds:.0f} a second."
    if asked.write:
        lines = [
            f"Measured on {date.today().isoformat()}, {platform.system()} {platform.machine()}, "
            f"{os.cpu_count()} cores, Python {platform.python_version()}: {asked.count} notebooks, "
            f"{size / 1e6:.0f} MB.",
            "",
            "| scan | notebooks/s | per CPU second | largest memory, four times of it |",
            "| --- | ---: | ---: | ---: |",
            *(f"| {' | '.join(row)} |" for row in rows),
            "",
            survived,
        ]
        before, _, rest = asked.write.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        text = "\n".join(lines)
        asked.write.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def said(jobs: int) -> str:
    """How many processes judge."""
    return f"{jobs} process{'es' if jobs > 1 else ''}"


def same(one: str, other: str) -> str:
    """Whether two scans gave the same."""
    return "equal" if one == other else "DIFFERENT"


def command(tree: Path, output: Path, *more: str) -> list[str]:
    """A scan."""
    return [sys.executable, "-m", "nbdebt", "scan", str(tree), "-o", str(output), "--isolated", "-q", *more]


def measured(tree: Path, output: Path, *more: str) -> tuple[float, float, str]:
    """Wall and CPU seconds of a scan, and the largest memory of its processes at four times of it."""
    before = os.times()
    started = time.perf_counter()
    process = subprocess.Popen(command(tree, output, *more))
    seen: list[tuple[int, int]] = []
    while process.poll() is None:
        seen.append((resident(process.pid), max(map(resident, children(process.pid)), default=0)))
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    seconds = time.perf_counter() - started
    if process.returncode:
        sys.exit(f"the scan ended with status {process.returncode}")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    quarter = max(1, len(seen) // 4)
    parts = [seen[i : i + quarter] for i in range(0, len(seen), quarter)][:4]
    shown = ", ".join(f"{max(a for a, _ in p)}+{max(b for _, b in p)}" for p in parts)
    return seconds, cpu, f"{shown} MB"


def children(process: int) -> list[int]:
    """Processes that a process started."""
    found = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def resident(process: int) -> int:
    """Megabytes of a process; 0 where it is gone."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def killed(tree: Path, output: Path, chance: random.Random, longest: float) -> int:
    """Kill scans at random points, after so many seconds at the latest, until one comes to its end."""
    kills = 0
    while True:
        process = subprocess.Popen(command(tree, output, "-j", "2"))
        try:
            process.wait(timeout=chance.uniform(1.0, max(longest, 2.0)))
            return kills
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1


def digest(output: Path) -> str:
    """A digest of all rows but for the seconds that they took."""
    database = sqlite3.connect(output / "scan.sqlite")
    found = hashlib.sha256()
    names = [row[1] for row in database.execute("pragma table_info(notebooks)") if row[1] != "seconds"]
    for query in (
        "select " + ", ".join(f'"{n}"' for n in names) + " from notebooks",
        "select * from findings",
    ):
        for row in database.execute(query):
            found.update(repr(row).encode())
    database.close()
    return found.hexdigest()


if __name__ == "__main__":
    main()

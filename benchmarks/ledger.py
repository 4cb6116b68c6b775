"""How long the ledger takes: a kernel's write, a sync, and what people ask, of 100,000 data sets.

    python -m benchmarks.ledger [--datasets N] [--database URL]

Prints a table. A team of 200 notebooks is made up: each reads and writes data sets of its own and of others,
three accesses for each data set, over a year.
"""

import argparse
import os
import platform
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from nbdebt.config import LedgerSettings
from nbdebt.ledger import queries
from nbdebt.ledger.entries import Accessed, Began, Ended, Entry, Op, Ran
from nbdebt.ledger.local import Local
from nbdebt.ledger.names import DatasetName
from nbdebt.ledger.store import Store
from nbdebt.ledger.tables import access, dataset
from nbdebt.ledger.writer import Writer

_NOTEBOOKS = 200
_PEOPLE = 20
_ACCESSES = 3
_BY_SESSION = 60


def stamp(at: datetime) -> str:
    """A time as the ledger writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def make(directory: Path, datasets: int) -> list[float]:
    """Write a ledger of so many data sets; milliseconds of each write."""
    chance = random.Random(7)
    begin = datetime.now(UTC) - timedelta(days=364)
    sessions = datasets * _ACCESSES // _BY_SESSION
    taken: list[float] = []
    for number in range(sessions):
        notebook = number % _NOTEBOOKS
        at = begin + timedelta(days=364 * number / sessions)
        began = Began(
            str(uuid.UUID(int=number)), f"/p/n{notebook}.ipynb", stamp(at), actor=f"u{notebook % _PEOPLE}"
        )
        writer = Writer(directory, began)
        for run in range(1, 7):
            moment = stamp(at + timedelta(seconds=run))
            entries: list[Entry] = [Ran(run, f"cell-{run}", moment, chance.random(), count=run)]
            for place in range(_BY_SESSION // 6):
                op: Op = "read" if run < 5 else "write"
                # Each writes its own; everybody reads a neighbour's.
                owner = notebook if op == "write" else (notebook + chance.choice((0, 1, 7))) % _NOTEBOOKS
                name = f"/d/n{owner}/{chance.randrange(datasets // _NOTEBOOKS)}.parquet"
                digest = f"sha256:{number % 1000:064x}"
                entries.append(Accessed(run, op, "file", name, moment, digest, place, "pandas.read_parquet"))
            started = time.perf_counter()
            writer.write(entries)
            taken.append((time.perf_counter() - started) * 1000)
        writer.write([Ended(stamp(at + timedelta(seconds=9)))])
    # Data sets that nothing was drawn for exist once.
    writer = Writer(directory, Began(str(uuid.uuid4()), "/p/all.ipynb", stamp(begin)))
    for notebook in range(_NOTEBOOKS):
        names = (f"/d/n{notebook}/{n}.parquet" for n in range(datasets // _NOTEBOOKS))
        writer.write([Accessed(1, "write", "file", name, stamp(begin), "sha256:0") for name in names])
    return taken


def measured(question: Callable[[], Any], times: int = 5) -> str:
    """Milliseconds that passed, those of this process's CPU (medians), and rows, as cells of the table."""
    passed: list[float] = []
    worked: list[float] = []
    rows: Any = ()
    for _ in range(times):
        started, at_work = time.perf_counter(), time.process_time()
        rows = question()
        passed.append((time.perf_counter() - started) * 1000)
        worked.append((time.process_time() - at_work) * 1000)
    return f"{statistics.median(passed):.1f} | {statistics.median(worked):.1f} | {len(rows)} |"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--datasets", type=int, default=100_000)
    parser.add_argument("--database", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CACHE_HOME"] = place
        directory = Path(place) / "ledger"
        writes = sorted(make(directory, asked.datasets))
        store = Store(asked.database or f"sqlite:///{place}/index.sqlite")
        store.migrate()
        started = time.perf_counter()
        done = store.sync(directory)
        sync = time.perf_counter() - started
        started = time.perf_counter()
        store.sync(directory)
        again = time.perf_counter() - started
        print(f"{asked.datasets:,} data sets, {done.accesses:,} accesses, {done.files:,} files, {store.kind}")
        print(f"Python {platform.python_version()}, {os.cpu_count()} cores\n")
        print("| | ms | ms of CPU | rows |\n| --- | ---: | ---: | ---: |")
        print(f"| a kernel writes a run, median | {writes[len(writes) // 2]:.2f} | | |")
        print(f"| … 99 % | {writes[len(writes) * 99 // 100]:.2f} | | |")
        print(
            f"| sync, everything | {sync * 1000:,.0f} | | |\n| sync, nothing new | {again * 1000:.0f} | | |"
        )
        ask(store, directory)
        store.close()


def busy(store: Store) -> DatasetName:
    """A data set that is read as much as any."""
    with store.connected(writing=False) as connection:
        found = connection.execute(
            sa.select(dataset.c.ns, dataset.c.name)
            .join(access, access.c.dataset_id == dataset.c.id)
            .where(access.c.op == "read")
            .group_by(dataset.c.ns, dataset.c.name)
            .order_by(sa.func.count().desc(), dataset.c.name)
            .limit(1)
        ).one()
        return DatasetName(found.ns, found.name)


def ask(store: Store, directory: Path) -> None:
    """Ask all questions, and print how long each took."""
    one, folder = busy(store), DatasetName("file", "/d/n5")
    month = stamp(datetime.now(UTC) - timedelta(days=30))
    with store.connected(writing=False) as connection:
        questions: dict[str, Callable[[], Any]] = {
            "readers of a file": lambda: queries.uses(connection, one, "read"),
            "writers of a file": lambda: queries.uses(connection, one, "write"),
            "readers of a directory of 500": lambda: queries.uses(connection, folder, "read"),
            "impact of a file, two notebooks away": lambda: queries.impact(connection, one, depth=2),
            "stale readers of a file": lambda: queries.stale_readers(connection, one),
            "stale readers, last 30 days": lambda: queries.stale_readers(connection, since=month),
            "stale readers, all": lambda: queries.stale_readers(connection),
            "runs, the last 100": lambda: queries.sessions(connection),
            "runs of a notebook": lambda: queries.sessions(connection, "/p/n5.ipynb"),
            "durations of a notebook": lambda: queries.durations(connection, "/p/n5.ipynb"),
        }
        for name, question in questions.items():
            print(f"| {name} | {measured(question)}")
    local = Local(LedgerSettings(str(directory), days=30))
    local.patience = 600
    started = time.perf_counter()
    local.readers(one)
    took = (time.perf_counter() - started) * 1000
    print(f"| in a kernel: the files of 30 days, in the background | {took:.0f} | | |")
    print(f"| in a kernel: who read it | {measured(lambda: local.readers(one))}")


if __name__ == "__main__":
    main()

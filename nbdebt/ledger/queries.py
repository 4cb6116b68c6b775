"""What people ask of the ledger: who reads, who writes, what follows, what is old, what takes long."""

import statistics
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from nbdebt.ledger.answers import Duration, SessionRow, Stale, Step, Use
from nbdebt.ledger.names import DatasetName
from nbdebt.ledger.tables import access, dataset, declaration, ending, execution, resolved, run, source

_CHUNK = 500
_SLOWER = 1.5
_SECONDS = 1.0
_ENOUGH = 3


def find(connection: Connection, wanted: DatasetName) -> dict[int, DatasetName]:
    """The data sets that are meant: the one of this name, else all in the directory of this name."""
    columns = (dataset.c.id, dataset.c.ns, dataset.c.name)
    same = sa.select(*columns).where(dataset.c.ns == wanted.ns, dataset.c.name == wanted.name)
    found = connection.execute(same).all()
    if not found:
        first = wanted.name.rstrip("/") + "/"
        inside = sa.select(*columns).where(
            dataset.c.ns == wanted.ns, dataset.c.name.startswith(first, autoescape=True)
        )
        found = connection.execute(inside.order_by(dataset.c.name).limit(10_000)).all()
    return {row.id: DatasetName(row.ns, row.name) for row in found}


def similar(connection: Connection, wanted: DatasetName) -> list[str]:
    """Data sets of the same file name: what may have been meant."""
    last = wanted.name.rstrip("/").rpartition("/")[2]
    if not last:
        return []
    ends = sa.select(dataset.c.ns, dataset.c.name).where(
        sa.or_(dataset.c.name == last, dataset.c.name.endswith("/" + last, autoescape=True))
    )
    return [DatasetName(*row).label for row in connection.execute(ends.order_by(dataset.c.name).limit(5))]


def uses(connection: Connection, wanted: DatasetName, op: str, since: str = "") -> list[Use]:
    """Who reads (``op`` ``read``) or writes a data set, the latest first.

    Args:
        connection: to the index.
        wanted: a data set, or a directory of several.
        op: ``read``, ``write`` or ``delete``.
        since: ISO time; what was before doesn't count.
    """
    names = find(connection, wanted)
    found: list[Use] = []
    for chunk in _chunks(list(names)):
        place = sa.func.row_number().over(
            partition_by=(access.c.dataset_id, run.c.job, run.c.actor),
            order_by=(access.c.at.desc(), access.c.seq.desc()),
        )
        times = sa.func.count().over(partition_by=(access.c.dataset_id, run.c.job, run.c.actor))
        inner = (
            sa.select(
                access.c.dataset_id,
                run.c.job,
                run.c.actor,
                run.c.host,
                access.c.at,
                times.label("times"),
                sa.func.coalesce(resolved.c.digest, access.c.digest).label("digest"),
                access.c.detector,
                place.label("place"),
            )
            .join(run, run.c.id == access.c.run_id)
            .outerjoin(resolved, resolved.c.weak == access.c.digest)
            .where(access.c.dataset_id.in_(chunk), access.c.op == op, access.c.at >= since)
            .subquery()
        )
        for row in connection.execute(sa.select(inner).where(inner.c.place == 1)):
            label = names[row.dataset_id].label
            found.append(
                Use(label, row.job, row.actor, row.at, row.times, row.digest, row.detector, row.host)
            )
    return sorted(found, key=lambda use: use.last, reverse=True)


def declared(connection: Connection, wanted: DatasetName) -> list[tuple[str, str, str, str]]:
    """(owner, consumers, note, expires) as the last writers declared a data set."""
    names = find(connection, wanted)
    rows = connection.execute(
        sa.select(declaration.c.owner, declaration.c.consumer, declaration.c.contact, declaration.c.expires)
        .join(run, run.c.id == declaration.c.run_id)
        .where(declaration.c.dataset_id.in_(list(names)[:_CHUNK]))
        .order_by(run.c.started.desc())
        .limit(1)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def impact(connection: Connection, wanted: DatasetName, since: str = "", depth: int = 20) -> list[Step]:
    """Everything downstream of a data set: who reads it, what they write afterwards in the same session, who
    reads that, and so on. What a session wrote without need of what it had read is among it: the ledger
    doesn't see inside of a session."""
    names = find(connection, wanted)
    seen: set[int] = set(names)
    front = list(names)
    steps: list[Step] = []
    for level in range(1, depth + 1):
        if not front:
            break
        edges = _edges(connection, front, since)
        written = {out for _, _, _, outs in edges.values() for out in outs}
        names |= _names(connection, written - names.keys())
        for (number, job), (actors, last, _, outs) in sorted(edges.items(), key=lambda e: e[0][1]):
            writes = tuple(sorted(names[out].label for out in outs if out != number))
            steps.append(
                Step(level, names[number].label, job, tuple(sorted(filter(None, actors))), last, writes)
            )
        front = sorted(written - seen)
        seen |= written
    return steps


_Edges = dict[tuple[int, str], tuple[set[str], str, set[str], set[int]]]


def _edges(connection: Connection, front: Sequence[int], since: str) -> _Edges:
    """Who reads any of these data sets, and what they write in the same session after that."""
    edges: _Edges = {}
    write = access.alias("written")
    for chunk in _chunks(front):
        rows = connection.execute(
            sa.select(
                access.c.dataset_id,
                access.c.run_id,
                run.c.job,
                run.c.actor,
                sa.func.min(access.c.seq).label("first"),
                sa.func.max(access.c.at).label("last"),
            )
            .join(run, run.c.id == access.c.run_id)
            .where(access.c.dataset_id.in_(chunk), access.c.op == "read", access.c.at >= since)
            .group_by(access.c.dataset_id, access.c.run_id, run.c.job, run.c.actor)
        ).all()
        by_run: dict[str, list[tuple[int, int]]] = {}
        for row in rows:
            actors, last, runs, outs = edges.setdefault((row.dataset_id, row.job), (set(), "", set(), set()))
            actors.add(row.actor)
            runs.add(row.run_id)
            edges[row.dataset_id, row.job] = (actors, max(last, row.last), runs, outs)
            by_run.setdefault(row.run_id, []).append((row.first, row.dataset_id))
        job_of = {row.run_id: row.job for row in rows}
        for part in _chunks(list(by_run)):
            after = connection.execute(
                sa.select(write.c.run_id, write.c.dataset_id, sa.func.max(write.c.seq))
                .where(write.c.run_id.in_(part), write.c.op == "write")
                .group_by(write.c.run_id, write.c.dataset_id)
            )
            for run_id, number, latest in after:
                for first, read in by_run[run_id]:
                    if latest > first:
                        edges[read, job_of[run_id]][3].add(number)
    return edges


def _names(connection: Connection, numbers: Iterable[int]) -> dict[int, DatasetName]:
    found: dict[int, DatasetName] = {}
    for chunk in _chunks(sorted(numbers)):
        rows = connection.execute(
            sa.select(dataset.c.id, dataset.c.ns, dataset.c.name).where(dataset.c.id.in_(chunk))
        )
        found.update((row.id, DatasetName(row.ns, row.name)) for row in rows)
    return found


def stale_readers(
    connection: Connection, wanted: DatasetName | None = None, since: str = "", limit: int = 1000
) -> list[Stale]:
    """Who last read a content that is not the newest one written, the newest writes first.

    Args:
        connection: to the index.
        wanted: a data set, or a directory of several; None for all.
        since: only what was written since.
        limit: of so many data sets, those that were written last.
    """
    names = find(connection, wanted) if wanted is not None else {}
    newest = _newest(connection, list(names) if wanted is not None else None, since, limit)
    names |= _names(connection, newest.keys() - names.keys())
    found: list[Stale] = []
    for chunk in _chunks(list(newest)):
        place = sa.func.row_number().over(
            partition_by=(access.c.dataset_id, run.c.job, run.c.actor),
            order_by=(access.c.at.desc(), access.c.seq.desc()),
        )
        last = (
            sa.select(
                access.c.dataset_id,
                run.c.job,
                run.c.actor,
                access.c.at,
                sa.func.coalesce(resolved.c.digest, access.c.digest).label("digest"),
                place.label("place"),
            )
            .join(run, run.c.id == access.c.run_id)
            .outerjoin(resolved, resolved.c.weak == access.c.digest)
            .where(access.c.dataset_id.in_(chunk), access.c.op == "read", access.c.digest != "")
            .subquery()
        )
        for row in connection.execute(sa.select(last).where(last.c.place == 1)):
            written, digest, writer = newest[row.dataset_id]
            # Digests of different kinds say nothing of each other.
            comparable = row.digest.partition(":")[0] == digest.partition(":")[0]
            if row.at <= written and row.digest != digest and comparable and row.job != writer:
                label = names[row.dataset_id].label
                found.append(Stale(label, row.job, row.actor, row.at, row.digest, written, digest, writer))
    return sorted(found, key=lambda stale: (stale.written, stale.job), reverse=True)


def _newest(
    connection: Connection, chosen: list[int] | None, since: str, limit: int
) -> dict[int, tuple[str, str, str]]:
    """(when, content, notebook) of the newest write of each data set, of those that were written last."""
    found: dict[int, tuple[str, str, str]] = {}
    writes = (
        sa.select(
            access.c.dataset_id,
            access.c.at,
            sa.func.coalesce(resolved.c.digest, access.c.digest),
            run.c.job,
        )
        .join(run, run.c.id == access.c.run_id)
        .outerjoin(resolved, resolved.c.weak == access.c.digest)
        .where(access.c.op == "write", access.c.digest != "", access.c.at >= since)
        .order_by(access.c.at.desc(), access.c.seq.desc())
    )
    chunks = [None] if chosen is None else list(_chunks(chosen))
    for chunk in chunks:
        asked = writes if chunk is None else writes.where(access.c.dataset_id.in_(chunk))
        # As many as are asked for; a data set that is written again and again is met again and again.
        for row in connection.execute(asked.limit(limit * 10)):
            found.setdefault(row[0], (row[1], row[2], row[3]))
            if len(found) >= limit:
                return found
    return found


def sessions(connection: Connection, job: str = "", since: str = "", limit: int = 100) -> list[SessionRow]:
    """The sessions, the latest first; ``job`` for those of a notebook or of a directory."""
    asked = sa.select(run, ending.c.at.label("ended")).outerjoin(ending, ending.c.run_id == run.c.id)
    asked = _of_job(asked, job).where(run.c.started >= since).order_by(run.c.started.desc()).limit(limit)
    rows = connection.execute(asked).all()
    ids = [row.id for row in rows]
    cells: dict[str, tuple[int, int]] = {}
    ops: dict[tuple[str, str], int] = {}
    for chunk in _chunks(ids):
        failed = sa.func.sum(sa.case((execution.c.outcome != "ok", 1), else_=0))
        for number, count, errors in connection.execute(
            sa.select(execution.c.run_id, sa.func.count(), failed)
            .where(execution.c.run_id.in_(chunk))
            .group_by(execution.c.run_id)
        ):
            cells[number] = (count, int(errors or 0))
        for number, op, count in connection.execute(
            sa.select(access.c.run_id, access.c.op, sa.func.count())
            .where(access.c.run_id.in_(chunk))
            .group_by(access.c.run_id, access.c.op)
        ):
            ops[number, op] = count
    return [
        SessionRow(
            row.id,
            row.job,
            row.actor,
            row.host,
            row.started,
            row.ended or "",
            *cells.get(row.id, (0, 0)),
            ops.get((row.id, "read"), 0),
            ops.get((row.id, "write"), 0) + ops.get((row.id, "delete"), 0),
            row.git_commit,
        )
        for row in rows
    ]


def durations(connection: Connection, job: str = "", since: str = "", limit: int = 20_000) -> list[Duration]:
    """How long notebooks and their cells take, over time; what got slower is named.

    A run is slower if it took half as long again, and a second more, than the median of the runs before it,
    of which there must be three.

    Args:
        connection: to the index.
        job: of a notebook, or of a directory.
        since: ISO time.
        limit: of so many runs of cells, the latest.
    """
    asked = (
        sa.select(
            run.c.job,
            execution.c.run_id,
            execution.c.cell,
            execution.c.count.label("shown"),
            execution.c.at,
            execution.c.seconds,
            execution.c.code,
        )
        .join(run, run.c.id == execution.c.run_id)
        .where(execution.c.outcome == "ok", execution.c.at >= since)
    )
    rows = connection.execute(_of_job(asked, job).order_by(execution.c.at.desc()).limit(limit)).all()
    cells: dict[tuple[str, str], list[tuple[str, float, str, int | None]]] = {}
    whole: dict[str, dict[str, tuple[str, float]]] = {}
    for row in reversed(rows):
        cells.setdefault((row.job, row.cell), []).append((row.at, row.seconds, row.code, row.shown))
        totals = whole.setdefault(row.job, {})
        totals[row.run_id] = (row.at, totals.get(row.run_id, ("", 0.0))[1] + row.seconds)
    found: list[Duration] = []
    for name, totals in whole.items():
        found.append(_duration(name, "", [(at, seconds, "", None) for at, seconds in totals.values()]))
        mine = [
            _duration(name, cell, list(known)) for (of, cell), known in cells.items() if of == name and cell
        ]
        found += sorted(mine, key=lambda d: -d.last)
    return found


def _duration(job: str, cell: str, runs: list[tuple[str, float, str, int | None]]) -> Duration:
    at, last, code, count = runs[-1]
    before = [seconds for _, seconds, _, _ in runs[:-1]]
    median = statistics.median(before) if before else last
    regression = ""
    if cell and len(before) >= _ENOUGH and last > median * _SLOWER and last > median + _SECONDS:
        regression = f"{last / max(median, 0.001):.1f} times as long as before"
        if any(other != code for _, _, other, _ in runs[:-1]):
            regression += ", and its code changed"
    longest = max(seconds for _, seconds, _, _ in runs)
    return Duration(job, cell, count, len(runs), median, last, longest, at, regression)


def prune(connection: Connection, before: str, gone: Sequence[str] = ()) -> int:
    """Forget sessions that began before a time, and data sets that nobody else touched.

    Args:
        connection: to the index.
        before: ISO time.
        gone: names of files that are no more; the others must not be taken in again.

    Returns:
        How many sessions.
    """
    old = sa.select(run.c.id).where(run.c.started < before)
    count = connection.execute(sa.select(sa.func.count()).select_from(old.subquery())).scalar_one()
    for chunk in _chunks(gone):
        connection.execute(source.delete().where(source.c.name.in_(chunk)))
    if not count:
        return 0
    for table in (access, execution, declaration, ending):
        connection.execute(table.delete().where(table.c.run_id.in_(old)))
    connection.execute(run.delete().where(run.c.started < before))
    used = sa.select(access.c.dataset_id).union(sa.select(declaration.c.dataset_id))
    connection.execute(dataset.delete().where(dataset.c.id.not_in(used)))
    weak = sa.select(access.c.digest)
    connection.execute(resolved.delete().where(resolved.c.weak.not_in(weak)))
    return int(count)


def _of_job(asked: sa.Select[*tuple[object, ...]], job: str) -> sa.Select[*tuple[object, ...]]:
    if not job:
        return asked
    if job.endswith("/"):
        return asked.where(run.c.job.startswith(job, autoescape=True))
    return asked.where(run.c.job == job)


def _chunks(items: Sequence[str] | Sequence[int]) -> Iterator[Sequence[str] | Sequence[int]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))

"""``nbdebt io``: what notebooks read and write outside, for people and for other systems."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click
import msgspec

from nbdebt.commands.output import columns, tell, wants_color, write
from nbdebt.config import load_settings
from nbdebt.engine import CheckOptions, check_paths
from nbdebt.ledger.entries import Accessed, Ran
from nbdebt.ledger.names import DatasetName, dataset_of
from nbdebt.ledger.openlineage import as_lines, job_event, ledger_sessions
from nbdebt.model.finding import Exchange, NotebookResult
from nbdebt.model.history import File, Table, Url
from nbdebt.report.dvc import Stage, dvc_yaml
from nbdebt.report.plain import Paint, clean
from nbdebt.report.rows import Column, as_csv, as_json, table
from nbdebt.report.words import plural

FORMATS = ("table", "openlineage", "csv", "json", "dvc")
_OPS = {"read": "reads", "write": "writes", "mutate": "writes", "delete": "deletes"}
_NO_DATA = frozenset(
    ("listing", "absent", "package", "temporary", "shown", "script", "storage", "local", "failed")
)


class Flow(msgspec.Struct, frozen=True):
    """A notebook reads or writes something.

    Args:
        notebook: its path, as it was named.
        op: ``reads``, ``writes`` or ``deletes``.
        target: what, as people are shown it; computed parts in braces.
        kind: ``file``, ``url`` or ``table``.
        ns: the data set's namespace, as OpenLineage has it; empty where its name is computed.
        name: its name within.
        cell: number of the cell, from 1; None where it isn't in the document any more.
        basis: how it is known: ``parsed``, ``observed``.
        certain: it happens whenever the cell runs.
        via: the function that does it.
    """

    notebook: str
    op: str
    target: str
    kind: str
    ns: str
    name: str
    cell: int | None
    basis: str
    certain: bool
    via: str


@click.command("io")
@click.argument("paths", nargs=-1)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How to show it."
)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write to this file.")
@click.option("--no-ledger", is_flag=True, help="Leave out what sessions were seen to do.")
def command(paths: tuple[str, ...], form: str, output_file: str | None, no_ledger: bool) -> None:
    """Show what notebooks read and write: files, addresses, tables; by default all below this directory.

    From their code, and where a ledger is kept from what their last session was seen to do. Nothing is run.
    `dvc` proposes a stage for each, `openlineage` writes an event for each.
    """
    report = check_paths(paths or (".",), CheckOptions(select=("NBD301",)))
    for problem in report.problems:
        tell(f"{problem.path}: {problem.reason}")
    flows = [flow for result in report.notebooks for flow in _parsed(result)]
    if not no_ledger:
        flows = with_seen(flows, report.notebooks)
    flows = list(unique(flows))
    write(_shown(flows, form, report.notebooks, output_file), output_file)
    if report.problems:
        raise SystemExit(2)


def _shown(flows: Sequence[Flow], form: str, notebooks: Sequence[NotebookResult], file: str | None) -> str:
    if form == "json":
        return as_json("accesses", flows)
    if form == "csv":
        return as_csv(flows, Flow)
    if form == "openlineage":
        return as_lines([_event(result.path, flows) for result in notebooks])
    if form == "dvc":
        return dvc_yaml(stages(flows), Path(os.path.realpath(os.getcwd())))
    paint = Paint(file is None and wants_color(sys.stdout))
    width = columns() if file is None and sys.stdout.isatty() else None
    return "".join(line + "\n" for line in _table(flows, paint, width))


# What there is


def _parsed(result: NotebookResult) -> Iterator[Flow]:
    directory = Path(os.path.realpath(result.path)).parent
    for exchange in result.exchanges:
        flow = _flow(result.path, exchange, directory)
        if flow is not None:
            yield flow


def _flow(path: str, exchange: Exchange, directory: Path) -> Flow | None:
    access = exchange.access
    resource = access.resource
    op = _OPS.get(access.mode)
    if op is None or not isinstance(resource, File | Url | Table) or not _NO_DATA.isdisjoint(access.detail):
        return None
    name = None if "computed" in access.detail else dataset_of(resource, directory)
    kind = {File: "file", Url: "url", Table: "table"}[type(resource)]
    shown = resource.path if isinstance(resource, File) else (name.label if name else str(resource))
    if name and name.holder:
        shown = shown.removeprefix(os.path.join(directory, ""))
    if shown == "<unknown>":
        return None
    cell = exchange.cell.index + 1
    ns, within = name or ("", "")
    return Flow(path, op, shown, kind, ns, within, cell, access.basis, access.certain, access.via)


def with_seen(flows: Sequence[Flow], notebooks: Sequence[NotebookResult]) -> list[Flow]:
    """The flows, and those that the last session of each notebook was seen to have."""
    found = list(flows)
    by_ledger: dict[str, dict[str, NotebookResult]] = {}
    for result in notebooks:
        path = os.path.realpath(result.path)
        directory = load_settings(Path(path).parent).ledger.dir
        if directory:
            by_ledger.setdefault(directory, {})[path] = result
    for directory, wanted in by_ledger.items():
        try:
            sessions = ledger_sessions(Path(directory))
        except OSError as error:
            tell(f"{directory}: can't be listed: {error.strerror or error}")
            continue
        last = {began.job: entries for began, entries in sessions if began.job in wanted}
        for job, entries in last.items():
            cells = {entry.run: entry.cell for entry in entries if isinstance(entry, Ran)}
            accesses = [entry for entry in entries if isinstance(entry, Accessed)]
            found += _observed(wanted[job], accesses, cells)
    return found


def _observed(result: NotebookResult, accesses: Iterable[Accessed], cells: dict[int, str]) -> Iterator[Flow]:
    place = {ref.id: ref.index + 1 for ref in result.cells}
    beside = os.path.join(os.path.dirname(os.path.realpath(result.path)), "")
    for access in accesses:
        name = DatasetName(access.ns, access.name)
        kind = "table" if name.holder else "file" if access.ns.startswith("file") else "url"
        cell = place.get(cells.get(access.run, ""))
        op = _OPS[access.op]
        yield Flow(
            result.path,
            op,
            name.label.removeprefix(beside),
            kind,
            *name,
            cell,
            "observed",
            access.sure,
            access.via,
        )


def unique(flows: Iterable[Flow]) -> Iterator[Flow]:
    """Each once: what was seen and what the code says of it are one, and what was seen is known better."""
    found: dict[tuple[str, str, str, str], Flow] = {}
    for flow in flows:
        key = (flow.notebook, flow.op, flow.ns, flow.name or flow.target)
        known = found.get(key)
        if known is None:
            found[key] = flow
        elif known.basis != "observed" and flow.basis == "observed":
            # As the notebook names it, where it does.
            cell = flow.cell if flow.cell is not None else known.cell
            found[key] = msgspec.structs.replace(
                known, basis="observed", certain=flow.certain, via=flow.via or known.via, cell=cell
            )
    yield from found.values()


# How it is shown

_COLUMNS = (
    Column("", lambda flow: flow.op),
    Column("what", lambda flow: flow.target, elastic=True),
    Column("cell", lambda flow: str(flow.cell) if flow.cell else "", right=True),
    Column("by", lambda flow: flow.via, elastic=True),
    Column("", lambda flow: _how(flow)),
)


def _how(flow: Flow) -> str:
    said = ["seen"] if flow.basis == "observed" else []
    if not flow.ns:
        said.append("computed name")
    if not flow.certain:
        said.append("perhaps")
    return ", ".join(said)


def _table(flows: Sequence[Flow], paint: Paint, room: int | None) -> Iterator[str]:
    if not flows:
        yield "nothing is read or written, as far as the code says"
        return
    names = list(dict.fromkeys(flow.notebook for flow in flows))
    for number, name in enumerate(names):
        if number:
            yield ""
        mine = [flow for flow in flows if flow.notebook == name]
        yield paint.bold(clean(name))
        yield from table(sorted(mine, key=lambda f: f.cell or 0), _COLUMNS, paint, room)
    yield ""
    reads = len({flow.name or flow.target for flow in flows if flow.op == "reads"})
    writes = len({flow.name or flow.target for flow in flows if flow.op == "writes"})
    yield paint.dim(f"{plural(len(names), 'notebook')}: {plural(reads, 'data set')} read, {writes} written")


def _event(path: str, flows: Sequence[Flow]) -> dict[str, object]:
    mine = [flow for flow in flows if flow.notebook == path and flow.ns]
    reads = dict.fromkeys(DatasetName(f.ns, f.name) for f in mine if f.op == "reads")
    writes = dict.fromkeys(DatasetName(f.ns, f.name) for f in mine if f.op == "writes")
    return job_event(os.path.realpath(path), reads, writes)


def stages(flows: Sequence[Flow]) -> Iterator[Stage]:
    """One stage for each notebook: what it takes and what it makes."""
    for path in dict.fromkeys(flow.notebook for flow in flows):
        mine = [flow for flow in flows if flow.notebook == path]
        mine = [msgspec.structs.replace(f, name=DatasetName(f.ns, f.name).holder or f.name) for f in mine]
        made = {flow.name for flow in mine if flow.op == "writes"}
        gone = {flow.name for flow in mine if flow.op == "deletes"}
        files = [flow for flow in mine if flow.ns == "file"]
        aside = [f"{flow.op} {flow.target}" for flow in mine if flow.ns != "file"]
        deps = [flow.name for flow in files if flow.op == "reads" and flow.name not in made]
        outs = [flow.name for flow in files if flow.op == "writes" and flow.name not in gone]
        yield Stage(os.path.realpath(path), tuple(deps), tuple(outs), tuple(dict.fromkeys(aside)))

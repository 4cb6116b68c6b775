"""What the ledger knows as events of OpenLineage, written by hand after its specification 2-0-2.

A session of a kernel is one run: one START, then COMPLETE with all that it read and wrote so far, sent
again as the session goes on; consumers take the last one. What only the code of a notebook says is a
JobEvent, which has no run.

Source: https://openlineage.io/spec/2-0-2/OpenLineage.json and the facets named below.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbdebt import __version__
from nbdebt.ledger.entries import Accessed, Began, Digested, Ended, Entry, Ran
from nbdebt.ledger.files import ledger_files, read_file
from nbdebt.ledger.names import DatasetName

PRODUCER = f"urn:nbdebt:{__version__}"
NAMESPACE = "notebooks"
_SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
_FACETS = {
    "JobTypeJobFacet": "2-0-3",
    "SourceCodeLocationJobFacet": "1-0-1",
    "OwnershipJobFacet": "1-0-1",
    "OwnershipDatasetFacet": "1-0-1",
    "DatasetVersionDatasetFacet": "1-0-1",
    "LifecycleStateChangeDatasetFacet": "1-0-1",
    "ProcessingEngineRunFacet": "1-1-1",
}
Event = dict[str, Any]


def facet(kind: str, **said: Any) -> dict[str, Any]:
    """A facet, with who made it and the address of its schema."""
    url = f"https://openlineage.io/spec/facets/{_FACETS[kind]}/{kind}.json#/$defs/{kind}"
    return {"_producer": PRODUCER, "_schemaURL": url, **said}


def session_events(began: Began, entries: Iterable[Entry]) -> list[Event]:
    """START and COMPLETE of one session.

    Args:
        began: its first line.
        entries: all others that are known so far, in order.
    """
    job = _job(began.job, began.actor, began.commit)
    facets = {
        "processing_engine": facet(
            "ProcessingEngineRunFacet",
            version=began.python or "unknown",
            name="Python",
            openlineageAdapterVersion=began.nbdebt or __version__,
        )
    }
    run = {"runId": began.session, "facets": facets}
    inputs: dict[DatasetName, Accessed] = {}
    outputs: dict[DatasetName, Accessed] = {}
    strong: dict[str, str] = {}
    last = began.at
    for entry in entries:
        if isinstance(entry, Accessed):
            (inputs if entry.op == "read" else outputs)[DatasetName(entry.ns, entry.name)] = entry
        elif isinstance(entry, Digested):
            strong[entry.weak] = entry.digest
        if isinstance(entry, Accessed | Ran | Ended):
            last = max(last, entry.at)
    start = {"eventType": "START", "eventTime": began.at, "run": run, "job": job, "inputs": [], "outputs": []}
    complete = {
        "eventType": "COMPLETE",
        "eventTime": last,
        "run": run,
        "job": job,
        "inputs": [_dataset(name, entry, strong) for name, entry in inputs.items()],
        "outputs": [_dataset(name, entry, strong) for name, entry in outputs.items()],
    }
    return [{**event, "producer": PRODUCER, "schemaURL": f"{_SPEC}RunEvent"} for event in (start, complete)]


def job_event(
    path: str, reads: Iterable[DatasetName], writes: Iterable[DatasetName], when: datetime | None = None
) -> Event:
    """What the code of a notebook reads and writes, as an event without a run.

    Args:
        path: the notebook's absolute path.
        reads: what it reads.
        writes: what it writes.
        when: the time of the event; now if not given.
    """
    time = (when or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return {
        "eventTime": time,
        "job": _job(path, "", ""),
        "inputs": [{"namespace": name.ns, "name": name.name, "facets": {}} for name in reads],
        "outputs": [{"namespace": name.ns, "name": name.name, "facets": {}} for name in writes],
        "producer": PRODUCER,
        "schemaURL": f"{_SPEC}JobEvent",
    }


def _job(path: str, actor: str, commit: str) -> dict[str, Any]:
    facets = {
        "jobType": facet("JobTypeJobFacet", processingType="BATCH", integration="NBDEBT", jobType="NOTEBOOK")
    }
    if commit:
        facets["sourceCodeLocation"] = facet(
            "SourceCodeLocationJobFacet", type="git", url=Path(path).as_uri(), version=commit
        )
    if actor:
        facets["ownership"] = facet("OwnershipJobFacet", owners=[{"name": f"user:{actor}"}])
    return {"namespace": NAMESPACE, "name": path, "facets": facets}


def _dataset(name: DatasetName, entry: Accessed, strong: Mapping[str, str]) -> dict[str, Any]:
    facets: dict[str, Any] = {}
    digest = strong.get(entry.digest, entry.digest)
    version = entry.version_id or digest
    if version:
        facets["version"] = facet("DatasetVersionDatasetFacet", datasetVersion=version)
    if entry.op != "read":
        change = "DROP" if entry.op == "delete" else "OVERWRITE"
        facets["lifecycleStateChange"] = facet(
            "LifecycleStateChangeDatasetFacet", lifecycleStateChange=change
        )
    if entry.owner:
        facets["ownership"] = facet("OwnershipDatasetFacet", owners=[{"name": f"user:{entry.owner}"}])
    return {"namespace": name.ns, "name": name.name, "facets": facets}


def ledger_sessions(directory: Path, since: str = "") -> list[tuple[Began, list[Entry]]]:
    """All sessions of a ledger with what is known of them, the oldest first; files that can't be read are
    left out.

    Raises:
        OSError: the directory can't be listed.
    """
    found: dict[str, tuple[Began, list[Entry]]] = {}
    for file in ledger_files(directory):
        try:
            content = read_file(file.path)
        except OSError:
            continue
        if content.began is None or content.began.at < since:
            continue
        entries = found.setdefault(content.began.session, (content.began, []))[1]
        entries += [entry for _, entry in content.entries]
    return sorted(found.values(), key=lambda item: item[0].at)


def as_lines(events: Sequence[Event]) -> str:
    """Events as NDJSON, which is what OpenLineage's file transport writes."""
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


def append_to(file: Path, events: Sequence[Event]) -> None:
    """Add events to a file, in one write of whole lines.

    Raises:
        OSError: it can't be written.
    """
    data = as_lines(events).encode("utf-8", "backslashreplace")
    number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        while data:
            data = data[os.write(number, data) :]
    finally:
        os.close(number)

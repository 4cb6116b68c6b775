"""``nbdebt ledger emit``: sessions as events of OpenLineage, to a file, an address or Kafka."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec

from nbdebt.commands.ledger_index import days_ago, settings_of
from nbdebt.commands.output import write
from nbdebt.ledger.openlineage import Event, append_to, as_lines, ledger_sessions, session_events
from nbdebt.ledger.privacy import clean_address
from nbdebt.model.errors import NbdebtError
from nbdebt.report.words import plural

_KEY = "OPENLINEAGE_API_KEY"
_MISSING = "sending to {} needs OpenLineage's client: pip install 'nbdebt[openlineage]'"


@click.command("emit", short_help="Send sessions as OpenLineage events.")
@click.option(
    "--to",
    required=True,
    metavar="WHERE",
    help="A file, `-`, http(s)://HOST[/PATH], kafka://HOST:PORT/TOPIC, or `client`: as openlineage.yml says.",
)
@click.option(
    "--since", metavar="DAYS", type=click.IntRange(1), help="Only sessions of the last so many days."
)
@click.option("--again", is_flag=True, help="Send what was sent before, too.")
@click.option("--dir", "directory", metavar="DIR", help="The ledger's directory.")
def emit(to: str, since: int | None, again: bool, directory: str | None) -> None:
    """Send sessions as OpenLineage events: one START for each, then COMPLETE with all that is known.

    A session that went on since the last time is sent again, without START. A key for an address is taken
    from OPENLINEAGE_API_KEY.
    """
    settings = settings_of(directory, None)
    try:
        known = ledger_sessions(Path(settings.dir), days_ago(since) if since else "")
    except OSError as error:
        raise NbdebtError(f"{settings.dir}: can't be listed: {error.strerror or error}") from None
    state = _state(settings.dir, to)
    sent = {} if again or to == "-" else _remembered(state)
    events: list[Event] = []
    count = 0
    for began, entries in known:
        before = sent.get(began.session, -1)
        if before >= len(entries):
            continue
        made = session_events(began, entries)
        events += made if before < 0 else made[1:]
        sent[began.session] = len(entries)
        count += 1
    _sender(to)(events)
    if to == "-":
        return
    _remember(state, sent)
    write(f"sent {plural(len(events), 'event')} of {plural(count, 'session')} to {clean_address(to)}\n")


def _sender(to: str) -> Callable[[Sequence[Event]], None]:
    if to == "-":
        return lambda events: write(as_lines(events))
    if "://" not in to and to != "client":
        return lambda events: _to_file(Path(to), events)
    return lambda events: _through_client(to, events)


def _to_file(file: Path, events: Sequence[Event]) -> None:
    try:
        append_to(file, events)
    except OSError as error:
        raise NbdebtError(f"{file}: can't be written: {error.strerror or error}") from None


def _through_client(to: str, events: Sequence[Event]) -> None:
    """Send events with the official client.

    Raises:
        NbdebtError: it isn't installed, or the other side refuses.
    """
    try:
        from openlineage.client import event_v2
    except ImportError:
        raise NbdebtError(_MISSING.format(clean_address(to))) from None
    transport = _transport(to)
    try:
        for event in events:
            transport.emit(client_event(event, event_v2))
    except Exception as error:
        said = clean_address(str(error)).splitlines()
        raise NbdebtError(f"{clean_address(to)}: {said[0] if said else type(error).__name__}") from None
    finally:
        close = getattr(transport, "close", None)
        if close is not None:
            close()


def _transport(to: str) -> Any:
    if to == "client":
        from openlineage.client import OpenLineageClient

        return OpenLineageClient().transport
    parts = urlsplit(to)
    if parts.scheme == "kafka":
        try:
            import confluent_kafka  # noqa: F401
        except ImportError:
            raise NbdebtError(
                "sending to Kafka needs its client: pip install 'nbdebt[openlineage]'"
            ) from None
        from openlineage.client.transport.kafka import KafkaConfig, KafkaTransport

        topic = parts.path.strip("/")
        if not parts.netloc or not topic:
            raise click.UsageError("--to: Kafka is named as kafka://HOST:PORT/TOPIC.")
        return KafkaTransport(KafkaConfig(config={"bootstrap.servers": parts.netloc}, topic=topic))
    if parts.scheme not in ("http", "https"):
        raise click.UsageError(f"--to: {parts.scheme}:// is none of http, https and kafka.")
    from openlineage.client.transport.http import HttpConfig, HttpTransport

    config: dict[str, Any] = {"url": f"{parts.scheme}://{parts.netloc}"}
    if parts.path.strip("/"):
        config["endpoint"] = parts.path.strip("/")
    if os.environ.get(_KEY):
        config["auth"] = {"type": "api_key", "apiKey": os.environ[_KEY]}
    return HttpTransport(HttpConfig.from_dict(config))


def client_event(event: Event, kinds: Any) -> Any:
    """An event as the client has it.

    Args:
        event: as it was written by hand.
        kinds: the client's module ``event_v2``.
    """
    run, job = event["run"], event["job"]
    return kinds.RunEvent(
        eventType=kinds.RunState(event["eventType"]),
        eventTime=event["eventTime"],
        run=kinds.Run(runId=run["runId"], facets=run["facets"]),
        job=kinds.Job(namespace=job["namespace"], name=job["name"], facets=job["facets"]),
        inputs=[kinds.InputDataset(d["namespace"], d["name"], facets=d["facets"]) for d in event["inputs"]],
        outputs=[
            kinds.OutputDataset(d["namespace"], d["name"], facets=d["facets"]) for d in event["outputs"]
        ],
        producer=event["producer"],
    )


# What was sent where


def _state(directory: str, to: str) -> Path:
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    where = to if "://" in to or to == "client" else os.path.realpath(to)
    named = f"{os.path.realpath(directory)}\0{where}".encode("utf-8", "surrogateescape")
    return base / "nbdebt" / f"emitted-{hashlib.sha256(named).hexdigest()[:12]}.json"


def _remembered(file: Path) -> dict[str, int]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, int])
    except (OSError, ValueError):
        return {}


def _remember(file: Path, sent: dict[str, int]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        made = file.with_name(f".{file.name}.{os.getpid()}")
        made.write_bytes(msgspec.json.encode(sent))
        os.replace(made, file)
    except OSError as error:
        raise NbdebtError(f"{file}: can't be written: {error.strerror or error}") from None

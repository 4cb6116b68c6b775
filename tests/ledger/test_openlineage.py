"""OpenLineage events: as the specification wants them, and as receivers get them.

The client's classes are generated from the published schema (2-0-2, and the facets'); an event is right if
they can be made of it, field by field, with nothing left over.
"""

import json
import threading
import typing
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from nbdebt.cli import cli
from nbdebt.ledger.entries import Accessed, Began, Digested, Ended, Ran
from nbdebt.ledger.names import DatasetName
from nbdebt.ledger.openlineage import Event, job_event, ledger_sessions, session_events
from tests.ledger.conftest import session

BEGAN = Began(
    "0f6b1f2e-7d0c-4c3a-9d2b-111111111111",
    "/p/n b.ipynb",
    "2026-11-23T10:00:00.000Z",
    actor="ada",
    host="hub",
    commit="a" * 40,
    python="3.13.0",
    nbdebt="0.1.0",
)
AT = "2026-11-23T10:00:0{}.000Z"
ENTRIES = [
    Ran(1, "c", AT.format(1), 0.1),
    Accessed(1, "read", "file", "/d/x.csv", AT.format(1), "stat:1-2"),
    Accessed(2, "write", "s3://bucket", "y.csv", AT.format(2), "sha256:2", owner="ada"),
    Accessed(3, "delete", "file", "/d/old.csv", AT.format(3)),
    Digested("stat:1-2", "sha256:1"),
]


def checked(event: Event) -> Any:
    """An event as the client's class of its kind.

    Raises:
        TypeError: a field that must be there isn't, or one is there that the specification doesn't know.
    """
    client = pytest.importorskip("openlineage.client.event_v2")
    facets = pytest.importorskip("openlineage.client.facet_v2")
    known = {
        getattr(module, name)
        for module in vars(facets).values()
        for name in dir(module)
        if name.endswith("Facet") and isinstance(getattr(module, name), type)
    }
    by_name = {kind.__name__: kind for kind in known}

    def facet(key: str, said: dict[str, Any]) -> Any:
        rest = dict(said)
        url = rest.pop("_schemaURL")
        assert rest.pop("_producer").startswith("urn:nbdebt:") and urlsplit(url).netloc == "openlineage.io"
        name = url.rpartition("/")[2]
        made = by_name[name](**rest)
        # The same schema; of a later patch, in a later client.
        major = url.split("/facets/")[1].split("-")[0]
        assert made._get_schema().split("/facets/")[1].split("-")[0] == major
        assert made._get_schema().rpartition("/")[2] == name
        return key and made

    def of(kind: Any, said: dict[str, Any]) -> Any:
        said = {**said, "facets": {k: facet(k, v) for k, v in said.get("facets", {}).items()}}
        return kind(**said)

    rest = dict(event)
    url = rest.pop("schemaURL")
    assert urlsplit(rest["producer"]).scheme == "urn"
    assert datetime.fromisoformat(rest["eventTime"]).tzinfo is not None
    if "run" in rest:
        rest["run"] = of(client.Run, rest["run"])
        rest["eventType"] = client.RunState(rest["eventType"])
    rest["job"] = of(client.Job, rest["job"])
    rest["inputs"] = [of(client.InputDataset, said) for said in rest["inputs"]]
    rest["outputs"] = [of(client.OutputDataset, said) for said in rest["outputs"]]
    kind = client.RunEvent if "run" in event else client.JobEvent
    made = kind(**rest)
    assert made.schemaURL == url
    return made


def test_a_session_is_a_run_with_one_start_and_a_complete_that_grows() -> None:
    start, complete = session_events(BEGAN, ENTRIES)
    for event in (start, complete):
        checked(event)
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == complete["run"]["runId"] == BEGAN.session
    assert (start["eventTime"], complete["eventTime"]) == (BEGAN.at, AT.format(3))
    assert start["inputs"] == start["outputs"] == []
    assert [(d["namespace"], d["name"]) for d in complete["inputs"]] == [("file", "/d/x.csv")]
    assert complete["inputs"][0]["facets"]["version"]["datasetVersion"] == "sha256:1"
    changes = {
        d["name"]: d["facets"]["lifecycleStateChange"]["lifecycleStateChange"] for d in complete["outputs"]
    }
    assert changes == {"y.csv": "OVERWRITE", "/d/old.csv": "DROP"}
    later = session_events(
        BEGAN, [*ENTRIES, Accessed(4, "read", "file", "/d/z", AT.format(5)), Ended(AT.format(6))]
    )
    assert later[0] == start and later[1]["eventTime"] == AT.format(6)
    assert [d["name"] for d in later[1]["inputs"]] == ["/d/x.csv", "/d/z"]


def test_nobody_is_named_who_is_not_named_in_the_ledger() -> None:
    nobody = Began(BEGAN.session, BEGAN.job, BEGAN.at)
    for event in session_events(nobody, [Accessed(1, "write", "file", "/d/x", AT.format(1))]):
        checked(event)
        assert "ownership" not in json.dumps(event) and "sourceCodeLocation" not in json.dumps(event)


def test_what_code_says_is_an_event_of_a_job() -> None:
    event = job_event("/p/n.ipynb", [DatasetName("file", "/d/x")], [DatasetName("https://h", "/y")])
    made = checked(event)
    assert type(made).__name__ == "JobEvent" and "run" not in event


def test_wrong_events_are_refused_by_the_check() -> None:
    """The check itself: it isn't satisfied by anything."""
    _, complete = session_events(BEGAN, ENTRIES)
    wrong: list[typing.Callable[[dict[str, Any]], object]] = [
        lambda event: event.pop("job"),
        lambda event: event["run"].update(runId="no uuid"),
        lambda event: event.update(eventType="FINISHED"),
        lambda event: event.update(extra=1),
        lambda event: event["inputs"][0].pop("name"),
        lambda event: event["job"]["facets"]["jobType"].pop("integration"),
        lambda event: event["job"]["facets"]["jobType"].update(unknown=1),
    ]
    for spoil in wrong:
        event = json.loads(json.dumps(complete))
        spoil(event)
        with pytest.raises((TypeError, ValueError, KeyError)):
            checked(event)


# Sent


class Receiver(BaseHTTPRequestHandler):
    """Takes events as Marquez does: POST /api/v1/lineage."""

    received: typing.ClassVar[list[tuple[str, str, Event]]] = []
    status = 201

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, self.headers.get("Authorization", ""), json.loads(body)))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def receiver() -> Iterator[str]:
    """A real receiver; its address."""
    Receiver.received.clear()
    Receiver.status = 201
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def emit(ledger: Path, to: object, *more: str) -> Result:
    return CliRunner().invoke(cli, ["ledger", "emit", "--dir", str(ledger), "--to", str(to), *more])


def kinds(events: list[Event]) -> list[tuple[str, str]]:
    return [(event["eventType"], Path(event["job"]["name"]).stem) for event in events]


def test_events_are_appended_to_a_file_and_only_what_is_new(team: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    done = emit(team, file)
    assert done.exit_code == 0 and "sent 14 events of 7 sessions" in done.output
    assert "sent 0 events" in emit(team, file).output
    session(team, "/p/new.ipynb", "kim", "2026-11-23T14:00", [("read", "/d/x", "1")])
    # A session that was sent before it ended, and then went on.
    (open_one,) = (path for path in team.iterdir() if not path.read_bytes().count(b'"kind":"end"'))
    with open_one.open("ab") as more:
        more.write(b'{"kind":"end","at":"2026-11-23T15:00:00.000Z"}\n')
    assert "sent 3 events of 2 sessions" in emit(team, file).output
    events = [json.loads(line) for line in file.read_text().splitlines()]
    for event in events:
        checked(event)
    assert kinds(events)[14:] == [("COMPLETE", "report"), ("START", "new"), ("COMPLETE", "new")]
    starts = [event["run"]["runId"] for event in events if event["eventType"] == "START"]
    assert len(starts) == len(set(starts)) == 8, "each run starts once"


def test_a_receiver_gets_what_was_written(team: Path, receiver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openlineage.client")
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "geheim")
    done = emit(team, receiver)
    assert done.exit_code == 0, done.output
    assert len(Receiver.received) == 14
    assert {(path, key) for path, key, _ in Receiver.received} == {("/api/v1/lineage", "Bearer geheim")}
    written = [event for began, entries in ledger_sessions(team) for event in session_events(began, entries)]
    for (_, _, got), event in zip(Receiver.received, written, strict=True):
        for dataset in (*got["inputs"], *got["outputs"]):
            # The client says that there are none.
            assert not dataset.pop("inputFacets", None) and not dataset.pop("outputFacets", None)
        checked(got)
        assert got == json.loads(json.dumps(event))
    assert "sent 0 events" in emit(team, receiver).output
    assert "sent 14 events" in emit(team, f"{receiver}/own/place").output
    assert Receiver.received[-1][0] == "/own/place"


def test_a_receiver_that_refuses_is_told_and_asked_again(team: Path, receiver: str) -> None:
    pytest.importorskip("openlineage.client")
    Receiver.status = 400
    done = emit(team, receiver.replace("http://", "http://user:geheim@"))
    assert done.exit_code == 2 and "geheim" not in done.output
    Receiver.status = 201
    assert "sent 14 events" in emit(team, receiver).output


def test_kafka_gets_what_was_written(team: Path) -> None:
    """Against the broker that Kafka's client library brings for tests."""
    pytest.importorskip("openlineage.client")
    kafka = pytest.importorskip("confluent_kafka")
    brokers = kafka.Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "none"})
    (broker,) = brokers.list_topics(timeout=60).brokers.values()
    address = f"{broker.host}:{broker.port}"
    done = emit(team, f"kafka://{address}/lineage")
    assert done.exit_code == 0, done.output
    consumer = kafka.Consumer(
        {"bootstrap.servers": address, "group.id": "test", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe(["lineage"])
    events = []
    while len(events) < 14 and (message := consumer.poll(20)) is not None:
        if message.error() is None:
            events.append(json.loads(message.value()))
    consumer.close()
    for event in events:
        checked(event)
    written = [event for began, entries in ledger_sessions(team) for event in session_events(began, entries)]
    assert sorted(kinds(events)) == sorted(kinds(written))


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("gopher://h/x", "none of http, https and kafka"),
        ("kafka://h:1", "KAFKA"),
        ("/proc/none/events.ndjson", "can't be written"),
    ],
)
def test_a_place_that_will_not_do_is_told(to: str, said: str, team: Path) -> None:
    if "://" in to:
        pytest.importorskip("openlineage.client")
        pytest.importorskip("confluent_kafka")
    done = emit(team, to)
    assert done.exit_code == 2 and said.lower() in done.output.lower()

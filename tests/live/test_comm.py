"""The wire to a front end: what a kernel tells, what it is told, and that both keep to the schema."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

pytest.importorskip("ipykernel")
pytest.importorskip("jsonschema")

from nbdebt.live.comm import VERSION
from nbdebt.read.clean import MIME
from tests.live.kernels import TIMEOUT, Kernel
from tests.report.wire import keeps

SESSION = "get_ipython()._nbdebt_session"


class FrontEnd:
    """A page with the panel: the two comms, and what is heard on them.

    Args:
        kernel: the kernel.
        client: what the page calls itself.
        version: of the wire.
    """

    def __init__(self, kernel: Kernel, client: str = "page", version: int = VERSION) -> None:
        self.kernel = kernel
        self.state, self.requests = uuid.uuid4().hex, uuid.uuid4().hex
        self.heard: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.closed: list[str] = []
        self.asked = 0
        opening = {"version": version, "client": client}
        if version == VERSION:
            keeps("opening", opening)
        for comm, target in ((self.requests, "nbdebt-requests"), (self.state, "nbdebt")):
            self.tell("comm_open", comm_id=comm, target_name=target, data=opening)

    def tell(self, kind: str, **content: Any) -> None:
        """Send a message, and hear all that comes until it is dealt with."""
        client = self.kernel.client
        message = client.session.msg(kind, content)
        client.shell_channel.send(message)
        self.listen(message["header"]["msg_id"])

    def listen(self, request: str) -> None:
        """Hear what is said until the kernel is done with a request."""
        while True:
            message = self.kernel.client.get_iopub_msg(timeout=TIMEOUT)
            content, parent = message["content"], message["parent_header"].get("msg_id")
            if message["msg_type"] == "comm_msg" and content["comm_id"] == self.state:
                keeps("sent", content["data"])
                self.heard.append(content["data"])
            elif message["msg_type"] == "comm_msg" and content["comm_id"] == self.requests:
                keeps("answer", content["data"])
                self.answers.append(content["data"])
            elif message["msg_type"] == "comm_close":
                self.closed.append(content["comm_id"])
            elif MIME in content.get("data", ()):
                raise AssertionError("nothing of ours enters the outputs")
            elif parent == request and content.get("execution_state") == "idle":
                return

    def ask(self, kind: str, **given: Any) -> dict[str, Any]:
        """Ask, and wait for the answer."""
        self.asked += 1
        request = {"version": VERSION, "kind": kind, "id": self.asked, **given}
        keeps("request", request)
        self.tell("comm_msg", comm_id=self.requests, data=request)
        assert self.answers[-1]["id"] == self.asked
        return self.answers[-1]

    def document(self, *cells: tuple[str, str], name: str = "", known: Sequence[str] = ()) -> dict[str, Any]:
        """Say what the document is."""
        news = {cell_id: [source, "code"] for cell_id, source in cells if cell_id not in known}
        order = [cell_id for cell_id, _ in cells]
        return self.ask("document", document=name or "-".join(order), order=order, cells=news)

    def run(self, code: str, cell_id: str) -> list[dict[str, Any]]:
        """Run a cell; what is heard of it."""
        before = len(self.heard)
        self.listen(self.kernel.send(code, cell_id))
        return self.heard[before:]

    def states(self) -> dict[str, str]:
        """The states of cells, as they were told."""
        found: dict[str, str] = {}
        for message in self.heard:
            if message["kind"] == "state":
                (verdict,) = message["report"]["verdicts"]
                found = {cell["id"]: cell["state"] for cell in verdict["cells"]}
            elif message["kind"] == "run":
                found[message["cell"]] = "same"
        return found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    found = Kernel(tmp_path_factory.mktemp("kernel"))
    yield found
    found.close()


@pytest.fixture
def kernel(shared: Kernel) -> Iterator[Kernel]:
    """A kernel in which recording begins anew."""
    shared.run("%reset -f", silent=True, store_history=False)
    shared.load()
    yield shared
    assert shared.ask(f"{SESSION}.failures if hasattr(get_ipython(), '_nbdebt_session') else []") == "[]"
    shared.run("%unload_ext nbdebt", silent=True, store_history=False)


OUT_OF_ORDER = (("a", "x = 1"), ("b", "print(x)"), ("c", "x = 2"))


def test_a_session_as_the_panel_sees_it(kernel: Kernel) -> None:
    front = FrontEnd(kernel)
    (first,) = front.heard
    assert (first["kind"], first["document"], first["runs"]) == ("state", "", 0)
    front.document(*OUT_OF_ORDER)
    assert front.heard[-1]["document"] == "a-b-c"
    assert front.states() == {"a": "never-run", "b": "never-run", "c": "never-run"}
    front.run("x = 1", "a")
    front.run("x = 2", "c")
    assert front.states() == {"a": "same", "b": "never-run", "c": "same"}
    heard = front.run("print(x)", "b")
    assert [message["kind"] for message in heard] == ["notice", "state"]
    notice, state = heard
    assert notice["cell"] == "b" and [f["code"] for f in notice["findings"]] == ["NBD102"]
    (verdict,) = state["report"]["verdicts"]
    assert verdict["reproduces"] is False and verdict["sentence"].startswith("would give other results")
    assert front.states()["b"] == "differs"
    plan = front.ask("plan")["plan"]
    assert [step["cell"] for step in plan["again"]] == ["a", "b", "c"] and plan["document"] == "a-b-c"
    # Moved up, the cell that was read from stands where it was read.
    a, b, c = OUT_OF_ORDER
    front.document(a, c, b, known="abc")
    assert front.heard[-1]["report"]["verdicts"][0]["reproduces"] is True
    assert kernel.ask(f"{SESSION}.document_source") == "'the front end'"


def test_a_run_that_changes_nothing_costs_little(kernel: Kernel) -> None:
    front = FrontEnd(kernel)
    cells = [(f"c{n}", f"v{n} = {n}") for n in range(3)]
    front.document(*cells)
    heard = [message for cell_id, source in cells for message in front.run(source, cell_id)]
    assert [m["kind"] for m in heard] == ["state", "run", "run"]
    assert heard[-1] | {"nbdebt": "", "seq": 0} == {
        "version": VERSION, "nbdebt": "", "seq": 0, "kind": "run", "cell": "c2", "runs": 3,
    }  # fmt: skip
    late = FrontEnd(kernel, "another page")
    assert late.states() == {"c0": "same", "c1": "same", "c2": "same"} and late.heard[0]["runs"] == 3


def test_pages_come_and_go(kernel: Kernel) -> None:
    attached = f"{SESSION}.attached"
    assert kernel.ask(attached) == "False"
    old, new = FrontEnd(kernel), FrontEnd(kernel)
    other = FrontEnd(kernel, "another page")
    assert kernel.ask(f"len({SESSION}.front_ends._clients)") == "2", "reloaded, a page is the same one"
    old.heard.clear()
    new.document(("a", "import random"), ("b", "random.random()"))
    assert old.heard == [] and new.heard[-1]["document"] == "a-b"
    for page in (new, other):
        page.tell("comm_close", comm_id=page.state, data={})
    assert kernel.ask(attached) == "False"
    answer = kernel.run("import random\nz = random.random()", "b")
    assert answer.told() == ["NBD201"], "with nobody to show it, the line is an output again"


def test_who_runs_a_cell_is_told(kernel: Kernel) -> None:
    """A page that crashed never says that it goes; another front end's cell has its line in the outputs."""
    FrontEnd(kernel, "a page that crashed").document(("a", "import random"), ("b", "random.random()"))
    session = kernel.client.session
    before = session.session
    session.session = "somebody who knows nothing of nbdebt"
    try:
        assert kernel.ask(f"{SESSION}.attached") == "False"
        assert kernel.run("import random\nz = random.random()", "b").told() == ["NBD201"]
    finally:
        session.session = before
    assert kernel.ask(f"{SESSION}.attached") == "True"


def test_two_windows_on_one_notebook(kernel: Kernel) -> None:
    """Each has its own state of the document, and tells what has changed in it."""
    one, other = FrontEnd(kernel, "one"), FrontEnd(kernel, "other")
    one.document(("a", "x = 1"), ("b", "y = 2"))
    other.document(("a", "x = 1"))
    answer = one.document(("b", "y = 2"), ("a", "x = 3"), known="b", name="moved")
    assert answer["ok"] and one.heard[-1]["document"] == "moved"
    assert [cell["id"] for cell in one.heard[-1]["report"]["verdicts"][0]["cells"]] == ["b", "a"]


def test_markdown_is_no_code(kernel: Kernel) -> None:
    front = FrontEnd(kernel)
    cells = {"m": ["# import this", "markdown"], "c": ["y = 1", "code"], "r": ["raw", "raw"]}
    front.ask("document", document="d", order=["m", "c", "r"], cells=cells)
    front.run("y = 1", "c")
    assert front.states() == {"c": "same"}
    (verdict,) = front.heard[-1]["report"]["verdicts"]
    assert [cell["index"] for cell in verdict["cells"]] == [1], "as the document counts"


def test_rules_are_ignored_and_explained(kernel: Kernel) -> None:
    front = FrontEnd(kernel)
    front.document(("a", "import random"), ("b", "z = random.random()"))
    front.run("import random", "a")
    assert [f["code"] for f in front.run("z = random.random()", "b")[-1]["report"]["findings"]] == ["NBD201"]
    front.ask("ignore", code="NBD201", reason="a sketch")
    assert front.heard[-1]["ignored"] == ["NBD201"] and front.heard[-1]["report"]["findings"] == []
    front.ask("ignore", code="NBD201", undo=True)
    assert front.heard[-1]["report"]["findings"] != []
    assert front.ask("explain", code="NBD201")["page"].startswith("# unseeded-draw (NBD201)\n")
    refused = front.ask("explain", code="NBD999")
    assert (refused["ok"], refused["error"]) == (False, "there is no such rule")


def test_data_in_and_out(kernel: Kernel) -> None:
    pytest.importorskip("tomlkit")
    front = FrontEnd(kernel)
    kernel.run("import os; os.makedirs('project'); os.chdir('project')", silent=True)
    kernel.run("open('in.csv', 'w').write('a,b\\n1,2\\n'); open('nbdebt.toml', 'w').close()", silent=True)
    reads, writes = "text = open('in.csv').read()", "with open('<b>\u202e.txt', 'w') as f:\n    f.write(text)"
    front.document(("r", reads), ("w", writes))
    front.run(reads, "r")
    front.run(writes, "w")
    found = front.ask("data")["data"]["items"]
    facts = [(i["op"], i["name"], i["basis"], [c["id"] for c in i["cells"]], i["pin"]) for i in found]
    assert facts == [
        ("reads", "in.csv", "observed", ["r"], "pin"),
        ("writes", "<b>\u202e.txt", "observed", ["w"], ""),
    ]
    (source, output) = found
    assert source["version"]["state"] == "unversioned" and output["declared"] is None
    said = front.ask("pin", key=source["key"])["said"]
    assert said.startswith("`in.csv` pinned in `nbdebt.lock`: ")
    front.ask(
        "declare", key=output["key"], owner="Ann", consumers="b.ipynb, Bob", note="", expires="2099-01-31"
    )
    assert front.heard[-1]["kind"] == "state", "what is owed is told anew"
    pinned, declared = front.ask("data")["data"]["items"]
    assert (pinned["words"], pinned["pin"]) == ("pinned in nbdebt.lock", "")
    wanted = {"owner": "Ann", "consumers": ["b.ipynb", "Bob"], "note": "", "expires": "2099-01-31"}
    assert declared["declared"] == {"pattern": "<b>\u202e.txt", **wanted}
    # What is said is all that holds: a reader who is left out is taken out.
    again = front.ask("declare", key=output["key"], owner="Ann", consumers="Bob", note="", expires="")
    assert "changed in" in again["said"]
    (_, declared) = front.ask("data")["data"]["items"]
    assert declared["declared"]["consumers"] == ["Bob"] and declared["declared"]["expires"] == ""
    kernel.run("open('in.csv', 'a').write('3,4\\n')", silent=True)
    (drifted, _) = front.ask("data")["data"]["items"]
    assert drifted["pin"] == "again" and drifted["words"].startswith("is not what was pinned on ")
    for asked, wrong in (
        ({"key": "r0"}, "any more"),
        ({"key": output["key"], "expires": "soon"}, "2027-12-31"),
    ):
        given = {"owner": "", "consumers": "", "note": "", "expires": "", **asked}
        answer = front.ask("declare", **given)
        assert not answer["ok"] and wrong in answer["error"]
    kernel.run("os.chdir('..')", silent=True)


def test_the_flow(kernel: Kernel) -> None:
    front = FrontEnd(kernel)
    front.document(*OUT_OF_ORDER)
    for cell_id, source in (OUT_OF_ORDER[0], OUT_OF_ORDER[2], OUT_OF_ORDER[1]):
        front.run(source, cell_id)
    flow = front.ask("flow")["flow"]
    cells = {node["id"]: node for node in flow["nodes"]}
    assert [(n["cell"], n["state"]) for n in flow["nodes"]] == [
        ("a", "same"),
        ("b", "differs"),
        ("c", "same"),
    ]
    edges = {(cells[e["source"]]["cell"], cells[e["target"]]["cell"]): e["kind"] for e in flow["edges"]}
    assert edges == {("a", "b"): "replay", ("c", "b"): "session"}


# The kernel knows what ran in it before: no export here is of all.
PLAIN = {
    "targets": ["total"],
    "functions": False,
    "settings": True,
    "cli": "none",
    "config": "none",
    "name": "",
}


def finished(front: FrontEnd, job: int) -> dict[str, Any]:
    """What came of a verification: no thread of the test's waits for it, the kernel is asked."""
    while True:
        answer = front.ask("export-result", job=job)
        if not answer["ok"] or answer["export"]["state"] != "running":
            return answer


def test_exports(kernel: Kernel) -> None:
    front = FrontEnd(kernel)
    cells = ("a", "x = [1, 2]"), ("b", "total = sum(x)")
    front.document(*cells)
    for cell_id, source in cells:
        front.run(source, cell_id)
    for to, name in ("script", "s.py"), ("notebook", "n.ipynb"):
        made = front.ask("export", options={**PLAIN, "to": to, "name": name}, verify=False)["export"]
        assert (made["state"], list(made["files"]), made["result"]) == ("made", [name], None)
    running = front.ask("export", options={**PLAIN, "to": "script"}, verify=True)["export"]
    assert running["state"] == "running" and "total = sum(x)" in next(iter(running["files"].values()))
    busy = front.ask("export", options={**PLAIN, "to": "script"}, verify=True)
    assert busy["error"].startswith("another export is being run")
    # Cells run meanwhile: what is compared is what there was, and what is opened is not theirs.
    front.run("total = 'another'", "c")
    done = finished(front, running["job"])["export"]
    assert done["result"]["summary"].startswith("equal: 1 value;")
    assert kernel.ask(f"{SESSION}.runs[-1].accesses") == "()"
    assert [message["kind"] for message in front.heard[-1:]] == ["state"]


def test_exports_that_are_refused_or_stopped(kernel: Kernel) -> None:
    front = FrontEnd(kernel)
    wait = "import os, time\ntotal = 0\nwhile not os.path.exists('on'):\n    time.sleep(0.01)\n    total += 1"
    shell = "total = [get_ipython()]"
    front.document(("a", wait), ("b", shell))
    kernel.run("open('on', 'w').close()", silent=True)
    front.run(wait, "a")
    kernel.run("os.remove('on')", silent=True)
    running = front.ask("export", options={**PLAIN, "to": "script"}, verify=True)["export"]
    front.ask("export-stop", job=running["job"])
    assert finished(front, running["job"])["error"] == "stopped: nothing is known of it"
    front.run(shell, "b")
    refused = front.ask("export", options={**PLAIN, "to": "script"}, verify=False)["export"]
    assert (refused["state"], refused["refused"]["cell"], refused["refused"]["line"]) == ("refused", "b", 1)
    for options, wrong in (
        ({"to": "paper"}, "nothing is exported to paper"),
        ({"to": "dvc", "cli": "click"}, "no flags"),
        ({"to": "script", "name": "../x.py"}, "without directories"),
        ({"to": "script", "cli": "perl"}, "no options of an export"),
    ):
        answer = front.ask("export", options={**PLAIN, **options}, verify=False)
        assert not answer["ok"] and wrong in answer["error"]
    assert front.ask("export-result", job=1)["error"] == "nothing is known of this export any more"


NONSENSE: list[dict[str, Any]] = [
    {},
    {"version": 99, "kind": "plan"},
    {"version": VERSION, "kind": "nothing"},
    {"version": VERSION, "kind": "document"},
    {"version": VERSION, "kind": "document", "document": "d", "order": ["unheard-of"], "cells": {}},
    {"version": VERSION, "kind": "document", "document": "d", "order": 3, "cells": []},
    {"version": VERSION, "kind": "explain", "code": None},
]


def test_nonsense_is_answered(kernel: Kernel) -> None:
    front = FrontEnd(kernel)
    for number, request in enumerate(NONSENSE):
        front.tell("comm_msg", comm_id=front.requests, data={**request, "id": number})
        assert (front.answers[-1]["id"], front.answers[-1]["ok"]) == (number, False)
    front.tell("comm_msg", comm_id=front.state, data={"version": VERSION, "kind": "plan", "id": 1})
    assert front.run("1 + 1", "a")[-1]["kind"] == "state"


def test_another_version_is_told_so(kernel: Kernel) -> None:
    front = FrontEnd(kernel, version=VERSION + 1)
    (refused,) = front.heard
    assert refused["kind"] == "refused" and front.closed == [front.state]
    assert kernel.ask(f"{SESSION}.attached") == "False"


def test_quiet_still_tells_the_panel(kernel: Kernel) -> None:
    front = FrontEnd(kernel)
    front.document(("a", "import random"), ("b", "z = random.random()"))
    front.run("%nbdebt quiet", "q")
    front.run("import random", "a")
    heard = front.run("z = random.random()", "b")
    assert [m["kind"] for m in heard] == ["state"] and heard[0]["level"] == "quiet"


def test_what_a_running_cell_draws_is_left_alone(kernel: Kernel) -> None:
    """IPython has figures drawn around what `on_msg` calls, those of a cell that isn't done, too."""
    kernel.run(
        "drawn = []\nget_ipython().events.register('post_execute', lambda: drawn.append(1))", silent=True
    )
    before = int(kernel.ask("len(drawn)"))
    front = FrontEnd(kernel)
    front.document(("a", "1"))
    front.ask("plan")
    assert int(kernel.ask("len(drawn)")) == before + 1, "for having been asked"
    kernel.run("get_ipython().events.callbacks['post_execute'].pop()", silent=True)


def known(kernel: Kernel) -> list[str]:
    """What a front end finds when it asks."""
    message = kernel.client.session.msg("comm_info_request", {"target_name": "nbdebt-hello"})
    kernel.client.shell_channel.send(message)
    while True:
        reply = kernel.client.get_shell_msg(timeout=TIMEOUT)
        if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            return list(reply["content"]["comms"])


def test_a_front_end_that_asks_finds_out(kernel: Kernel) -> None:
    assert len(known(kernel)) == 1
    front = FrontEnd(kernel)
    front.run("%unload_ext nbdebt", "u")
    assert set(front.closed) == {front.state, front.requests} and known(kernel) == []
    targets = "[t for t in get_ipython().kernel.comm_manager.targets if 'nbdebt' in t]"
    assert kernel.ask(targets) == "[]"


@pytest.mark.parametrize(("says", "opened"), [("", []), ("1", ["nbdebt-hello"])])
def test_nothing_is_opened_unasked(kernel: Kernel, says: str, opened: list[str]) -> None:
    kernel.run("%unload_ext nbdebt", silent=True, store_history=False)
    kernel.run(f"import os; os.environ['NBDEBT_FRONT_END'] = {says!r}", silent=True)
    answer = kernel.run("%load_ext nbdebt")
    assert [c["target_name"] for kind, c in answer.messages if kind == "comm_open"] == opened
    kernel.run("del os.environ['NBDEBT_FRONT_END']", silent=True)

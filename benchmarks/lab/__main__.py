"""Speed of the panel in JupyterLab: a notebook in a real browser, with the panel and without, in one run.

    python -m benchmarks.lab [--cells N] [--times N] [--write FILE]

Two servers, one of which doesn't load the panel, and one Chromium. A notebook of 500 cells, each with a
finding, is opened, clicked into, typed in, edited, and run from. What is measured is how long tasks keep the
page's main thread (Chromium's trace, which sees all of them; those above 50 ms are what a person feels), and
how long the panel takes from a kernel's message until it is painted.
"""

import argparse
import json
import platform
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from jupyter_client import BlockingKernelClient
from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.lab import PATIENCE, Lab, serving_lab
from tests.browser.lab import document as written
from tests.servers import ask

BEGIN, END = "<!-- measured lab -->", "<!-- /measured lab -->"
LONG = 50.0
_QUIET = 1500
# From the kernel's message, as the page has it, until the panel has changed and is painted.
_WATCH = """() => {
  window.took = [];
  const panel = document.getElementById('nbdebt-panel');
  let begun = 0;
  new MutationObserver(() => {
    if (begun === 0) { return; }
    const since = begun;
    begun = 0;
    requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.took.push(performance.now() - since); port2.postMessage(0); });
  }).observe(panel, { childList: true, subtree: true, characterData: true, attributes: true });
  window.book.sessionContext.session.kernel.anyMessage.connect((_, { msg, direction }) => {
    const data = msg.content?.data;
    const told = direction === 'recv' && msg.header.msg_type === 'comm_msg';
    if (told && data?.report) { begun = performance.now(); }
  });
}"""


class Tasks(msgspec.Struct):
    """What kept the main thread while something was done.

    Args:
        longest: milliseconds.
        long: how many took more than 50 ms.
        blocked: milliseconds above 50, of all of them together.
    """

    longest: float
    long: int
    blocked: float


@contextmanager
def traced(page: Any) -> Iterator[list[Tasks]]:
    """What the main thread does meanwhile; the list has one entry afterwards."""
    client = page.context.new_cdp_session(page)
    events: list[dict[str, Any]] = []
    ended: list[object] = []
    client.on("Tracing.dataCollected", lambda given: events.extend(given["value"]))
    client.on("Tracing.tracingComplete", lambda given: ended.append(given))
    config = {
        "includedCategories": ["toplevel", "blink.user_timing", "__metadata"],
        "excludedCategories": ["*"],
    }
    client.send("Tracing.start", {"traceConfig": config, "transferMode": "ReportEvents"})
    found: list[Tasks] = []
    yield found
    client.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(20)
    client.detach()
    found.append(tasks(events))


def tasks(events: Sequence[dict[str, Any]]) -> Tasks:
    """The tasks of the page's main thread in a trace."""
    mains = {
        (e["pid"], e["tid"])
        for e in events
        if e["name"] == "thread_name" and "RendererMain" in e["args"]["name"]
    }
    # A tab that isn't looked at has a main thread as well, and does nothing on it.
    spans = [
        e["dur"] / 1000
        for e in events
        if e.get("ph") == "X" and "RunTask" in e["name"] and (e["pid"], e["tid"]) in mains
    ]
    late = [span for span in spans if span > LONG]
    return Tasks(max(spans, default=0.0), len(late), sum(span - LONG for span in late))


def attached(page: Any) -> None:
    """Wait until all cells have editors: JupyterLab makes them in pauses, for a while after it has opened a
    notebook, and what is measured meanwhile is that."""
    every = "window.book.content.widgets.every(cell => cell.editor)"
    page.wait_for_function(every, polling=500, timeout=5 * PATIENCE)
    page.wait_for_timeout(_QUIET)


def document(count: int) -> list[Any]:
    """Cells that each read what nothing makes, as somebody ran them."""
    return [(f"a{number} = b{number} + 1", number + 1, "") for number in range(count)]


def act(lab: Lab, count: int, panel: bool) -> dict[str, Tasks]:
    """What a person does, and how long tasks are meanwhile."""
    page = lab.page
    found: dict[str, Tasks] = {}

    def quiet() -> None:
        page.wait_for_timeout(_QUIET)

    def told(words: str) -> None:
        if panel:
            lab.panel.get_by_text(words).first.wait_for()

    if panel:
        lab.command("nbdebt:show-panel")
    with traced(page) as seen:
        lab.open("big.ipynb", document(count), kernel=False)
        told(f"Findings ({count})")
        quiet()
    found["opened"] = seen[0]
    attached(page)
    with traced(page) as seen:
        page.evaluate(
            "() => { const n = window.book.content; n.activeCellIndex = 10; n.mode = 'edit';"
            " n.activeCell.editor.focus(); }"
        )
        quiet()
    found["first click into a cell"] = seen[0]
    with traced(page) as seen:
        page.keyboard.press("End")
        page.keyboard.type("\nhello_world = 12345 + 67890", delay=40)
        quiet()
    found["typing, and the check after it"] = seen[0]
    with traced(page) as seen:
        for _ in range(3):
            page.keyboard.type(" + 1", delay=40)
            quiet()
    found["typing with pauses"] = seen[0]
    with traced(page) as seen:
        lab.write(0, "a0 = 1")
        told(f"Findings ({count - 1})")
        quiet()
    found["a finding less"] = seen[0]
    with traced(page) as seen:
        page.evaluate(
            "async () => { const n = book.content; await n.scrollToItem(n.widgets.length - 1, 'end'); }"
        )
        quiet()
    found["to the notebook's end"] = seen[0]
    if panel:
        with traced(page) as seen:
            lab.panel.get_by_role("tab", name="Cells").click()
            quiet()
        found["the other view of the panel"] = seen[0]
        lab.panel.get_by_role("tab", name="Findings").click()
        with traced(page) as seen:
            lab.panel.evaluate(
                "node => new Promise(done => { let last = -1; const down = () => {"
                " const high = node.scrollTop = node.scrollHeight;"
                " if (high === last) { done(); } else { last = high; setTimeout(down, 100); } }; down(); })"
            )
            quiet()
        found["to the end of the findings"] = seen[0]
    page.evaluate("() => { window.book.context.model.dirty = false; window.book.dispose(); }")
    return found


def ran(lab: Lab, name: str, sources: Sequence[Any]) -> None:
    """A notebook whose kernel has run it already, the last cell first; no page was there."""
    (lab.root / name).write_text(json.dumps(written(sources)), encoding="utf-8")
    kernel = {"path": name, "type": "notebook", "name": name, "kernel": {"name": "python3"}}
    started = ask(f"{lab.url}/api/sessions", "POST", kernel)["kernel"]["id"]
    (connection,) = lab.root.parent.glob(f"**/kernel-{started}.json")
    client = BlockingKernelClient(connection_file=str(connection))
    client.load_connection_file()
    client.start_channels()
    _run(client, "%load_ext nbdebt\n%nbdebt quiet", "")
    for number in [len(sources) - 1, *range(len(sources) - 1)]:
        _run(client, sources[number], f"c{number}")
    client.stop_channels()


def _run(client: BlockingKernelClient, code: str, cell_id: str) -> None:
    content = {"code": code, "silent": not cell_id, "store_history": bool(cell_id), "allow_stdin": False}
    message = client.session.msg(
        "execute_request", {**content, "user_expressions": {}, "stop_on_error": False}
    )
    message["metadata"] = {"cellId": cell_id}
    client.shell_channel.send(message)
    while client.get_shell_msg(timeout=60)["parent_header"].get("msg_id") != message["header"]["msg_id"]:
        pass


def live(lab: Lab, count: int, runs: int) -> tuple[list[float], Tasks, int]:
    """Milliseconds from a kernel's report until it is seen; tasks meanwhile; how many findings."""
    page = lab.page
    made = "\n".join(f"b{number} = {number}" for number in range(count))
    ran(lab, "live.ipynb", [*(f"a{number} = b{number} + 1" for number in range(count - 1)), made])
    lab.command("nbdebt:show-panel")
    lab.open("live.ipynb", [], write=False)
    lab.panel.get_by_text(f"Live: {count} runs recorded").wait_for()
    attached(page)
    found = int(lab.panel.locator(".nbdebt-Section-head .nbdebt-soft").first.inner_text())
    page.evaluate(_WATCH)
    page.wait_for_timeout(_QUIET)
    with traced(page) as seen:
        for number in range(runs):
            lab.write(5, f"a5 = b5 + {number}")
            page.wait_for_timeout(_QUIET)
            lab.run(5)
            page.wait_for_timeout(_QUIET)
    took = [float(each) for each in page.evaluate("window.took")]
    lab.close()
    return took, seen[0], found


def run(count: int, times: int) -> str:
    """All of it, as Markdown."""
    with_it: list[dict[str, Tasks]] = []
    without: list[dict[str, Tasks]] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        places = [Path(folder, "with"), Path(folder, "without")]
        for place in places:
            place.mkdir()
        with serving_lab(places[0]) as ours, serving_lab(places[1], panel=False) as plain:
            for _ in range(times):
                for server, found, panel in ((plain, without, False), (ours, with_it, True)):
                    page = chromium.new_page(viewport={"width": 1360, "height": 860})
                    page.set_default_timeout(PATIENCE)
                    lab = Lab(page, *server)
                    lab.visit()
                    found.append(act(lab, count, panel))
                    page.close()
            page = chromium.new_page(viewport={"width": 1360, "height": 860})
            page.set_default_timeout(PATIENCE)
            lab = Lab(page, *ours)
            lab.visit()
            took, meanwhile, found = live(lab, count, 3)
            browser = chromium.version
        chromium.close()
    lines = [
        f"Measured on {date.today()}, {platform.system()} {platform.machine()}, 2 cores, "
        f"JupyterLab {version('jupyterlab')}, Chromium {browser}, headless; "
        f"{count} cells with {count} findings, median of {times}.",
        "",
        "| what is done | longest task, alone | with the panel | tasks above 50 ms, alone | with the panel |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for what in with_it[0]:
        ours_now = [each[what] for each in with_it]
        plain_now = [each[what] for each in without if what in each]
        lines.append(
            f"| {what} | {_middle([t.longest for t in plain_now])} "
            f"| {_middle([t.longest for t in ours_now])} "
            f"| {_middle([t.long for t in plain_now], '')} | {_middle([t.long for t in ours_now], '')} |"
        )
    lines += [
        "",
        f"From a kernel's report of {found} findings until it is painted: {statistics.median(took):.0f} ms, "
        f"at most {max(took):.0f} ms ({len(took)} reports; aim: 50 ms); "
        f"longest task meanwhile {meanwhile.longest:.0f} ms.",
        "",
    ]
    return "\n".join(lines)


def _middle(numbers: Sequence[float], unit: str = " ms") -> str:
    return f"{statistics.median(numbers):.0f}{unit}" if numbers else ""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=500, help="length of the notebook")
    parser.add_argument("--times", type=int, default=3, help="how often each is done")
    parser.add_argument("--write", type=Path, help="put the table between the marks of this page")
    arguments = parser.parse_args()
    text = run(arguments.cells, arguments.times)
    print(text)
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        arguments.write.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

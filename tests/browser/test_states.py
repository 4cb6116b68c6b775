"""What the panel says where there is little to say, or something is in the way; in all themes.

And what a notebook holds is text, wherever it is shown.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.lab import EVIL, THEMES, Lab

HIDDEN = "\u202e"


@pytest.fixture
def book(lab: Lab) -> Iterator[Lab]:
    """The panel is open; what is in front afterwards is closed."""
    lab.command("nbdebt:show-panel")
    yield lab
    lab.page.unroute_all(behavior="ignoreErrors")
    lab.close()


def legible(book: Lab, name: str) -> None:
    """In each theme; in the first of them, by all rules of axe."""
    faults = book.faults()
    book.picture(f"state-{name}")
    for theme in THEMES[1:]:
        book.dress(theme)
        faults += [f"{theme}: {fault}" for fault in book.faults("color-contrast")]
    book.dress(THEMES[0])
    assert faults == []


def test_no_notebook_in_front(book: Lab) -> None:
    book.open("gone.ipynb", ["x = 1"], kernel=False)
    book.page.evaluate(
        """() => { for (const each of [...jupyterapp.shell.widgets('main')]) {
          if (each.context) { each.context.model.dirty = false; each.dispose(); } } }"""
    )
    book.seen("Open a notebook to see what it owes the next reader.")
    legible(book, "none")
    book.open("front.ipynb", ["x = 1"], kernel=False)


def test_another_language(book: Lab) -> None:
    book.open("r.ipynb", ["x <- 1"], kernel=False, language="R")
    book.seen("nbdebt reads Python. This notebook is in another language: R.")
    legible(book, "language")


def test_an_empty_notebook(book: Lab) -> None:
    book.open("empty.ipynb", [], kernel=False)
    book.page.evaluate("() => window.book.content.model.sharedModel.deleteCell(0)")
    book.seen("No kernel")
    legible(book, "empty")


def test_loading_and_an_error(book: Lab) -> None:
    held: list[Any] = []
    book.page.route("**/nbdebt/check*", lambda route: held.append(route))
    book.open("waits.ipynb", ["print(a)"], kernel=False)
    book.seen("Looking…")
    legible(book, "loading")
    message = json.dumps({"message": f"no room {EVIL}{HIDDEN}"})
    book.page.route("**/nbdebt/check*", lambda route: route.fulfill(status=507, body=message))
    for route in held:
        route.fulfill(status=507, body=message)
    book.panel.get_by_role("alert").get_by_text("no room").wait_for()
    assert book.panel.locator("img").count() == 0 and HIDDEN not in book.panel.inner_text()
    legible(book, "error")
    assert book.panel.get_by_role("button", name="Try again").is_visible()
    book.page.unroute_all()
    book.command("nbdebt:look-again")
    book.seen("NBD101")


def test_disconnected(book: Lab) -> None:
    book.open("disconnected.ipynb", ["x = 1"])
    book.command("nbdebt:record")
    book.seen("Live: 0 runs recorded")
    status = "window.book.sessionContext.session.kernel._updateConnectionStatus"
    book.page.evaluate(f"() => {status}('disconnected')")
    book.seen("The kernel is disconnected: this is what was known last.")
    legible(book, "disconnected")
    book.page.evaluate(f"() => {status}('connected')")
    book.seen("Live: 0 runs recorded")


def test_paused(book: Lab) -> None:
    """What needs to look at values waits, and says what for."""
    book.open("paused.ipynb", ["open('p.txt', 'w').write('1')", "%nbdebt off", "%nbdebt on"])
    book.command("nbdebt:record")
    book.seen("Live: 0 runs recorded")
    book.run(0, 1)
    book.seen("Live, paused: what runs has no known origin")
    for view in ("Data", "Flow"):
        book.panel.get_by_role("tab", name=view).click()
        book.seen("Recording is paused: this is what was known before. %nbdebt on goes on with it.")
        legible(book, f"paused-{view}")
    book.panel.get_by_role("tab", name="Export…").click()
    book.panel.get_by_role("button", name="Export and verify").click()
    book.seen("Recording is paused: %nbdebt on goes on with it, and then this can be exported.")
    book.panel.get_by_role("tab", name="Data").click()
    book.run(2)
    book.seen("p.txt", "Data out")
    book.panel.get_by_role("tab", name="Findings").click()


def test_in_a_narrow_panel(book: Lab) -> None:
    """All views can be reached in one row."""
    book.open("narrow.ipynb", ["import random\nz = random.random()"], kernel=False)
    book.seen("NBD201")
    tabs = book.panel.get_by_role("tab")
    sizes = "sizes => { jupyterapp.shell._hsplitPanel.setRelativeSizes(sizes); }"
    book.page.evaluate(sizes, [0, 1000, 1])
    book.page.wait_for_function("document.getElementById('nbdebt-panel').clientWidth < 300")
    book.picture("narrow")
    assert len({round(tab.bounding_box()["y"]) for tab in tabs.all()}) == 1
    book.page.evaluate(sizes, [0, 900, 380])


def test_what_a_notebook_holds_is_text_everywhere(book: Lab) -> None:
    """In the status bar, in marks, lines, underlining, and all views."""
    name = f"{EVIL}{HIDDEN}.csv"
    asked: list[str] = []
    book.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    (book.root / name).write_text("a\n1\n", encoding="utf-8")
    sources = (
        f"data = open('{name}').read()",
        f"open('out{name}', 'w').write(data)",
        "x = 1",
        f"import random\ny = {{'{EVIL}{HIDDEN}': random.random() + x}}",
        "x = 2",
    )
    book.open("everywhere.ipynb", sources)
    book.command("nbdebt:record")
    book.seen("Live: 0 runs recorded")
    book.run(0, 1, 2, 4, 3)
    book.page.locator(".nbdebt-Notice").first.wait_for()
    book.page.locator(".nbdebt-CellMark").first.wait_for()
    ours = "#nbdebt-panel, .nbdebt-CellMark, .nbdebt-Notice, .nbdebt-Status, .cm-tooltip-lint"
    lines = book.panel.locator("details summary")
    for number in range(lines.count()):
        lines.nth(number).click()
    book.page.locator(".cm-lintRange").first.hover()
    book.page.locator(".cm-tooltip-lint").wait_for()
    said = ""
    for view in ("Findings", "Cells", "Data", "Flow", "Export…"):
        book.panel.get_by_role("tab", name=view).click()
        if view == "Export…":
            book.panel.get_by_role("button", name="Export and verify").click()
            book.seen("equal: ")
        elif view == "Flow":
            book.panel.locator(".nbdebt-Flow-node").first.wait_for()
        elif view == "Data":
            book.seen("onerror")
        said += str(
            book.page.evaluate(
                """ours => [...document.querySelectorAll(ours)].map(node => {
                  const made = [...node.querySelectorAll('img, script, iframe, object')];
                  const names = [...node.querySelectorAll('*')].flatMap(each =>
                    [each.title, each.getAttribute('aria-label')].filter(Boolean));
                  const found = made.map(each => `MADE ${each.outerHTML}`);
                  return [...found, node.innerText, node.title, ...names].join(' ');
                }).join(' ')""",
                ours,
            )
        )
        book.picture(f"evil-{view.strip('…').lower()}")
    assert re.findall("MADE[^§]{0,200}", said) == []
    assert HIDDEN not in said and "⟨202e⟩" in said and not asked
    book.panel.get_by_role("tab", name="Findings").click()

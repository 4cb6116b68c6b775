"""Around the panel: for everybody (axe, in all themes), by keys, as it is set; kernels and pages that go."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nbdebt.read.clean import MIME
from tests.browser.lab import AXE, THEMES, Lab

DEBT = ("import random", "x = 1", "y = x + random.random()\nprint(y)", "x = 5", "print(x)")
SETTINGS = "jupyterapp.pluginRegistry._plugins.get('@jupyterlab/apputils-extension:settings').service"


@pytest.fixture
def book(lab: Lab) -> Iterator[Lab]:
    """The panel is open; the notebook that is opened is closed afterwards."""
    lab.command("nbdebt:show-panel")
    yield lab
    assert lab.panel.locator(".nbdebt-Trouble").count() == 0, lab.panel.inner_text()
    lab.close()


def record(lab: Lab, reply: str = "Not now") -> None:
    """By the button; what is asked then is answered."""
    lab.panel.get_by_role("button", name="Record this kernel").click()
    lab.panel.get_by_role("button", name=reply).click()
    lab.seen("Live: 0 runs recorded")


def setting(lab: Lab, **values: Any) -> None:
    for name, value in values.items():
        lab.page.evaluate(
            f"async ([name, value]) => {{ await {SETTINGS}.set('nbdebt:plugin', name, value); }}",
            [name, value],
        )


def states(book: Lab) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Views and states of the panel, and what takes one there from the one before."""
    panel = book.panel
    yield "findings", lambda: panel.get_by_text("Evidence").first.click()
    yield "nothing found", lambda: panel.get_by_label("Filter the findings").fill("zzz")
    yield "cleared", lambda: panel.get_by_role("button", name="Clear the filter").click()
    yield "page", lambda: panel.get_by_role("button", name="Explain").first.click()
    yield "page shown", lambda: panel.locator(".nbdebt-Page-text h1").wait_for()
    yield "back", lambda: panel.get_by_role("button", name="← Back").click()
    for number in range(1, panel.get_by_role("tab").count()):
        yield f"view {number}", lambda number=number: panel.get_by_role("tab").nth(number).click()
    yield "first view", lambda: panel.get_by_role("tab").first.click()
    yield "silence", lambda: panel.get_by_role("button", name="Ignore…").first.click()
    yield "silence cancelled", lambda: book.page.keyboard.press("Escape")


def test_for_everybody(book: Lab) -> None:
    """In each theme, in each state: names, roles, contrast, order of heads."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in labextension")
    book.open("axe.ipynb", DEBT)
    found = []
    try:
        for number, theme in enumerate(THEMES):
            book.dress(theme)
            if number == 0:
                found += book.faults()
                book.panel.get_by_role("button", name="Record this kernel").click()
                book.panel.get_by_role("group", name="Record by itself?").wait_for()
                found += book.faults()
                book.picture("asked")
                book.panel.get_by_role("button", name="Not now").click()
                book.seen("Live: 0 runs recorded")
                book.run(0, 1, 3, 2)
                book.seen("NBD102")
            for name, go in states(book):
                go()
                # What differs between themes is colours.
                rules = ["color-contrast"] if number else []
                found += [f"{theme}, {name}: {fault}" for fault in book.faults(*rules)]
            book.picture(f"theme-{number}")
        book.page.emulate_media(forced_colors="active", reduced_motion="reduce")
        found += book.faults()
        book.picture("forced-colours")
    finally:
        book.page.emulate_media(forced_colors="none", reduced_motion="no-preference")
        book.dress(THEMES[0])
    assert found == []


def test_by_keys(book: Lab) -> None:
    book.open(
        "keys.ipynb", ["import random", "x = 1\nz = random.random()", "w = random.random()"], kernel=False
    )
    book.seen("NBD201")
    status = book.page.locator(".nbdebt-Status-button")
    assert status.inner_text() == "nbdebt ? 1" and "Restart & Run All: " in status.get_attribute("title")
    book.page.locator(".jp-Notebook").focus()
    book.page.keyboard.press("F8")
    book.page.wait_for_function("window.book.content.activeCellIndex === 1")
    book.page.wait_for_function("window.book.content.activeCell.editor?.getCursorPosition().line === 1")
    book.command("nbdebt:explain")
    book.panel.get_by_role("heading", name="unseeded-draw (NBD201)").wait_for()
    book.page.keyboard.press("Alt+Shift+F")
    book.page.wait_for_function("window.book.content.model.cells.length === 4")
    clashes = book.page.evaluate(
        """() => { const all = jupyterapp.commands.keyBindings;
          return all.filter(ours => ours.command.startsWith('nbdebt:')).flatMap(ours => all.filter(other =>
            other !== ours && other.keys.join() === ours.keys.join()).map(other => other.command)); }"""
    )
    assert clashes == []


def test_the_focus_stays(book: Lab) -> None:
    book.open("focus.ipynb", ["print(a)", "print(b)", "print(c)"], kernel=False)
    book.seen("Findings (3)")
    focused = "document.activeElement.closest('.nbdebt-Finding')?.innerText.includes({!r})"
    book.panel.get_by_role("button", name="Explain").nth(1).focus()
    book.write(0, "# moved\n\nprint(a)")
    book.panel.get_by_text("cell 1, line 3").wait_for()
    assert book.page.evaluate(focused.format("`b`").replace("`", ""))
    book.write(1, "b = 1")
    book.seen("Findings (2)")
    assert book.page.evaluate("document.activeElement.closest('.nbdebt-Finding') !== null")


def test_as_it_is_set(book: Lab) -> None:
    counted = [("a = b + 1\nprint(a)", 2, "2"), ("b = 1", 1, "")]
    book.open("set.ipynb", counted, kernel=False)
    book.seen("NBD101")
    mark = book.page.locator(".nbdebt-CellMark")
    mark.wait_for()
    area = book.page.locator(".jp-Notebook .jp-OutputArea").first
    try:
        book.command("nbdebt:toggle-marks")
        mark.wait_for(state="detached")
        setting(book, outputs="dimmed")
        book.page.wait_for_function("document.querySelector('.nbdebt-mod-old') !== null")
        assert not mark.is_visible() and area.evaluate("e => getComputedStyle(e).opacity") != "1"
        setting(book, outputs="marked")
        book.page.wait_for_function("document.querySelector('.nbdebt-mod-tell') !== null")
        book.picture("marked-outputs")
        setting(book, off=["NBD1"])
        book.panel.get_by_text("Nothing of what the settings let be shown.").wait_for()
        setting(book, off=[], least="note")
        book.seen("NBD101")
    finally:
        setting(book, outputs="plain", off=[], marks=True)


def test_recorded_by_itself_where_that_was_agreed_to(book: Lab) -> None:
    try:
        book.open("agreed.ipynb", ["x = 1"])
        record(book, "This notebook")
        book.page.evaluate("async () => { await window.book.sessionContext.session.kernel.restart(); }")
        book.seen("Live: 0 runs recorded (by itself, as the settings say)")
        book.write(0, "%unload_ext nbdebt")
        book.run(0)
        book.seen("From the document as it is on the screen.")
        book.page.evaluate("async () => { await window.book.context.rename('renamed.ipynb'); }")
        book.path = "renamed.ipynb"
        book.write(0, "y = 2")
        book.page.evaluate("async () => { await window.book.sessionContext.session.kernel.restart(); }")
        book.seen("Live: 0 runs recorded (by itself, as the settings say)")
    finally:
        setting(book, record="ask", notebooks=[])


ELSEWHERE = """\
import importlib.abc, sys
class Elsewhere(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "nbdebt":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Elsewhere())
"""


def test_a_kernel_without_nbdebt(book: Lab) -> None:
    book.open("without.ipynb", [ELSEWHERE, "print(a)"])
    book.run(0)
    book.panel.get_by_role("button", name="Record this kernel").click()
    book.seen("nbdebt is not installed where this kernel runs")
    assert book.faults() == []
    book.panel.get_by_role("button", name="×").click()
    book.seen("From the document as it is on the screen.")


def test_a_connection_that_is_lost(book: Lab) -> None:
    book.open("lost.ipynb", DEBT)
    record(book)
    book.run(0, 1, 3, 2)
    book.seen("NBD102")
    book.page.evaluate("async () => { await window.book.sessionContext.session.kernel.reconnect(); }")
    book.seen("Live: 4 runs recorded", "NBD102")
    book.run(1, 2)
    book.seen("Live: 6 runs recorded")
    assert MIME not in json.dumps(book.saved())


def test_two_windows_and_one_that_crashed(book: Lab) -> None:
    """Each follows; who has a cell run sees what is said of it, whatever became of the others."""
    book.open("windows.ipynb", ["import random", "z = random.random()"])
    record(book)
    book.saved()
    page = book.page.context.browser.new_page()
    page.set_default_timeout(60_000)
    other = Lab(page, book.url, book.root)
    other.visit(book.path, workspace="other")
    other.command("nbdebt:show-panel")
    other.find()
    other.seen("Live: 0 runs recorded")
    book.run(0, 1)
    book.seen("NBD201")
    other.seen("Live: 2 runs recorded", "NBD201")
    # It goes without a word, as one does that the system kills.
    page.evaluate("() => { window.addEventListener('pagehide', e => e.stopImmediatePropagation(), true); }")
    page.close()
    book.run(0, 1)
    book.seen("Live: 4 runs recorded")
    # Others who are connected to the kernel, a console, say, know nothing of nbdebt.
    attached = book.page.evaluate(
        """async () => {
          const own = window.book.sessionContext.session.kernel;
          const found = [];
          for (const kernel of [own, own.clone()]) {
            const code = 'print(get_ipython()._nbdebt_session.attached)';
            const asked = kernel.requestExecute({ code, silent: true });
            asked.onIOPub = ({ content }) => { if (content.text) { found.push(content.text.trim()); } };
            await asked.done;
          }
          return found;
        }"""
    )
    assert attached == ["True", "False"]
    assert MIME not in json.dumps(book.saved())

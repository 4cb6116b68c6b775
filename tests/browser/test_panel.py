"""The panel, as a person uses it: what is seen, and what the buttons do."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from nbdebt.read.clean import MIME
from tests.browser.lab import EVIL, THEMES, Lab

OUT_OF_ORDER = ("import random", "x = 1", "y = x + random.random()\nprint(y)", "x = 5", "print(x)")


@pytest.fixture
def book(lab: Lab) -> Iterator[Lab]:
    """The panel is open, on its first view; whatever notebook is opened is closed afterwards."""
    lab.command("nbdebt:show-panel")
    yield lab
    assert lab.panel.locator(".nbdebt-Trouble").count() == 0, lab.panel.inner_text()
    lab.close()


def recorded(lab: Lab, name: str, *sources: str) -> None:
    """A notebook whose kernel records, by the button that is there for it."""
    lab.open(name, sources)
    lab.panel.get_by_role("button", name="Record this kernel").click()
    lab.seen("Live: 0 runs recorded")


def outputs(saved: dict[str, Any]) -> list[Any]:
    return [output for cell in saved["cells"] for output in cell.get("outputs", ())]


def test_cells_run_out_of_order(book: Lab) -> None:
    recorded(book, "order.ipynb", *OUT_OF_ORDER)
    book.run(0, 1, 3, 2)
    book.seen("would give other results", "Live: 4 runs recorded", "NBD102", "NBD201")
    notice = book.page.locator(".nbdebt-Notice")
    assert all(code in notice.text_content() for code in ("NBD102", "NBD201"))
    mark = book.page.locator(".nbdebt-CellMark")
    assert mark.inner_text() == "▲ gives another result"
    assert book.page.locator(".nbdebt-Tab .lm-TabBar-tabLabel").inner_text() == "2"
    assert book.page.locator(".cm-lintRange-warning").count() >= 1
    book.picture("out-of-order")
    saved = book.saved()
    assert MIME not in json.dumps(saved) and "NBD" not in json.dumps(saved)
    assert [output["output_type"] for output in outputs(saved)] == ["stream"]
    # Under the cell, it is of that run: the next one takes it away.
    book.panel.get_by_role("tab", name="Cells").click()
    book.panel.get_by_role("button", name="Run what is stale, in order").wait_for()
    book.picture("cells")
    mark.click()
    book.panel.get_by_role("button", name="Run what is stale, in order").click()
    book.seen("would give other results")
    book.panel.get_by_role("tab", name="Findings").click()
    book.panel.get_by_text("came from").wait_for(state="detached")
    assert "NBD102" not in book.panel.inner_text(), "run in order, only the draw is left"


def test_a_seed_is_fixed_and_undone(book: Lab) -> None:
    recorded(book, "seed.ipynb", "import random", "z = random.random()")
    book.run(0, 1)
    book.seen("NBD201")
    before = book.sources()
    book.panel.get_by_role("button", name="Fix").click()
    book.page.wait_for_function("window.book.content.model.cells.length === 3")
    assert book.sources() == ["import random", "random.seed(42)", "z = random.random()"]
    book.panel.get_by_text("NBD201").wait_for(state="detached")
    book.command("notebook:undo-cell-action")
    book.page.wait_for_function("window.book.content.model.cells.length === 2")
    assert book.sources() == before, "one step"
    book.seen("NBD201")


def test_go_to_the_cell(book: Lab) -> None:
    filler = [f"v{number} = {number}" for number in range(60)]
    book.open("far.ipynb", ["import random", *filler, "first = 1\nz = random.random()"])
    book.seen("NBD201")
    book.panel.get_by_role("button", name="Go to cell").last.click()
    book.page.wait_for_function("window.book.content.activeCellIndex === 61")
    book.page.wait_for_function("window.book.content.activeCell.editor?.getCursorPosition().line === 1")
    assert book.page.locator(".jp-Notebook .jp-mod-active").last.is_visible()


def test_without_a_kernel(book: Lab) -> None:
    counted = [("a = b + 1", 2, ""), ("b = 1", 1, "")]
    book.open("saved.ipynb", counted, kernel=False)
    book.seen("No kernel: from the document as it is on the screen.", "would fail in cell 1 [2]", "NBD101")
    book.picture("no-kernel")
    book.write(0, "a = 1")
    book.panel.get_by_text("NBD101").wait_for(state="detached")
    assert "would fail" not in book.panel.inner_text(), "edits need not be saved"


def test_a_long_list(book: Lab) -> None:
    """What is in sight is made, and no more; it says how much there is."""
    count = 120
    book.open("long.ipynb", [f"print(b{number})" for number in range(count)], kernel=False)
    book.seen(f"Findings ({count})")
    items = book.panel.locator(".nbdebt-Finding")
    assert 3 < items.count() < count / 2
    first = items.first
    assert [first.get_attribute(f"aria-{name}") for name in ("posinset", "setsize")] == ["1", str(count)]
    button = first.get_by_role("button", name="Explain")
    button.focus()
    book.page.wait_for_function(
        "count => { const panel = document.getElementById('nbdebt-panel');"
        " panel.scrollTop = panel.scrollHeight;"
        " return panel.querySelector(`[aria-posinset='${count}']`) !== null; }",
        arg=count,
    )
    assert items.count() < count / 2
    assert button.evaluate("node => node === document.activeElement"), "somebody is there by keys"
    book.panel.get_by_label("Filter the findings").fill("b77")
    book.panel.locator("[aria-setsize='1']").get_by_text("b77").first.wait_for()
    book.panel.get_by_label("Filter the findings").fill("")
    book.panel.get_by_role("tab", name="Cells").click()
    lines = book.panel.locator(".nbdebt-Cell")
    lines.first.wait_for()
    assert lines.count() < count and lines.first.get_attribute("aria-setsize") == str(count)
    book.panel.get_by_role("tab", name="Findings").click()


def test_ignored_with_a_reason(book: Lab) -> None:
    book.open("ignored.ipynb", ["import random", "z = random.random()"], kernel=False)
    book.seen("NBD201")
    book.panel.get_by_role("button", name="Ignore…").click()
    dialog = book.page.locator(".jp-Dialog")
    dialog.get_by_label("Reason").fill("only a sketch")
    book.picture("ignore")
    dialog.get_by_role("button", name="Ignore").click()
    book.panel.get_by_text("NBD201").wait_for(state="detached")
    assert book.sources()[1] == "z = random.random()  # nbdebt: ignore[unseeded-draw] only a sketch"


def test_a_rule_is_explained(book: Lab) -> None:
    book.open("explained.ipynb", ["import random", "z = random.random()"], kernel=False)
    book.seen("NBD201")
    book.panel.get_by_role("button", name="Explain").click()
    book.panel.get_by_role("heading", name="unseeded-draw (NBD201)").wait_for()
    assert book.panel.locator("pre code").count() > 0
    book.picture("explained")
    book.panel.get_by_role("button", name="← Back").click()
    book.seen("NBD201")


def test_data_are_pinned_and_declared(book: Lab) -> None:
    project = book.root / "project"
    project.mkdir()
    (project / "nbdebt.toml").write_text("", encoding="utf-8")
    (project / "in.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    recorded(
        book, "project/data.ipynb", "text = open('in.csv').read()", f"open('{EVIL}.txt', 'w').write(text)"
    )
    book.run(0, 1)
    book.panel.get_by_role("tab", name="Data").click()
    book.panel.get_by_role("button", name="Pin", exact=True).click()
    book.seen("pinned in nbdebt.lock", "seen as it ran", "onerror")
    assert "[files" in (project / "nbdebt.lock").read_text(encoding="utf-8")
    book.panel.get_by_role("button", name="Declare…").click()
    book.page.keyboard.press("Control+a")
    book.page.keyboard.type("Ann")
    book.panel.get_by_label("Read by").fill("report.ipynb")
    book.picture("declare")
    pattern = book.panel.get_by_label("Declares, in the project’s configuration")
    pattern.fill("none-*")
    book.page.keyboard.press("Enter")
    book.seen("stand for")
    book.panel.get_by_role("button", name="×").click()
    pattern.fill("*.txt")
    book.page.keyboard.press("Enter")
    book.seen("declared (Ann)", "declared readers: report.ipynb")
    assert book.panel.locator("img, b").count() == 0
    declared = (project / "nbdebt.toml").read_text(encoding="utf-8")
    assert 'owner = "Ann"' in declared and '"*.txt"' in declared
    book.picture("data")
    book.panel.get_by_role("button", name="cell 2 [2]").click()
    book.page.wait_for_function("window.book.content.activeCellIndex === 1")
    book.panel.get_by_role("tab", name="Findings").click()


def test_the_flow_leads_to_cells(book: Lab) -> None:
    recorded(book, "flow.ipynb", *OUT_OF_ORDER, f"w = '{EVIL}'")
    book.run(0, 1, 3, 2, 5)
    book.panel.get_by_role("tab", name="Flow").click()
    nodes = book.panel.locator(".nbdebt-Flow-node")
    nodes.first.wait_for()
    book.seen("dashed: only as it was run", "thick: only on Restart & Run All", "onerror")
    assert book.panel.locator("img, b").count() == 0
    assert book.panel.locator(".nbdebt-line-session[d]").count() == 1
    book.panel.get_by_role("button", name="cell 2 [2]: gives the same").focus()
    book.page.keyboard.press("ArrowRight")
    book.seen("takes ")
    book.picture("flow")
    book.page.keyboard.press("Enter")
    book.page.wait_for_function("window.book.content.activeCellIndex === 2")
    book.panel.get_by_role("button", name="As a list").click()
    book.seen("← x from cell 2 [2] (only on Restart & Run All)", "← x from cell 4 [3] (only as it was run)")
    book.panel.get_by_role("button", name="cell 4 [3]").click()
    book.page.wait_for_function("window.book.content.activeCellIndex === 3")
    book.panel.get_by_role("tab", name="Findings").click()


def test_export_with_a_preview(book: Lab) -> None:
    recorded(book, "exported.ipynb", "x = [1, 2]", f"print('{EVIL}\u202e', sum(x))")
    book.run(0, 1)
    book.panel.get_by_role("tab", name="Export").click()
    book.seen("It runs twice, in processes of its own")
    book.panel.get_by_role("button", name="Export and verify").click()
    book.seen("equal: 1 value;")
    preview = book.panel.get_by_label("What exported.py holds")
    assert "print(" in preview.inner_text() and "⟨202e⟩" in preview.inner_text()
    assert book.panel.locator("img, b").count() == 0
    book.panel.get_by_role("textbox", name="Name of the file").fill("other.py")
    book.panel.get_by_role("button", name="Save").click()
    book.seen("Saved: other.py")
    book.picture("export")
    assert EVIL in (book.root / "other.py").read_text(encoding="utf-8")
    book.panel.get_by_role("button", name="Save").click()
    dialog = book.page.locator(".jp-Dialog")
    dialog.get_by_text("other.py is there already.").wait_for()
    dialog.get_by_role("button", name="Cancel").click()
    # Of a document alone, nothing is run unasked; what is refused says where.
    book.close()
    book.open("refused.ipynb", [("a = 1", 1, ""), ("b = a\nx = input('n')", 2, "")], kernel=False)
    book.panel.get_by_role("button", name="Preview").click()
    book.seen("Not exported:")
    book.panel.get_by_role("button", name="Go to cell").click()
    book.page.wait_for_function("window.book.content.activeCell.editor?.getCursorPosition().line === 1")
    book.panel.get_by_role("tab", name="Findings").click()


def test_what_a_notebook_holds_is_text(book: Lab) -> None:
    asked: list[str] = []
    book.page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    book.open("evil.ipynb", ["import pandas as pd", f"d = pd.read_csv('{EVIL}\u202e.csv')"], kernel=False)
    book.panel.get_by_label("note").check()
    book.seen("onerror")
    assert book.panel.locator("img, b").count() == 0
    assert "⟨202e⟩" in book.panel.inner_text() and not asked


def test_another_language(book: Lab) -> None:
    book.open("r.ipynb", ["x <- 1"], kernel=False, language="R")
    book.seen("nbdebt reads Python. This notebook is in another language: R.")


def test_a_kernel_that_is_restarted(book: Lab) -> None:
    recorded(book, "restarted.ipynb", "import random", "z = random.random()")
    book.run(0, 1)
    book.seen("Live: 2 runs recorded")
    assert book.page.locator(".nbdebt-Notice").count() == 1
    book.page.evaluate("async () => { await window.book.sessionContext.session.kernel.restart(); }")
    book.seen("From the document as it is on the screen.")
    assert book.page.locator(".nbdebt-Notice").count() == 0
    # Loaded by hand, the kernel says so itself.
    book.write(0, "%load_ext nbdebt\nimport random")
    book.run(0)
    book.seen("Live: 1 run recorded")


WAITS = "import os, time\nwhile not os.path.exists('go'):\n    time.sleep(0.05)"


def test_while_a_cell_runs(book: Lab) -> None:
    (book.root / "go").unlink(missing_ok=True)
    recorded(book, "busy.ipynb", "x = 1", "print(x)", WAITS, "x = 2")
    book.run(0, 3, 1)
    book.seen("NBD102")
    book.page.evaluate("window.book.content.activeCellIndex = 2")
    book.page.evaluate("() => { jupyterapp.commands.execute('notebook:run-cell'); }")
    book.seen("a cell is running")
    book.write(3, "x = 2  # changed")
    book.seen("(looking again…)")
    book.page.evaluate("async () => { await window.book.context.save(); }")
    book.visit(book.path)
    book.command("nbdebt:show-panel")
    book.seen("Waiting for the kernel", "NBD102")
    book.find()
    book.picture("busy")
    (book.root / "go").touch()
    book.seen("Live: 4 runs recorded")
    book.panel.get_by_text("(looking again…)").wait_for(state="detached")


def test_in_the_dark(book: Lab) -> None:
    recorded(book, "dark.ipynb", *OUT_OF_ORDER)
    book.run(0, 1, 3, 2)
    book.seen("NBD102")
    background = "getComputedStyle(document.getElementById('nbdebt-panel')).backgroundColor"
    light = book.page.evaluate(background)
    book.dress(THEMES[1])
    book.page.wait_for_function(f"{background} !== {light!r}")
    book.picture("dark")
    book.dress(THEMES[0])
    book.page.wait_for_function(f"{background} === {light!r}")


def test_a_reloaded_page(lab: Lab) -> None:
    """Last, for it takes the page away from the others."""
    lab.command("nbdebt:show-panel")
    recorded(lab, "reloaded.ipynb", *OUT_OF_ORDER)
    lab.run(0, 1, 3, 2)
    lab.seen("NBD102")
    lab.saved()
    lab.visit("reloaded.ipynb")
    lab.command("nbdebt:show-panel")
    lab.seen("Live: 4 runs recorded", "NBD102", "would give other results")

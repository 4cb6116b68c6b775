"""The panel: it follows the session, and its buttons do what they say."""

import random

import pytest

pytest.importorskip("IPython")
pytest.importorskip("ipywidgets")

import ipywidgets as widgets
from IPython.core.interactiveshell import InteractiveShell

import nbdebt
from nbdebt.live.widget import Panel


@pytest.fixture
def panel(shell: InteractiveShell) -> Panel:
    session = nbdebt.load(shell)
    session.set_document([("a", "import random"), ("b", "z = random.random()")])
    return Panel(session)


def run(panel: Panel, *cells: str) -> None:
    for number, cell in enumerate(cells):
        panel.session.shell.run_cell(cell, store_history=True, cell_id="ab"[number])


def test_it_follows_the_runs_until_it_is_closed(panel: Panel) -> None:
    run(panel, "import random", "z = random.random()")
    assert panel.tabs.titles[0] == "Findings (1)"
    assert "unseeded-draw" in panel.findings.value
    assert panel.rules.options == (("NBD201 unseeded-draw", "NBD201"),)
    panel.close()
    run(panel, "x = 1")
    assert "unseeded-draw" in panel.findings.value


def test_no_widget_is_made_by_a_run(panel: Panel) -> None:
    run(panel, "import random")
    made: list[object] = []
    widgets.Widget.on_widget_constructed(made.append)
    try:
        run(panel, "import random", "z = random.random()")
        panel.ignore.click()
    finally:
        widgets.Widget.on_widget_constructed(None)
    assert made == []


def test_the_buttons(panel: Panel) -> None:
    run(panel, "import random", "z = random.random()")
    panel.explain.click()
    assert "unseeded-draw (NBD201)" in panel.page.value
    panel.ignore.click()
    assert panel.session.ignored == {"NBD201": "said in the panel"}
    assert "no findings" in panel.findings.value and panel.ignore.disabled
    panel.seed.value = 42
    panel.seed_all.click()
    assert random.random() == 0.6394267984578837
    panel.recording.value = False
    assert panel.session.paused and panel.recording.description == "Paused"
    panel.level.value = "quiet"
    assert panel.session.level == "quiet"


def test_tabs_are_drawn_when_they_are_seen(panel: Panel) -> None:
    run(panel, "import random", "z = random.random()")
    assert panel.stale.value == panel.io.value == ""
    panel.tabs.selected_index = 1
    assert "nothing to run again" in panel.stale.value
    panel.tabs.selected_index = 2
    assert "nothing comes in or goes out" in panel.io.value

"""Two people on one notebook, where jupyter-collaboration is installed: the document is theirs together."""

import pytest

from tests.browser.lab import PATIENCE, Lab

pytest.importorskip("jupyter_collaboration")


def test_two_people_on_one_notebook(lab: Lab) -> None:
    """What one edits, fixes and runs, the other's panel follows."""
    lab.command("nbdebt:show-panel")
    lab.open("together.ipynb", ["import random", "z = random.random()", "print(z)"])
    context = lab.page.context.browser.new_context(viewport={"width": 1360, "height": 860})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    try:
        other = Lab(page, lab.url, lab.root)
        other.visit("together.ipynb", workspace="other")
        other.command("nbdebt:show-panel")
        other.find()
        lab.seen("NBD201")
        other.seen("NBD201")
        other.command("nbdebt:record")
        for each in (lab, other):
            each.seen("Live: 0 runs recorded")
        lab.run(0, 1, 2)
        for each in (lab, other):
            each.seen("Live: 3 runs recorded", "NBD201")
        other.panel.get_by_role("button", name="Fix").first.click()
        seeded = "window.book.content.model.sharedModel.cells[1].getSource() === 'random.seed(42)'"
        for each in (lab, other):
            each.page.wait_for_function(seeded)
            each.panel.get_by_text("NBD201").first.wait_for(state="detached")
        lab.write(3, "print(z + w)")
        for each in (lab, other):
            each.seen("NBD101")
        other.command("notebook:undo-cell-action")
        for each in (lab, other):
            each.page.wait_for_function("window.book.content.model.cells.length === 3")
            each.seen("NBD201")
        other.picture("together")
    finally:
        context.close()
    lab.close()

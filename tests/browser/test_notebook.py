"""The same panel in Jupyter Notebook, which has menus in place of sidebars' icons."""

import json

import pytest

from tests.browser.lab import Lab, document

pytest.importorskip("notebook")


def test_in_notebook(lab: Lab) -> None:
    """The server serves both."""
    written = document(["%load_ext nbdebt\nimport random", "z = random.random()"])
    (lab.root / "notebook.ipynb").write_text(json.dumps(written), encoding="utf-8")
    page = lab.page.context.browser.new_page()
    try:
        book = Lab(page, lab.url, lab.root)
        page.goto(f"{lab.url}/notebooks/notebook.ipynb")
        page.locator(".jp-Notebook .cm-content").first.click()
        page.get_by_role("menuitem", name="View").click()
        page.get_by_text("Show the panel of nbdebt").click()
        book.panel.get_by_text("NBD201").first.wait_for()
        page.locator(".jp-Notebook .cm-content").first.click()
        page.keyboard.press("Shift+Enter")
        book.panel.get_by_text("Live: 1 run recorded").wait_for()
        page.keyboard.press("Shift+Enter")
        page.locator(".nbdebt-Notice").wait_for()
        book.panel.get_by_text("Live: 2 runs recorded").wait_for()
        assert book.panel.get_by_role("alert").count() == 0
        book.picture("notebook")
    finally:
        page.close()

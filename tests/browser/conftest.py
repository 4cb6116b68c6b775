"""A real JupyterLab on the loopback, and a real browser in front of it, started once.

JupyterLab comes with the `dev` extra, so that these tests run in `.venv` (`make test-here`). The environments
of nox have the `test` extra only: what is tested here is one page in one browser, whichever Python the server
has.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import PATIENCE, Lab, serving_lab

pytest.importorskip("jupyterlab")
sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server with a home of its own, and the directory that it serves."""
    with serving_lab(tmp_path_factory.mktemp("lab")) as found:
        yield found


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium; closed after the tests of this directory: Playwright's event loop runs as long as it is
    open, and tests that follow in the same process may want their own."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="package")
def lab(server: tuple[str, Path], browser: Any) -> Lab:
    """JupyterLab, loaded once."""
    page = browser.new_page(viewport={"width": 1360, "height": 860})
    page.set_default_timeout(PATIENCE)
    made = Lab(page, *server)
    made.visit()
    return made

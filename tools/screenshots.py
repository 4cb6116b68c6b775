"""Pictures of the panel in JupyterLab, for the README: two stills and a short animated one.

    python -m tools.screenshots [DIRECTORY]

The example notebooks are opened in a real JupyterLab, in a repository of their own, and run there; what is
seen is photographed. Numbers are the same each time: random streams are seeded before the recording begins,
which the recorder doesn't see, and commits have a fixed date.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.lab import PATIENCE, Lab, serving_lab

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "example_notebooks"
_WIDTH, _HEIGHT = 1280, 760
# Sharp on the screens of now, and small enough for a page.
_SCALE = 1.5
_MOST_BYTES = 1_000_000
# Nothing that blinks or comes and goes by the clock.
_STILL = """
.jp-Notebook-ExecutionIndicator { visibility: hidden; }
.cm-cursor, .cm-cursorLayer { animation: none !important; }
* { caret-color: transparent !important; transition: none !important; }
"""


def main() -> None:
    """Make the pictures."""
    place = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "docs" / "images"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with serving_lab(Path(folder)) as (url, root):
            _project(root)
            for number, scene in enumerate((panel, flow, mended)):
                page = chromium.new_page(
                    viewport={"width": _WIDTH, "height": _HEIGHT}, device_scale_factor=_SCALE
                )
                page.set_default_timeout(PATIENCE)
                lab = Lab(page, url, root)
                scene(lab, place, f"screenshots{number}")
                page.close()
        chromium.close()
    sizes = {file.name: file.stat().st_size for file in sorted(place.glob("lab-*"))}
    print("\n".join(f"{name}: {size // 1000} kB" for name, size in sizes.items()))
    if sum(sizes.values()) > _MOST_BYTES:
        raise SystemExit(f"together more than {_MOST_BYTES // 1000} kB: too much for a page")


def panel(lab: Lab, place: Path, workspace: str) -> None:
    """A model that can't be had again: what is said under the cell, and in the panel, with what mends it."""
    _open(lab, "house_prices.ipynb", workspace)
    # In the notebook, this import is gone, and the session still has it.
    _silently(lab, "from sklearn.model_selection import train_test_split")
    lab.run(1, 2, 3, 5, 6, 7)
    lab.page.locator(".nbdebt-Notice").first.wait_for()
    lab.panel.get_by_text("Live: 6 runs recorded").wait_for()
    _settled(lab)
    _scroll(lab, 4)
    _keep(lab, place / "lab-panel.webp")


def flow(lab: Lab, place: Path, workspace: str) -> None:
    """The flow of a notebook whose cells ran in another order, in the dark."""
    _open(lab, "survey.ipynb", workspace, theme="JupyterLab Dark")
    lab.run(1, 2, 3, 4, 5)
    _silently(lab, "cut_off = 5")
    lab.run(6, 8, 10, 9)
    lab.panel.get_by_role("tab", name="Flow").click()
    lab.panel.locator(".nbdebt-Flow-node[title^='cell 10 [9]']").focus()
    _settled(lab)
    _scroll(lab, 6)
    _keep(lab, place / "lab-flow.webp")


def mended(lab: Lab, place: Path, workspace: str) -> None:
    """A cell that changes what it reads ran again; what that spoils is told, and one click mends it."""
    _open(lab, "passengers.ipynb", workspace)
    lab.run(1, 2, 3, 5, 6, 8)
    lab.panel.get_by_text("Live: 6 runs recorded").wait_for()
    _settled(lab)
    _scroll(lab, 5)
    film = Film(lab)
    film.take(2.5)
    lab.run(6)
    lab.page.locator(".nbdebt-Notice").wait_for()
    lab.panel.get_by_text("Live: 7 runs recorded").wait_for()
    _settled(lab)
    film.take(3.5)
    lab.run(8)
    lab.panel.get_by_text("Live: 8 runs recorded").wait_for()
    _settled(lab)
    film.take(2.5)
    lab.panel.get_by_role("tab", name="Cells").click()
    again = lab.panel.get_by_role("button", name="Run what is stale, in order")
    again.wait_for()
    _settled(lab)
    film.take(3.0)
    again.click()
    lab.panel.get_by_text("would give the same").wait_for()
    _settled(lab)
    film.take(4.0)
    film.save(place / "lab-mended.webp")


class Film:
    """Pictures one after the other.

    Args:
        lab: what is photographed.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.frames: list[Image.Image] = []
        self.times: list[int] = []

    def take(self, seconds: float) -> None:
        """What is seen now, and for how long it is shown."""
        self.frames.append(_seen(self.lab.page))
        self.times.append(round(seconds * 1000))

    def save(self, file: Path) -> None:
        """All of it, again and again, in all its colours: an animated WebP, which every browser shows."""
        first, *others = self.frames
        first.save(
            file, save_all=True, append_images=others, duration=self.times, loop=0, lossless=True, method=6
        )


def _project(root: Path) -> None:
    """The example notebooks, in a repository that has them all."""
    shutil.copytree(EXAMPLES, root, dirs_exist_ok=True)
    stamp = "2026-01-05T09:00:00+0000"
    environ = {
        **os.environ,
        **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "Ann"),
        **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "ann@example.org"),
        **dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), stamp),
    }
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Notebooks"]):
        subprocess.run(["git", *words], cwd=root, env=environ, check=True)


def _open(lab: Lab, name: str, workspace: str, theme: str = "JupyterLab Light") -> None:
    """A notebook without outputs of before, its kernel recorded, the panel beside it."""
    lab.visit(workspace=workspace)
    lab.page.evaluate(
        "async theme => { await jupyterapp.commands.execute('apputils:change-theme', { theme }); }", theme
    )
    lab.page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
    lab.page.locator("#jupyterlab-splash").wait_for(state="detached")
    lab.page.add_style_tag(content=_STILL)
    lab.open(name, write=False)
    lab.page.evaluate(
        """async () => {
          const shell = jupyterapp.shell;
          for (const tab of [...shell.widgets('main')]) { if (tab !== window.book) { tab.close(); } }
          shell.collapseLeft();
          await jupyterapp.commands.execute('nbdebt:show-panel');
          await jupyterapp.commands.execute('notebook:clear-all-cell-outputs');
          shell._hsplitPanel.setRelativeSizes([0, 2, 1]);
        }"""
    )
    _silently(lab, "import random, numpy\nrandom.seed(1)\nnumpy.random.seed(1)")
    lab.command("nbdebt:record")
    lab.panel.get_by_text("Live: 0 runs recorded").wait_for()


def _silently(lab: Lab, code: str) -> None:
    """Run what belongs to no cell."""
    lab.page.evaluate(
        "async code => { await window.book.sessionContext.session.kernel"
        ".requestExecute({ code, silent: true, store_history: false }).done; }",
        code,
    )


def _settled(lab: Lab) -> None:
    """All that was told is seen."""
    lab.page.wait_for_function("window.book.sessionContext.kernelDisplayStatus === 'idle'")
    lab.panel.get_by_text("(looking again…)").wait_for(state="detached")
    lab.page.mouse.move(5, 5)
    lab.page.wait_for_timeout(1000)


def _scroll(lab: Lab, number: int) -> None:
    """The cell of this number on top."""
    lab.page.evaluate(
        "async number => { const book = window.book.content; await book.scrollToItem(number, 'start', 0); }",
        number,
    )
    lab.page.wait_for_timeout(500)


def _seen(page: Any) -> Image.Image:
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def _keep(lab: Lab, file: Path) -> None:
    _seen(lab.page).save(file, lossless=True, method=6)


if __name__ == "__main__":
    main()

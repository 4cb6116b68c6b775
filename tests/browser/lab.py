"""JupyterLab in a browser, driven as a person would."""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.servers import environment, serving

ROOT = Path(__file__).resolve().parents[2]
# Screenshots of what is tested, to be looked at.
PICTURES = Path(os.environ.get("NBDEBT_SCREENSHOTS", ROOT / "build" / "screenshots"))
PATIENCE = 60_000
AXE = ROOT / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")
_OURS = "#nbdebt-panel, .nbdebt-CellMark, .nbdebt-Notice, .nbdebt-Status, .nbdebt-Silence"
# What a notebook may hold to be more than text.
EVIL = "<img src=x onerror=alert(1)>"

Source = str | tuple[str, int | None, str]


def document(sources: Sequence[Source], language: str = "python", kernel: str = "python3") -> dict[str, Any]:
    """A notebook: of each cell its source; or source, count and what it printed."""
    cells: list[dict[str, Any]] = []
    for number, given in enumerate(sources):
        source, count, printed = (given, None, "") if isinstance(given, str) else given
        if source.startswith("# %% [markdown]\n"):
            text = source.partition("\n")[2]
            cells.append({"cell_type": "markdown", "id": f"c{number}", "metadata": {}, "source": text})
            continue
        outputs = [{"output_type": "stream", "name": "stdout", "text": printed}] if printed else []
        cells.append(
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {},
                "execution_count": count,
                "source": source,
                "outputs": outputs,
            }
        )
    spec = {"name": kernel, "display_name": kernel, "language": language}
    metadata = {"kernelspec": spec, "language_info": {"name": language}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


@contextlib.contextmanager
def serving_lab(place: Path, *, panel: bool = True) -> Iterator[tuple[str, Path]]:
    """JupyterLab's server with a home of its own: its address, and the directory that it serves.

    Args:
        place: where all that it writes goes.
        panel: whether the panel of nbdebt is loaded; without it, JupyterLab is what it is.
    """
    root = place / "work"
    root.mkdir()
    settings = place / "settings"
    settings.mkdir()
    news = {"fetchNews": "false", "checkForUpdates": False}
    overrides = {"@jupyterlab/apputils-extension:notification": news}
    (settings / "overrides.json").write_text(json.dumps(overrides), encoding="utf-8")
    if not panel:
        disabled = {"disabledExtensions": {"nbdebt": True}}
        (settings / "page_config.json").write_text(json.dumps(disabled), encoding="utf-8")
    environ = {
        **environment(place),
        "HOME": str(place),
        "JUPYTERLAB_WORKSPACES_DIR": str(place / "workspaces"),
        "JUPYTERLAB_SETTINGS_DIR": str(place / "user-settings"),
    }
    options = (
        f"--ServerApp.root_dir={root}",
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        "--ServerApp.disable_check_xsrf=True",
        "--ServerApp.terminals_enabled=False",
        "--LabApp.expose_app_in_browser=True",
        f"--LabApp.app_settings_dir={settings}",
    )
    with serving("jupyterlab", *options, environ=environ) as url:
        yield url, root


class Lab:
    """JupyterLab in a browser.

    Args:
        page: the browser's page.
        url: where the server is.
        root: the directory that it serves.
    """

    def __init__(self, page: Any, url: str, root: Path) -> None:
        self.page = page
        self.url = url
        self.root = root
        self.path = ""

    def visit(self, path: str = "", workspace: str = "tests") -> None:
        """Load JupyterLab, with a notebook in front."""
        self.path = path
        tree = f"/tree/{path}" if path else ""
        self.page.goto(f"{self.url}/lab/workspaces/{workspace}{tree}?reset", timeout=PATIENCE)
        self.ready()

    def ready(self) -> None:
        """Wait until JupyterLab is."""
        self.page.wait_for_function("window.jupyterapp !== undefined", timeout=PATIENCE)
        self.page.evaluate("async () => { await jupyterapp.restored; }")

    def open(
        self,
        name: str,
        sources: Sequence[Source] = (),
        kernel: bool = True,
        language: str = "python",
        write: bool = True,
    ) -> None:
        """Write a notebook, unless it is there, and open it, with a kernel of its own or without one."""
        self.path = name
        if write:
            written = document(sources, language)
            (self.root / name).write_text(json.dumps(written), encoding="utf-8")
        options = {"path": name} if kernel else {"path": name, "kernel": {}}
        if not kernel:
            options["kernelPreference"] = {"shouldStart": False, "canStart": True, "autoStartDefault": False}
        self.page.evaluate(
            """async ([options, kernel]) => {
              const panel = await jupyterapp.commands.execute('docmanager:open', {
                path: options.path, factory: 'Notebook',
                kernelPreference: kernel ? undefined : options.kernelPreference,
              });
              await panel.context.ready; await panel.revealed;
              if (kernel) {
                await panel.sessionContext.ready;
                await panel.sessionContext.session.kernel.info;
              }
              window.book = panel;
            }""",
            [options, kernel],
        )

    def find(self) -> None:
        """The notebook that is open already, as :meth:`open` leaves it."""
        self.page.evaluate(
            """async path => {
              const panel = await jupyterapp.commands.execute('docmanager:open', { path });
              await panel.context.ready; await panel.revealed;
              window.book = panel;
            }""",
            self.path,
        )

    def command(self, name: str) -> None:
        """Run a command, as a menu or the palette would."""
        self.page.evaluate("async name => { await jupyterapp.commands.execute(name); }", name)

    def run(self, *numbers: int) -> None:
        """Run cells, one after the other, and wait for each."""
        for number in numbers:
            self.page.evaluate(
                """async number => {
                  const notebook = window.book.content;
                  notebook.activeCellIndex = number;
                  await jupyterapp.commands.execute('notebook:run-cell');
                }""",
                number,
            )

    def write(self, number: int, source: str) -> None:
        """Type another source into a cell."""
        self.page.evaluate(
            "([number, source]) => window.book.content.widgets[number].model.sharedModel.setSource(source)",
            [number, source],
        )

    def sources(self) -> list[str]:
        """What stands in the cells."""
        found = self.page.evaluate(
            "() => window.book.content.model.sharedModel.cells.map(c => c.getSource())"
        )
        return list(found)

    def saved(self) -> dict[str, Any]:
        """Save, and read what is on disk."""
        self.page.evaluate("async () => { await window.book.context.save(); }")
        found: dict[str, Any] = json.loads((self.root / self.path).read_text(encoding="utf-8"))
        return found

    def close(self) -> None:
        """Close the notebook, and end its kernel."""
        self.page.evaluate(
            """async () => {
              const session = window.book.sessionContext;
              if (session.session) { await session.shutdown(); }
              window.book.context.model.dirty = false;
              window.book.dispose();
            }"""
        )

    @property
    def panel(self) -> Any:
        """The panel of nbdebt."""
        return self.page.locator("#nbdebt-panel")

    def seen(self, *words: str) -> None:
        """Wait until the panel says this."""
        for text in words:
            self.panel.get_by_text(text).first.wait_for()

    def dress(self, theme: str) -> None:
        """Change the theme."""
        self.page.evaluate(
            "async theme => { await jupyterapp.commands.execute('apputils:change-theme', { theme }); }", theme
        )
        self.page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)

    def faults(self, *rules: str) -> list[str]:
        """What axe finds in what is ours, by all its rules or by some; nothing where it isn't installed."""
        if not AXE.is_file():
            return []
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            """async ([ours, rules]) => {
              const include = [...document.querySelectorAll(ours)].filter(e => e.getClientRects().length);
              const options = { resultTypes: ['violations'], ...(rules.length ? { runOnly: rules } : {}) };
              const { violations, passes } = await axe.run({ include }, options);
              const nothing = passes.length === 0 && !rules.length;
              return nothing ? ['nothing was looked at'] : violations.flatMap(v =>
                v.nodes.map(n => `${v.id}: ${n.html.slice(0, 200)} ${n.failureSummary}`));
            }""",
            [_OURS, rules],
        )
        return list(found)

    def picture(self, name: str) -> None:
        """Keep what is seen."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png")

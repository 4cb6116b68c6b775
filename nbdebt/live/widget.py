"""``%nbdebt panel``: findings, stale cells, what comes in and goes out, wherever ipywidgets are shown.

Buttons are served on another thread than cells (ipykernel 7); whatever they ask of the session is done under
one lock, and not while a cell runs.
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets  # type: ignore[import-not-found, import-untyped, unused-ignore]

from nbdebt.live import markup, rerun, views
from nbdebt.model.finding import Report
from nbdebt.report.words import plural

if TYPE_CHECKING:
    from nbdebt.live.session import RunReport, Session

_MOST = 50
_TABS = ("Findings", "Run again", "In and out")


class Panel:
    """A panel over a session; it follows the runs until it is closed.

    Args:
        session: the session.

    Attributes:
        box: the widget to display.
    """

    def __init__(self, session: "Session") -> None:
        self.session = session
        self._lock = threading.Lock()
        self._ignored: set[str] = set()
        self.head = widgets.HTML()
        self.findings = widgets.VBox()
        self.stale = widgets.HTML()
        self.io = widgets.HTML()
        self.page = widgets.HTML()
        self.recording = widgets.ToggleButton(
            value=not session.paused, description="Recording", tooltip="Record runs, or pause"
        )
        self.level = widgets.Dropdown(
            options=["quiet", "normal"],
            value="quiet" if session.level == "quiet" else "normal",
            description="Lines",
            layout=widgets.Layout(width="180px"),
        )
        self.seed = widgets.BoundedIntText(
            value=session.settings.seed, min=0, max=2**32 - 1, layout=widgets.Layout(width="110px")
        )
        self.refresh = _button("Refresh", "Look again", self._refresh)
        seed = _button("Seed all", "Seed every random stream that is in use", self._seed)
        self.recording.observe(self._toggled, "value")
        self.level.observe(self._levelled, "value")
        self.tabs = widgets.Tab(children=[self.findings, self.stale, self.io])
        for number, title in enumerate(_TABS):
            self.tabs.set_title(number, title)
        bar = widgets.HBox(
            [self.refresh, self.recording, self.level, self.seed, seed],
            layout=widgets.Layout(flex_flow="row wrap"),
        )
        self.box = widgets.VBox([self.head, bar, self.tabs, self.page])
        self._end: Callable[[], None] = session.subscribe(self._ran)
        self.draw()

    def draw(self) -> None:
        """Show the session as it is now."""
        with self._lock:
            report = self.session.report()
            shown = [f for f in report.findings if f.code not in self._ignored]
            seen = views.status(self.session)
            self.head.value = markup.piece(
                f"<p><b>{markup.prose(seen.title)}</b></p>"
                + "".join(f"<p>{markup.prose(s)}</p>" for s in seen.lines[:2])
            )
            self.findings.children = self._rows(Report(tuple(shown)))
            self.stale.value = rerun.stale(self.session).html()
            self.io.value = views.io(self.session).html()
            count = sum(f.severity != "note" for f in shown)
            self.tabs.set_title(0, f"Findings ({count})" if count else "Findings")

    def _rows(self, report: Report) -> tuple[Any, ...]:
        findings = sorted(report.findings, key=lambda f: f.severity == "note")
        if not findings:
            return (widgets.HTML(markup.piece('<p><span class="n-good">✓</span> no findings</p>')),)
        rows: list[Any] = []
        for finding in findings[:_MOST]:
            text = widgets.HTML(
                markup.piece(views.finding_html(finding)), layout=widgets.Layout(flex="1 1 auto")
            )
            explain = _button("Explain", f"The page of {finding.code}", partial(self._explain, finding.code))
            ignore = _button(
                "Ignore",
                f"Say no more of {finding.code} in this session",
                partial(self._ignore, finding.code),
            )
            rows.append(widgets.HBox([text, explain, ignore]))
        if len(findings) > _MOST:
            rows.append(widgets.HTML(f"and {plural(len(findings) - _MOST, 'more finding')}: %nbdebt report"))
        return tuple(rows)

    # What happens

    def _ran(self, report: "RunReport") -> None:
        self.draw()

    def _refresh(self, button: Any) -> None:
        self.draw()

    def _explain(self, code: str, button: Any) -> None:
        from html import escape

        from nbdebt.rules import catalogue

        rule = catalogue()[code]
        self.page.value = markup.piece(
            f"<h4>{escape(rule.name)} ({escape(code)})</h4><pre>{escape(rule.page.strip())}</pre>"
        )

    def _ignore(self, code: str, button: Any) -> None:
        self.session.ignored[code] = "said in the panel"
        self._ignored.add(code)
        self.draw()

    def _seed(self, button: Any) -> None:
        self.session.recorder.streams.seed_all(self.seed.value)

    def _toggled(self, change: Any) -> None:
        self.session.paused = not change["new"]
        self.recording.description = "Recording" if change["new"] else "Paused"

    def _levelled(self, change: Any) -> None:
        self.session.level = change["new"]

    def close(self) -> None:
        """Follow the session no more; what is shown stays."""
        self._end()


def _button(label: str, tooltip: str, clicked: Callable[[Any], None]) -> Any:
    button = widgets.Button(description=label, tooltip=tooltip, layout=widgets.Layout(width="auto"))
    button.on_click(clicked)
    return button

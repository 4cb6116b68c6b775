"""``%nbdebt panel``: findings, stale cells, what comes in and goes out, wherever ipywidgets are shown.

Buttons are served on another thread than cells (ipykernel 7); whatever they ask of the session is done under
one lock.
"""

import threading
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets  # type: ignore[import-not-found, import-untyped, unused-ignore]

from nbdebt.live import markup, rerun, views
from nbdebt.model.finding import Report
from nbdebt.report.markdown import as_html
from nbdebt.rules import catalogue

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_TABS = ("Findings", "Run again", "In and out")
_RECORDING = {True: "Recording", False: "Paused"}
_WRAPPED = {"flex_flow": "row wrap"}


class Panel:
    """A panel over a session; it follows the runs until it is closed.

    Widgets live as long as the kernel, so all of them are made once, and only their text changes.

    Args:
        session: the session.

    Attributes:
        box: the widget to display.
    """

    def __init__(self, session: "Session") -> None:
        self.session = session
        self._lock = threading.Lock()
        self.head = widgets.HTML()
        self.findings = widgets.HTML()
        self.stale = widgets.HTML()
        self.io = widgets.HTML()
        self.page = widgets.HTML()
        self.rules = widgets.Dropdown(description="Rule", layout=widgets.Layout(width="320px"))
        self.explain = _button("Explain", "The page of the rule", self._explain)
        self.ignore = _button("Ignore", "Say no more of the rule in this session", self._ignore)
        self.recording = widgets.ToggleButton(
            value=not session.paused,
            description=_RECORDING[not session.paused],
            tooltip="Record runs, or pause",
        )
        self.level = widgets.Dropdown(
            options=[("Show lines", "normal"), ("Quiet", "quiet")],
            value="quiet" if session.level == "quiet" else "normal",
            layout=widgets.Layout(width="130px"),
        )
        self.seed = widgets.BoundedIntText(
            value=session.settings.seed, min=0, max=2**32 - 1, layout=widgets.Layout(width="110px")
        )
        self.seed_all = _button("Seed all", "Seed every random stream that is in use", self._seed)
        self.refresh = _button("Refresh", "Look again", lambda button: self.draw())
        self.recording.observe(self._toggled, "value")
        self.level.observe(self._levelled, "value")
        asked = widgets.HBox([self.rules, self.explain, self.ignore], layout=_WRAPPED)
        self.tabs = widgets.Tab(
            children=[widgets.VBox([self.findings, asked, self.page]), self.stale, self.io], titles=_TABS
        )
        self.tabs.observe(lambda change: self.draw(), "selected_index")
        bar = [self.refresh, self.recording, self.level, self.seed, self.seed_all]
        self.box = widgets.VBox([self.head, widgets.HBox(bar, layout=_WRAPPED), self.tabs])
        self._end: Callable[[], None] = session.subscribe(lambda report: self.draw())
        self.draw()

    def draw(self) -> None:
        """Show the session as it is now; of the tabs, the one that is seen."""
        with self._lock:
            report = self.session.report()
            seen = views.status(self.session, report)
            lines = "".join(f"<p>{markup.prose(line)}</p>" for line in seen.lines[:2])
            self.head.value = markup.piece(f"<p><b>{markup.prose(seen.title)}</b></p>{lines}")
            count = sum(f.severity != "note" for f in report.findings)
            self.tabs.titles = (f"{_TABS[0]} ({count})" if count else _TABS[0], *_TABS[1:])
            match self.tabs.selected_index:
                case 1:
                    self.stale.value = rerun.stale(self.session).html()
                case 2:
                    self.io.value = views.io(self.session).html()
                case _:
                    self.findings.value = views.findings_html(report)
                    self._offer(report)

    def _offer(self, report: Report) -> None:
        rules = tuple(sorted({(f"{f.code} {f.name}", f.code) for f in report.findings}))
        if rules != self.rules.options:
            codes = [code for _, code in rules]
            chosen = self.rules.value
            self.rules.options = rules
            self.rules.value = chosen if chosen in codes else next(iter(codes), None)
        self.rules.disabled = self.explain.disabled = self.ignore.disabled = not rules

    # What happens

    def _explain(self, button: Any) -> None:
        if self.rules.value:
            rule = catalogue()[self.rules.value]
            head = f"<h4>{escape(rule.name)} ({escape(rule.code)})</h4>"
            self.page.value = markup.piece(head + as_html(rule.page))

    def _ignore(self, button: Any) -> None:
        if self.rules.value:
            self.session.ignored[self.rules.value] = "said in the panel"
            self.draw()

    def _seed(self, button: Any) -> None:
        self.session.recorder.streams.seed_all(self.seed.value)

    def _toggled(self, change: Any) -> None:
        self.session.paused = not change["new"]
        self.recording.description = _RECORDING[change["new"]]

    def _levelled(self, change: Any) -> None:
        self.session.level = change["new"]

    def close(self) -> None:
        """Follow the session no more; what is shown stays."""
        self._end()


def _button(label: str, tooltip: str, clicked: Callable[[Any], None]) -> Any:
    button = widgets.Button(description=label, tooltip=tooltip, layout=widgets.Layout(width="auto"))
    button.on_click(clicked)
    return button

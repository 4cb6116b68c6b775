"""What the magics show: a session looked at from one side, as text and as HTML from the same words."""

import importlib
from typing import TYPE_CHECKING, Any

import msgspec

from nbdebt import __version__
from nbdebt.live import markup
from nbdebt.live.exposure import looks, was_seen
from nbdebt.live.rerun import listed, plan, to_mend
from nbdebt.live.shown import Shown, room
from nbdebt.model.finding import Finding, Report
from nbdebt.report.plain import clean
from nbdebt.report.text import about
from nbdebt.report.view import View
from nbdebt.report.words import cell_label, fixable, folded_notes, plural, verdict_sentence

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_LEVELS = {
    "quiet": "quiet: nothing is shown unasked",
    "normal": "a line under a cell that adds debt",
    "strict": "strict: chosen findings stop a cell before it runs",
}


# One glance


def status(session: "Session", report: Report | None = None) -> Shown:
    """``%nbdebt``: is it recording, what would Restart & Run All do, what is there to look at.

    Args:
        session: the session.
        report: its report, where it was made already.
    """
    if report is None:
        report = session.report()
    state = "paused: nothing is recorded" if session.paused else "recording"
    level = "" if session.paused else f" · {_LEVELS[session.level]}"
    unknown = session.document.origin == "runs"
    order = (
        "no document is known, only the order of the runs: rules about the order of cells are silent"
        if unknown
        else f"the order of cells comes from {session.document_source}"
    )
    lines = [f"{plural(len(session.runs), 'run')} recorded; {order}"]
    result = report.notebooks[0] if report.notebooks else None
    if result is not None and (sentence := verdict_sentence(result)):
        lines.append(f"Restart & Run All: {live_words(sentence)}")
    findings = [f for f in report.findings if f.severity != "note"]
    if findings:
        families = {
            family: sum(f.family == family for f in findings)
            for family in sorted({f.family for f in findings})
        }
        counted = ", ".join(f"{count} {family}" for family, count in families.items())
        lines.append(f"{plural(len(findings), 'finding')} ({counted}): `%nbdebt report`")
    else:
        lines.append("no findings")
    if notes := [f for f in report.findings if f.severity == "note"]:
        lines.append(f"notes: {folded_notes(notes)}")
    seen = session.analysis()
    again = [cell_label(ref) for ref, _ in plan(seen, session)]
    mend = [cell_label(ref) for ref, _ in to_mend(seen, session)]
    parts = [f"to run again: {listed(again)}"] if again else []
    parts += [f"to mend first: {listed(mend)}"] if mend else []
    if parts:
        lines.append(f"{'; '.join(parts)} (`%nbdebt stale` says why)")
    lines += _compared(session)
    if session.settings.ledger.dir:
        lines.append(f"what it reads and writes is written down in the ledger {session.settings.ledger.dir}")
    if session.ignored:
        lines.append(f"ignored in this session: {', '.join(sorted(session.ignored))}")
    after = []
    if session.runs:
        took = sorted(record.seconds for record in session.runs)[len(session.runs) // 2]
        after.append(f"nbdebt took {took * 1000:.1f} ms of a run (median)")
    after += [
        f"not looked at: {item.what}: {item.reason}"
        for item in report.not_run
        if not (unknown and item.what == "order rules")
    ]
    after += [f"failed: {problem.reason}" for problem in report.problems]
    after += [f"failed, and recorded less: {failure}" for failure in session.failures]
    return Shown(f"nbdebt {__version__} · {state}{level}", tuple(lines), after=tuple(after))


def _compared(session: "Session") -> list[str]:
    """Which values are known only in part, or not at all."""
    namespace = session.recorder.namespace
    kinds: dict[str, list[str]] = {}
    for name in sorted(set(namespace.user_names()) & namespace.inexact.keys()):
        kinds.setdefault(namespace.states[name].exactness, []).append(f"`{name}`")
    said = []
    for kind, words in (("sampled", "compared in part"), ("identity", "not looked into")):
        if names := kinds.get(kind):
            more = f" and {len(names) - 4} more" if names[4:] else ""
            said.append(f"{words}: {', '.join(names[:4])}{more}")
    return [f"{'; '.join(said)} (`%nbdebt why NAME` says more)"] if said else []


def live_words(sentence: str) -> str:
    """The verdict's words, for a session in place of a file."""
    return sentence.replace("be known from the file", "be known")


# Findings


class Findings(msgspec.Struct, frozen=True):
    """``%nbdebt report`` where there is no pandas."""

    report: Report

    def __repr__(self) -> str:
        """What a terminal shows."""
        return findings_text(self.report)

    def _repr_html_(self) -> str:
        """The same table as above a frame's."""
        return findings_html(self.report)


def findings_text(report: Report) -> str:
    """Findings as ``nbdebt check`` shows them, for a terminal; nothing is cut."""
    result = report.notebooks[0] if report.notebooks else None
    count = sum(f.severity != "note" for f in report.findings)
    lines = "\n".join(about(report.findings, result, View(width=room())))
    title = plural(count, "finding") if count else "no findings"
    text = f"{title}\n{live_words(lines)}".rstrip()
    return text + ("\n\n  [*] `nbdebt check --fix` does it" if any(map(fixable, report.findings)) else "")


def findings_html(report: Report, here: str = "") -> str:
    """Findings, each with a fold; notes are folded together."""
    result = report.notebooks[0] if report.notebooks else None
    sentence = verdict_sentence(result) if result is not None else ""
    parts = [f"<p><b>Restart &amp; Run All: {markup.prose(live_words(sentence))}</b></p>"] if sentence else []
    findings = [f for f in report.findings if f.severity != "note"]
    notes = [f for f in report.findings if f.severity == "note"]
    parts += [finding_html(f, here) for f in findings]
    if not findings:
        parts.append('<p><span class="n-good">✓</span> no findings</p>')
    if notes:
        inner = "".join(finding_html(f, here) for f in notes)
        parts.append(
            f'<details><summary class="n-soft">{plural(len(notes), "note")}</summary>{inner}</details>'
        )
    return markup.piece("".join(parts))


def finding_html(finding: Finding, here: str = "") -> str:
    """One finding: a line, and a fold."""
    return (
        f'<details class="n-is-{finding.severity}"><summary>{markup.sentence(finding, here)}</summary>'
        f'<div class="n-more">{markup.rest(finding)}</div></details>'
    )


def frame(report: Report) -> Any:
    """The findings as a ``pandas.DataFrame`` that shows itself as they are shown under cells.

    Whatever is made of it is an ordinary frame.

    Raises:
        ImportError: pandas is not installed.
    """
    pandas = importlib.import_module("pandas")

    class FindingsFrame(pandas.DataFrame):  # type: ignore[misc, name-defined]
        """A frame of findings."""

        def __repr__(self) -> str:
            """What a terminal shows."""
            return findings_text(report)

        def _repr_html_(self) -> str:
            """What a front end shows."""
            return findings_html(report)

        @property
        def _constructor(self) -> Any:
            return pandas.DataFrame

    return FindingsFrame(report.to_frame())


# In and out


def io(session: "Session") -> Shown:
    """``%nbdebt io``: all that comes in and goes out, how it is versioned, and who can reach it."""
    rows: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for look in looks(session):
        touch = look.touch
        access = touch.exchange.access
        how = "seen" if was_seen(session, touch.exchange) else _BASES[access.basis]
        row = (cell_label(touch.exchange.cell), access.mode, clean(touch.text))
        # The code and what was seen may name one thing in two ways.
        if row not in rows or how == "seen":
            rows[row] = (*row, look.known, how)
    title = (
        f"{plural(len(rows), 'exchange')} with the world outside" if rows else "nothing comes in or goes out"
    )
    head = ("cell", "does", "what", "version, or who can reach it", "how known")
    return Shown(title, (), head, tuple(rows.values()))


_BASES = {"observed": "seen", "parsed": "in the code", "inferred": "inferred"}

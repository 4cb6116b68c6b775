"""The line under a cell: only what a run made new, once, and what it settled.

In a notebook it is one ``display_data`` that carries a mime type of its own as its tag, so that what saves,
exports and cleans notebooks knows it (:mod:`nbdebt.read.clean`); in a terminal one line on standard error.
"""

import io
import os
import sys
from collections.abc import Callable, Iterable
from html import escape
from typing import TYPE_CHECKING, Any

import msgspec

from nbdebt.live import markup
from nbdebt.model.finding import Finding
from nbdebt.read.clean import KEY, MIME
from nbdebt.report.plain import Paint, clean
from nbdebt.report.words import cell_label, plural, subject

if TYPE_CHECKING:
    from nbdebt.live.session import RunReport, Session

VERSION = 1
_RANK = {"error": 0, "warning": 1, "note": 2}


class Notice(msgspec.Struct, frozen=True):
    """What is to be said under a cell.

    Args:
        new: findings, the worst first.
        settled: what is owed no more, a sentence each.
        here: id of the cell.
    """

    new: tuple[Finding, ...]
    settled: tuple[str, ...]
    here: str


def notice(new: Iterable[Finding], resolved: Iterable[Finding], here: str) -> Notice | None:
    """What to say after a run; None for nothing. Notes are for those who ask.

    Args:
        new: findings that were not there before the run.
        resolved: findings that are gone.
        here: id of the cell that ran.
    """
    shown = sorted((f for f in new if f.severity != "note"), key=lambda f: _RANK[f.severity])
    settled = tuple(_settled([f for f in resolved if f.severity != "note"], shown))
    return Notice(tuple(shown), settled, here) if shown or settled else None


def _settled(resolved: list[Finding], new: Iterable[Finding]) -> Iterable[str]:
    """Settled debts in few words. What is owed under another code now is not settled."""
    still = {(f.cell.id if f.cell else "", subject(f)) for f in new}
    names: dict[str, None] = {}
    others: dict[str, None] = {}
    for finding in resolved:
        about = subject(finding)
        if (finding.cell.id if finding.cell else "", about) in still:
            continue
        if finding.family == "order" and about.isidentifier():
            names[about] = None
        else:
            others[f"{finding.code} {finding.name} in {cell_label(finding.cell)} is settled"] = None
    if names:
        listed = ", ".join(f"`{name}`" for name in names)
        yield f"{listed} {'is' if len(names) == 1 else 'are'} up to date again"
    yield from others


def line(said: Notice) -> str:
    """The notice as one line of plain text."""
    parts = []
    if said.new:
        first = said.new[0]
        at = markup.where(first.cell, first.span.line if first.span else None, said.here)
        advice = f" → {first.advice}" if first.advice else ""
        text = f"{markup.MARKS[first.severity]} {first.code} {at}: {first.message}{advice}"
        if len(said.new) > 1:
            others = ", ".join(dict.fromkeys(f.code for f in said.new[1:]))
            text += f" (and {len(said.new) - 1} more: {others}; %nbdebt report)"
        parts.append(text)
    parts += [f"✓ {text}" for text in said.settled]
    return clean("nbdebt: " + " · ".join(parts))


def html(said: Notice) -> str:
    """The notice as HTML: one quiet line, the rest behind a fold."""
    parts = []
    if said.new:
        worst = said.new[0].severity
        if len(said.new) == 1:
            summary, more = markup.sentence(said.new[0], said.here), _more(said.new[0])
        else:
            count = plural(len(said.new), "new finding")
            summary = f"<b>{count}</b> · {markup.sentence(said.new[0], said.here)}"
            more = _more(said.new[0]) + "".join(
                _more(f, f"<div>{markup.sentence(f, said.here)}</div>") for f in said.new[1:]
            )
        parts.append(f'<details class="n-is-{escape(worst)}"><summary>{summary}</summary>{more}</details>')
    parts += [
        f'<div class="n-line"><span class="n-good">✓</span> '
        f'<span class="n-soft">{markup.prose(text)}</span></div>'
        for text in said.settled
    ]
    return markup.piece("".join(parts))


def _more(finding: Finding, head: str = "") -> str:
    return f'<div class="n-more">{head}{markup.rest(finding)}</div>'


def bundle(said: Notice) -> dict[str, Any]:
    """The notice as a mime bundle, its tag included."""
    tag = {
        "version": VERSION,
        "new": [
            {
                "code": f.code,
                "name": f.name,
                "severity": f.severity,
                "cell": f.cell.id if f.cell else None,
                "line": f.span.line if f.span else None,
                "message": f.message,
            }
            for f in said.new
        ],
        "settled": list(said.settled),
    }
    return {"text/plain": line(said), "text/html": html(said), MIME: tag}


def attach(session: "Session") -> Callable[[], None]:
    """Show what each run of a session makes new.

    Returns:
        What ends it.
    """

    # What the code of cells owes that haven't run yet is said when they run.
    waiting: dict[tuple[str, str], Finding] = {}

    def show(report: "RunReport") -> None:
        here = report.record.run.cell_id
        # What was never said, or is silenced, is not said to be settled.
        gone = [
            f for f in report.resolved if waiting.pop(_key(f), None) is None and f.code not in session.ignored
        ]
        waiting.update((_key(f), f) for f in report.new if f.cell is not None)
        ready = [key for key, f in waiting.items() if f.cell is not None and f.cell.id in session.last]
        # In the words of now: cells that it speaks of may have run since it was found.
        waiting.update({_key(f): f for f in report.owed if _key(f) in ready})
        new = [*(f for f in report.new if f.cell is None), *map(waiting.pop, ready)]
        if session.level == "quiet" or session.paused:
            return
        if report.record.error[0] == "Refused":
            # The cell did not run, and was told why.
            return
        said = notice(new, gone, here)
        if said is None:
            return
        if session.front_ends is not None and session.front_ends.attached:
            session.front_ends.notice(said)
        else:
            tell(session.shell, said)

    return session.subscribe(show)


def _key(finding: Finding) -> tuple[str, str]:
    """What a finding that waits for its cell is known by."""
    cell = finding.cell.id if finding.cell else ""
    return cell, f"{finding.code} {finding.source} {subject(finding)}"


def tell(shell: Any, said: Notice) -> None:
    """Show a notice: under the cell where there is a front end, else on standard error."""
    if has_front_end(shell):
        shell.display_pub.publish(data=bundle(said), metadata={KEY: {"inline": True}})
        return
    stream = _stderr()
    if stream is not None:
        severity = said.new[0].severity if said.new else ""
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        paint = Paint(stream.isatty() and not plain)
        text = line(said)
        text = (paint.severity(severity, text) if severity else paint.dim(text)) + "\n"
        # Not the attribute, in whose place IPython puts its own to keep what cells print.
        io.TextIOWrapper.write(stream, text)
        io.TextIOWrapper.flush(stream)


def has_front_end(shell: Any) -> bool:
    """Whether something other than a terminal shows what this shell displays."""
    from IPython.core.displaypub import DisplayPublisher

    return type(shell.display_pub) is not DisplayPublisher


def _stderr() -> io.TextIOWrapper | None:
    """Standard error, unless the user put an object of their own in its place."""
    for stream in (sys.stderr, sys.__stderr__):
        if isinstance(stream, io.TextIOWrapper):
            return stream
    return None

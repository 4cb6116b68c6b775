"""What came of a Restart & Run All, for a terminal."""

from collections.abc import Iterator

from nbdebt.report.plain import Paint, clean, wrapped
from nbdebt.report.words import plural
from nbdebt.restart.model import Differs, Restarted, Why

_LONG = 100
_MOST = 12


def as_text(found: Restarted, color: bool = False, room: int = 100) -> str:
    """The verdict in a line, the first cell that differs with what was and what is, then the others.

    Args:
        found: what came of a notebook.
        color: use ANSI colours.
        room: columns of the terminal.
    """
    paint = Paint(color)
    lines = [paint.bold(clean(found.path)), *wrapped(_verdict(found, paint), room)]
    first = next(iter(found.differs), None)
    if first is not None:
        lines += ["", *_first(first, paint, room, bool(found.stopped) and first.what in found.stopped)]
    cells: dict[int, list[Differs]] = {}
    for one in found.differs:
        cells.setdefault(one.cell, []).append(one)
    rest = [group for cell, group in cells.items() if first is not None and cell != first.cell]
    if rest:
        lines += ["", "  also"]
        for group in rest[:_MOST]:
            one = group[0]
            each = " each time" if any(d.against == "again" for d in group) else ""
            said = f"{clean(one.label)} {clean(one.what)}{each}"
            lines += wrapped(f"{said} {paint.dim(f'({one.why.cause})')}", room, "    ", "      ")
        if len(rest) > _MOST:
            lines.append(f"    and {len(rest) - _MOST} more")
    if found.files:
        lines += ["", "  files"]
        shown = {file.path: file for file in reversed(found.files)}
        unlike = {file.path for file in found.files if file.against == "again"}
        for path, file in list(reversed(shown.items()))[:_MOST]:
            than = " than the one that is there" if file.against == "saved" else " in the second run"
            each = ", and another each time" if file.against == "saved" and path in unlike else ""
            why = paint.dim(f" ({file.why.cause})") if file.why is not None else ""
            lines += wrapped(f"{clean(path)} {file.what}{than}{each}{why}", room, "    ", "      ")
        whys = [file.why for file in shown.values() if file.why is not None]
        if first is None and whys:
            lines += ["", *_why(whys[-1], paint, room)]
    lines += [line for note in found.notes for line in ("", *wrapped(clean(note), room, "  ", "  "))]
    lines += ["", paint.dim(_ran(found)), ""]
    return "\n".join(lines) + "\n"


def _verdict(found: Restarted, paint: Paint) -> str:
    said = "Restart & Run All"
    if found.stopped:
        told = paint.red(f"stops: {clean(found.stopped)}")
        if found.same:
            told += " (as it did when it was saved)"
        return f"{said} {told}"
    if found.repeatable is False and found.same is not False:
        return f"{said} {paint.red('gives something else each time')}"
    if found.same is None:
        twice = ", twice the same" if found.repeatable else ""
        return f"{said} {paint.green('runs to the end' + twice)}"
    if found.same:
        both = ", twice" if found.repeatable else ""
        return f"{said} {paint.green('gives what is saved' + both)}"
    more = "; two runs of it give the same" if found.repeatable else ""
    if found.repeatable is False:
        more = "; and something else each time"
    return f"{said} {paint.red('does not give what is saved')}{more}"


def _first(one: Differs, paint: Paint, room: int, is_told: bool) -> Iterator[str]:
    if not is_told:
        yield f"  first at {paint.bold(clean(one.label))}, which {clean(one.what)[: 2 * _LONG]}"
    names = ("saved", "now") if one.against == "saved" else ("first run", "second run")
    wide = max(map(len, names))
    for name, text in zip(names, (one.was, one.now), strict=True):
        if text:
            shown = clean(text)
            shown = shown if len(shown) <= _LONG else shown[: _LONG - 1] + "…"
            yield f"    {paint.dim(name.rjust(wide))}  {shown}"
    yield from _why(one.why, paint, room)


def _why(why: Why, paint: Paint, room: int) -> Iterator[str]:
    sure = " (likely)" if why.basis == "inferred" and why.cause != "unknown" else ""
    head = "why is not known" if why.cause == "unknown" else why.cause
    yield from wrapped(f"{paint.yellow(head)}{sure}: {paint.message(clean(why.text))}", room, "    ", "    ")


def _ran(found: Restarted) -> str:
    parts = [f"{plural(found.cells, 'cell')} in a fresh {clean(found.kernel)}"]
    if found.compared:
        parts.append(f"{plural(found.compared, 'cell')} compared with what is saved")
    if found.written:
        parts.append(f"{plural(found.written, 'file')} written, in a copy of the directory")
    parts.append(f"{found.seconds:.1f} s a run")
    return "  " + ", ".join(parts)

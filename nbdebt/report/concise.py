"""One line a finding, for people with many of them and for ``grep``."""

from nbdebt.model.finding import Finding, Report
from nbdebt.report.plain import Paint, clean
from nbdebt.report.view import View
from nbdebt.report.words import cell_label, fixable, problem_sentence, summary


def concise(report: Report, view: View) -> str:
    """``path:cell 5 [7]:2:1: NBD201 message``; line and column are those within the cell."""
    paint = Paint(view.color)
    lines = [
        _line(finding, paint) for finding in report.findings if finding.severity != "note" or view.verbose
    ]
    lines += [f"{clean(p.path)}: {paint.red('error')}: {clean(problem_sentence(p))}" for p in report.problems]
    if not view.quiet:
        lines.append(summary(report))
    return "".join(line + "\n" for line in lines)


def _line(finding: Finding, paint: Paint) -> str:
    place = clean(cell_label(finding.cell))
    if finding.span:
        place += f":{finding.span.line}:{finding.span.column}"
    star = " [*]" if fixable(finding) else ""
    code = paint.severity(finding.severity, clean(finding.code))
    return f"{paint.bold(clean(finding.path))}:{place}: {code}{star} {paint.message(clean(finding.message))}"

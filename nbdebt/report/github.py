"""Workflow commands of GitHub Actions: an annotation on the true line of the file, with the cell in words."""

from nbdebt.model.finding import Report
from nbdebt.report.plain import clean
from nbdebt.report.view import View
from nbdebt.report.words import place, problem_sentence

_LEVEL = {"error": "error", "warning": "warning", "note": "notice"}


def github(report: Report, view: View) -> str:
    """One ``::warning file=…,line=…,title=…::…`` a finding."""
    lines = []
    for finding in report.findings:
        title = f"{finding.code} {finding.name}"
        said = f"{place(finding)}: {finding.message}" + (f". {finding.advice}" if finding.advice else "")
        where = f"file={_property(finding.path)},line={view.lines.line(finding)}"
        lines.append(f"::{_LEVEL[finding.severity]} {where},title={_property(title)}::{_data(said)}")
    for problem in report.problems:
        said = problem_sentence(problem)
        lines.append(
            f"::error file={_property(problem.path)},title=nbdebt::{_data(f'{problem.path}: {said}')}"
        )
    return "".join(line + "\n" for line in lines)


def _data(text: str) -> str:
    return clean(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

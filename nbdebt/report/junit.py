"""JUnit's XML, as test reporters read it: a suite a notebook, a case a finding; notes don't fail."""

from xml.sax.saxutils import quoteattr

from nbdebt.model.finding import Finding, Problem, Report
from nbdebt.report.plain import clean
from nbdebt.report.view import View
from nbdebt.report.words import place, problem_sentence


def junit(report: Report, view: View) -> str:
    """The report as ``testsuites``."""
    findings: dict[str, list[Finding]] = {notebook.path: [] for notebook in report.notebooks}
    problems: dict[str, list[Problem]] = {}
    for finding in report.findings:
        findings.setdefault(finding.path, []).append(finding)
    for problem in report.problems:
        findings.setdefault(problem.path, [])
        problems.setdefault(problem.path, []).append(problem)
    suites = [_suite(path, found, problems.get(path, []), view) for path, found in findings.items()]
    tests = sum(suite[0] for suite in suites)
    failures = sum(suite[1] for suite in suites)
    counts = _attributes(
        name="nbdebt",
        tests=tests,
        failures=failures,
        errors=len(report.problems),
        time=f"{report.seconds:.3f}",
    )
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    return f"{head}<testsuites{counts}>\n{''.join(suite[2] for suite in suites)}</testsuites>\n"


def _suite(path: str, findings: list[Finding], problems: list[Problem], view: View) -> tuple[int, int, str]:
    cases = [_finding(path, finding, view) for finding in findings]
    for problem in problems:
        said = _attributes(message=problem_sentence(problem), type=problem.kind)
        cases.append(f"<testcase{_attributes(classname=path, name='nbdebt')}><error{said}/></testcase>")
    if not cases:
        cases = [f"<testcase{_attributes(classname=path, name='nbdebt')}/>"]
    failures = sum(finding.severity != "note" for finding in findings)
    counts = _attributes(name=path, tests=len(cases), failures=failures, errors=len(problems))
    body = "".join(f"    {case}\n" for case in cases)
    return len(cases), failures, f"  <testsuite{counts}>\n{body}  </testsuite>\n"


def _finding(path: str, finding: Finding, view: View) -> str:
    case = _attributes(
        classname=path,
        name=f"{finding.code} {finding.name}: {place(finding)}",
        file=path,
        line=view.lines.line(finding),
    )
    if finding.severity == "note":
        return f"<testcase{case}><system-out>{_text(finding.message)}</system-out></testcase>"
    said = _attributes(message=finding.message, type=finding.severity)
    lines = filter(None, (finding.message, finding.advice, finding.source.strip()))
    body = "\n".join(map(_text, lines))
    return f"<testcase{case}><failure{said}>{body}</failure></testcase>"


def _text(text: str) -> str:
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attributes(**values: object) -> str:
    return "".join(f" {name}={quoteattr(clean(str(value)))}" for name, value in values.items())

"""GitLab's Code Quality report: a list of issues, each with a fingerprint that lasts."""

import json
from typing import Any

from nbdebt.model.finding import Report
from nbdebt.report.fingerprints import hashed, identities
from nbdebt.report.view import View
from nbdebt.report.words import place, problem_sentence

_SEVERITY = {"error": "critical", "warning": "major", "note": "info"}


def gitlab(report: Report, view: View) -> str:
    """The findings, then the problems, as Code Quality issues."""
    issues: list[dict[str, Any]] = [
        {
            "type": "issue",
            "check_name": finding.code,
            "description": f"{finding.code} {finding.name}: {place(finding)}: {finding.message}",
            "categories": ["Bug Risk"],
            "severity": _SEVERITY[finding.severity],
            "fingerprint": hashed(finding.path, *identity),
            "location": {"path": finding.path, "lines": {"begin": view.lines.line(finding)}},
        }
        for finding, identity in zip(report.findings, identities(report.findings), strict=True)
    ]
    issues += [
        {
            "type": "issue",
            "check_name": "nbdebt",
            "description": problem_sentence(problem),
            "severity": "blocker",
            "fingerprint": hashed(problem.path, "problem", number, problem.kind),
            "location": {"path": problem.path, "lines": {"begin": 1}},
        }
        for number, problem in enumerate(report.problems)
    ]
    return json.dumps(issues, ensure_ascii=False, indent=2) + "\n"

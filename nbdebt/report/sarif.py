"""SARIF 2.1.0, for code scanning: true lines in the file, cells as logical places, fingerprints that last.

Source: OASIS, *Static Analysis Results Interchange Format (SARIF) Version 2.1.0*, §3.14 and on.
"""

import json
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from nbdebt import __version__
from nbdebt.model.finding import CellRef, Finding, Report
from nbdebt.report.fingerprints import hashed, identities
from nbdebt.report.view import View
from nbdebt.report.words import cell_label, problem_sentence
from nbdebt.rules import Rule, catalogue

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(report: Report, view: View) -> str:
    """The report as one SARIF log with one run."""
    rules = catalogue()
    codes = sorted({finding.code for finding in report.findings})
    names = {finding.code: finding.name for finding in report.findings}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "nbdebt",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(code, names[code], rules.get(code)) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not report.problems,
                "exitCode": report.exit_status,
                "toolExecutionNotifications": [
                    {
                        "level": "error",
                        "message": {"text": problem_sentence(problem)},
                        "locations": [{"physicalLocation": {"artifactLocation": _artifact(problem.path)}}],
                    }
                    for problem in report.problems
                ],
            }
        ],
        "results": [
            _result(finding, codes.index(finding.code), identity, view)
            for finding, identity in zip(report.findings, identities(report.findings), strict=True)
        ],
    }
    return (
        json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)
        + "\n"
    )


def _rule(code: str, name: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"id": code, "name": name, "shortDescription": {"text": name}}
    page = rule.page
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary or rule.name},
        "fullDescription": {"text": rule.summary or rule.name},
        "help": {"text": page or rule.summary, "markdown": page or rule.summary},
        "defaultConfiguration": {"level": rule.severity, "enabled": rule.default},
        "properties": {
            "tags": [rule.family, "notebook", "reproducibility"],
            "problem.severity": _problem(rule),
        },
    }


def _problem(rule: Rule) -> str:
    return {"note": "recommendation"}.get(rule.severity, rule.severity)


def _result(finding: Finding, index: int, identity: tuple[object, ...], view: View) -> dict[str, Any]:
    message = " ".join(filter(None, (finding.message, finding.advice)))
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": message},
        "locations": [_location(finding.path, finding.cell, view.lines.line(finding), finding)],
        "partialFingerprints": {"nbdebt/v1": hashed(*identity)},
    }
    related = [
        {
            "id": number,
            "message": {"text": other.message},
            **_location(
                other.path or finding.path,
                other.cell,
                view.lines.at(
                    other.path or finding.path, other.cell.index, other.span.line if other.span else 1
                )
                if other.cell
                else 1,
            ),
        }
        for number, other in enumerate(finding.related)
    ]
    if related:
        result["relatedLocations"] = related
    return result


def _location(path: str, cell: CellRef | None, line: int, finding: Finding | None = None) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": line}
    if finding is not None and finding.source:
        region["snippet"] = {"text": finding.source}
    # Columns of the code are columns of the file only where the file is the code.
    if finding is not None and finding.span is not None and not path.endswith(".ipynb"):
        region["startColumn"] = finding.span.column
        if finding.span.end_line == finding.span.line and finding.span.end_column > finding.span.column:
            region["endColumn"] = finding.span.end_column
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(path), "region": region}}
    if cell is not None:
        location["logicalLocations"] = [
            {"name": cell_label(cell), "fullyQualifiedName": f"{path}#{cell.id}", "kind": "cell"}
        ]
    return location


def _artifact(path: str) -> dict[str, str]:
    # A file's name need not be text: what can't be encoded goes into the address byte for byte.
    pure = PurePath(path)
    address = quote(pure.as_posix().encode("utf-8", "surrogateescape"))
    if pure.is_absolute():
        return {"uri": "file://" + ("" if address.startswith("/") else "/") + address}
    return {"uri": address, "uriBaseId": "%SRCROOT%"}

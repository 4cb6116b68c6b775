"""For programs: one object, described by ``json.schema.json`` beside this file."""

import json
from typing import Any

import msgspec

from nbdebt.model.finding import CellRef, Exchange, Finding, NotebookResult, Related, Report
from nbdebt.model.history import File, Span, Table, Url
from nbdebt.report.view import View
from nbdebt.report.words import checked, fixable, verdict_sentence

VERSION = 1


def json_report(report: Report, view: View) -> str:
    """The whole report as one object."""
    return json.dumps(report_object(report, view), ensure_ascii=False, indent=2) + "\n"


def report_object(report: Report, view: View) -> dict[str, Any]:
    """The whole report, as programs see it."""
    shown: dict[str, Any] = {
        "version": VERSION,
        "findings": [finding_object(finding) for finding in report.findings],
        "verdicts": [_verdict(notebook) for notebook in report.notebooks if notebook.verdict is not None],
    }
    if view.show_accesses:
        shown["accesses"] = [
            _access(notebook.path, exchange, view)
            for notebook in report.notebooks
            for exchange in notebook.exchanges
            if isinstance(exchange.access.resource, File | Url | Table)
        ]
    shown["problems"] = msgspec.to_builtins(report.problems)
    shown["not_run"] = msgspec.to_builtins(report.not_run)
    shown["summary"] = _summary(report)
    return shown


def ndjson(report: Report, view: View) -> str:
    """One finding a line, the same object as in the whole report; then problems, as ``{"problem": …}``."""
    lines = [finding_object(finding) for finding in report.findings]
    lines += [{"problem": problem} for problem in msgspec.to_builtins(report.problems)]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def finding_object(finding: Finding) -> dict[str, Any]:
    """One finding as programs see it."""
    return {
        "code": finding.code,
        "name": finding.name,
        "family": finding.family,
        "severity": finding.severity,
        "basis": finding.basis,
        "path": finding.path,
        "cell": _cell(finding.cell),
        "start": _start(finding.span),
        "end": _end(finding.span),
        "message": finding.message,
        "advice": finding.advice,
        "source": finding.source,
        "evidence": list(finding.evidence),
        "related": [_related(related) for related in finding.related],
        "fix": msgspec.to_builtins(finding.fix),
    }


def _cell(cell: CellRef | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    return {"index": cell.index, "id": cell.id, "execution_count": cell.execution_count}


def _start(span: Span | None) -> dict[str, int] | None:
    return {"line": span.line, "column": span.column} if span else None


def _end(span: Span | None) -> dict[str, int] | None:
    return {"line": span.end_line, "column": span.end_column} if span else None


def _related(related: Related) -> dict[str, Any]:
    return {
        "message": related.message,
        "path": related.path,
        "cell": _cell(related.cell),
        "start": _start(related.span),
        "end": _end(related.span),
    }


def _verdict(notebook: NotebookResult) -> dict[str, Any]:
    verdict = notebook.verdict
    assert verdict is not None
    cells = [
        {
            "index": ref.index,
            "id": ref.id,
            "state": verdict.cells[ref.id].state,
            "because": list(verdict.cells[ref.id].because),
        }
        for ref in notebook.cells
        if ref.id in verdict.cells
    ]
    return {
        "path": notebook.path,
        "reproduces": verdict.reproduces,
        "sentence": verdict_sentence(notebook),
        "cells": cells,
        "names": verdict.names,
        "left_over": list(verdict.left_over),
        "missing": list(verdict.missing),
    }


def _access(path: str, exchange: Exchange, view: View) -> dict[str, Any]:
    access = exchange.access
    return {
        "path": path,
        "cell": _cell(exchange.cell),
        "start": _start(access.span),
        "mode": access.mode,
        "kind": type(access.resource).__name__.lower(),
        "target": str(access.resource),
        "basis": access.basis,
        "certain": access.certain,
        "via": access.via,
        "versioned": view.versioned(path, exchange) if view.versioned else None,
        "exposure": msgspec.to_builtins(view.exposed(path, exchange)) if view.exposed else None,
    }


def _summary(report: Report) -> dict[str, Any]:
    findings = report.findings
    return {
        "notebooks": checked(report),
        "findings": len(findings),
        "errors": sum(f.severity == "error" for f in findings),
        "warnings": sum(f.severity == "warning" for f in findings),
        "notes": sum(f.severity == "note" for f in findings),
        "fixable": sum(map(fixable, findings)),
        "suppressed": report.suppressed,
        "problems": len(report.problems),
        "not_run": len(report.not_run),
        "seconds": round(report.seconds, 3),
        "exit_status": report.exit_status,
    }

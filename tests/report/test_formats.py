"""Every format: what it must contain, and that nothing in a notebook can break out of it."""

import json
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from report_examples import CLEAN, EVIL, HOSTILE, REPORT, UNDEFINED, UNSEEDED

import nbdebt.report
from nbdebt.model.finding import CellRef, Report
from nbdebt.model.history import Span
from nbdebt.report import FORMATS, render
from nbdebt.report.fingerprints import identities
from nbdebt.report.frame import COLUMNS, to_frame
from nbdebt.report.statistics import statistics, statistics_json
from nbdebt.report.view import FileLines, View

REPORTS = {"usual": REPORT, "clean": CLEAN, "hostile": HOSTILE, "empty": Report(())}
SCHEMA = json.loads((Path(nbdebt.report.__file__).parent / "json.schema.json").read_text(encoding="utf-8"))

NOTEBOOK = b"""{
 "cells": [
  {"cell_type": "markdown", "id": "m", "metadata": {}, "source": []},
  {"cell_type": "code", "id": "load", "metadata": {}, "outputs": [], "execution_count": 2,
   "source": [
    "df = raw.dropna()\\n",
    "a = train_test_split(X, y)"
   ]}
 ],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5
}
"""


def view(**given: Any) -> View:
    return View(lines=FileLines({"titanic.ipynb": NOTEBOOK}), **given)


def objects(text: str) -> Any:
    """What a program reads: through bytes, as a pipe carries them."""
    return json.loads(text.encode("utf-8", "backslashreplace"))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", REPORTS)
def test_is_deterministic_and_ends_its_last_line(form: str, name: str) -> None:
    text = render(REPORTS[name], form, view())
    assert text == render(REPORTS[name], form, view())
    assert text.endswith("\n") or not text


@pytest.mark.parametrize("form", ["text", "concise", "github", "junit", "html"])
@pytest.mark.parametrize("color", [False, True])
def test_nothing_in_a_notebook_reaches_the_terminal_as_control(form: str, color: bool) -> None:
    text = render(HOSTILE, form, view(verbose=True, color=color))
    for own in ("\x1b[0m", *(f"\x1b[{code}m" for code in ("1", "2", "32", "36", "1;31", "1;33"))):
        text = text.replace(own, "")
    assert all(c.isprintable() or c == "\n" for c in text)
    assert EVIL not in text


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("show_accesses", [False, True])
def test_json_keeps_its_schema(name: str, show_accesses: bool) -> None:
    shown = objects(render(REPORTS[name], "json", view(show_accesses=show_accesses)))
    jsonschema.validate(shown, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert ("accesses" in shown) is show_accesses


def test_json_says_what_the_seam_promises() -> None:
    shown = objects(render(REPORT, "json", view(show_accesses=True)))
    assert shown["version"] == 1
    assert shown["findings"][1] | {"related": [], "evidence": []} == {
        "code": "NBD203",
        "name": "unseeded-estimator",
        "family": "seeds",
        "severity": "warning",
        "basis": "parsed",
        "path": "titanic.ipynb",
        "cell": {"index": 4, "id": "split", "execution_count": 7},
        "start": {"line": 2, "column": 5},
        "end": {"line": 2, "column": 27},
        "message": UNSEEDED.message,
        "advice": "Give it `random_state=42`.",
        "source": "a = train_test_split(X, y)",
        "evidence": [],
        "related": [],
        "fix": {
            "title": "Seed numpy's global stream in a new first cell",
            "safety": "safe",
            "edits": [{"type": "Insert", "before": 0, "source": "np.random.seed(42)"}],
        },
    }
    assert shown["findings"][0]["fix"] is None
    assert [(v["path"], v["reproduces"]) for v in shown["verdicts"]] == [
        ("titanic.ipynb", False),
        ("clean.ipynb", True),
        ("open.ipynb", None),
    ]
    assert shown["verdicts"][0]["cells"] == [
        {"index": 1, "id": "load", "state": "fails", "because": ["`raw` is made by no cell"]},
        {"index": 4, "id": "split", "state": "differs", "because": []},
    ]
    access = shown["accesses"][0]
    assert (access["mode"], access["target"], access["versioned"]) == ("read", "raw.csv", None)


def test_json_carries_any_text_unharmed() -> None:
    assert objects(render(HOSTILE, "json"))["findings"][0]["advice"] == EVIL


def test_ndjson_is_one_finding_a_line() -> None:
    lines = render(REPORT, "ndjson").splitlines()
    finding = SCHEMA | {"$ref": "#/$defs/finding", "required": []}
    for line in lines[:6]:
        jsonschema.validate(json.loads(line), finding, cls=jsonschema.Draft202012Validator)
    assert json.loads(lines[6])["problem"]["path"] == "broken.ipynb"
    assert len(render(HOSTILE, "ndjson").split("\n")) == 4


@pytest.mark.parametrize("name", REPORTS)
def test_sarif_has_what_consumers_require(name: str) -> None:
    """The required members and enumerations of SARIF 2.1.0 for all that we write."""
    log = objects(render(REPORTS[name], "sarif", view()))
    assert log["version"] == "2.1.0" and log["$schema"]
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    rules = driver["rules"]
    assert driver["name"] == "nbdebt" and driver["semanticVersion"]
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    assert all(isinstance(i["executionSuccessful"], bool) for i in run["invocations"])
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rule["shortDescription"]["text"] for rule in rules)
    assert len(run["results"]) == len(REPORTS[name].findings)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        assert result["partialFingerprints"]["nbdebt/v1"]
        for location in result["locations"] + result.get("relatedLocations", []):
            physical = location["physicalLocation"]
            uri = physical["artifactLocation"]["uri"]
            assert uri.isascii() and not set(uri) & set(' <>"\\^`{}|\r\n')
            assert physical["region"]["startLine"] >= 1


def test_sarif_points_at_the_true_line_and_names_the_cell() -> None:
    (result,) = [
        r for r in objects(render(REPORT, "sarif", view()))["runs"][0]["results"] if r["ruleId"] == "NBD101"
    ]
    location = result["locations"][0]
    assert location["physicalLocation"]["region"]["startLine"] == 6
    assert "startColumn" not in location["physicalLocation"]["region"]
    assert location["logicalLocations"][0] == {
        "name": "cell 2 [2]",
        "fullyQualifiedName": "titanic.ipynb#load",
        "kind": "cell",
    }


def test_github_annotations_are_one_line_each_and_escaped() -> None:
    lines = render(REPORT, "github", view()).splitlines()
    assert lines[0].startswith(
        "::error file=titanic.ipynb,line=6,title=NBD101 undefined-on-run-all::cell 2 [2], line 1: "
    )
    assert lines[1].startswith("::warning ") and lines[2].startswith("::notice ")
    hostile = render(HOSTILE, "github", view()).splitlines()
    assert len(hostile) == 3
    for line in hostile:
        _, command, _ = line.split("::", 2)
        properties = dict(item.split("=", 1) for item in command.split(" ", 1)[1].split(","))
        assert set(properties) <= {"file", "line", "title"}


def test_gitlab_issues_have_distinct_fingerprints() -> None:
    for report in (REPORT, HOSTILE):
        issues = objects(render(report, "gitlab", view()))
        assert len({issue["fingerprint"] for issue in issues}) == len(issues)
        for issue in issues:
            assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
            assert issue["description"] and issue["check_name"]
            assert issue["location"]["lines"]["begin"] >= 1
    assert objects(render(REPORT, "gitlab", view()))[0]["location"] == {
        "path": "titanic.ipynb",
        "lines": {"begin": 6},
    }


@pytest.mark.parametrize("name", REPORTS)
def test_junit_counts_what_it_holds(name: str) -> None:
    root = ElementTree.fromstring(render(REPORTS[name], "junit", view()))
    assert root.tag == "testsuites"
    for element in (root, *root):
        assert int(element.attrib["tests"]) == len(list(element.iter("testcase")))
        assert int(element.attrib["failures"]) == len(list(element.iter("failure")))
        assert int(element.attrib["errors"]) == len(list(element.iter("error")))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", REPORTS)
def test_html_is_closed_safe_and_alone(name: str) -> None:
    text = render(REPORTS[name], "html", view())
    page = _Page()
    page.feed(text)
    page.close()
    assert not page.open
    assert page.tags.count("script") == 1 and "img" not in page.tags and "link" not in page.tags
    assert not any(key.startswith("on") or key == "src" for key, _ in page.attributes)
    # Links lead to other places of the page, and these are there.
    ids = {value for key, value in page.attributes if key == "id"}
    assert {value.removeprefix("#") for key, value in page.attributes if key == "href"} <= ids
    assert "://" not in text
    assert text.count("<article") == len(REPORTS[name].findings)


def test_statistics() -> None:
    shown = statistics(REPORT, view())
    assert shown.splitlines()[:3] == [
        "4  NBD301      hidden-output (note)",
        "1  NBD101      undefined-on-run-all",
        "1  NBD203  [*] unseeded-estimator",
    ]
    assert objects(statistics_json(REPORT))[0] == {
        "count": 4,
        "code": "NBD301",
        "name": "hidden-output",
        "severity": "note",
        "fixable": False,
    }


@pytest.mark.parametrize("name", REPORTS)
def test_frame_has_a_row_a_finding(name: str) -> None:
    frame = to_frame(REPORTS[name])
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == len(REPORTS[name].findings)
    if name == "usual":
        assert list(frame["line"])[:2] == [1, 2]


def test_identity_outlives_runs_edits_above_and_moves() -> None:
    moved = msgspec.structs.replace(
        UNDEFINED, cell=CellRef(9, "load", 31), span=Span(8, 1, 8, 4), source="  df  =  raw.dropna()"
    )
    assert identities([UNDEFINED]) == identities(
        [msgspec.structs.replace(moved, source="df = raw.dropna()  ")]
    )
    old = msgspec.structs.replace(UNDEFINED, cell=CellRef(1, "cell-1", 2))
    shifted = msgspec.structs.replace(UNDEFINED, cell=CellRef(2, "cell-2", 2))
    assert identities([old]) == identities([shifted])
    assert len(set(identities([UNDEFINED, UNDEFINED, UNSEEDED]))) == 3

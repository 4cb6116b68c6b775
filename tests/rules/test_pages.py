"""Every rule's page is its test: each example is checked from its saved counts, and fixed."""

import inspect
import subprocess
from pathlib import Path

import pytest

from nbdebt.analyse import analyse
from nbdebt.config import Settings
from nbdebt.data.pins.pinning import pin_file
from nbdebt.engine import CheckOptions, check_paths
from nbdebt.model.finding import Drop, Finding, Insert, Move, Replace
from nbdebt.read import read_notebook
from nbdebt.read.edit import apply_edits
from nbdebt.rules import Needs, Rule, catalogue
from nbdebt.rules.pages import Example, Page, parse_page

SECTIONS = ["Why it matters", "What to do", "Example", "Known limits", "Source"]
DOCUMENT = (Needs.SOURCE, Needs.HISTORY)


def page_of(rule: Rule) -> Page:
    return parse_page(inspect.cleandoc(rule.page))


def rules() -> list[Rule]:
    return [rule for rule in catalogue().values() if rule.module.startswith("nbdebt.")]


def examples() -> list[tuple[Rule, Example]]:
    return [(rule, example) for rule in rules() for example in page_of(rule).examples]


def name(case: object) -> str:
    return f"{case.code}-{case.name}" if isinstance(case, Rule) else f"line{getattr(case, 'line', '')}"


def check_document(document: bytes, rule: Rule) -> tuple[Finding, ...]:
    """What a rule that needs nothing but the document finds in it."""
    return analyse(read_notebook(document, "example.ipynb"), Settings(), frozenset({rule.code})).findings


def check_example(example: Example, rule: Rule, directory: Path) -> tuple[Finding, ...]:
    """What the rule finds in the example, with the files around it that the page names."""
    if rule.needs in DOCUMENT and not example.toml:
        return check_document(example.document(), rule)
    notebook = commit(example, directory, "a,b\n1,2\n")
    report = check_paths([str(notebook)], CheckOptions(extend_select=(rule.code,), cache=False, jobs=1))
    assert not report.problems
    return tuple(finding for finding in report.findings if finding.code == rule.code)


def commit(example: Example, directory: Path, content: str) -> Path:
    """Write the example with its configuration and files into a directory under version control."""
    notebook = directory / "example.ipynb"
    notebook.write_bytes(example.document())
    (directory / "nbdebt.toml").write_text(example.toml)
    for file in example.files:
        path = directory / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        if file.pinned:
            pin_file(path, directory / "nbdebt.lock", profile=False)
        if file.changed:
            path.write_text(content + "3,4\n")
    tracked = [file.path for file in example.files if file.tracked]
    git = ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", "-C", str(directory)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "example.ipynb", *tracked], check=True)
    subprocess.run([*git, "commit", "-qm", "example"], check=True)
    return notebook


@pytest.mark.parametrize("rule", rules(), ids=name)
def test_a_page_says_what_a_reader_needs(rule: Rule) -> None:
    page = page_of(rule)
    assert page.title.endswith("."), "the first line is a sentence"
    assert [s for s in page.sections if s in SECTIONS] == SECTIONS
    assert all(page.sections[s] for s in SECTIONS)
    assert rule.name == rule.module.rpartition(".")[2].replace("_", "-")
    assert rule.summary


@pytest.mark.parametrize("rule", rules(), ids=name)
def test_a_page_shows_what_is_reported_and_what_is_not(rule: Rule) -> None:
    shown = page_of(rule).examples
    # What takes two notebooks to see can't be shown with one.
    assert rule.needs is Needs.PROJECT or any(example.expected(rule.code) for example in shown)
    assert sum(not example.marks for example in shown) >= 2


@pytest.mark.parametrize(("rule", "example"), examples(), ids=name)
def test_examples_are_reported_where_they_are_marked(rule: Rule, example: Example, tmp_path: Path) -> None:
    found = check_example(example, rule, tmp_path)
    places = {(f.cell.index, f.span.line) for f in found if f.cell is not None and f.span is not None}
    assert places == example.expected(rule.code), [f.message for f in found]
    for finding in found:
        assert finding.message.strip() == finding.message and not finding.message.endswith(".")
        assert finding.advice, "a finding says what to do"


FIXED = [case for case in examples() if case[0].needs in DOCUMENT and not case[1].toml]


@pytest.mark.parametrize(("rule", "example"), FIXED, ids=name)
def test_examples_are_fixed_as_the_page_shows(rule: Rule, example: Example) -> None:
    found = check_document(example.document(), rule)
    fixes = [finding.fix for finding in found if finding.fix is not None]
    assert bool(fixes) == (example.fixed is not None), "the page shows a fix where there is one"
    if example.fixed is None:
        return
    edits = [e for fix in fixes for e in fix.edits if isinstance(e, Insert | Replace | Move | Drop)]
    fixed = apply_edits(example.document(), "example.ipynb", edits)
    assert [cell.source for cell in read_notebook(fixed, "example.ipynb").cells] == example.fixed_sources()
    assert not [f for f in check_document(fixed, rule) if f.fix is not None], "fixing again changes nothing"


@pytest.mark.parametrize(("rule", "example"), examples(), ids=name)
def test_marks_are_within_their_cells(rule: Rule, example: Example) -> None:
    notebook = example.notebook()
    for index, lines in example.marks.items():
        assert max(lines) <= len(notebook.cells[index].source.split("\n"))

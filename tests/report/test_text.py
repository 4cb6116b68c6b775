"""What people read at a terminal."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_examples import CLEAN, REPORT, UNDEFINED

from nbdebt.model.finding import Finding, Report
from nbdebt.model.history import Span
from nbdebt.report import render
from nbdebt.report.plain import clean, marked, width, wrapped
from nbdebt.report.view import View

GOLDEN = """\
titanic.ipynb
Restart & Run All: would fail in cell 2 [2], and give other results in 1 cell

  cell 2 [2] · line 1 · NBD101 undefined-on-run-all
    1 │ df = raw.dropna()
      │      ^^^
    Restart & Run All stops here: no cell above makes `raw`.
    → Bring back the cell that made it.

  cell 5 [7] · line 2 · NBD203 unseeded-estimator [*]
    2 │ a = train_test_split(X, y)
      │     ^^^^^^^^^^^^^^^^^^^^^^
    `train_test_split` draws from numpy's global stream, which nothing above
    seeds: each run splits anew.
    → Give it `random_state=42`.
    · cell 7 [9], line 1: what is drawn here decides `score`

  notes: writes 4 undeclared files (out.csv, model.pkl, a.txt, …)

! broken.ipynb: could not be read: is not JSON: the file ends too early (at line 3, column 7)

Restart & Run All: 1 would give the same, 1 would not, 1 can't be known from the
file.
Besides: 4 notes, 1 not looked at (--verbose lists them), 1 suppressed.
2 findings (1 fixable with --fix) in 1 of 3 notebooks, 1 could not be read.
Checked in 0.4 s.
"""


def test_golden() -> None:
    assert render(REPORT, "text", View(width=80)) == GOLDEN


def test_clean_is_one_line() -> None:
    assert render(CLEAN, "text") == "No findings in 1 notebook. Checked in 0.1 s.\n"


def test_quiet_says_findings_and_problems_only() -> None:
    text = render(REPORT, "text", View(quiet=True))
    assert "notes:" not in text and "Checked" not in text and "NBD203" in text and "broken.ipynb" in text
    assert render(CLEAN, "text", View(quiet=True)) == ""


def test_a_verdict_without_findings_is_said_where_it_is_asked_for() -> None:
    bare = msgspec.structs.replace(REPORT, findings=[], problems=[])
    assert "Restart & Run All: would" not in render(bare, "text", View(width=80))
    judged = render(bare, "text", View(width=80, judged=True))
    head = "titanic.ipynb\nRestart & Run All: would fail in cell 2 [2], and give other results in 1 cell\n"
    assert head in judged and "would give the same" in judged
    assert judged.partition(head)[2].startswith("  cell 2 [2]: `raw` is made by no cell\n")
    assert "titanic" not in render(bare, "text", View(quiet=True, judged=True))


def test_verbose_shows_every_note_evidence_and_what_was_not_looked_at() -> None:
    text = render(REPORT, "text", View(verbose=True))
    for part in ("`b.txt`", "evidence: no call", "its language is r", "clean.ipynb", "cell 2 was edited"):
        assert part in text


@pytest.mark.parametrize(
    ("source", "start", "end", "shown"),
    [
        ("x = f(y)", 5, 9, ("x = f(y)", "    ^^^^")),
        ("名前 = 値", 6, 7, ("名前 = 値", "       ^^")),
        ("\tx\t= y", 4, 5, ("    x    = y", "         ^")),
        ("        deep()", 9, 15, ("    deep()", "    ^^^^^^")),
        ("cafe\u0301 = 1", 9, 10, ("cafe\u0301 = 1", "       ^")),
        ("x", 9, 12, ("x", " ^")),
        ("", 1, None, ("", "^")),
        ("a\x1b[31mb", 1, 2, ("a\\x1b[31mb", "^")),
        ("call(", 1, None, ("call(", "^^^^^")),
    ],
)
def test_marker_stands_under_what_it_marks(
    source: str, start: int, end: int | None, shown: tuple[str, str]
) -> None:
    assert marked(source, start, end, 80) == shown


@given(st.text(max_size=200), st.integers(1, 250), st.none() | st.integers(1, 250), st.integers(1, 120))
def test_marked_lines_fit_and_line_up(source: str, start: int, end: int | None, room: int) -> None:
    line, marker = marked(source, start, end, room)
    assert width(line) <= max(room, 20)
    assert len(marker) <= max(room, 20) + 1
    assert "\n" not in line and set(marker) <= {" ", "^"}


@given(st.text(max_size=300))
def test_clean_leaves_no_control_and_says_all_the_rest(text: str) -> None:
    shown = clean(text)
    assert all(c.isprintable() or c in "\u200c\u200d\u3000" for c in shown)
    assert clean(shown) == shown
    assert [c for c in text if c.isalnum() and c.isprintable()] == [
        c for c in shown if c.isalnum() and c.isprintable()
    ] or not text.isprintable()
    shown.encode()


@given(st.text(max_size=300), st.integers(30, 100))
def test_wrapped_keeps_the_words(text: str, room: int) -> None:
    assert " ".join(wrapped(text, room)) == clean(text)


def test_colour_is_the_only_difference() -> None:
    import re

    coloured = render(REPORT, "text", View(color=True, width=80))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == GOLDEN


def test_a_finding_needs_neither_cell_nor_source() -> None:
    bare: Finding = msgspec.structs.replace(UNDEFINED, cell=None, span=None, source="")
    assert "  notebook · NBD101 undefined-on-run-all\n    Restart" in render(Report((bare,)), "text")
    several = msgspec.structs.replace(UNDEFINED, span=Span(1, 6, 3, 2))
    assert "^^^^^^^^^^^^" in render(Report((several,)), "text")

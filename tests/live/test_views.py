"""What the magics say of a session: what to run again, why, what is known in part, who provided what."""

from pathlib import Path

import pytest

pytest.importorskip("IPython")

from IPython.core.interactiveshell import InteractiveShell

import nbdebt
from nbdebt.live.own import is_own
from nbdebt.live.rerun import plan
from nbdebt.live.session import Session
from nbdebt.live.shown import Shown
from nbdebt.live.understanding import is_of_a_library
from nbdebt.model.history import Access, Span, Url


@pytest.fixture
def session(shell: InteractiveShell) -> Session:
    return nbdebt.load(shell)


def play(session: Session, document: dict[str, str], ran: str = "") -> None:
    """Run cells of a document by their ids; all of them where none is named."""
    session.set_document(document.items())
    for cell_id in ran.split() or document:
        session.shell.run_cell(document[cell_id], store_history=True, cell_id=cell_id)


def said(session: Session, line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a line magic prints, in one line."""
    capsys.readouterr()
    session.shell.run_line_magic("nbdebt", line)
    return " ".join(capsys.readouterr().out.split())


def test_a_draw_needs_a_seed_and_not_another_run(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    play(session, {"a": "import random", "b": "z = random.random()", "c": "w = z + 1\nw", "d": "w * 2"})
    shown = said(session, "stale", capsys)
    assert "nothing to run again" in shown and "an edit does" in shown
    assert "cell 2 [2] draws from the unseeded python random stream: seed it; " in shown
    assert "cell 3 [3], cell 4 [4] follow from it" in shown
    assert "to mend first: cell 2 [2]" in said(session, "", capsys)


def test_an_input_that_is_replaced_needs_an_edit(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.txt").write_text("1", encoding="utf-8")
    document = {
        "a": "n = int(open('in.txt').read())",
        "b": "m = n + 1",
        "c": "open('in.txt', 'w').write(str(m))",
    }
    play(session, document)
    shown = said(session, "stale", capsys)
    assert "nothing to run again" in shown
    assert "cell 1 [1] reads `in.txt`, which cell 3 [3] replaces: write to another path" in shown
    assert "cell 2 [2], cell 3 [3] follow from it" in shown


def test_a_file_that_a_cell_above_made_anew_is_read_again(session: Session) -> None:
    document = {"a": "x = '1'", "b": "open('out.txt', 'w').write(x)", "c": "n = open('out.txt').read()"}
    play(session, document)
    play(session, {**document, "a": "x = '2'"}, "a b")
    assert [ref.id for ref, _ in plan(session.analysis(), session)] == ["c"]


@pytest.mark.parametrize(
    ("source", "own"),
    [
        ("%nbdebt", True),
        ("  %nbdebt stale\n\n# a look\n%nbdebt?", True),
        ("%nbdebt why seed", True),
        ("%%nbdebt dry\nx = 3", True),
        ("%nbdebt seed 42", False),
        ("found = %nbdebt report", False),
        ("x = 1\n%nbdebt", False),
        ("%%nbdebt seeded\nx = 3", False),
        ("# %nbdebt below", True),
        ("%nbdebtor", False),
        ("", False),
    ],
)
def test_which_cells_are_of_our_own_words(source: str, own: bool) -> None:
    assert is_own(source) is own


def test_cells_of_our_own_words_are_no_part_of_the_session(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    document = {"a": "x = 1", "n": "%nbdebt", "d": "%%nbdebt dry\nx = 3", "b": "y = x"}
    play(session, document)
    play(session, {**document, "n": "%nbdebt stale"}, "a")
    assert session.verdict().reproduces is True
    assert plan(session.analysis(), session) == []
    assert "%nbdebt" not in said(session, "graph --format text", capsys)


def test_why_speaks_of_the_parts_that_were_read(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    document = {
        "a": "d = {'a': 1, 'b': 2}",
        "b": "d['a'] = d['a'] * 2",
        "c": "d['b'] = 5",
        "t": "total = d['a'] + 1",
    }
    play(session, document, "a b b c t")
    shown = said(session, "why total", capsys)
    # Made by the cell that doubled it, not by the one that touched another key since.
    assert "`d['a']` cell 2 [3], line 1 the same another value" in shown
    assert "setting" not in shown
    assert said(session, 'why d["a"]', capsys) == said(session, "why d", capsys)


def test_what_is_compared_in_part_is_said(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("numpy")
    play(
        session,
        {
            "a": "import numpy as np, threading",
            "b": "big = np.zeros(9_000_000)",
            "c": "lock = threading.Lock()",
        },
    )
    assert "compared in part: `big`; not looked into: `lock`" in said(session, "", capsys)
    assert "`big` was read in part (72 MB: " in said(session, "why big", capsys)
    assert "`lock` is not looked into (a lock)" in said(session, "why lock", capsys)


def test_without_a_document_cells_have_counts_and_no_places(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    for source in ("x = 1", "import random", "y = random.random()"):
        session.shell.run_cell(source, store_history=True)
    assert "`y` was made by cell [3], line 1" in said(session, "why y", capsys)
    shown = said(session, "status", capsys) + said(session, "stale", capsys)
    assert "no document is known" in shown and "cell [3]" in shown and "cell 3" not in shown


def test_the_graph_shows_who_provided_what_when_it_ran(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    play(session, {"a": "x = 1", "b": "y = x + 1", "c": "x = 5"}, "a c b")
    shown = said(session, "graph --format text", capsys)
    assert "← x from cell [2] (only as it was run)" in shown
    assert "← x from cell [1] (only when run top to bottom)" in shown


@pytest.mark.parametrize(
    ("cells", "ran", "edited", "words"),
    [
        (
            {"a": "x = [1]", "b": "y = len(x)\ny"},
            "a b",
            {"a": "x = [1, 2]"},
            "what this cell shows may be out of",
        ),
        # It ran above, too, with what it is to find: that run stands for it, and is no excuse.
        (
            {"a": "x = 1", "b": "print(x)", "c": "x = 2"},
            "a b c",
            {"b": "print(x)"},
            "`x` came from cell [3]; run top to bottom it comes from cell [1]",
        ),
        (
            {"a": "x = [1]", "b": "y = len(x)"},
            "a b",
            {"a": "x = [1, 2]"},
            "what this cell made may be out of",
        ),
        (
            {"a": "x = 'a'", "b": "open('out.txt', 'w').write(x)"},
            "a b",
            {"a": "x = 'b'"},
            "what this cell wrote may be out of date",
        ),
        (
            {"a": "d = {'a': 1}", "b": "d['a'] = d['a'] * 2"},
            "a b",
            {"b": "d['b'] = d['a'] * 2"},
            "this cell was edited after it had changed `d`, which it reads",
        ),
    ],
)
def test_findings_say_what_is_the_matter(
    session: Session,
    cells: dict[str, str],
    ran: str,
    edited: dict[str, str],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    play(session, cells, ran)
    play(session, {**cells, **edited}, " ".join(edited))
    assert words in said(session, "report --format text", capsys)


@pytest.mark.parametrize("columns", [40, 60, 120])
def test_nothing_that_is_shown_is_cut(columns: int) -> None:
    long = "`/some/where/" + "x" * 150 + "/survey.csv` would not be what it was when this ran"
    shown = Shown(
        "title", (long,), ("cell", "why"), (("cell 3 [3]", long), ("cell 4 [4]", "短い理由")), (long,)
    )
    text = shown.text(columns)
    assert "…" not in text and "短い理由" in text
    assert "".join(text.split()).count("x" * 150) == 3
    assert all(len(line) <= columns for line in text.splitlines() if "/" not in line)


@pytest.mark.parametrize(
    ("url", "line", "of_a_library"),
    [
        ("https://example.org/iris.csv", 2, True),
        ("https://example.org/iris.csv", 3, False),
        ("s3://bucket/iris.csv", 2, False),
    ],
)
def test_what_a_library_asks_for_its_data_sets_is_its_own_affair(
    url: str, line: int, of_a_library: bool
) -> None:
    told = Access(Url("rdatasets://datasets/iris"), "read", Span(2, 1, 2, 20), "parsed")
    asked = Access(Url(url), "read", Span(line, 1, line, 20), "observed")
    assert is_of_a_library(asked, [told]) is of_a_library

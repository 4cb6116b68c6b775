"""``%nbdebt`` and ``%%nbdebt`` in a real shell and a real kernel: what they say, and how bodies run."""

import json
import os
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("IPython")

from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

import nbdebt
from nbdebt.live import magic_words
from nbdebt.live.rerun import plan
from nbdebt.live.session import Session
from nbdebt.read import read_notebook


@pytest.fixture
def session(shell: InteractiveShell) -> Session:
    return nbdebt.load(shell)


def play(session: Session, document: dict[str, str], ran: str = "") -> None:
    """Run cells of a document by their ids; all of them where none is named."""
    session.set_document(document.items())
    for cell_id in ran.split() or document:
        session.shell.run_cell(document[cell_id], store_history=True, cell_id=cell_id)


def said(session: Session, line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a line magic prints."""
    capsys.readouterr()
    session.shell.run_line_magic("nbdebt", line)
    return capsys.readouterr().out


STALE = {"a": "x = 1", "b": "y = x + 1\ny", "c": "x = 5"}


# Words


@pytest.mark.parametrize(
    "word", [*magic_words.LINES.values(), *magic_words.CELLS.values()], ids=lambda w: w.sign
)
def test_every_word_is_explained_and_has_somebody_who_does_it(
    word: magic_words.Word, session: Session
) -> None:
    assert word.help.endswith((".", ";")) and word.usage.startswith(word.sign)
    assert word.usage in " ".join(magic_words.help_text().split())
    magics = session.shell.magics_manager.magics
    assert "nbdebt" in magics["cell" if word.cell else "line"]


def test_the_question_mark_shows_all_words(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    session.shell.run_cell("%nbdebt?")
    shown = capsys.readouterr().out
    for word in ("%nbdebt why NAME", "%%nbdebt seeded [SEED]", "--format {frame,text,json,html}"):
        assert word in shown
    assert max(map(len, magic_words.help_text().splitlines())) <= 100


@pytest.mark.parametrize(
    ("line", "cell", "message"),
    [
        ("repot", False, "did you mean %nbdebt report?"),
        ("frobnicate", False, "there are status, report"),
        ("seeded 42", False, "%%nbdebt seeded is for the first line of a cell"),
        ("stale", True, "%nbdebt stale is for a line"),
        ("sedeed 42", True, "did you mean %%nbdebt seeded?"),
        ("", True, "needs a word"),
        ("why", False, "usage: %nbdebt why NAME"),
        ("report --format yaml", False, "invalid choice: 'yaml'"),
        ("explain NBD999", False, "NBD999"),
        ("ignore becuase", False, "becuase is no rule"),
        ("seeded lots", True, "invalid int value: 'lots'"),
        ("declare", True, "PATH"),
    ],
)
def test_what_is_misheard_is_an_error_that_helps(
    session: Session, line: str, cell: bool, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        magic_words.read(line, cell=cell)
    if cell:
        session.shell.run_cell(f"%%nbdebt {line}\nran = True")
        assert "ran" not in session.shell.user_ns
    else:
        session.shell.run_cell(f"%nbdebt {line}")
    printed = capsys.readouterr()
    assert message in printed.err + printed.out


@pytest.mark.parametrize(
    ("text", "some", "others"),
    [
        ("%nbdebt ", {"report", "why", "seed"}, {"seeded", "dry"}),
        ("%nbdebt re", {"report"}, set()),
        ("%%nbdebt ", {"seeded", "dry", "ignore"}, {"report"}),
        ("%nbdebt report --", {"--format"}, set()),
        ("%nbdebt report --format ", {"frame", "json"}, {"--format"}),
        ("%nbdebt why ", {"x", "y"}, {"shell"}),
        ("%nbdebt explain unseeded", {"unseeded-draw"}, set()),
        ("%nbdebt ignore NBD2", {"NBD201"}, set()),
        ("%nbdebt report --format=t", {"text"}, {"frame", "type"}),
        ("found = %nbdebt rep", {"report"}, {"repr"}),
        ("nbdebt sta", {"status", "stale"}, {"staticmethod"}),
        ("%nbdebt strict se", {"seeds", "seed-after-draw"}, {"session"}),
        ("%nbdebt ignore NBD201 NBD20", {"NBD202"}, {"NBD201"}),
        ("%nbdebt save ", {"notes.json"}, {"report"}),
        ("%nbdebt graph -o no", {"notes.json"}, {"not"}),
        ("%%nbdebt declare --owner me no", {"notes.json"}, {"not"}),
        ("%nbd", {"%nbdebt"}, {"%nbdebt_begin"}),
        ("%nbdebt frobnicate ", set(), {"report"}),
    ],
)
@pytest.mark.parametrize("jedi", [False, True])
def test_the_tab_key_completes(
    session: Session, text: str, some: set[str], others: set[str], jedi: bool
) -> None:
    play(session, STALE)
    Path("notes.json").write_text("{}", encoding="utf-8")
    session.shell.Completer.use_jedi = jedi
    with provisionalcompleter():
        found = {c.text for c in session.shell.Completer.completions(text, len(text))}
    assert some <= found and not others & found


def test_nothing_in_a_line_is_expanded(session: Session) -> None:
    session.shell.user_ns["boom"] = type("Boom", (), {"__str__": lambda self: 1 / 0})()
    session.shell.run_line_magic("nbdebt", "ignore NBD201 it costs {1/0} and $boom")
    assert session.ignored == {"NBD201": "it costs {1/0} and $boom"}


# Looking


def test_one_glance(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    play(session, STALE, "a c b")
    shown = said(session, "", capsys)
    for words in (
        "recording",
        "3 runs recorded; the order of cells comes from the front end",
        "Restart & Run All: would give other results",
        "1 finding (1 order)",
        "to run again: cell 1 [1], cell 2 [3], cell 3 [2]",
    ):
        assert words in shown
    assert "paused" in said(session, "off", capsys)
    assert "paused" in said(session, "status", capsys)
    assert not session.failures


def test_the_report_is_a_frame_that_shows_itself(session: Session) -> None:
    pandas = pytest.importorskip("pandas")
    play(session, {"a": "import random", "b": "z = random.random()", "c": "found = %nbdebt report"})
    found = session.shell.user_ns["found"]
    assert isinstance(found, pandas.DataFrame)
    assert list(found[found.severity != "note"].code) == ["NBD201"]
    html = found._repr_html_()
    assert "unseeded-draw" in html and "<details" in html and "<script" not in html
    assert type(found[found.line == 1]) is pandas.DataFrame
    text = repr(found)
    for words in (
        "cell 2 [2]",
        "NBD201 unseeded-draw",
        "gives other numbers in every run",
        "→ Seed `random`",
    ):
        assert words in text


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_the_report_in_other_formats(session: Session, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    play(session, {"a": "import random", "b": "z = random.random()"})
    shown = said(session, f"report --format {form}", capsys)
    assert "NBD201" in shown
    assert "from the file" not in shown
    if form == "json":
        assert json.loads(shown)["findings"][0]["cell"] == {"index": 1, "id": "b", "execution_count": 2}


def test_why(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    play(session, {**STALE, "d": "l = [x]", "e": "l.append(y)"}, "a c b d e e")
    shown = said(session, "why y", capsys)
    assert "`y` was made by cell 2 [3], line 1" in shown
    assert "Restart & Run All would give another value" in shown
    assert "`x`" in shown and "cell 3 [2], line 1" in shown
    shown = said(session, "why l", capsys)
    assert "`l` was made by cell 4 [4], line 1" in shown
    assert "changed in place by an earlier run [5] of cell 5, line 1" in shown
    assert "changed in place by cell 5 [6], line 1" in shown
    assert "no run of this session made `yy`; did you mean `y`?" in said(session, "why yy", capsys)


@pytest.mark.parametrize(
    ("document", "ran", "again"),
    [
        ({"a": "x = 1", "b": "y = x"}, "a b", ""),
        (STALE, "a c b", "a b c"),
        ({**STALE, "d": "l = [x]", "e": "l.append(y)"}, "a c b d e e", "a b c d e"),
        ({"a": "l = [1]", "b": "l.append(2)", "c": "n = len(l)"}, "a b b c", "a b c"),
        ({"a": "x = 1", "b": "y = x", "c": "z = 3"}, "a b c a", ""),
        ({"a": "d = {'n': 1}", "b": "d['age'] = 3", "c": "d['n'] = d['n'] * 2"}, "a b c c", "a b c"),
    ],
)
def test_what_to_run_again_makes_it_right(
    session: Session, document: dict[str, str], ran: str, again: str, capsys: pytest.CaptureFixture[str]
) -> None:
    play(session, document, ran)
    planned = [ref.id for ref, _ in plan(session.analysis(), session)]
    assert planned == again.split()
    for cell_id in planned:
        session.shell.run_cell(document[cell_id], store_history=True, cell_id=cell_id)
    verdict = session.verdict()
    assert {v.state for v in verdict.cells.values()} == {"same"} and verdict.names == {}
    assert "nothing to run again" in said(session, "stale", capsys)


CELLS = ["a = 1", "b = a + 1", "a = 5", "l = [a]", "l.append(b)", "n = len(l)", "b += 1", "c = b * a"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 5), max_size=6), st.permutations(range(len(CELLS))))
def test_running_the_plan_is_enough(shell: InteractiveShell, more: list[int], order: list[int]) -> None:
    """After the plan ran, the session holds what a fresh kernel would."""
    ids = [f"c{n}" for n in sorted(order[:6])]
    document = dict(zip(ids, (CELLS[n] for n in sorted(order[:6])), strict=True))
    fresh: dict[str, Any] = {}
    try:
        for source in document.values():
            exec(source, fresh)
    except NameError:
        return
    shell.reset()
    session = nbdebt.load(shell)
    try:
        play(session, document)
        for position in more:
            play(session, document, ids[position])
        planned = plan(session.analysis(), session)
        if planned:
            play(session, document, " ".join(ref.id for ref, _ in planned))
        for name in "abcln":
            assert shell.user_ns.get(name) == fresh.get(name), [ref.id for ref, _ in planned]
    finally:
        session.close()


def test_what_would_fail_is_not_run_again(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    play(session, {"b": "y = x", "a": "x = 1"}, "a b")
    shown = said(session, "stale", capsys)
    assert "an edit does" in shown and "cell 1 [2] fails" in shown


def test_io(session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.txt").write_text("1", encoding="utf-8")
    play(session, {"a": "t = open('in.txt').read()", "b": "open('out.txt', 'w').write(t)"})
    shown = said(session, "io", capsys)
    rows = {
        next(w for w in line.split() if ".txt" in w): line for line in shown.splitlines() if ".txt" in line
    }
    assert set(rows) == {"in.txt", "out.txt"}
    assert "read" in rows["in.txt"] and "not versioned" in rows["in.txt"]
    assert "write" in rows["out.txt"] and "not declared" in rows["out.txt"]


@pytest.mark.parametrize(
    ("form", "sign"), [("text", "cell [1]"), ("mermaid", "flowchart"), ("dot", "digraph")]
)
def test_graph(
    session: Session, form: str, sign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play(session, STALE)
    assert sign in said(session, f"graph --format {form}", capsys)
    said(session, "graph -o graph.html", capsys)
    assert "<svg" in (tmp_path / "graph.html").read_text(encoding="utf-8")


def test_explain(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(session, "explain unseeded-draw NBD102", capsys)
    assert "unseeded-draw (NBD201)" in shown and "out-of-order-read (NBD102)" in shown
    assert "What to do" in shown and "##" not in shown and "```" not in shown


# Doing


def test_ignore_and_undo(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    play(session, {"a": "import random", "b": "z = random.random()"})
    assert "NBD201 unseeded-draw: a sketch" in said(session, "ignore unseeded-draw a sketch", capsys)
    assert session.report().findings == ()
    assert "nothing is ignored" in said(session, "ignore --undo NBD2", capsys)
    assert [f.code for f in session.report().findings] == ["NBD201"]


def test_seed_is_remembered(session: Session) -> None:
    document = {"a": "import random", "s": "%nbdebt seed 5", "b": "z = random.random()"}
    play(session, document)
    first = session.shell.user_ns["z"]
    assert session.verdict().reproduces is True and session.report().findings == ()
    play(session, document, "s b")
    assert session.shell.user_ns["z"] == first


def test_levels(session: Session) -> None:
    shell = session.shell
    play(session, {"a": "import random\nw = 0"})
    shell.run_line_magic("nbdebt", "strict seeds")
    result = shell.run_cell("w = 1\nz = random.random()", cell_id="b")
    assert not result.success and result.error_before_exec is not None
    assert (shell.user_ns["w"], "z" in shell.user_ns) == (0, False)
    assert shell.run_cell("%%time\nv = 1", cell_id="c").success
    shell.run_line_magic("nbdebt", "normal")
    assert shell.run_cell("z = random.random()", cell_id="b").success
    assert shell.ast_transformers == []


def test_the_shell_is_as_before_when_the_session_is_closed(shell: InteractiveShell) -> None:
    def state() -> Any:
        return (
            sorted(shell.magics_manager.magics["line"]),
            sorted(shell.magics_manager.magics["cell"]),
            list(shell.input_transformers_cleanup),
            list(shell.ast_transformers),
            {event: list(calls) for event, calls in shell.events.callbacks.items()},
            list(shell.Completer.custom_matchers),
        )

    before = state()
    shell.run_cell("%load_ext nbdebt")
    shell.run_cell("%nbdebt strict")
    shell.run_cell("%%nbdebt pure\n%%time\nx = 1")
    assert state() != before
    shell.run_cell("%unload_ext nbdebt")
    assert state() == before


# Heads of cells

HEADS = ["seeded 42", "pure", "ignore NBD201 a sketch", "declare out.txt --owner me"]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    ("body", "result", "error"),
    [
        ("1 + 1", 2, None),
        ("1 + 1;", None, None),
        ("import asyncio\nawait asyncio.sleep(0)\n'slept'", "slept", None),
        ("from __future__ import annotations\ndef f(x: y): ...\nf.__annotations__['x']", "y", None),
        ("%time 3", 3, None),
        ("%%time\n4", None, None),
        ("\n\n5", 5, None),
        ("x = !echo hi\nx[0]", "hi", None),
        ("1\n\n1 / 0", None, ZeroDivisionError),
        ("def f(:\n  pass", None, SyntaxError),
    ],
)
def test_a_body_runs_as_a_cell_does(
    session: Session, head: str, body: str, result: Any, error: type[Exception] | None
) -> None:
    shell = session.shell
    count = len(session.runs)
    got = shell.run_cell(f"%%nbdebt {head}\n{body}", store_history=True, cell_id="a")
    if not body.startswith("%%"):
        assert got.result == result
    if error is None:
        assert got.success
    else:
        found = got.error_in_exec or got.error_before_exec
        assert isinstance(found, error)
        if isinstance(found, SyntaxError):
            assert found.lineno == 2
        else:
            trace = found.__traceback__
            while trace.tb_next is not None:
                trace = trace.tb_next
            assert trace.tb_lineno == 4
    outer = [r for r in session.runs[count:] if r.run.source.startswith("%%nbdebt")]
    assert [r.run.cell_id for r in outer] == ["a"]
    assert not session.failures


@pytest.mark.parametrize(
    "cell",
    [
        "%%nbdebt seeded 42\nq = random.random()",
        "%%nbdebt seeded 42\n%%time\nq = random.random()",
        "%%time\n%%nbdebt seeded 42\nq = random.random()",
        "%%capture\n%%nbdebt seeded 42\nq = random.random()",
        "%%nbdebt seeded 42\nget_ipython().run_cell('1')\nq = random.random()",
        "get_ipython().run_cell_magic('nbdebt', 'seeded 42', 'q = random.random()')",
        "%%nbdebt seeded 42\nq = random.random()\n1 / 0",
        "%%nbdebt seeded 42\nimport asyncio\nawait asyncio.sleep(0)\nq = random.random()",
    ],
)
def test_seeded_cells_draw_the_same_and_leave_the_streams(session: Session, cell: str) -> None:
    import random

    shell = session.shell
    shell.run_cell("import random", cell_id="a")
    random.seed(7)
    state = random.getstate()
    shell.run_cell(cell, cell_id="b")
    assert shell.user_ns["q"] == 0.6394267984578837
    assert random.getstate() == state
    random.random()
    shell.run_cell(cell, cell_id="b")
    assert shell.user_ns["q"] == 0.6394267984578837


def test_a_seeded_cell_owes_nothing_and_lends_nothing(session: Session) -> None:
    cells = {"a": "import random", "b": "%%nbdebt seeded 1\nx = random.random()", "c": "y = random.random()"}
    play(session, {k: cells[k] for k in "ab"})
    assert session.report().findings == () and session.verdict().reproduces is True
    play(session, cells)
    assert [(f.code, f.cell.id) for f in session.report().findings if f.cell] == [("NBD201", "c")]
    assert session.verdict().cells["c"].state == "differs"


def test_a_library_that_the_cell_imports_is_seeded(session: Session) -> None:
    pytest.importorskip("numpy")
    head = "%%nbdebt seeded 3\n# a remark\nimport numpy as np  # here\n"
    session.shell.run_cell(head + "q = np.random.rand()")
    first = session.shell.user_ns["q"]
    session.shell.run_cell(head + "q = np.random.rand()")
    assert session.shell.user_ns["q"] == first


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("new = len(l)", ""),
        ("new = [1]\nnew.append(2)", ""),
        ("l.append(2)", "changes `l` in place"),
        ("x = 2", "gives `x`, which another cell made, a new value"),
        ("del x", "deletes `x`"),
        ("import os\nos.environ['NBDEBT_TEST'] = '1'", "changes the setting environ"),
        ("open('out.txt', 'w').write('1')", "writes out.txt"),
        ("import random\nz = random.random()", "draws from the python random stream unseeded"),
    ],
)
def test_pure(
    session: Session,
    body: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NBDEBT_TEST", "0")
    play(session, {"a": "x = 1\nl = [1]"})
    capsys.readouterr()
    result = session.shell.run_cell(f"%%nbdebt pure\n{body}", cell_id="p")
    shown = capsys.readouterr().out
    assert result.success and (words in shown if words else "pure" not in shown)
    play(session, {"a": "x = 1\nl = [1]"})
    result = session.shell.run_cell(f"%%nbdebt pure --strict\n{body}", cell_id="p")
    assert result.success is not bool(words)
    assert session.shell.run_cell("1").success


def test_dry_runs_nothing(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    play(session, STALE, "a c b")
    capsys.readouterr()
    session.shell.run_cell("%%nbdebt dry\nx = 7\nopen('out.txt', 'w')", cell_id="d")
    shown = capsys.readouterr().out
    assert session.shell.user_ns["x"] == 5 and not Path("out.txt").exists()
    assert "make `x`" in shown and "write out.txt" in shown
    assert "would be out of date" in shown and "cell 2 [3]" in shown
    session.shell.run_cell("%%nbdebt dry\nx = (", cell_id="d")
    assert "not run: line 1" in capsys.readouterr().out


def test_ignore_and_declare_hold_for_their_cells(session: Session) -> None:
    cells = {
        "a": "import random",
        "b": "%%nbdebt ignore unseeded-draw a sketch\nz = random.random()",
        "c": "%%nbdebt declare /tmp/nbdebt-*.txt --owner me\nopen('/tmp/nbdebt-x.txt', 'w').close()",
    }
    try:
        play(session, cells)
    finally:
        Path("/tmp/nbdebt-x.txt").unlink(missing_ok=True)
    assert [f for f in session.report().findings if f.severity != "note"] == []


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        (["%%nbdebt seeded 1\nimport random\nx = random.random()"], []),
        (["%%nbdebt seeded 1\nimport random\nx = random.random()", "y = random.random()"], ["NBD201"]),
        (["%%nbdebt ignore NBD201 a\nimport random\nx = random.random()", "y = random.random()"], ["NBD201"]),
        (["%nbdebt seed 1", "import random\nx = random.random()"], []),
        (["%%nbdebt ignore unseeded-draw it's fine\nimport random\nx = random.random()"], []),
        (["%%nbdebt ignore NBD3 other\nimport random\nx = random.random()"], ["NBD201"]),
        (["%%nbdebt dry\nprint(nowhere)"], []),
        (["%%nbdebt declare /data/x.csv --owner=me\nopen('/data/x.csv', 'w')"], []),
        (["%%nbdebt declare 'unclosed\nopen('/data/x.csv', 'w')"], ["NBD303"]),
        (["%%nbdebt pure\nopen('/data/x.csv', 'w')"], ["NBD303"]),
    ],
)
def test_check_reads_the_heads_too(cells: list[str], codes: list[str]) -> None:
    nodes = [nbformat.v4.new_code_cell(source, execution_count=n) for n, source in enumerate(cells, 1)]
    report = nbdebt.check(nbformat.v4.new_notebook(cells=nodes), nbdebt.Settings())
    assert [f.code for f in report.findings if f.severity != "note"] == codes


# Evidence


@pytest.fixture
def saved(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook that was run here, and saved."""
    path = tmp_path / "a.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    nodes = [nbformat.v4.new_code_cell(s, id=i) for i, s in STALE.items()]
    write(path, nodes)
    for count, cell_id in enumerate("acb", 1):
        session.shell.run_cell(STALE[cell_id], store_history=True, cell_id=cell_id)
        next(node for node in nodes if node.id == cell_id).execution_count = count
    write(path, nodes)
    return path


def write(path: Path, nodes: list[Any]) -> None:
    nbformat.write(nbformat.v4.new_notebook(cells=nodes), path)


def test_evidence_is_saved_and_read(
    session: Session, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = saved.read_bytes()
    shown = said(session, "save", capsys)
    assert "3 runs" in shown and "Reload" in shown
    evidence = read_notebook(saved.read_bytes(), str(saved)).recorded["evidence"]
    assert [(r["cell_id"], r["count"], r["reads"], r["makes"]) for r in evidence["runs"]] == [
        ("a", 1, [], ["x"]),
        ("c", 2, [], ["x"]),
        ("b", 3, ["x"], ["y"]),
    ]
    assert all("source" not in run for run in evidence["runs"])
    assert evidence["verdict"]["cells"]["b"]["state"] == "differs"
    assert "ipython" in {name.lower() for name in evidence["packages"]}
    nbformat.validate(nbformat.read(saved, as_version=4))
    document = json.loads(saved.read_bytes())
    del document["metadata"]["nbdebt"]
    assert document == json.loads(before)


def test_evidence_is_not_put_into_what_did_not_run(
    session: Session, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = saved.read_bytes()
    session.shell.run_cell("x = 6", store_history=True, cell_id="c")
    os.utime(saved, (1, 1))
    with pytest.raises(UsageError, match=r"older than what ran here \(cell 3 ran as \[4\]\)"):
        session.shell.run_line_magic("nbdebt", "save")
    other = json.loads(before)
    other["cells"][0]["execution_count"] = 77
    saved.write_text(json.dumps(other), encoding="utf-8")
    os.utime(saved, (2**33, 2**33))
    with pytest.raises(UsageError, match=r"another session or program: cell 1 is \[77\] there"):
        session.shell.run_line_magic("nbdebt", "save")
    said(session, "save --force", capsys)
    assert b"evidence" in saved.read_bytes()


def test_evidence_beside_the_notebook(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play(session, {"a": "x = 1"})
    play(session, {"a": "x = 2"})
    with pytest.raises(UsageError, match=r"FILE\.json"):
        session.shell.run_line_magic("nbdebt", "save")
    with pytest.raises(UsageError, match=r"\.json"):
        session.shell.run_line_magic("nbdebt", "save notes.txt")
    said(session, "save evidence.json", capsys)
    evidence = json.loads((tmp_path / "evidence.json").read_text(encoding="utf-8"))
    assert [run.get("source") for run in evidence["runs"]] == ["x = 1", None]


# A real kernel


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    pytest.importorskip("ipykernel")
    manager = pytest.importorskip("jupyter_client.manager")
    km, client = manager.start_new_kernel(extra_arguments=["--InteractiveShell.colors=nocolor"])
    yield client
    client.stop_channels()
    km.shutdown_kernel(now=True)


def run(client: Any, code: str, cell_id: str = "a") -> tuple[str, list[dict[str, Any]]]:
    """The reply's status, and what was published."""
    message = client.session.msg(
        "execute_request",
        {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False},
        metadata={"cellId": cell_id},
    )
    client.shell_channel.send(message)
    mine = message["header"]["msg_id"]
    outputs: list[dict[str, Any]] = []
    while True:
        got = client.get_iopub_msg(timeout=60)
        if got["parent_header"].get("msg_id") != mine:
            continue
        if got["msg_type"] == "status" and got["content"]["execution_state"] == "idle":
            break
        if got["msg_type"] not in ("status", "execute_input"):
            outputs.append({"type": got["msg_type"], **got["content"]})
    while True:
        try:
            reply = client.get_shell_msg(timeout=60)
        except queue.Empty:
            raise AssertionError("no reply") from None
        if reply["parent_header"].get("msg_id") == mine:
            return reply["content"]["status"], outputs


def test_a_kernel(kernel: Any) -> None:
    assert run(kernel, "%load_ext nbdebt") == ("ok", [])
    pytest.importorskip("numpy")
    # numpy loads its stream when it is first named: there is none yet.
    cell = "%%nbdebt seeded 3\nimport numpy as np\nnp.random.rand()"
    first, second = (run(kernel, cell, "n")[1][0]["data"] for _ in range(2))
    assert first == second
    _, outputs = run(kernel, "import random\nprint('hi')\nx = random.random()\n7", "b")
    assert [o["type"] for o in outputs] == ["stream", "execute_result", "display_data"]
    assert outputs[2]["metadata"] == {"nbdebt": {"inline": True}}
    assert outputs[2]["data"]["text/plain"].startswith("nbdebt: ▲ NBD201 line 3: ")
    status, outputs = run(
        kernel, "%%nbdebt seeded 42\nimport asyncio\nawait asyncio.sleep(0)\nrandom.random()", "c"
    )
    assert (status, outputs[0]["data"]["text/plain"]) == ("ok", "0.6394267984578837")
    run(kernel, "l = []", "d")
    status, outputs = run(kernel, "%%nbdebt pure --strict\nawait asyncio.sleep(0)\nl.append(1)\n8", "e")
    assert status == "error"
    assert [o["type"] for o in outputs] == ["execute_result", "error"]
    assert outputs[1]["traceback"] == ["nbdebt: the cell ran, and is not pure: changes `l` in place"]
    run(kernel, "%nbdebt strict", "f")
    status, outputs = run(kernel, "from time import time\nimport numpy.random as r\nr.rand()", "g")
    assert status == "error" and [o["type"] for o in outputs] == ["error"]
    assert run(kernel, "%unload_ext nbdebt", "h") == ("ok", [])
    assert run(kernel, "y = random.random()", "i") == ("ok", [])


def test_a_notebook_that_is_renamed_is_found_again(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server changes the file's name, and the kernel's environment keeps the old one."""
    cells = [("one", "x = 1"), ("two", "y = x")]
    saved = {
        "cells": [
            {
                "cell_type": "code",
                "id": i,
                "source": t,
                "metadata": {},
                "outputs": [],
                "execution_count": None,
            }
            for i, t in cells
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(saved, indent=1), encoding="utf-8")
    (tmp_path / "other.ipynb").write_text(json.dumps({**saved, "cells": []}), encoding="utf-8")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    session = nbdebt.load(shell)
    for cell_id, source in reversed(cells):
        shell.run_cell(source, cell_id=cell_id)
    assert session.verdict().reproduces is False
    assert session.document.source == "the file a.ipynb"
    path.rename(tmp_path / "b.ipynb")
    session.verdict()
    assert session.document.source == "the file b.ipynb"
    (tmp_path / "b.ipynb").unlink()
    session.verdict()
    assert session.document.source == "the order of runs"

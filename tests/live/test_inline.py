"""The line under a cell: only what is new, escaped, tagged, once; nothing of the user's is disturbed."""

import io
import os
import pty
import re
import select
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("IPython")

from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

import nbdebt
from nbdebt.live import inline
from nbdebt.model.finding import CellRef, Finding, Related
from nbdebt.model.history import Span
from nbdebt.read.clean import MIME, is_ours


def finding(code: str = "NBD102", **other: Any) -> Finding:
    given_: dict[str, Any] = {
        "code": code,
        "name": "out-of-order-read",
        "family": "order",
        "severity": "warning",
        "basis": "observed",
        "path": "a.ipynb",
        "cell": CellRef(1, "b", 3),
        "span": Span(2, 5, 2, 6),
        "message": "`x` came from cell [2]",
        "advice": "Move it.",
        "source": "y = x + 1",
    }
    return Finding(**{**given_, **other})


class Parsed(HTMLParser):
    """What a piece of HTML holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


# What is said


@pytest.mark.parametrize(
    ("new", "resolved", "line"),
    [
        ([], [], None),
        ([finding(severity="note")], [finding(severity="note")], None),
        ([finding()], [], "nbdebt: ▲ NBD102 line 2: `x` came from cell [2] → Move it."),
        (
            [finding(cell=CellRef(4, "e", None), advice="")],
            [],
            "nbdebt: ▲ NBD102 cell 5, line 2: `x` came from cell [2]",
        ),
        ([finding(cell=None, span=None)], [], "nbdebt: ▲ NBD102 notebook: `x` came from cell [2] → Move it."),
        (
            [finding(), finding("NBD101", severity="error", message="stops"), finding("NBD201")],
            [],
            "nbdebt: ✗ NBD101 line 2: stops → Move it. (and 2 more: NBD102, NBD201; %nbdebt report)",
        ),
        ([], [finding()], "nbdebt: ✓ `x` is up to date again"),
        (
            [],
            [finding(), finding(message="`y` is stale", cell=CellRef(2, "c", 4))],
            "nbdebt: ✓ `x`, `y` are up to date again",
        ),
        (
            [],
            [finding("NBD201", name="unseeded-draw", family="seeds")],
            "nbdebt: ✓ NBD201 unseeded-draw in cell 2 [3] is settled",
        ),
        (
            [finding("NBD104", message="`x` changes")],
            [finding()],
            "nbdebt: ▲ NBD104 line 2: `x` changes → Move it.",
        ),
    ],
)
def test_what_is_said(new: list[Finding], resolved: list[Finding], line: str | None) -> None:
    said = inline.notice(new, resolved, "b")
    assert (inline.line(said) if said else None) == line


def test_a_bundle_is_a_line_with_a_fold_and_a_tag() -> None:
    said = inline.notice(
        [finding(evidence=("seen",), related=(Related("here", cell=CellRef(0, "a", 2)),))], [], "b"
    )
    assert said is not None
    bundle = inline.bundle(said)
    assert is_ours({"output_type": "display_data", "data": bundle, "metadata": {}})
    assert bundle[MIME]["new"][0] | {"message": ""} == {
        "code": "NBD102",
        "name": "out-of-order-read",
        "severity": "warning",
        "cell": "b",
        "line": 2,
        "message": "",
    }
    html = bundle["text/html"]
    parsed = Parsed(html)
    assert parsed.open == []
    assert not {"script", "iframe", "img", "link", "a"} & set(parsed.tags)
    assert not [name for name, _ in parsed.attributes if name.startswith("on")]
    summary = re.search(r"<summary>(.*)</summary>", html)
    assert summary and "Move it." in summary[1] and "seen" not in summary[1]
    for word in (
        "NBD102",
        "y = x + 1",
        "seen",
        "cell 1 [2]: here",
        "%nbdebt explain NBD102",
        "ignore[out-of",
    ):
        assert word in parsed.text
    assert len(html) < 6000


@given(st.text(), st.text(), st.text())
def test_what_a_notebook_contains_is_data(message: str, source: str, name: str) -> None:
    said = inline.notice([finding(message=message, source=source, evidence=(name,))], [], "b")
    assert said is not None
    tags = set(Parsed(inline.html(said)).tags)
    assert tags <= {"div", "style", "details", "summary", "span", "b", "code", "pre", "mark", "ul", "li", "p"}
    line = inline.line(said)
    assert line.isprintable() or not set(line) & set("\x1b\n\r\x07\x9b\u202e")


# In a session


class Recording(DisplayPublisher):
    """A front end: it keeps what is displayed."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.shown: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def publish(self, data: Any, metadata: Any = None, **others: Any) -> None:
        self.shown.append((data, metadata or {}))


@pytest.fixture
def front_end(shell: InteractiveShell) -> Recording:
    found = Recording(shell=shell)
    shell.display_pub = found
    return found


def play(shell: InteractiveShell, document: str, ran: str) -> None:
    """Run cells of a document, written ``a: x = 1 | b: y = x``."""
    cells = dict(cell.split(": ", 1) for cell in document.split(" | "))
    session = nbdebt.load(shell)
    session.set_document(cells.items())
    for cell_id in ran.split():
        shell.run_cell(cells[cell_id], store_history=True, cell_id=cell_id)


def said(front_end: Recording) -> list[list[str]]:
    """The codes of each line that was shown; ``ok`` for what is settled."""
    return [
        [f["code"] for f in data[MIME]["new"]] + ["ok"] * len(data[MIME]["settled"])
        for data, _ in front_end.shown
    ]


@pytest.mark.parametrize(
    ("document", "ran", "lines"),
    [
        ("a: x = 1 | b: y = x + 1", "a b a b", []),
        ("a: x = 1 | b: y = x + 1 | c: x = 5", "a c b", [["NBD102"]]),
        ("a: x = 1 | b: y = x + 1 | c: x = 5", "a c b b b", [["NBD102"]]),
        ("p: import random | a: x = 1 | b: y = x + 1 | c: x = 5", "a c p b", [["NBD102"]]),
        ("a: import random | b: z = random.random()", "a b", [["NBD201"]]),
        ("a: import random | b: z = random.random()", "a", []),
    ],
)
def test_only_what_is_new_is_shown(
    shell: InteractiveShell, front_end: Recording, document: str, ran: str, lines: list[list[str]]
) -> None:
    play(shell, document, ran)
    assert said(front_end)[: len(lines)] == lines
    assert len(said(front_end)) == len(lines)
    assert all(metadata == {"nbdebt": {"inline": True}} for _, metadata in front_end.shown)


def test_what_is_settled_is_said_once(shell: InteractiveShell, front_end: Recording) -> None:
    play(shell, "a: x = 1 | b: y = x + 1 | c: x = 5", "a c b a b b")
    assert said(front_end)[-1] == ["ok"]
    assert front_end.shown[-1][0]["text/plain"] == "nbdebt: ✓ `x` is up to date again"


def test_what_waited_is_told_in_the_words_of_now(shell: InteractiveShell, front_end: Recording) -> None:
    Path("in.txt").write_text("1", encoding="utf-8")
    document = "a: import os | b: n = open('in.txt').read() | c: m = open('in.txt', 'w').write(n)"
    play(shell, document, "a b c")
    told = [data["text/plain"] for data, _ in front_end.shown]
    assert any("was read in cell [2]" in text for text in told), told


UNSEEDED = "a: import random | b: z = random.random()"


@pytest.mark.parametrize("how", ["quiet", "off", "ignore NBD201"])
def test_quiet_is_quiet(shell: InteractiveShell, front_end: Recording, how: str) -> None:
    nbdebt.load(shell)
    shell.run_line_magic("nbdebt", how)
    front_end.shown.clear()
    play(shell, UNSEEDED, "a b")
    assert front_end.shown == []


def test_what_is_ignored_is_not_settled(shell: InteractiveShell, front_end: Recording) -> None:
    play(shell, UNSEEDED, "a b")
    front_end.shown.clear()
    shell.run_line_magic("nbdebt", "ignore NBD201 only a sketch")
    front_end.shown.clear()
    shell.run_cell("w = 1", store_history=True, cell_id="a")
    assert front_end.shown == []


def test_results_captures_and_history_are_untouched(shell: InteractiveShell, front_end: Recording) -> None:
    play(shell, UNSEEDED, "a")
    shell.run_cell("%%capture out\nprint(1)\nz = random.random()\nz", store_history=True, cell_id="b")
    captured = shell.user_ns["out"]
    assert captured.stdout.startswith("1\n")
    assert "nbdebt" not in captured.stdout + captured.stderr + str(captured.outputs)
    shell.run_cell("random.random()", store_history=True, cell_id="c")
    assert shell.user_ns["_"] == shell.user_ns["Out"][shell.execution_count - 1]
    assert "nbdebt" not in str(shell.user_ns["Out"])


def test_a_terminal_gets_one_plain_line_on_standard_error(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    monkeypatch.setattr(sys, "stderr", stream)
    play(shell, UNSEEDED, "a b")
    assert capsys.readouterr().out == ""
    stream.seek(0)
    lines = stream.read().splitlines()
    # IPython keeps what cells print; this is none of it.
    assert not shell.history_manager or "nbdebt: " not in str(shell.history_manager.outputs)
    assert [line.split(":")[:2] for line in lines] == [["nbdebt", " ▲ NBD201 line 1"]]


def test_a_stream_of_the_users_own_is_not_written_to(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    class Mine:
        def __getattr__(self, name: str) -> Any:
            calls.append(name)
            raise RuntimeError(name)

    notice = inline.notice([finding()], [], "b")
    assert notice is not None
    monkeypatch.setattr(sys, "stderr", Mine())
    inline.tell(shell, notice)
    monkeypatch.undo()
    assert calls == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_a_terminal_session(tmp_path: Path) -> None:
    script = "import random\nz = random.random()\n%nbdebt stale\nexit\n"
    environment = {
        **os.environ,
        "IPYTHONDIR": str(tmp_path),
        "TERM": "dumb",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    main, other = pty.openpty()
    words = [
        sys.executable,
        "-m",
        "IPython",
        "--simple-prompt",
        "--no-banner",
        "--colors=nocolor",
        "--ext=nbdebt",
    ]
    with subprocess.Popen(words, stdin=other, stdout=other, stderr=other, env=environment) as process:
        os.close(other)
        text = ""
        for line in script.splitlines(keepends=True):
            text += until(main, "]: ")
            os.write(main, line.encode())
        text += until(main, None)
        assert process.wait(60) == 0
    os.close(main)
    assert "nbdebt: ▲ NBD201 line 1: `random` is never seeded" in text
    assert "to run again" in text


def until(descriptor: int, sign: str | None, patience: float = 60.0) -> str:
    """What a terminal shows up to a sign, or to its end."""
    text = ""
    limit = time.monotonic() + patience
    while time.monotonic() < limit:
        if select.select([descriptor], [], [], 1.0)[0]:
            try:
                data = os.read(descriptor, 4096)
            except OSError:
                return text
            if not data:
                return text
            text += data.decode("utf-8", "replace")
            if sign is not None and text.rstrip("\r\n").endswith(sign):
                return text
    raise AssertionError(f"no {sign!r} after {patience} s: {text!r}")

"""What happens when things go wrong: a clear problem, exit status 2, and the others are still checked."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbdebt.analyse import analyse_bytes
from nbdebt.cache import encode
from nbdebt.config import Settings, effective_codes
from nbdebt.engine import CheckOptions, check, check_paths
from nbdebt.model.finding import Report
from nbdebt.report import FORMATS, render
from nbdebt.report.view import View
from nbdebt.rules import catalogue

EXAMPLES = sorted((Path(__file__).parent.parent / "example_notebooks").glob("**/*.ipynb"))
CODES = frozenset(effective_codes(Settings(select=("ALL",)), catalogue()))
OPTIONS = CheckOptions(isolated=True, cache=False, jobs=1)
NBDEBT = [sys.executable, "-m", "nbdebt", "check", "--isolated", "--no-cache"]


def document(*sources: str, counts: bool = True) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "execution_count": number if counts else None,
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources, 1)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def write(path: Path, *sources: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(*sources)))
    return path


def reasons(report: Report) -> dict[str, str]:
    return {Path(problem.path).name: problem.reason for problem in report.problems}


def shown(report: Report) -> None:
    """Every format can say it."""
    for form in FORMATS:
        render(report, form, View()).encode("utf-8")


# Documents


def holds(data: bytes) -> None:
    """Bytes give a record that can be kept, and no failure of ours."""
    record = analyse_bytes(data, "n.ipynb", Settings(), CODES)
    assert [p for p in record.problems if p.kind == "internal" and "too deeply" not in p.reason] == []
    encode(record)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a JSON document."""
    found = [at] if at else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*at, key))
    return found


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SMALL = [path for path in EXAMPLES if path.stat().st_size < 60_000]
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slow
@given(st.data())
def test_anything_in_any_place(data: st.DataObject) -> None:
    content = json.loads(data.draw(st.sampled_from(SMALL)).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        *way, last = data.draw(st.sampled_from(places(content)))
        target = content
        for step in way:
            target = target[step]
        match data.draw(st.sampled_from(["replace", "remove", "repeat"])):
            case "replace":
                target[last] = data.draw(JSON_VALUES)
            case "remove":
                del target[last]
            case _ if isinstance(target, list):
                target.insert(last, target[last])
    holds(json.dumps(content).encode())


@slow
@given(st.data())
def test_cut_off_and_damaged_files(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SMALL)).read_bytes())
    for _ in range(data.draw(st.integers(0, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    holds(bytes(content[: data.draw(st.integers(0, len(content)))]))


FIELDS = [
    ("cells",),
    ("metadata",),
    ("nbformat",),
    ("nbformat_minor",),
    ("metadata", "kernelspec"),
    ("metadata", "language_info"),
    ("metadata", "nbdebt"),
    *(("cells", 0, key) for key in ("cell_type", "id", "metadata", "execution_count", "outputs", "source")),
    ("cells", 0, "metadata", "tags"),
    ("cells", 0, "metadata", "nbdebt"),
    ("cells", 0, "outputs", 0),
    *(("cells", 0, "outputs", 0, key) for key in ("output_type", "name", "text", "data", "ename")),
    ("cells", 0),
]
WRONG: list[Any] = [
    None,
    True,
    -1,
    1.5,
    10**30,
    "text",
    "",
    [],
    [[]],
    [None],
    {},
    {"a": {"b": [1]}},
    ["x", 1],
]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: ".".join(map(str, field)))
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_wrong_type_in_a_field(field: tuple[Any, ...], wrong: Any) -> None:
    content = document("x = 1\nprint(x)")
    content["metadata"] = {
        "kernelspec": {"name": "python3"},
        "language_info": {"name": "python"},
        "nbdebt": {},
    }
    content["cells"][0]["metadata"] = {"tags": ["a"], "nbdebt": {}}
    content["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1\n"}]
    target: Any = content
    for step in field[:-1]:
        target = target[step]
    target[field[-1]] = wrong
    holds(json.dumps(content).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe\x00",
        b"\x00" * 100,
        b'{"cells": [}',
        b"[" * 100_000,
        b'{"cells":' * 50_000,
        b"<html>not a notebook</html>",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> other\n",
    ],
    ids=lambda content: repr(content[:20]),
)
def test_what_is_no_notebook_is_a_problem(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.ipynb").write_bytes(content)
    write(tmp_path / "good.ipynb", "x = 1")
    report = check_paths([str(tmp_path)], OPTIONS)
    assert list(reasons(report)) == ["bad.ipynb"]
    assert all(reasons(report).values())
    assert report.exit_status == 2
    assert [Path(n.path).name for n in report.notebooks if n.verdict] == ["good.ipynb"]
    shown(report)


@pytest.mark.parametrize(
    "source",
    [
        "(" * 5_000 + ")" * 5_000,
        "x" + " + 1" * 30_000,
        "x" + ".y" * 20_000,
        "f(" * 300 + ")" * 300,
        "if x:\n" + "".join(" " * n + "if x:\n" for n in range(1, 95)) + " " * 95 + "pass",
        "lambda: " * 3_000 + "0",
        "x = " * 5_000 + "1",
        "-" * 20_000 + "1",
        "[" * 90 + "]" * 90,
        "not " * 10_000 + "x",
        "x = '''" + "a" * 1_000_000 + "'''",
        "\x00",
        "\ud800",
        "x = 1\r\ny = 2\rz = 3\x0c\x0b\x1c\u2028",
        "\ufeffx = 1",
        "9" * 10_000,
        "x = 2 ** 10 ** 10",
        "x = 'a' * 10 ** 12",
        "x = [0] * 10 ** 10",
        "x = 1 << 10 ** 12",
        "while True:\n    pass",
        "for i in range(10 ** 12):\n    x = i",
        "def f(n):\n    return f(n + 1)\nf(0)",
        "x = []\nx.append(x)\nprint(x)",
        "d = {}\nd['d'] = d\nprint(d == d)",
        "f'{" * 50 + "1" + "}'" * 50,
        "%" * 10_000,
        "!" * 10_000,
        "%%" + "time\n%%" * 500,
        "?" * 10_000,
        "\\" * 10_001,
        "'" * 10_001,
        "# nbdebt: ignore[" * 1_000,
        "import " + ".".join(["a"] * 10_000),
        "\n" * 200_000,
    ],
    ids=lambda source: repr(source[:24]),
)
def test_code_that_nobody_writes(source: str) -> None:
    holds(json.dumps(document("y = 1", source, "print(y)")).encode())


def test_ids_that_are_there_twice() -> None:
    content = document("x = 1", "y = x", "print(y, z)")
    for cell in content["cells"]:
        cell["id"] = "same"
    report = check(content)
    assert report.notebooks[0].verdict is not None
    assert {f.cell.index for f in report.findings if f.cell is not None} == {2}


def test_a_hundred_thousand_cells() -> None:
    content = document(*(f"x{n} = {n}" for n in range(100_000)))
    record = analyse_bytes(json.dumps(content).encode(), "n.ipynb", Settings(), CODES)
    assert not record.problems
    assert record.result.verdict is not None and len(record.result.verdict.cells) == 100_000
    assert record.result.verdict.reproduces is True


# Files


def test_pipes_sockets_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.ipynb"))
        (tmp_path / "device.ipynb").symlink_to("/dev/zero")
        write(tmp_path / "directory.ipynb" / "inner.ipynb", "x = 1")
        report = check_paths([str(tmp_path)], OPTIONS)
    assert {name: reason.split(":")[0] for name, reason in reasons(report).items()} == {
        "pipe.ipynb": "is a named pipe",
        "socket.ipynb": "is a socket",
        "device.ipynb": "is a device",
    }
    assert [n.verdict is not None for n in report.notebooks if "inner" in n.path] == [True]
    shown(report)


def test_a_pipe_becomes_a_file_of_its_name_between_looking_and_reading(tmp_path: Path) -> None:
    """A notebook that goes away, or turns into something else, after it was found."""
    gone, pipe = write(tmp_path / "gone.ipynb", "x = 1"), write(tmp_path / "pipe.ipynb", "x = 1")
    good = write(tmp_path / "good.ipynb", "x = 1")
    seen: list[tuple[int, int]] = []

    def change(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 1:
            gone.unlink()
            pipe.unlink()
            os.mkfifo(pipe)

    report = check_paths([str(good), str(gone), str(pipe)], OPTIONS, change)
    assert reasons(report).keys() == {"gone.ipynb", "pipe.ipynb"}
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert report.notebooks[0].verdict is not None


def test_links(tmp_path: Path) -> None:
    write(tmp_path / "good.ipynb", "x = 1")
    (tmp_path / "again.ipynb").symlink_to("good.ipynb")
    (tmp_path / "loop.ipynb").symlink_to("loop.ipynb")
    (tmp_path / "nowhere.ipynb").symlink_to("missing")
    (tmp_path / "up").symlink_to(tmp_path, target_is_directory=True)
    report = check_paths([str(tmp_path), str(tmp_path / "other.ipynb")], OPTIONS)
    assert reasons(report) == {
        "loop.ipynb": "Too many levels of symbolic links",
        "nowhere.ipynb": "No such file or directory",
        "other.ipynb": "no such file or directory",
    }
    assert {Path(n.path).name for n in report.notebooks if n.verdict} == {"good.ipynb", "again.ipynb"}
    named = check_paths([str(tmp_path / "loop.ipynb"), str(tmp_path / "nowhere.ipynb")], OPTIONS)
    assert named.exit_status == 2 and len(named.problems) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    closed = write(tmp_path / "closed" / "a.ipynb", "x = 1").parent
    write(tmp_path / "b.ipynb", "x = 1").chmod(0)
    write(tmp_path / "good.ipynb", "x = 1")
    closed.chmod(0)
    try:
        report = check_paths([str(tmp_path)], OPTIONS)
    finally:
        closed.chmod(stat.S_IRWXU)
    assert reasons(report) == {"closed": "Permission denied", "b.ipynb": "Permission denied"}
    assert report.exit_status == 2


NAMES = [
    "new\nline.ipynb",
    "esc\x1b[31mred\x1b]0;title\x07.ipynb",
    "tab\tand\rreturn.ipynb",
    "<script>alert(1)<script>.ipynb",
    "quote\"'`$(touch x).ipynb",
    "-rf.ipynb",
    "{{title}}{{graph}}.ipynb",
    "%s%n{0}.ipynb",
    "\u202egpj.ipynb",
    "\U0001f4d3 ä.ipynb",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_hostile_names(name: str, tmp_path: Path) -> None:
    write(tmp_path / name, "print(missing)", "import numpy as np\nnp.random.rand()")
    (tmp_path / ("bad " + name)).write_text("{")
    report = check_paths([str(tmp_path)], OPTIONS)
    assert {Path(f.path).name for f in report.findings} == {name}
    assert len(report.problems) == 1
    for form in FORMATS:
        text = render(report, form, View())
        # What goes to terminals; in data formats any character is data, and control characters are escaped.
        unwanted = {"\x1b", "\x07", "\r"} | ({"\u202e"} if form in ("text", "concise", "github") else set())
        assert not unwanted & set(text), form
        if form in ("html", "junit"):
            assert "<script>alert" not in text


def test_names_that_are_no_text(tmp_path: Path) -> None:
    directory = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(directory)
    for name in (b"good\xff.ipynb", b"bad\xff.ipynb"):
        with open(directory + b"/" + name, "wb") as file:
            file.write(json.dumps(document("print(missing)")).encode() if name.startswith(b"good") else b"{")
    write(tmp_path / "plain.ipynb", "x = 1")
    for options in (OPTIONS, CheckOptions(isolated=True, jobs=2)):
        report = check_paths([str(tmp_path)], options)
        assert [Path(p.path).name for p in report.problems] == ["bad\\udcff.ipynb"]
        assert [Path(f.path).name for f in report.findings] == ["good\\udcff.ipynb"]
        shown(report)


def test_a_name_that_no_file_can_have() -> None:
    for name in ("a\0b.ipynb", "x" * 5_000 + ".ipynb", ""):
        report = check_paths([name], OPTIONS)
        assert report.exit_status == 2 and len(report.problems) == 1


def test_the_same_file_named_twice_is_checked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "sub" / "a.ipynb", "x = 1")
    monkeypatch.chdir(tmp_path)
    report = check_paths([".", "sub", "sub/a.ipynb", "./sub/../sub/a.ipynb"], OPTIONS)
    assert [n.path for n in report.notebooks] == ["sub/a.ipynb"]


# The world


@pytest.mark.parametrize("make", ["a file", "no room"])
def test_a_cache_that_cannot_be_written(make: str, tmp_path: Path) -> None:
    if make == "a file":
        (tmp_path / ".nbdebt_cache").write_text("in the way")
    elif Path("/dev/full").exists():
        (tmp_path / ".nbdebt_cache").mkdir()
        # What is written there finds no space on the device.
        for number in range(50):
            (tmp_path / ".nbdebt_cache" / f"{number}").symlink_to("/dev/full")
    (tmp_path / "nbdebt.toml").write_text("")
    write(tmp_path / "a.ipynb", "print(missing)")
    report = check_paths([str(tmp_path)], CheckOptions(jobs=1))
    assert [f.code for f in report.findings] and not report.problems


def test_a_rule_that_raises_is_a_problem_and_the_others_are_asked(tmp_path: Path) -> None:
    """In a process of its own: rules are registered once and for all."""
    write(tmp_path / "a.ipynb", "print(missing)", "open('x.txt').read()")
    script = f"""
from nbdebt.rules import Needs, catalogue, rule
catalogue()
@rule("NBD199", needs=Needs.SOURCE)
def broken(seen):
    \"\"\"Breaks.\"\"\"
    yield from [1 / 0]
@rule("NBD499", needs=Needs.OUTSIDE)
def broken_too(seen):
    \"\"\"Breaks.\"\"\"
    raise KeyError("x")
    yield
from nbdebt.rules import _REGISTERED
catalogue().update(_REGISTERED)
from nbdebt.engine import CheckOptions, check_paths
report = check_paths([{str(tmp_path)!r}], CheckOptions(isolated=True, cache=False))
print(sorted(p.reason for p in report.problems))
print("NBD101" in {{f.code for f in report.findings}}, report.exit_status)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert "the rule NBD199 (broken) failed: ZeroDivisionError" in first
    assert "the rule NBD499 (broken-too) failed: KeyError" in first
    assert second == "True 2"


def children(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in listed.stdout.split()]


def heed_interrupts() -> None:
    """A test run in the background inherits that Ctrl-C is ignored; the command under test must not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def started(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    """A run with two workers, on notebooks that keep them busy until they are disturbed."""
    heavy = "\n".join(f"a{n} = [i for i in range({n})]\nprint(a{n})" for n in range(400))
    for number in range(10):
        write(tmp_path / f"{number}.ipynb", *[heavy] * 4)
    process = subprocess.Popen(
        [*NBDEBT, "--jobs", "2", *arguments, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )
    while len(children(process.pid)) < 2 and process.poll() is None:
        pass
    return process


def test_a_worker_that_is_killed_takes_no_notebook_with_it(tmp_path: Path) -> None:
    process = started(tmp_path, "--output-format", "json")
    os.kill(children(process.pid)[0], signal.SIGKILL)
    out, _ = process.communicate(timeout=120)
    report = json.loads(out)
    # Killed once, from outside: alone the file is analysed well.
    assert process.returncode in (0, 1) and report["problems"] == []
    assert sum(v["reproduces"] is not None or bool(v["cells"]) for v in report["verdicts"]) == 10


def test_an_interrupt_ends_workers_too(tmp_path: Path) -> None:
    process = started(tmp_path)
    workers = children(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_a_notebook_that_kills_its_worker_is_a_problem(tmp_path: Path) -> None:
    """A rule that ends its process stands for a crash of the interpreter."""
    for number in range(6):
        write(tmp_path / f"{number}.ipynb", "die = 1" if number == 3 else "x = 1")
    script = f"""
import os
from nbdebt.rules import Needs, rule, _REGISTERED, catalogue
catalogue()
@rule("NBD199", needs=Needs.SOURCE)
def deadly(seen):
    \"\"\"Kills.\"\"\"
    if "die" in seen.notebook.cells[0].source:
        os._exit(9)
    yield from ()
catalogue().update(_REGISTERED)
from nbdebt.engine import CheckOptions, check_paths
report = check_paths([{str(tmp_path)!r}], CheckOptions(isolated=True, cache=False, jobs=2))
print([(p.path[-7:], p.reason) for p in report.problems])
print(sum(n.verdict is not None for n in report.notebooks))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    reason = "the process that analysed it was killed (out of memory?)"
    assert done.stdout.splitlines() == [f"{[('3.ipynb', reason)]}", "5"]

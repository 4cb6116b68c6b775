"""Every rule's page once more: the examples run in a real shell under the recorder, in their counts' order.

What this machine lacks has a stand-in: programs, libraries and addresses that would answer. A run that fails
here all the same does so for a reason that stands below.
"""

import http.client
import io
import os
import re
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

for needed in ("IPython", "ipywidgets", "numpy", "pandas", "pyarrow", "matplotlib", "sklearn", "duckdb"):
    pytest.importorskip(needed)

import pyarrow.fs  # noqa: E402

import nbdebt  # noqa: E402
from nbdebt.config import load_settings  # noqa: E402
from nbdebt.model.finding import Finding  # noqa: E402
from nbdebt.rules import Rule  # noqa: E402
from nbdebt.rules.pages import Example  # noqa: E402
from tests.rules.test_pages import commit, examples, name, page_of, rules  # noqa: E402

CONTENT = "region,name,a,b\nnorth,ann,1,2\nsouth,bob,3,4\n"
"""What a file beside an example holds, and what an address gives."""
READS = re.compile(r"""(?:read_csv|copy)\("(\w[\w/]*\.csv)""")
"""What examples read as if it were there."""
DIRECTORIES = ("regions", "results/2026", "data", "../../shared_results", "../handed_over", "~/.cache")
PROGRAMS = {
    "pip": "exit 0",
    "conda": "exit 0",
    "wget": 'cp survey.csv "${3:-$(basename "$1")}"',
    "curl": 'cp survey.csv "$(basename "$2")"',
}
"""Programs that would ask the network."""
LIBRARIES = {
    "jax": "class random:\n    PRNGKey = staticmethod(lambda seed: seed)\n",
    "datasets": "def load_dataset(*names, **options): return list(names)\n",
    "seaborn": "def load_dataset(name): return name\n",
    "pooch": "def retrieve(url, known_hash): return url\n",
    "torch": (
        "class Tensor:\n    cuda = lambda self: self\n"
        "class nn:\n    Linear = staticmethod(lambda a, b: Tensor())\n"
        "class backends:\n    class cudnn:\n        benchmark = False\n"
        "float32 = 'float32'\nget_default_dtype = lambda: float32\n"
        "manual_seed = use_deterministic_algorithms = lambda value: None\n"
        "rand = lambda *shape, device='cpu': Tensor()\n"
    ),
}
"""Libraries that a test should not need, and what the examples call of them."""

# Runs that fail by intention, and those that would need more than a stand-in.
FAILS = {
    "the page speaks of the error": {"NBD107", "NBD109", "NBD110", "NBD406"},
    "the cell that it needs shows no run": {"NBD101", "NBD103", "NBD105"},
    "there is no such directory here, and none will be made outside the test's own": {
        *("NBD303", "NBD304", "NBD405"),
    },
    "no database, no object store, no data service answers": {"NBD305", "NBD402", "NBD403", "NBD404"},
}
EXPECTED_TO_FAIL = frozenset().union(*FAILS.values())
SILENT = re.compile(r"[Ii]n a live session it says nothing")
"""What a page says whose rule needs evidence that only saved notebooks hold."""


class Served(urllib.request.HTTPSHandler):
    """Answers to all addresses."""

    def https_open(self, request: urllib.request.Request) -> Any:
        answer = io.BytesIO(CONTENT.encode())
        found = urllib.response.addinfourl(answer, http.client.HTTPMessage(), request.full_url, 200)
        found.msg = "OK"  # type: ignore[attr-defined]
        return found


class NoStore:
    """What pandas asks for object stores: pyarrow's own tries for seconds to reach one."""

    @staticmethod
    def from_uri(uri: str) -> Any:
        raise OSError(f"{uri}: no object store answers")


@pytest.fixture
def world(shell: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A directory for an example, in a home with libraries, programs and a network that answers."""
    directory, home = tmp_path / "people" / "ada" / "project", tmp_path / "home"
    for made in (home / "bin", home / "lib", directory):
        made.mkdir(parents=True)
    monkeypatch.chdir(directory)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("PATH", str(home / "bin"), prepend=os.pathsep)
    for made in DIRECTORIES:
        Path(made).expanduser().mkdir(parents=True, exist_ok=True)
    for program, body in PROGRAMS.items():
        (home / "bin" / program).write_text(f"#!/bin/sh\n{body}\n")
        (home / "bin" / program).chmod(0o755)
    for library, source in LIBRARIES.items():
        (home / "lib" / f"{library}.py").write_text(source)
        monkeypatch.delitem(sys.modules, library, raising=False)
    monkeypatch.syspath_prepend(home / "lib")
    shell.register_magic_function(lambda line: None, "line", "pip")
    monkeypatch.setattr(urllib.request, "_opener", urllib.request.build_opener(Served))
    monkeypatch.setattr(pyarrow.fs, "FileSystem", NoStore)
    shared = [Path("/tmp/table.csv"), Path("/tmp/part.csv")]
    theirs = [path for path in shared if not path.exists()]
    before = set(sys.modules)
    yield directory
    for path in theirs:
        path.unlink(missing_ok=True)
    for module in (set(sys.modules) - before) & {*LIBRARIES, "helpers"}:
        del sys.modules[module]


def play(example: Example, rule: Rule, shell: Any) -> tuple[Finding, ...]:
    """Run the example's session, and what the rule finds in it."""
    session = nbdebt.load(shell)
    session.settings = msgspec.structs.replace(load_settings(Path.cwd()), extend_select=(rule.code,))
    session.set_document((cell.id, cell.source) for cell in example.notebook().code_cells)
    for run in example.runs():
        shell.execution_count = run.count or 1
        shell.run_cell(run.source, store_history=run.count is not None, cell_id=run.cell_id)
    failed = {(r.count, r.error) for r in session.runs if r.run.outcome != "ok"}
    assert not failed or rule.code in EXPECTED_TO_FAIL, failed
    report = session.report()
    assert not report.problems and not session.failures, (report.problems, session.failures)
    return tuple(finding for finding in report.findings if finding.code == rule.code)


@pytest.mark.parametrize(("rule", "example"), examples(), ids=name)
def test_examples_are_reported_live_where_they_are_marked(
    rule: Rule, example: Example, world: Path, shell: Any
) -> None:
    for path in {"survey.csv", *READS.findall(example.source)} if rule.code != "NBD406" else ():
        if f'to_csv("{path}' not in example.source:
            (world / path).write_text(CONTENT)
    commit(example, world, CONTENT)
    found = play(example, rule, shell)
    places = {(f.cell.index, f.span.line) for f in found if f.cell is not None and f.span is not None}
    marked = set() if SILENT.search(page_of(rule).sections["Known limits"]) else example.expected(rule.code)
    assert places == marked, [(f.cell, f.span, f.message, f.evidence) for f in found]


def test_what_may_fail_here_is_a_rule() -> None:
    assert {rule.code for rule in rules()} >= EXPECTED_TO_FAIL

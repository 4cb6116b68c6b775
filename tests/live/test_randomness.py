"""What is drawn while a library is imported, and what is asked of it then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nbdebt

IMPORTS = """
import builtins, sys
from nbdebt.live.randomness import Streams
streams = Streams()
streams.start()
streams.begin()
exec(compile(sys.argv[1], "<ipython-input-1-0>", "exec"), {})
print(sorted(streams.end().drew), streams.failures)
"""


@pytest.mark.parametrize(
    "code, drew",
    [
        ("import tempfile; tempfile.mkstemp", "[]"),
        ("from sklearn.datasets import load_iris", "[]"),
        ("import scipy.stats", "[]"),
        ("import drawing", "['python']"),
        ("import random; from sklearn.datasets import load_iris; random.random()", "['python']"),
    ],
)
def test_what_a_library_draws_while_it_is_imported_is_no_draw(code: str, drew: str, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    (tmp_path / "drawing.py").write_text("import random\nx = random.random()\n")
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{Path(nbdebt.__file__).parents[1]}{os.pathsep}{tmp_path}"},
    )
    assert done.stdout.strip() == f"{drew} []"


@pytest.mark.parametrize("library", ["numpy.random", "torch", "tensorflow"])
def test_a_library_is_asked_nothing_before_it_is_loaded(library: str) -> None:
    pytest.importorskip(library.partition(".")[0])
    # In a process of its own: torch that is asked too early doesn't raise, it takes the process down.
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, f"import {library}"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(nbdebt.__file__).parents[1])},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("[] []")

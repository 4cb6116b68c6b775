"""What is drawn while a library is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nbdebt
from nbdebt.live.monitoring import AVAILABLE

IMPORTS = """
import builtins, sys
from nbdebt.live.randomness import Streams
streams = Streams()
streams.start()
streams.begin()
exec(compile(sys.argv[1], "<ipython-input-1-0>", "exec"), {})
print(sorted(streams.end().drew), streams.failures)
"""


@pytest.mark.skipif(not AVAILABLE, reason="imports are not told of before Python 3.12")
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

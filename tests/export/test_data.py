"""Pinned data is checked before a script begins; what it writes is declared at its end."""

import hashlib
from pathlib import Path

import nbdebt
from tests.export.logs import is_clean, log, needs_ruff, started

pytestmark = needs_ruff

ROWS = "a\n1\n2\n"
CELLS = [
    "PINNED = []\nwith open('rows.csv') as file:\n    rows = file.read().split()",
    "with open('free.txt') as file:\n    free = file.read()",
    "with open('out.txt', 'w') as file:\n    size = file.write(rows[-1] + free)",
    "with open('other.txt', 'w') as file:\n    file.write('other')",
    "print(rows)",
]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def place(directory: Path, **files: str) -> Path:
    """A directory with data of which one file is pinned, and the outputs of the notebook."""
    said = {"rows.csv": ROWS, "free.txt": "x", "out.txt": "2x", "other.txt": "other"} | files
    for name, text in said.items():
        (directory / name).write_text(text)
    lock = f'version = 1\n\n[files."rows.csv"]\nsha256 = "{digest(ROWS)}"\npinned = "2026-11-01"\n'
    (directory / "nbdebt.lock").write_text(lock)
    return directory


def test_data_that_changed_stops_the_script(tmp_path: Path) -> None:
    made = log(*CELLS, directory=str(place(tmp_path)), written=("out.txt", "other.txt"))
    path = tmp_path / "clean.py"
    path.write_text(nbdebt.export(made, cli="argparse").text)
    is_clean(path)
    done = started(path)
    assert done.returncode == 0 and done.stdout == "['a', '1', '2']\n", done.stderr
    (tmp_path / "free.txt").write_text("changed")
    assert started(path).returncode == 0
    (tmp_path / "mine.csv").write_text("b\n")
    assert started(path, "--rows-csv", "mine.csv").stdout == "['b']\n"
    (tmp_path / "rows.csv").write_text("changed")
    stopped = started(path)
    assert stopped.returncode == 1 and stopped.stdout == "" and "Traceback" not in stopped.stderr
    for word in ("rows.csv is not the data", digest(ROWS), digest("changed"), "nbdebt pin --update"):
        assert word in stopped.stderr
    (tmp_path / "rows.csv").unlink()
    assert "rows.csv can't be read" in started(path).stderr


def test_outputs_are_declared_with_what_they_hold(tmp_path: Path) -> None:
    made = log(*CELLS, directory=str(place(tmp_path)), written=("out.txt", "other.txt", "gone.txt"))
    end = nbdebt.export(made).text.split("exported:\n")[1].splitlines()
    assert end == [f"#   out.txt  sha256 {digest('2x')}", f"#   other.txt  sha256 {digest('other')}"]
    one = nbdebt.export(made, "size")
    assert one.manifest.files == ("out.txt",) and "other.txt" not in one.text


def test_a_lock_that_can_t_be_read_pins_nothing(tmp_path: Path) -> None:
    made = log(*CELLS, directory=str(place(tmp_path)))
    (tmp_path / "nbdebt.lock").write_text("<<<<<<< one\n")
    assert "check_data" not in nbdebt.export(made).text

"""What a verification says, and what it doesn't run."""

import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("IPython")

import nbdebt
from nbdebt.export.place import FILES, copied, outside
from nbdebt.model.errors import NbdebtError
from tests.live.conftest import shell as shell

nbformat = pytest.importorskip("nbformat")


@pytest.mark.parametrize(
    ("path", "leads_out"),
    [
        ("out.csv", False),
        ("below/out.csv", False),
        ("below/../out.csv", False),
        ("../out.csv", True),
        ("below/../../out.csv", True),
        ("/srv/out.csv", True),
        ("~/out.csv", True),
        ("~/reports/out.csv", True),
        ("/tmp/out.csv", False),
        ("/tmp/../srv/out.csv", True),
        ("s3://bucket/out.csv", True),
        ("postgresql://host/db#t", True),
        ("sqlite:///shop.db#t", False),
        ("sqlite:////srv/shop.db#t", True),
        ("sqlite://#t", False),
        ("memory://a/out.csv", False),
    ],
)
def test_what_a_copy_of_the_directory_can_t_hold_back(
    path: str, leads_out: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.chdir(tmp_path)  # itself below the directory for temporary files
    assert outside([path]) == ([path] if leads_out else [])


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import time\nn = time.time_ns()", "`n` "),
        ("import time\nprint(time.time_ns())", "it prints '1"),
        ("import time\nopen(f'{time.time_ns()}.txt', 'w').close()", ".txt is written by one run only"),
        ("import time\nwith open('n.txt', 'w') as f:\n    f.write(hex(time.time_ns()))", "n.txt "),
        ("import os\nif os.path.exists(os.path.expanduser('~/gone')): 1 / 0", ""),
        ("from pathlib import Path\nhere = [Path.cwd(), str(Path('in').resolve())]\nprint('in', here)", ""),
    ],
)
def test_what_two_runs_don_t_agree_on_is_said(code: str, why: str, tmp_path: Path) -> None:
    cell = nbformat.v4.new_code_cell(code, execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    found = nbdebt.export(tmp_path / "a.ipynb").verify()
    assert found.repeatable is (not why)
    assert why in found.varies
    assert found.summary().endswith(f"not the same when it runs again: {found.varies}" if why else "again")


def test_where_a_session_is_counts_as_where_its_copy_is(shell: Any) -> None:
    session = nbdebt.load(shell)
    for cell in (
        "from pathlib import Path\nhere = Path.cwd()\nabove = here.parent",
        "{'in': str(here / 'a')}",
    ):
        shell.run_cell(cell, store_history=True)
    found = nbdebt.export(session).verify()
    assert found.equal and found.repeatable, found


ENDS: dict[str, tuple[tuple[str, ...], str]] = {
    "a variable of the environment, set below": (
        ("import os", "mode = os.environ.get('NBDEBT_MODE', 'none')", "os.environ['NBDEBT_MODE'] = 'set'"),
        "012",
    ),
    "a directory that is there already": (
        (
            "from pathlib import Path",
            "out = Path('out')\nout.mkdir(exist_ok=True)",
            "(out / 'a').write_text('x')",
        ),
        "0112",
    ),
    "a table that is made anew": (
        (
            "import sqlite3\nimport pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})",
            "con = sqlite3.connect('shop.db')\ndf.to_sql('t', con, if_exists='replace', index=False)",
            "n = len(pd.read_sql('select * from t', con))",
        ),
        "01212",
    ),
}


@pytest.mark.parametrize("case", ENDS)
def test_what_a_session_leaves_around_it(case: str, shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    monkeypatch.delenv("NBDEBT_MODE", raising=False)
    cells, order = ENDS[case]
    session = nbdebt.load(shell)
    session.set_document([(str(number), cell) for number, cell in enumerate(cells)])
    for number in order:
        shell.run_cell(cells[int(number)], cell_id=number, store_history=True)
    found = nbdebt.export(session).verify()
    assert found.equal, found.differences


@pytest.mark.parametrize(
    "code",
    ["df.to_csv('s3://bucket/a.csv')", "df.to_sql('t', 'postgresql://127.0.0.1:1/db', if_exists='append')"],
)
def test_what_is_not_here_is_not_written_again(code: str, tmp_path: Path) -> None:
    source = f"import pandas as pd\ndf = pd.DataFrame({{'a': [1]}})\n{code}"
    cell = nbformat.v4.new_code_cell(source, execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    found = nbdebt.export(tmp_path / "a.ipynb").verify()
    assert "outside the directory" in found.differences[0], found


def test_what_was_not_run_is_not_called_unequal(tmp_path: Path) -> None:
    cell = nbformat.v4.new_code_cell("with open('../n.txt', 'w') as f:\n    f.write('n')", execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    found = nbdebt.export(tmp_path / "a.ipynb").verify()
    assert not found.equal and found.summary().startswith("it was not run: it writes ../n.txt, outside")


def test_a_directory_that_links_to_itself_is_copied_once(tmp_path: Path) -> None:
    origin = tmp_path / "project"
    (origin / "data").mkdir(parents=True)
    (origin / "data" / "a.csv").write_text("1")
    (origin / "data" / "up").symlink_to(origin, target_is_directory=True)
    (origin / "linked").symlink_to(origin / "data", target_is_directory=True)
    with copied(str(origin)) as place:
        found = sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())
        assert found == ["data/a.csv", "linked/a.csv"]
        assert not (place / "linked").is_symlink()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_what_cannot_be_read_does_not_end_it(tmp_path: Path) -> None:
    origin = tmp_path / "project"
    (origin / "closed").mkdir(parents=True)
    (origin / "a.csv").write_text("1")
    (origin / "secret.csv").write_text("2")
    (origin / "secret.csv").chmod(0)
    (origin / "closed").chmod(0)
    try:
        with copied(str(origin)) as place:
            assert (place / "a.csv").read_text() == "1" and not (place / "closed").exists()
            with pytest.raises(PermissionError):
                (place / "secret.csv").read_text()
    finally:
        (origin / "closed").chmod(0o700)


def test_a_home_is_not_copied(tmp_path: Path) -> None:
    for number in range(FILES + 1):
        (tmp_path / str(number)).touch()
    with pytest.raises(NbdebtError, match="holds more than 20,000 files: work in"), copied(str(tmp_path)):
        pass

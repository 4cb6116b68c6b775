"""What the pages can't show: several notebooks, folding, and what the rules leave to each other."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from nbdebt.config import forget_settings, load_settings
from nbdebt.data.repay import apply_outside_edits
from nbdebt.engine import CheckOptions, check_paths
from nbdebt.model.finding import Finding

PANDAS = "import pandas as pd\n"


def write_notebook(path: Path, *sources: str) -> Path:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{index}",
            "source": source,
            "outputs": [],
            "metadata": {},
            "execution_count": index + 1,
        }
        for index, source in enumerate(sources)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    return path


def check(*paths: Path, select: tuple[str, ...] = ("NBD3", "NBD4")) -> list[Finding]:
    forget_settings()
    report = check_paths([str(path) for path in paths], CheckOptions(select=select, cache=False, jobs=1))
    assert not report.problems, report.problems
    return list(report.findings)


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


@pytest.fixture
def pipeline(repository: Any) -> tuple[Any, Path, Path]:
    make = write_notebook(
        repository.root / "features.ipynb", PANDAS + "pd.DataFrame().to_parquet('features.parquet')"
    )
    read = write_notebook(
        repository.root / "train.ipynb", PANDAS, "x = pd.read_parquet('./features.parquet')"
    )
    return repository, make, read


def test_producer_and_reader_are_named(pipeline: tuple[Any, Path, Path]) -> None:
    _, make, read = pipeline
    found = check(make, read, select=("NBD301", "NBD310", "NBD401"))
    assert codes(found) == ["NBD310"]
    assert found[0].path == str(make)
    assert f"is read by `{read}` (cell [2])" in found[0].message
    assert [(r.path, r.cell.index if r.cell else None) for r in found[0].related] == [(str(read), 1)]
    assert codes(check(make, select=("NBD301", "NBD310"))) == ["NBD301"], "alone, nobody reads it"


@pytest.mark.parametrize(
    ("declaration", "reported"),
    [
        ('{ owner = "Ada" }', False),
        ('{ owner = "Ada", consumers = ["train.ipynb"] }', False),
        ('{ owner = "Ada", consumers = ["report.ipynb"] }', True),
        ('{ note = "only a note" }', True),
    ],
)
def test_declared_consumers(pipeline: tuple[Any, Path, Path], declaration: str, reported: bool) -> None:
    repository, make, read = pipeline
    repository.write("nbdebt.toml", f'[outputs]\n"features.parquet" = {declaration}\n')
    assert codes(check(make, read, select=("NBD310",))) == ["NBD310"] * reported


def test_declaring_repays(pipeline: tuple[Any, Path, Path]) -> None:
    repository, make, read = pipeline
    fix = check(make, read, select=("NBD310",))[0].fix
    assert fix is not None and fix.safety == "unsafe"
    forget_settings()
    apply_outside_edits(fix.edits, str(make), load_settings(repository.root))
    assert check(make, read, select=("NBD3",)) == []


def test_a_file_that_does_not_exist_yet_names_its_producer(pipeline: tuple[Any, Path, Path]) -> None:
    _, make, read = pipeline
    found = check(make, read, select=("NBD406",))
    assert [(f.severity, f.path) for f in found] == [("note", str(read))]
    assert str(make) in found[0].message


def test_two_notebooks_write_one_file(repository: Any) -> None:
    first = write_notebook(repository.root / "a.ipynb", PANDAS + "pd.DataFrame().to_csv('result.csv')")
    second = write_notebook(repository.root / "b.ipynb", PANDAS + "pd.DataFrame().to_csv('result.csv')")
    found = check(first, second, select=("NBD308",))
    assert [(f.path, f.related[0].path) for f in found] == [(str(second), str(first))]


def test_many_unversioned_files_are_one_finding_and_one_fix(repository: Any) -> None:
    for number in range(5):
        repository.write(f"{number}.csv")
    source = PANDAS + "\n".join(f"pd.read_csv('{n}.csv')" for n in range(5))
    notebook = write_notebook(repository.root / "a.ipynb", source)
    found = check(notebook, select=("NBD401",))
    assert len(found) == 1
    assert len(found[0].related) == 4
    assert len(found[0].evidence) == 5
    assert found[0].fix is not None and found[0].fix.safety == "safe"
    forget_settings()
    apply_outside_edits(found[0].fix.edits, str(notebook), load_settings(repository.root))
    assert check(notebook, select=("NBD401",)) == []
    repository.write("3.csv", "changed")
    (again,) = check(notebook, select=("NBD401", "NBD409"))
    assert again.code == "NBD409" and "is not what was pinned" in again.message
    assert again.fix is None, "what was changed is not pinned without a question"


def test_without_version_control_a_notebook_has_one_finding(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("a")
    notebook = write_notebook(tmp_path / "a.ipynb", PANDAS + "pd.read_csv('a.csv'); pd.read_csv('b.csv')")
    assert len(check(notebook, select=("NBD401",))) == 1


def test_a_dirty_file_is_to_be_committed(repository: Any) -> None:
    repository.write("a.csv")
    repository.commit("a.csv")
    repository.write("a.csv", "changed")
    notebook = write_notebook(repository.root / "a.ipynb", PANDAS + "pd.read_csv('a.csv')")
    (found,) = check(notebook, select=("NBD401",))
    assert found.fix is None and found.advice == "Commit the change."


@pytest.mark.parametrize(
    ("files", "severity", "advice"),
    [
        ([], "note", "Say in the notebook"),
        (["data/other.csv"], "warning", "Correct the path"),
        (["data/Sales_2025.csv"], "warning", "Use `data/Sales_2025.csv`, if that is meant."),
        (["data/sales_2026.csv"], "warning", "Use `data/sales_2026.csv`, if that is meant."),
        (["data/readme.md"], "note", "Say in the notebook"),
    ],
)
def test_a_missing_file_is_as_severe_as_the_evidence(
    repository: Any, files: list[str], severity: str, advice: str
) -> None:
    for name in files:
        repository.write(name)
    notebook = write_notebook(repository.root / "a.ipynb", PANDAS + "pd.read_csv('data/sales_2025.csv')")
    (found,) = check(notebook, select=("NBD406",))
    assert found.severity == severity
    assert found.advice.startswith(advice)


# Relative paths after a change of directory: rules know of it as soon as the reader tells.
MOVED = [
    "%cd elsewhere\nimport pandas as pd\npd.read_csv('x.csv')\npd.DataFrame().to_csv('y.csv')",
    "import os\nimport pandas as pd\nos.chdir('data')\npd.read_csv('x.csv')",
]
SILENT = [
    "import pandas as pd\npd.read_csv(path)\npd.DataFrame().to_csv(target)",
    "import tempfile\nwith tempfile.NamedTemporaryFile() as f:\n    open(f.name, 'w').write('x')",
    "import io\nimport pandas as pd\npd.read_csv(io.StringIO('a'))\npd.DataFrame().to_csv(io.StringIO())",
    "import pandas as pd\npd.DataFrame().to_csv()",
    "import json\njson.dumps({})\nprint('x')",
    "!ls -la\n!nvidia-smi\n!pip list",
    "open('/dev/null', 'w').write('x')",
    "from IPython.display import Image\nImage(url='https://example.org/x.png')",
    "import os\nos.makedirs('out', exist_ok=True)\nos.path.exists('x.csv')\nos.listdir('.')",
]


@pytest.mark.parametrize("source", MOVED)
def test_silence_after_moving(repository: Any, source: str) -> None:
    assert check(write_notebook(repository.root / "a.ipynb", source)) == []


@pytest.mark.parametrize("source", SILENT)
def test_silence(repository: Any, source: str) -> None:
    assert check(write_notebook(repository.root / "a.ipynb", source)) == []


REMOTE = [
    ("pd.read_csv('https://example.org/x.csv')", [("NBD402", "warning")]),
    ("import requests\nrequests.get('https://api.example.org/v1/prices')", [("NBD402", "note")]),
    ("import requests\nrequests.get('https://example.org/x.csv')", [("NBD402", "warning")]),
    ("import seaborn as sns\nsns.load_dataset('tips')", [("NBD403", "note")]),
    ("from transformers import AutoModel\nAutoModel.from_pretrained('bert-base')", [("NBD403", "note")]),
    ("import kagglehub\nkagglehub.dataset_download('a/b')", [("NBD403", "warning")]),
    ("import kagglehub\nkagglehub.dataset_download('a/b/versions/2')", []),
    ("!kaggle datasets download -d a/b", [("NBD403", "warning")]),
    ("!wget https://example.org/x.csv", [("NBD407", "warning")]),
    ("!aws s3 cp s3://bucket/x.csv x.csv", [("NBD407", "warning")]),
    ("\n".join(f"pd.read_csv('https://example.org/{n}.csv')" for n in range(6)), [("NBD402", "warning")]),
    (
        "pd.read_csv('https://example.org/x.csv')\npd.read_csv('https://example.org/x.csv')",
        [("NBD402", "warning")],
    ),
    ("pd.read_sql('select * from t', 'postgresql://h/d')", [("NBD404", "note")]),
    ("pd.read_sql('select 1', 'postgresql://h/d')", []),
    ("pd.read_sql('select * from information_schema.tables', 'postgresql://h/d')", []),
]


@pytest.mark.parametrize(("source", "expected"), REMOTE)
def test_remote_sources(repository: Any, source: str, expected: list[tuple[str, str]]) -> None:
    found = check(write_notebook(repository.root / "a.ipynb", PANDAS + source), select=("NBD4",))
    assert [(f.code, f.severity) for f in found] == expected


def test_a_download_into_a_pinned_file_is_fine(repository: Any) -> None:
    repository.write("x.csv")
    source = "from urllib.request import urlretrieve\nurlretrieve('https://example.org/x.csv', 'x.csv')"
    notebook = write_notebook(repository.root / "a.ipynb", source)
    assert codes(check(notebook, select=("NBD402",))) == ["NBD402"]
    repository.commit("x.csv")
    assert check(notebook, select=("NBD402",)) == []


def test_one_place_per_write(repository: Any) -> None:
    source = PANDAS + "\n".join(
        f"pd.DataFrame().to_csv({path!r})"
        for path in ("in.csv", "../../out.csv", "/home/x/y.csv", "/tmp/x.csv", "/mnt/x.csv", "s3://b/x.csv")
    )
    found = check(write_notebook(repository.root / "a.ipynb", source), select=("NBD3",))
    assert codes(found) == ["NBD301", "NBD302", "NBD303", "NBD304", "NBD304", "NBD305"]
    assert [f.span.line for f in found if f.span] == [2, 3, 4, 5, 6, 7]


def test_notes_do_not_fail_a_run(repository: Any) -> None:
    notebook = write_notebook(repository.root / "a.ipynb", PANDAS + "pd.DataFrame().to_csv('x.csv')")
    forget_settings()
    report = check_paths([str(notebook)], CheckOptions(select=("NBD3",), cache=False, jobs=1))
    assert codes(list(report.findings)) == ["NBD301"]
    assert report.exit_status == 0


def test_notebooks_named_from_elsewhere(
    pipeline: tuple[Any, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, make, read = pipeline
    monkeypatch.chdir(repository.root.parent)
    found = check(*(Path(os.path.relpath(p)) for p in (make, read)), select=("NBD310",))
    assert codes(found) == ["NBD310"]

"""What is kept is what would be found anew; what is outside the document is looked at each time."""

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbdebt.analyse import analyse_bytes
from nbdebt.config import forget_settings
from nbdebt.engine import CheckOptions, check_paths
from nbdebt.model.finding import Report
from nbdebt.rules.pages import Example

EXAMPLES = Path(__file__).parent.parent / "example_notebooks"
LONG_AGO = 1_600_000_000


def same(one: Report, other: Report) -> None:
    """Two reports that say the same, the time aside."""
    assert msgspec.structs.replace(one, seconds=0.0) == msgspec.structs.replace(other, seconds=0.0)


def check(directory: Path, cache: bool = True, **options: Any) -> Report:
    forget_settings()
    return check_paths([str(directory)], CheckOptions(cache=cache, jobs=1, **options))


def age(directory: Path) -> None:
    """Files that were written long ago: their time stamps can be trusted."""
    for number, path in enumerate(sorted(directory.glob("**/*.ipynb"))):
        os.utime(path, (LONG_AGO + number, LONG_AGO + number))


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files whose bytes were analysed, as that happens."""
    seen: list[str] = []

    def watched(data: bytes, path: str, *rest: object) -> object:
        seen.append(Path(path).name)
        return analyse_bytes(data, path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("nbdebt.workers.analyse_bytes", watched)
    return seen


def notebook(path: Path, source: str) -> Path:
    path.write_bytes(Example(source, {}).document())
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "nbdebt.toml").write_text("")
    return tmp_path


selectors = st.lists(
    st.sampled_from(["NBD1", "NBD2", "NBD3", "NBD4", "ALL", "seeds", "out-of-order-read", "NBD201", "NBD9"]),
    max_size=3,
).map(tuple)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = tmp_path_factory.mktemp("examples") / "examples"
    shutil.copytree(EXAMPLES, copied, ignore=shutil.ignore_patterns(".nbdebt_cache"))
    age(copied)
    return copied


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(selectors, selectors, selectors)
def test_warm_is_cold(
    examples: Path, select: tuple[str, ...], ignore: tuple[str, ...], extend: tuple[str, ...]
) -> None:
    options: dict[str, Any] = {"select": select, "ignore": ignore, "extend_select": extend}
    cold = check(examples, cache=False, **options)
    same(check(examples, **options), cold)
    same(check(examples, **options), cold)


def test_several_processes_say_what_one_says(examples: Path) -> None:
    one = check_paths([str(examples)], CheckOptions(cache=False, jobs=1))
    same(check_paths([str(examples)], CheckOptions(cache=False, jobs=2)), one)
    assert len(one.findings) > 20


def test_notebooks_with_findings_are_kept(project: Path, analysed: list[str]) -> None:
    notebook(project / "bad.ipynb", "# %% [1]\nprint(missing)\n")
    notebook(project / "good.ipynb", "# %% [1]\nx = 1\n")
    first = check(project)
    second = check(project)
    assert analysed == ["bad.ipynb", "good.ipynb"]
    same(first, second)
    assert [f.code for f in second.findings] == ["NBD101"]


def test_touched_is_not_changed(project: Path, analysed: list[str]) -> None:
    path = notebook(project / "a.ipynb", "# %% [1]\nprint(missing)\n")
    first = check(project)
    path.write_bytes(path.read_bytes())
    same(check(project), first)
    path.chmod(0o600)
    same(check(project), first)
    assert analysed == ["a.ipynb"]


def test_changed_is_seen_though_size_and_time_are_the_same(project: Path, analysed: list[str]) -> None:
    path = notebook(project / "a.ipynb", "# %% [1]\nx = 1\nprint(y)\n")
    age(project)
    assert len(check(project).findings) == 1
    notebook(path, "# %% [1]\nx = 1\nprint(x)\n")
    age(project)
    assert not check(project).findings
    assert analysed == ["a.ipynb", "a.ipynb"]


def test_problems_are_not_kept(project: Path) -> None:
    path = project / "a.ipynb"
    path.write_text("{")
    assert check(project).exit_status == 2
    notebook(path, "# %% [1]\nx = 1\n")
    assert check(project).exit_status == 0
    path.write_text("{")
    assert check(project).exit_status == 2


@pytest.mark.parametrize("change", ["seed = 7", 'ignore = ["NBD201"]', 'select = ["NBD1"]', "seed = 42"])
def test_other_settings_are_another_result(project: Path, change: str) -> None:
    notebook(project / "a.ipynb", "# %% [1]\nimport random\nx = random.random()\n")
    before = check(project)
    (project / "nbdebt.toml").write_text(change + "\n")
    same(check(project), check(project, cache=False))
    (project / "nbdebt.toml").write_text("")
    same(check(project), before)


def test_per_path_ignores_are_not_part_of_what_is_kept(project: Path, analysed: list[str]) -> None:
    notebook(project / "a.ipynb", "# %% [1]\nprint(missing)\n")
    assert check(project).findings
    (project / "nbdebt.toml").write_text('[per-path-ignores]\n"a.ipynb" = ["NBD101"]\n')
    assert not check(project).findings
    assert analysed == ["a.ipynb"]


def test_a_data_file_is_looked_at_each_time(project: Path, analysed: list[str]) -> None:
    git = ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", "-C", str(project)]
    subprocess.run([*git, "init", "-q"], check=True)
    notebook(project / "a.ipynb", "# %% [1]\ntext = open('data.csv').read()\n")
    (project / "data.csv").write_text("a\n1\n")

    def codes() -> set[str]:
        return {f.code for f in check(project, select=("NBD4",)).findings}

    untracked = codes()
    subprocess.run([*git, "add", "data.csv"], check=True)
    subprocess.run([*git, "commit", "-qm", "data"], check=True)
    tracked = codes()
    (project / "data.csv").unlink()
    gone = codes()
    assert analysed == ["a.ipynb"]
    assert untracked and not tracked and gone and untracked != gone


def test_a_pin_is_seen(project: Path, analysed: list[str]) -> None:
    from nbdebt.data.versions.lock import pin_file

    pinned = ("unversioned-read", "changed-since-pinned")
    subprocess.run(["git", "-C", str(project), "init", "-q"], check=True)
    notebook(project / "a.ipynb", "# %% [1]\ntext = open('data.csv').read()\n")
    (project / "data.csv").write_text("a\n1\n")
    assert check(project, select=pinned).findings
    pin_file(project / "data.csv", project / "nbdebt.lock")
    assert not check(project, select=pinned).findings
    (project / "data.csv").write_text("a\n2\n")
    assert check(project, select=pinned).findings
    assert analysed == ["a.ipynb"]


def test_another_notebook_that_reads_the_output_is_seen(project: Path, analysed: list[str]) -> None:
    notebook(project / "maker.ipynb", "# %% [1]\nopen('out.csv', 'w').write('1')\n")
    alone = {f.name for f in check(project).findings}
    notebook(project / "reader.ipynb", "# %% [1]\ntext = open('out.csv').read()\n")
    together = {f.name for f in check(project).findings}
    assert "undeclared-consumer" in together - alone
    assert sorted(analysed) == ["maker.ipynb", "reader.ipynb"]
    (project / "reader.ipynb").unlink()
    assert {f.name for f in check(project).findings} == alone


def test_a_declaration_is_seen(project: Path, analysed: list[str]) -> None:
    notebook(project / "maker.ipynb", "# %% [1]\nopen('/mnt/shared/out.csv', 'w').write('1')\n")
    before = {f.code for f in check(project).findings}
    (project / "nbdebt.toml").write_text('[outputs]\n"/mnt/shared/*.csv" = { owner = "me" }\n')
    after = {f.code for f in check(project).findings}
    assert after < before
    assert analysed == ["maker.ipynb"]


def damage() -> st.SearchStrategy[list[tuple[int, int]]]:
    return st.lists(st.tuples(st.integers(0, 10_000_000), st.integers(0, 255)), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(damage(), st.booleans())
def test_a_damaged_cache_is_none(
    tmp_path_factory: pytest.TempPathFactory, at: list[tuple[int, int]], cut: bool
) -> None:
    project = tmp_path_factory.mktemp("project")
    (project / "nbdebt.toml").write_text("")
    notebook(project / "a.ipynb", "# %% [1]\nprint(missing)\n")
    age(project)
    before = check(project)
    (kept,) = project.glob(".nbdebt_cache/*.msgpack")
    content = bytearray(kept.read_bytes())
    for place, byte in at:
        content[place % len(content)] = byte
    kept.write_bytes(content[: at[0][0] % len(content)] if cut else content)
    same(check(project), before)
    same(check(project), before)


def test_runs_that_share_a_cache(project: Path) -> None:
    for name in "abcdef":
        notebook(project / f"{name}.ipynb", f"# %% [1]\nprint(missing_{name})\n")
    expected = check(project, cache=False)
    running = [
        subprocess.Popen([sys.executable, "-m", "nbdebt", "check", str(project)], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    outputs = [process.communicate(timeout=60)[0].split(b"Checked in")[0] for process in running]
    assert {process.returncode for process in running} == {1}
    assert len(set(outputs)) == 1
    same(check(project), expected)
    assert not list(project.glob(".nbdebt_cache/*.tmp"))


def test_the_cache_is_not_for_git(project: Path) -> None:
    notebook(project / "a.ipynb", "# %% [1]\nx = 1\n")
    check(project)
    assert (project / ".nbdebt_cache" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("names", list(itertools.permutations(["x/a.ipynb", "y/a.ipynb"])))
def test_files_of_one_name_in_two_directories(
    project: Path, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when each is checked from its own directory, by the same relative name."""
    for name in names:
        (project / name).parent.mkdir()
    notebook(project / "x/a.ipynb", "# %% [1]\nprint(one)\n")
    notebook(project / "y/a.ipynb", "# %% [1]\nprint(two)\n")
    for name in names * 2:
        monkeypatch.chdir((project / name).parent)
        forget_settings()
        (finding,) = check_paths(["a.ipynb"], CheckOptions(jobs=1)).findings
        assert ("one" if name[0] == "x" else "two") in finding.message

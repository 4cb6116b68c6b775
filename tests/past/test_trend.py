"""How debt went: points of history, judged once; budgets that only get smaller; a page that needs nothing."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbdebt.cli import cli
from nbdebt.past.charts import ticks
from nbdebt.past.shown import spark
from tests.repositories import begun, book, committed, git

DRAW = "import numpy as np\nx = np.random.rand(3)"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three weeks: debt is made, doubled, and half repaid; one commit changes no notebook."""
    work = begun(tmp_path_factory.mktemp("trend") / "work")
    book(work / "a.ipynb", DRAW)
    committed(work, "one", "2026-01-05T12:00:00+00:00")
    book(work / "sub" / "b.ipynb", "print(nowhere)")
    committed(work, "two", "2026-01-06T12:00:00+00:00")
    (work / "readme").write_text("hello", encoding="utf-8")
    committed(work, "no notebook", "2026-01-13T12:00:00+00:00")
    book(work / "a.ipynb", "x = 1")
    committed(work, "three", "2026-01-20T12:00:00+00:00")
    return work


def trend(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["trend", *map(str, arguments)])
    return done.exit_code, done.output


def points(*arguments: object) -> list[tuple[str, int, int, int]]:
    status, said = trend(*arguments, "--format", "csv")
    assert status == 0, said
    rows = csv.DictReader(io.StringIO(said))
    return [(r["when"][:10], int(r["notebooks"]), int(r["order"]), int(r["seeds"])) for r in rows]


def test_points_are_the_last_commits_of_their_time(repository: Path) -> None:
    first, second, third, fourth = (
        ("2026-01-05", 1, 0, 1),
        ("2026-01-06", 2, 1, 1),
        ("2026-01-13", 2, 1, 1),
        ("2026-01-20", 2, 1, 0),
    )
    assert points(repository) == [second, third, fourth]
    assert points(repository, "--by", "month") == [fourth]
    assert points(repository, "--by", "commit") == [first, second, fourth]
    assert points(repository, "--points", 1) == [fourth]
    assert points(repository, "--ref", "HEAD~2") == [second]
    assert points(repository / "sub") == [
        ("2026-01-06", 1, 1, 0),
        ("2026-01-13", 1, 1, 0),
        ("2026-01-20", 1, 1, 0),
    ]
    assert points(repository, "--exclude", "sub/")[-1] == ("2026-01-20", 1, 0, 0)


def test_a_bare_repository_is_as_good(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "all.git")
    assert points(tmp_path / "all.git") == points(repository)


def test_a_content_is_judged_once_ever(repository: Path) -> None:
    trend(repository)
    _, said = trend(repository, "--by", "commit", "--format", "json")
    found = json.loads(said)
    assert found["judged"] == 0 and len(found["points"]) == 3
    assert (repository / ".nbdebt_cache" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_budget_fails_when_debt_grows_and_only_gets_smaller(repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "budget.json"
    status, said = trend(repository, "--budget", file)
    assert status == 2 and "--update makes it" in said
    # Made when there was most.
    status, said = trend(repository, "--budget", file, "--update", "--ref", "HEAD~1")
    assert status == 0 and "The budget is made" in said
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "version": 1, "order": 1, "seeds": 1, "outputs": 0, "data": 0,
    }  # fmt: skip
    status, said = trend(repository, "--budget", file)
    assert status == 0 and "less than the budget allows" in said
    status, said = trend(repository, "--budget", file, "--update")
    assert status == 0 and "lower now" in said
    status, said = trend(repository, "--budget", file, "--ref", "HEAD~1")
    assert status == 1 and "seeds: 1 finding, the budget is 0: 1 too many" in said
    # --update does not make it larger again.
    assert trend(repository, "--budget", file, "--update", "--ref", "HEAD~1")[0] == 1
    assert json.loads(file.read_text(encoding="utf-8"))["seeds"] == 0
    file.write_text('{"version": 1, "ordre": 3}', encoding="utf-8")
    status, said = trend(repository, "--budget", file)
    assert status == 2 and "is no budget" in said


def test_the_page_needs_nothing_from_elsewhere(repository: Path) -> None:
    status, page = trend(repository, "--format", "html")
    assert status == 0
    assert "default-src 'none'" in page and "<script" not in page
    assert not re.search(r"(?:src|href)=|url\(|https?://", page)
    assert page.count("<svg") == 2 and page.count("<table>") == 3
    assert re.search(r"<title>2026-01-20 \w{10}: 1 order, 0 seeds", page)


def test_the_text_says_what_there_is(repository: Path) -> None:
    _, said = trend(repository)
    assert "work, 2026-01-06 to 2026-01-20: 2 notebooks, 1 finding" in said
    assert re.search(r"seeds    ██▁  0  -1", said) and "sub/b.ipynb" in said


@pytest.mark.parametrize(
    ("most", "marks"),
    [
        (0, [0, 1]),
        (3, [0, 1, 2, 3]),
        (7, [0, 2, 4, 6, 8]),
        (24, [0, 5, 10, 15, 20, 25]),
        (161, [0, 50, 100, 150, 200]),
        (9_999, [0, 2000, 4000, 6000, 8000, 10000]),
    ],
)
def test_axes_have_round_numbers(most: int, marks: list[int]) -> None:
    assert ticks(most) == marks


def test_many_values_are_a_short_line() -> None:
    assert spark([]) == "" and spark([0, 0]) == "▁▁" and spark([0, 4, 8]) == "▁▅█"
    assert len(spark(list(range(1000)))) <= 60 and spark(list(range(1000)))[-1] == "█"

"""The page about a repository: what owes most, of what, the data; links that lead somewhere; its size."""

import re
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

import nbdebt
from nbdebt.cli import cli
from nbdebt.datamap.layout import HEIGHT, WIDTH
from nbdebt.datamap.model import Book, Data, DataMap, Link
from nbdebt.model.finding import Report
from nbdebt.report import render
from nbdebt.report.datamap.picture import picture
from nbdebt.report.view import View

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def examples() -> Report:
    return nbdebt.check(ROOT / "example_notebooks")


def repeated(report: Report, times: int) -> Report:
    """As many notebooks as often, each under a name of its own."""

    def renamed(thing: object, number: int) -> object:
        return msgspec.structs.replace(thing, path=f"copy{number:04d}/{Path(thing.path).name}")  # type: ignore[attr-defined, type-var]

    return Report(
        tuple(renamed(f, n) for n in range(times) for f in report.findings),  # type: ignore[misc]
        notebooks=tuple(renamed(b, n) for n in range(times) for b in report.notebooks),  # type: ignore[misc]
    )


def test_the_worst_notebooks_are_linked_and_counted(examples: Report) -> None:
    page = render(examples, "html", View())
    worst = re.findall(r'<a href="#(n\d+)">(.*?)</a>.*?<td class="n">(\d+)</td>', page)
    counts = [int(count) for _, _, count in worst]
    assert counts == sorted(counts, reverse=True) and "messy.ipynb" in worst[0][1].replace("<wbr>", "")
    for anchor, _, count in worst:
        section = page[page.index(f'id="{anchor}"') :].partition("</details>\n")[0]
        assert f'<span class="count">{count} finding' in section


def test_one_notebook_needs_no_overview() -> None:
    page = render(nbdebt.check(ROOT / "example_notebooks" / "survey.ipynb"), "html", View())
    assert 'class="overview"' not in page and page.count("<article") > 3


def test_a_thousand_notebooks_are_two_megabytes_at_most_and_what_is_left_out_is_said(
    examples: Report,
) -> None:
    few = render(repeated(examples, 3), "html", View())
    assert "left out" not in few and few.count("<article") == 3 * len(examples.findings)
    # Each of them owes four findings on average: more than notebooks usually do.
    many = render(repeated(examples, 84), "html", View())
    assert len(many.encode()) <= 2_000_000
    assert "what findings rest on is left out" in many
    assert many.count('class="notebook"') == 84 * len(examples.notebooks)


def test_the_page_of_a_check_draws_the_data(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    done = CliRunner().invoke(
        cli,
        ["check", str(ROOT / "example_notebooks"), "-n", "-q", "--output-format", "html", "-o", str(file)],
    )
    assert done.exit_code == 1, done.output
    page = file.read_text(encoding="utf-8")
    assert "<svg" in page and "pipeline/features.csv" in page
    assert not re.search(r'(?:src|href)="(?!#)|url\((?!#)', page)


def books_and_data(count: int) -> DataMap:
    books = tuple(
        Book(f"b{i}", f"<b>{i}.ipynb", "notebook", f"<b>{i}.ipynb", i % 2 == 0) for i in range(count)
    )
    data = tuple(Data(f"d{i}", "file", f"x/{'y' * 40}{i}.csv") for i in range(count))
    links = [Link(f"b{i}", f"d{i}", "writes") for i in range(count)]
    links += [Link(f"d{i}", f"b{(i + 1) % count}", "reads") for i in range(count)]
    return DataMap("/", books, data, tuple(links))


def test_a_picture_escapes_names_and_draws_what_goes_back() -> None:
    drawn = picture(books_and_data(3))
    assert "<b>" not in drawn and "&lt;b&gt;0.ipynb" in drawn
    assert drawn.count("<rect") == 6 and drawn.count('class="link') == 6 and 'class="link back"' in drawn
    wide, tall = map(int, re.findall(r'viewBox="-8 -8 (\d+) (\d+)"', drawn)[0])
    for x, y in re.findall(r'<rect class="\w+ ?\w*" x="(\d+)" y="(\d+)"', drawn):
        assert int(x) + WIDTH <= wide and int(y) + HEIGHT <= tall


def test_a_map_that_nobody_could_read_is_not_drawn() -> None:
    assert picture(books_and_data(40)) == "" and picture(DataMap("/", (), (), ())) == ""

"""The documentation says what is so: what it shows is run, what is generated is made anew, links lead on."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from nbdebt.cli import cli
from nbdebt.config import effective_codes, load_settings
from nbdebt.rules import catalogue
from tools import live_blocks, make_docs
from tools.console_blocks import ROOT, Workplace, blocks, complaints, fits, parse, refreshed

PAGES = make_docs.written_pages()
ALL = [*PAGES, ROOT / "CHANGELOG.md", *sorted((make_docs.DOCS / "rules").glob("*.md"))]
GENERATED = sorted((make_docs.DOCS / "rules").glob("*.md"))
_CODE = re.compile(r"^(?P<ticks>`{3,}).*?^(?P=ticks)$", re.MULTILINE | re.DOTALL)
_FENCE = r"^```{}\n(.*?)^```$"
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_FILE = re.compile(r"`(?P<path>(?:nbdebt|tests|tools|benchmarks|docs|example_notebooks)/[\w./-]+)`")


def name(page: object) -> str:
    return page.relative_to(ROOT).as_posix() if isinstance(page, Path) else str(page)


def fenced(text: str, language: str) -> list[str]:
    """The bodies of a page's fences of one language."""
    return re.findall(_FENCE.format(language), text, re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[str]:
    """The targets of a page's links; what stands in code is no link."""
    text = re.sub(r"`[^`\n]*`", "``", _CODE.sub("", page.read_text(encoding="utf-8")))
    return (found["target"] for found in _LINK.finditer(text))


# What is generated


def test_rules_have_the_pages_that_make_docs_writes() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in GENERATED}
    assert written == make_docs.rule_pages(), "run `make docs`"


@pytest.mark.parametrize(
    "page", [p for p in PAGES if "<!-- generated" in p.read_text(encoding="utf-8")], ids=name
)
def test_references_say_what_the_code_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert make_docs.filled(text) == text, "run `make docs`"


def test_the_picture_shows_what_the_command_prints(tmp_path: Path) -> None:
    assert make_docs.PICTURE.read_text(encoding="utf-8") == make_docs.check_picture(tmp_path), (
        "run `make docs`"
    )


# What is shown


@pytest.mark.parametrize(
    "page", [p for p in PAGES if "```console" in p.read_text(encoding="utf-8")], ids=name
)
def test_commands_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    found = complaints(page.read_text(encoding="utf-8"), Workplace(tmp_path))
    assert not found, "run `make docs`, or mend what is shortened:\n" + "\n\n".join(found)


@pytest.mark.parametrize("page", [p for p in PAGES if live_blocks.has_notebooks(p)], ids=name)
def test_notebooks_show_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    for library in ("ipykernel", "jupyter_client", "nbformat", "pandas"):
        pytest.importorskip(library)
    found = live_blocks.complaints(page.read_text(encoding="utf-8"), Workplace(tmp_path))
    assert not found, "run `make docs`, or mend what is shortened:\n" + "\n\n".join(found)


@pytest.mark.parametrize("page", ["README.md", "docs/reference/library.md", "docs/reference/scan.md"])
def test_programs_run(page: str, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    pytest.importorskip("IPython")
    programs = [
        body
        for body in fenced((ROOT / page).read_text(encoding="utf-8"), "python")
        if "import nbdebt" in body
    ]
    assert programs
    place = Workplace(tmp_path)
    for program in programs:
        said, status = place.run_python(program)
        assert status == 0, said


def test_the_rule_of_the_how_to_is_a_rule(tmp_path: Path) -> None:
    page = (make_docs.DOCS / "how-to" / "write-a-rule.md").read_text(encoding="utf-8")
    (rule,) = (body for body in fenced(page, "python") if "@rule" in body)
    place = Workplace(tmp_path)
    (place.directory / "rule.py").write_text(rule, encoding="utf-8")
    (place.directory / "prints.py").write_text("# %%\nprint(1)\n", encoding="utf-8")
    use = """
import sys
sys.path.insert(0, "")
import nbdebt, rule
report = nbdebt.check("prints.py", nbdebt.Settings(select=("NBD950",)))
print([(f.code, f.name, f.span.line) for f in report.findings])
"""
    assert place.run_python(use) == ("[('NBD950', 'no-print', 1)]\n", 0)


def settings_shown() -> list[tuple[Path, str]]:
    return [
        (p, body)
        for p in PAGES
        for body in fenced(p.read_text(encoding="utf-8"), "toml")
        if "tool.nbdebt" in body
    ]


@pytest.mark.parametrize(("page", "body"), settings_shown(), ids=name)
def test_settings_are_valid(page: Path, body: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(body, encoding="utf-8")
    settings = load_settings(tmp_path)
    assert settings.source
    assert effective_codes(settings, catalogue())


def commands_shown() -> Iterator[tuple[Path, list[str]]]:
    """All commands in code, whether they are run here or not."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        code = [found[0] for found in _CODE.finditer(text)]
        lines = [line for body in code for line in body.splitlines()]
        lines += re.findall(r"`(nbdebt [^`]+)`", _CODE.sub("", text))
        for line in lines:
            shown = re.search(
                r"(?:^|[$ ])nbdebt (?:check|clean|pin|declare|explain|rules|graph|completion)\b.*",
                line.split("  #")[0],
            )
            if shown and "OPTIONS" not in line and "…" not in line and ":" not in shown[0].split()[0]:
                yield page, shlex.split(shown[0].strip().split(" >")[0].split(" | ")[0])


@pytest.mark.parametrize(
    ("page", "words"), list(commands_shown()), ids=lambda v: name(v) if isinstance(v, Path) else " ".join(v)
)
def test_commands_have_the_options_that_they_are_shown_with(page: Path, words: list[str]) -> None:
    command = cli.get_command(click.Context(cli), words[1])
    assert command is not None
    known = {option for p in command.params for option in (*p.opts, *p.secondary_opts)} | {"--help", "-h"}
    assert {word.split("=")[0] for word in words[2:] if word.startswith("-") and word != "-"} <= known


# What is pointed at


@pytest.mark.parametrize("page", ALL, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists(), f"{target}: no such file"
        assert not anchor or anchor in anchors(path), f"{target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_that_are_named_exist(page: Path) -> None:
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    named = {found["path"] for found in _FILE.finditer(text)}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        waiting += [(page.parent / t.partition("#")[0]).resolve() for t in links(page) if "://" not in t]
    assert {p.resolve() for p in ALL} <= reached


def test_the_readme_can_be_read_at_a_sitting() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 250


# The checks themselves


@pytest.mark.parametrize(
    ("shown", "printed", "is_right"),
    [
        (["a", "b"], "a\nb\n", True),
        (["a"], "a\nb\n", False),
        (["a", "…"], "a\nb\nc\n", True),
        (["…", "c"], "a\nb\nc\n", True),
        (["a", "…", "b"], "a\nb\n", True),
        (["a", "…", "d"], "a\nb\nc\n", False),
        (["1 finding. Checked in 0.1 s."], "1 finding. Checked in 7.3 s.\n", True),
        (["1 finding. Checked in 0.1 s."], "2 findings. Checked in 0.1 s.\n", False),
        (["(a.*)"], "(a.*)\n", True),
    ],
)
def test_what_is_shown_is_compared_line_by_line(shown: list[str], printed: str, is_right: bool) -> None:
    assert fits(shown, printed) is is_right


def test_blocks_are_run_and_written_anew(tmp_path: Path) -> None:
    shown = "$ echo one   # a remark\ntwo\n\n$ git frobnicate\n$ echo $?\n5\n\n$ make coffee\nhot\n"
    page = f"```console\n{shown}```\n"
    (body,) = blocks(page)
    assert [(c.line, c.output) for c in parse(body)][:2] == [("echo one", ["two"]), ("git frobnicate", [])]
    place = Workplace(tmp_path)
    assert [complaint.partition(":")[0] for complaint in complaints(page, place)] == [
        "echo one",
        "git frobnicate",
    ]
    new = refreshed(page, place)
    assert new == page.replace("two", "one").replace("5", "1")
    with pytest.raises(RuntimeError):
        refreshed("```console\n$ git -C nowhere status\n```\n", place)
    assert complaints(new, place) == []
    assert refreshed(new, place) == new


def test_cells_are_read_and_written_as_they_stand() -> None:
    body = "In [1]: x = 1\n   ...: x\n1\n\nIn [3]: print(2)\n2\n\nIn [2]: y = 3\n"
    cells = live_blocks.cells_of(body)
    assert [(c.count, c.source, c.output) for c in cells] == [
        (1, ["x = 1", "x"], ["1"]),
        (3, ["print(2)"], ["2"]),
        (2, ["y = 3"], []),
    ]
    assert "\n".join(cell.text() for cell in cells) == body


def test_notebooks_are_run_in_the_order_of_their_counts(tmp_path: Path) -> None:
    pytest.importorskip("ipykernel")
    page = "```ipython\nIn [2]: x + 1\n7\n\nIn [1]: x = 1\n\nIn [3]: y\n…\n```\n"
    place = Workplace(tmp_path)
    found = live_blocks.complaints(page, place)
    assert [complaint.partition(" ")[2].partition(" ")[0] for complaint in found] == ["[2]"]
    new = live_blocks.refreshed(page, place)
    assert new == page.replace("7", "2")
    assert live_blocks.complaints(new, place) == []


def test_commands_run_where_nothing_else_is(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    assert place.run("git status --short") == ("", 0)
    asked = subprocess.run(
        ["git", "-C", str(ROOT), "status", "--short", "example_notebooks"], capture_output=True
    )
    said, status = place.run("nbdebt check example_notebooks --quiet --exit-zero")
    assert status == 0 and said
    again = subprocess.run(
        ["git", "-C", str(ROOT), "status", "--short", "example_notebooks"], capture_output=True
    )
    assert asked.stdout == again.stdout

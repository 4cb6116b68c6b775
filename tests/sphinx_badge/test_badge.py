"""The badge on pages that a real Sphinx builds."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sphinx")

from sphinx.application import Sphinx

from tests.repositories import book

DRAWS = ("import random", "x = random.random()")


def built(place: Path, conf: str, builder: str = "html", **pages: str) -> tuple[Path, str]:
    """A built project, and the warnings."""
    source = place / "source"
    source.mkdir(exist_ok=True)
    (source / "conf.py").write_text(conf, encoding="utf-8")
    for name, text in pages.items():
        (source / f"{name}.rst").write_text(text, encoding="utf-8")
    out = place / builder
    warnings = place / "warnings.txt"
    with warnings.open("w", encoding="utf-8") as said, (place / "status.txt").open("w") as status:
        app = Sphinx(source, source, out, place / "doctrees", builder, status=status, warning=said)
        app.build()
    return out, warnings.read_text(encoding="utf-8")


def told(page: str) -> list[str]:
    """The badges of a page, as text."""
    found = re.findall(r'<p class="nbdebt-badge (?:.*?)">(.*?)</p>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", one).replace("&amp;", "&") for one in found]


@pytest.fixture
def books(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    book(source / "clean.ipynb", "x = 1", "x + 1")
    book(source / "draws.ipynb", *DRAWS)
    stale = book(source / "stale.ipynb", "x = y", "y = 1")
    document = json.loads(stale.read_text(encoding="utf-8"))
    for cell, count in zip(document["cells"], (2, 1), strict=True):
        cell["execution_count"] = count
    stale.write_text(json.dumps(document), encoding="utf-8")
    (source / "broken.ipynb").write_text("{", encoding="utf-8")
    return tmp_path


def test_badges_say_what_a_check_says(books: Path) -> None:
    names = ("clean", "draws", "stale", "broken")
    page = "Title\n=====\n\n" + "".join(f".. nbdebt-badge:: {name}.ipynb\n\n" for name in names)
    page += ".. nbdebt-badge:: draws.ipynb\n   :findings:\n\n.. nbdebt-badge:: gone.ipynb\n"
    out, warnings = built(books, 'extensions = ["nbdebt.sphinx"]\n', index=page)
    text = (out / "index.html").read_text(encoding="utf-8")
    clean, draws, stale, broken, again, gone = told(text)
    assert clean == "✓ Restart & Run All would give the same · no findings"
    assert draws == again and draws.endswith(" · 1 finding")
    assert stale.startswith("✗ Restart & Run All would fail in cell 1 [2]")
    assert broken.startswith("! could not be read") and gone.startswith("! nbdebt: gone.ipynb")
    assert text.count("NBD201 unseeded-draw") == 1 and '<span class="pre">random</span>' in text
    assert "broken.ipynb" in warnings and "gone.ipynb" in warnings and warnings.count("WARNING") == 2
    assert "nbdebt.css" in text and (out / "_static" / "nbdebt.css").is_file()


def test_a_page_is_built_anew_when_its_notebook_changes(books: Path) -> None:
    page = "Title\n=====\n\n.. nbdebt-badge:: clean.ipynb\n"
    conf = 'extensions = ["nbdebt.sphinx"]\n'
    built(books, conf, index=page)
    book(books / "source" / "clean.ipynb", *DRAWS)
    out, _ = built(books, conf)
    assert told((out / "index.html").read_text(encoding="utf-8"))[0].endswith("1 finding")
    plain, _ = built(books, conf, "text")
    assert "Restart & Run All" in (plain / "index.txt").read_text(encoding="utf-8")


def test_a_page_that_is_no_notebook_has_none(books: Path) -> None:
    out, warnings = built(books, 'extensions = ["nbdebt.sphinx"]\n', index="T\n=\n\n.. nbdebt-badge::\n")
    assert "needs the path of a notebook" in warnings
    assert told((out / "index.html").read_text(encoding="utf-8")) == []


def test_pages_that_are_notebooks_have_one_on_top(tmp_path: Path) -> None:
    pytest.importorskip("myst_nb")
    source = tmp_path / "source"
    title: dict[str, Any] = {"cell_type": "markdown", "id": "t", "metadata": {}, "source": "# A title"}
    own = {**title, "id": "o", "source": "# Own\n\n```{nbdebt-badge}\n```"}
    for name, first in (("index", title), ("own", own)):
        path = book(source / f"{name}.ipynb", *DRAWS)
        document = json.loads(path.read_text(encoding="utf-8"))
        document["cells"].insert(0, first)
        path.write_text(json.dumps(document), encoding="utf-8")
    conf = 'extensions = ["myst_nb", "nbdebt.sphinx"]\nnb_execution_mode = "off"\nnbdebt_badges = True\n'
    out, _ = built(tmp_path, conf)
    for name in ("index", "own"):
        text = (out / f"{name}.html").read_text(encoding="utf-8")
        (said,) = told(text)
        assert said.endswith("1 finding")
        assert text.index("<h1>") < text.index("nbdebt-badge") < text.index("import")

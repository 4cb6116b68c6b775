"""The map's page, as a person uses it, in a real browser."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nbdebt.datamap.model import Book, Data, DataMap, Link, Loop, Noted, Use
from nbdebt.report.datamap import html

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

USE = Use(1, "cell [2] line 1", "../data/sales.csv", "pandas.read_csv", "parsed")
EVIL = "<img src=x onerror=alert(1)>.csv"
MAP = DataMap(
    "/p/churn",
    (
        Book("b0", "a.ipynb", "notebook", "load/a.ipynb", True),
        Book(
            "b1",
            "b.ipynb",
            "notebook",
            "b.ipynb",
            False,
            (Noted("NBD310", "n", "warning", "cell [1]", "told"),),
        ),
        Book("b2", "c.py", "script", "c.py"),
        Book("b3", "d.ipynb", "notebook", "alone.ipynb"),
    ),
    (
        Data("d0", "file", "data/sales.csv", "/p/churn/data/sales.csv", True, "versioned", "git"),
        Data("d1", "file", "out/x.csv", "/p/churn/out/x.csv", declared="declared by Ada"),
        Data("d2", "file", EVIL, "/p/churn/" + EVIL, exposed="readable by the 37 members of `ds-team`"),
        Data("d3", "unknown", "a computed target"),
    ),
    (
        Link("d0", "b0", "reads", (USE,)),
        Link("b0", "d1", "writes", (USE,)),
        Link("d1", "b1", "reads", (USE,)),
        Link("b1", "d2", "writes", (USE,)),
        Link("d2", "b2", "reads", (USE,)),
        Link("b2", "d3", "writes", (USE,)),
        Link("d2", "b0", "reads", (USE,)),
    ),
    (Loop(("b0", "b1"), ("d1", "d2")),),
    (),
    ("d0",),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The page, on which nothing may go wrong, and which may ask for nothing."""
    file = tmp_path / "map.html"
    file.write_text(html(MAP), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1300, "height": 800}, color_scheme="light")
    opened = context.new_page()
    wrong: list[str] = []
    asked: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.on("dialog", lambda dialog: wrong.append(dialog.message))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(file.as_uri())
    yield opened
    assert wrong == [] and set(asked) == {file.as_uri()}
    context.close()


def marked(page: Any, kind: str) -> set[str]:
    """The nodes of a class, by the beginning of what a screen reader says."""
    labels = page.locator(f"#world .node.{kind}").evaluate_all(
        "all => all.map(n => n.getAttribute('aria-label'))"
    )
    return {label.split(", ")[0].split(" ", 1)[1] for label in labels}


def node(page: Any, label: str) -> Any:
    return page.locator(f'.node[aria-label*="{label}"]')


def test_all_is_drawn_and_listed(page: Any) -> None:
    assert page.locator("#world .node").count() == 7 and page.locator("#world .edge").count() == 7
    assert page.title() == "churn · data map"
    details = page.locator("#details").inner_text()
    for words in (
        "Notebooks without data (1)",
        "Feedback loops (1)",
        "Read, and made by no notebook (1)",
        "Computed paths (1)",
        "LEGEND",
    ):
        assert words in details
    boxes = page.locator("#world .shape").evaluate_all(
        "all => all.map(r => r.getBoundingClientRect()).map(r => [r.left, r.top, r.right, r.bottom])"
    )
    inside = page.locator("#drawing").bounding_box()
    for left, top, right, bottom in boxes:
        assert left >= inside["x"] and right <= inside["x"] + inside["width"]
        assert top >= inside["y"] and bottom <= inside["y"] + inside["height"], "all is shown at first"


def test_a_click_shows_what_depends_on_what(page: Any) -> None:
    node(page, "b.ipynb").click()
    assert marked(page, "at") == {"b.ipynb"}
    assert marked(page, "down") == {EVIL, "c.py", "a computed target", "load/a.ipynb", "out/x.csv"}
    assert marked(page, "up") == {"data/sales.csv"}, "what is both is told as downstream"
    details = page.locator("#details").inner_text()
    assert "✗ Restart & Run All gives other results" in details and "told" in details
    assert "cell [2] line 1" in details and "pandas.read_csv" in details
    page.mouse.click(5, 795)
    assert marked(page, "at") == set()


def test_details_lead_on(page: Any) -> None:
    node(page, "c.py").click()
    page.locator("#details").get_by_role("button", name=EVIL).click()
    details = page.locator("#details").inner_text()
    assert details.startswith(EVIL) and "readable by the 37 members" in details
    assert marked(page, "at") == {EVIL}
    assert page.locator("img").count() == 0


def test_find(page: Any) -> None:
    page.keyboard.press("/")
    page.keyboard.type("csv")
    assert page.locator("#hits").inner_text() == "3 hits"
    assert marked(page, "hit") == {"data/sales.csv", "out/x.csv", EVIL}
    page.keyboard.press("Enter")
    assert page.locator("#hits").inner_text() == "1 of 3" and len(marked(page, "at")) == 1
    page.keyboard.press("Shift+Enter")
    assert page.locator("#hits").inner_text() == "3 of 3"
    page.keyboard.press("Escape")
    assert page.input_value("#find") == "" and marked(page, "hit") == set()


def test_keys_follow_the_flow(page: Any) -> None:
    shown = json.loads(page.locator("#map").text_content())
    onward, back = ("ArrowDown", "ArrowUp") if shown["down"] else ("ArrowRight", "ArrowLeft")
    node(page, "data/sales.csv").click()
    page.keyboard.press(onward)
    assert marked(page, "at") == {"load/a.ipynb"}
    page.keyboard.press(onward)
    assert marked(page, "at") == {"out/x.csv"}
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("file out/x.csv")
    page.keyboard.press(back)
    assert marked(page, "at") == {"load/a.ipynb"}
    page.keyboard.press("Escape")
    assert marked(page, "at") == set() and page.evaluate("location.hash") == ""


def scale(page: Any) -> float:
    return float(page.locator("#world").evaluate("g => g.getCTM().a"))


def test_zoom_and_pan(page: Any) -> None:
    before = scale(page)
    page.keyboard.press("+")
    assert scale(page) > before
    page.mouse.move(400, 400)
    page.mouse.wheel(0, 400)
    page.wait_for_function("before => document.getElementById('world').getCTM().a < before", arg=before * 1.2)
    page.locator("#fit").click()
    assert scale(page) == pytest.approx(before)
    at = node(page, "b.ipynb").bounding_box()
    empty = page.locator("#drawing").bounding_box()
    page.mouse.move(empty["x"] + 8, empty["y"] + 8)
    page.mouse.down()
    page.mouse.move(empty["x"] + 108, empty["y"] + 58, steps=4)
    page.mouse.up()
    moved = node(page, "b.ipynb").bounding_box()
    assert (moved["x"] - at["x"], moved["y"] - at["y"]) == (
        pytest.approx(100, abs=1),
        pytest.approx(50, abs=1),
    )
    assert marked(page, "at") == set(), "a drag is no click"


def test_the_address_keeps_the_selection(page: Any) -> None:
    node(page, "out/x.csv").click()
    address = page.evaluate("location.href")
    assert address.endswith("#out%2Fx.csv")
    page.reload()
    assert marked(page, "at") == {"out/x.csv"}


def colours(page: Any) -> tuple[str, str]:
    return (
        page.evaluate("getComputedStyle(document.body).backgroundColor"),
        page.evaluate("getComputedStyle(document.querySelector('.node .shape')).fill"),
    )


def test_light_and_dark(page: Any) -> None:
    light = colours(page)
    page.keyboard.press("t")
    dark = colours(page)
    assert all(a != b for a, b in zip(light, dark, strict=True))
    page.emulate_media(color_scheme="dark")
    assert colours(page) == dark
    page.locator("#panel").click()
    assert not page.locator("#details").is_visible()


def test_a_loop_is_shown_whole(page: Any) -> None:
    page.get_by_role("button", name="a.ipynb → x.csv → b.ipynb").click()
    assert len(marked(page, "loop")) == 4
    assert page.locator("path.edge.loop").count() >= 4

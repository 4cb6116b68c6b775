"""What counts as showing the same, and how a difference is told."""

import base64
from io import BytesIO
from typing import Any

import pytest

from nbdebt.restart.outputs import contrast, look

Outputs = list[dict[str, Any]]


def printed(*texts: str, name: str = "stdout") -> Outputs:
    return [{"output_type": "stream", "name": name, "text": text} for text in texts]


def shown(text: str = "", **mimes: Any) -> Outputs:
    data = {mime.replace("_", "/", 1): value for mime, value in mimes.items()}
    return [{"output_type": "display_data", "data": {**({"text/plain": text} if text else {}), **data}}]


def raised(name: str, message: str) -> Outputs:
    return [{"output_type": "error", "ename": name, "evalue": message}]


def picture(shade: int, size: int = 40, dot: int = 0) -> str:
    image = pytest.importorskip("PIL.Image").new("RGB", (size, size), (shade, shade, shade))
    for n in range(dot):
        image.putpixel((n % size, n // size), (255, 0, 0))
    file = BytesIO()
    image.save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


PLOT = {"data": [{"x": [1, 2], "uid": "a"}], "layout": {"title": "t"}}
SAME: list[tuple[Outputs, Outputs]] = [
    ([], []),
    (printed("a\nb\n"), printed("a\n", "b\n")),
    (printed("0.30000000000000004\n"), printed("0.3\n")),
    (printed("a  b\n1  2\n"), printed("a b\n1 2\n")),
    (printed("x"), [*printed("warned", name="stderr"), *printed("x")]),
    (printed("  1%\r 50%\r100%\n"), printed("  0%\r100%\n")),
    (printed("\x1b[31mred\x1b[0m"), printed("red")),
    (printed("Wall time: 3 ms\n7\n"), printed("Wall time: 812 µs\n7\n")),
    (printed("1.2 ms ± 3 µs per loop (mean ± std. dev. of 7 runs)"), printed("9 ms ± 1 µs per loop")),
    (shown("<object at 0x7f0000aa11>"), shown("<object at 0x7f9999bb22>")),
    (shown("1.0", text_html="<b>1.0</b>"), shown("1.0", text_html="<i>1.0</i>")),
    (
        shown("<pandas.io.formats.style.Styler at 0x7f00aa>", text_html='<table id="T_0a1b2">1</table>'),
        shown("<pandas.io.formats.style.Styler at 0x7f00ab>", text_html='<table id="T_ffff2">1</table>'),
    ),
    (
        shown("Figure", **{"application_vnd.plotly.v1+json": PLOT}),
        shown("Figure", **{"application_vnd.plotly.v1+json": {**PLOT, "data": [{"x": [1, 2], "uid": "b"}]}}),
    ),
    (
        shown("100%", **{"application_vnd.jupyter.widget-view+json": {"model_id": "a"}}),
        shown("50%", **{"application_vnd.jupyter.widget-view+json": {"model_id": "b"}}),
    ),
    (raised("ValueError", "no"), raised("ValueError", "no")),
]
OTHER: list[tuple[Outputs, Outputs, str, str, str]] = [
    (printed("a\nb\n"), printed("a\nc\n"), "prints something else", "b", "c"),
    (printed("a\n"), printed("a\nb\n"), "prints more", "nothing", "b"),
    (printed("a\nb\n"), printed("a\n"), "prints less", "b", "nothing"),
    (printed("0.31"), printed("0.32"), "prints something else", "0.31", "0.32"),
    (shown("1"), shown("2"), "shows something else", "1", "2"),
    (shown("1"), [], "shows less", "1", "nothing"),
    ([], shown("1"), "shows more", "nothing", "1"),
    (shown("1"), raised("KeyError", "'a'"), "raises KeyError", "no error", "KeyError: 'a'"),
    (raised("KeyError", "'a'"), shown("1"), "raises nothing", "KeyError", "no error"),
    (
        raised("KeyError", "'a'"),
        raised("KeyError", "'b'"),
        "raises with another message",
        "KeyError: 'a'",
        "KeyError: 'b'",
    ),
    (
        shown("Figure", **{"application_vnd.plotly.v1+json": PLOT}),
        shown("Figure", **{"application_vnd.plotly.v1+json": {**PLOT, "data": [{"x": [1, 3]}]}}),
        "shows another chart",
        "Figure",
        "Figure",
    ),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_is_the_same(one: Outputs, other: Outputs) -> None:
    assert contrast(look(one), look(other)) is None
    assert contrast(look(other), look(one)) is None


@pytest.mark.parametrize(("one", "other", "what", "was", "now"), OTHER)
def test_what_is_not(one: Outputs, other: Outputs, what: str, was: str, now: str) -> None:
    assert contrast(look(one), look(other)) == (what, was, now)


def test_figures_are_compared_as_they_look() -> None:
    def figure(data: str) -> Outputs:
        return shown("<Figure size 640x480 with 1 Axes>", image_png=data)

    plain = look(figure(picture(200)))
    assert contrast(plain, look(figure(picture(201)))) is None
    assert contrast(plain, look(figure(picture(200, dot=10)))) is None
    assert contrast(plain, look(figure(picture(200, dot=200)))) is not None
    assert contrast(plain, look(figure(picture(200, size=60)))) is not None
    found = contrast(plain, look(figure(picture(20))))
    assert found is not None and found.what == "shows another figure"

"""The extension of Jupyter's server: a document is checked as `nbdebt check` would, for those who may ask."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jupyter_server")

from nbdebt.server import os_path
from tests.servers import ask, environment, serving

TOKEN = "open sesame"
WITH_TOKEN = {"Authorization": f"token {TOKEN}"}


def notebook(*sources: str) -> dict[str, Any]:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "outputs": [],
            "execution_count": number + 1,
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


DRAWS = notebook("import random", "x = random.random()", "open('data.csv').read()")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("root")
    (found / "sub").mkdir()
    (found / "sub" / "data.csv").write_text("1", encoding="utf-8")
    (found / "sub" / "nbdebt.toml").write_text('ignore = ["seeds"]\n', encoding="utf-8")
    (found / "broken").mkdir()
    (found / "broken" / "nbdebt.toml").write_text("ignore = 3\n", encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def server(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("server")
    (directory / "config.py").write_text(
        f"c.IdentityProvider.token = {TOKEN!r}\n"
        "c.ServerApp.jpserver_extensions = {'nbdebt.server': True}\n"
        "c.ServerApp.base_url = '/base/'\n",
        encoding="utf-8",
    )
    options = (f"--config={directory / 'config.py'}", f"--ServerApp.root_dir={place}")
    with serving("jupyter_server", *options, environ=environment(directory)) as url:
        yield f"{url}/base/nbdebt"


def check(server: str, path: str, document: Any = DRAWS) -> dict[str, Any]:
    found: dict[str, Any] = ask(f"{server}/check", "POST", {"path": path, "notebook": document}, **WITH_TOKEN)
    return found


def codes(report: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in report["findings"]]


def test_as_the_command_says_it(server: str, place: Path) -> None:
    (place / "a.ipynb").write_text(json.dumps(DRAWS), encoding="utf-8")
    words = [sys.executable, "-m", "nbdebt", "check", "--no-cache", "--output-format", "json"]
    said = json.loads(
        subprocess.run([*words, str(place / "a.ipynb")], capture_output=True, check=False).stdout
    )
    found = check(server, "a.ipynb")
    for report in (said, found):
        del report["summary"]["seconds"]
    assert found == said and "NBD201" in codes(found)


def test_the_configuration_is_that_of_the_notebook(server: str, place: Path) -> None:
    assert "NBD201" not in codes(check(server, "sub/a.ipynb"))
    (place / "sub" / "nbdebt.toml").write_text("", encoding="utf-8")
    assert "NBD201" in codes(check(server, "sub/a.ipynb")), "files change while a server runs"


def test_what_is_no_notebook_is_a_problem(server: str) -> None:
    (problem,) = check(server, "a.ipynb", {"cells": 3})["problems"]
    assert problem["kind"] == "malformed"


@pytest.mark.parametrize(
    ("address", "body", "headers", "status"),
    [
        ("check", {"path": "a.ipynb", "notebook": DRAWS}, {}, 403),
        ("explain/NBD201", None, {}, 403),
        ("explain/NBD999", None, WITH_TOKEN, 404),
        ("explain/..%2Fcheck", None, WITH_TOKEN, 404),
        ("check", {"path": "a.ipynb"}, WITH_TOKEN, 400),
        ("check", [], WITH_TOKEN, 400),
        ("check", {"path": "broken/a.ipynb", "notebook": DRAWS}, WITH_TOKEN, 422),
    ],
)
def test_refused(server: str, address: str, body: Any, headers: dict[str, str], status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"{server}/{address}", "POST" if body is not None else "GET", body, **headers)
    assert refused.value.code == status


def test_pages(server: str) -> None:
    request = urllib.request.Request(f"{server}/explain/nbd201", headers=WITH_TOKEN)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("text/markdown")
        assert answer.read().decode().startswith("# unseeded-draw (NBD201)\n")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("a.ipynb", "a.ipynb"),
        ("sub/a.ipynb", "sub/a.ipynb"),
        ("/sub/../a.ipynb", "a.ipynb"),
        ("RTC:sub/a.ipynb", "sub/a.ipynb"),
        ("../a.ipynb", None),
        ("sub/../../a.ipynb", None),
        ("//etc/passwd", "etc/passwd"),
        ("", None),
    ],
)
def test_a_path_stays_below_the_root(tmp_path: Path, path: str, wanted: str | None) -> None:
    root = tmp_path.resolve()
    assert os_path(path, str(root)) == (str(root / wanted) if wanted else "")
    assert os_path(path, "") == ""

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
from tests.report.wire import keeps
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


def asked(server: str, kind: str, path: str, document: Any, **given: Any) -> dict[str, Any]:
    """An answer, which is as a kernel's would be."""
    body = {"path": path, "notebook": document, **given}
    found: dict[str, Any] = ask(f"{server}/{kind}", "POST", body, **WITH_TOKEN)
    keeps("ask", body)
    keeps("answer", found)
    return found


def refusal(server: str, kind: str, path: str, document: Any, **given: Any) -> str:
    """Why something is not done."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        asked(server, kind, path, document, **given)
    assert refused.value.code == 422
    return str(json.load(refused.value)["message"])


def test_data_are_pinned_and_declared(server: str, place: Path) -> None:
    pytest.importorskip("tomlkit")
    project = place / "project"
    project.mkdir()
    (project / "nbdebt.toml").write_text("# mine\n", encoding="utf-8")
    (project / "in.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (project / "linked.csv").symlink_to("/etc/hostname")
    sources = (
        "open('in.csv').read()",
        "open('out.csv', 'w')",
        "open('linked.csv').read()",
        "open('/etc/hosts')",
    )
    document = notebook(*sources)

    def items() -> dict[str, Any]:
        found = asked(server, "data", "project/a.ipynb", document)["data"]["items"]
        return {item["name"]: item for item in found}

    before = items()
    pins = {name: item["pin"] for name, item in before.items()}
    assert pins == {"in.csv": "pin", "out.csv": "", "linked.csv": "", "/etc/hosts": ""}
    said = asked(server, "pin", "project/a.ipynb", document, key=before["in.csv"]["key"])["said"]
    assert said.startswith("`in.csv` pinned in `nbdebt.lock`")
    key, form = before["out.csv"]["key"], {"owner": "Ann", "consumers": "", "note": "n", "expires": ""}
    assert "declared in" in asked(server, "declare", "project/a.ipynb", document, key=key, **form)["said"]
    assert (project / "nbdebt.toml").read_text(encoding="utf-8").startswith("# mine\n")
    after = items()
    assert (
        after["in.csv"]["words"] == "pinned in nbdebt.lock" and after["out.csv"]["declared"]["owner"] == "Ann"
    )
    for name in ("linked.csv", "/etc/hosts"):
        why = refusal(server, "pin", "project/a.ipynb", document, key=before[name]["key"])
        assert "outside of what this server serves" in why
    assert "any more" in refusal(server, "pin", "project/a.ipynb", document, key="r00")
    assert "no file" in refusal(server, "data", "../a.ipynb", document)


def test_the_flow(server: str) -> None:
    document = notebook("x = open('data.csv').read()", "y = x")
    flow = asked(server, "flow", "a.ipynb", document)["flow"]
    assert [(node["kind"], node["cell"]) for node in flow["nodes"]] == [
        ("cell", "c0"),
        ("cell", "c1"),
        ("file", ""),
    ]
    assert {(edge["kind"], *edge["names"]) for edge in flow["edges"]} == {("both", "x"), ("outside",)}
    assert refusal(server, "flow", "a.ipynb", {"cells": 3})


def test_exports(server: str, place: Path) -> None:
    options = {
        "to": "script", "targets": [], "functions": False, "settings": True, "cli": "none",
        "config": "none", "name": "",
    }  # fmt: skip
    document = notebook("x = 1", "open('ran', 'w').close()", "print(x)")
    made = asked(server, "export", "a.ipynb", document, options=options)["export"]
    assert (made["state"], made["name"], list(made["files"])) == ("made", "a.py", ["a.py"])
    running = asked(server, "export", "a.ipynb", document, options=options, verify=True)["export"]
    while (found := asked_after(server, running["job"]))["state"] == "running":
        pass
    assert found["result"]["equal"] and found["result"]["summary"].endswith("the same when it runs again")
    assert not (place / "ran").exists() and not (place / "a.py").exists(), "it ran in a copy"
    refused = asked(server, "export", "a.ipynb", notebook("x = 1", "input()"), options=options)["export"]
    assert (refused["refused"]["cell"], refused["refused"]["line"]) == ("c1", 1)
    assert "no file" in refusal(server, "export", "../a.ipynb", document, options=options)


def asked_after(server: str, job: int) -> dict[str, Any]:
    """What is known of a verification."""
    answer: dict[str, Any] = ask(
        f"{server}/export-result", "POST", {"path": "a.ipynb", "job": job}, **WITH_TOKEN
    )
    return dict(answer["export"])


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
        ("data", {"path": "a.ipynb", "notebook": DRAWS}, {}, 403),
        ("pin", {"path": "a.ipynb", "notebook": DRAWS, "key": "r"}, {}, 403),
        ("export", {"path": "a.ipynb", "notebook": DRAWS, "verify": True}, {}, 403),
        ("export-result", {"path": "a.ipynb", "job": 1}, WITH_TOKEN, 422),
        ("declare", {"path": "a.ipynb", "notebook": DRAWS, "key": "w"}, {}, 403),
        ("check", {"path": "a.ipynb"}, WITH_TOKEN, 400),
        ("data", {"path": 3}, WITH_TOKEN, 400),
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

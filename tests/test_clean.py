"""``nbdebt clean``, the hook and the preprocessor take out what is ours, and every other byte stays."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from nbdebt.cli import cli
from nbdebt.live.presave import strip
from nbdebt.model.errors import NotebookError
from nbdebt.read.clean import MIME, clean_ipynb, is_ours, put_evidence, strip_cells

OURS: dict[str, Any] = {
    "output_type": "display_data",
    "data": {MIME: {"version": 1}, "text/html": ["<details>\n", "é</details>"], "text/plain": ["nbdebt: x"]},
    "metadata": {"nbdebt": {"inline": True}},
}
STREAM: dict[str, Any] = {"output_type": "stream", "name": "stdout", "text": [f"not {MIME}\n", "é\n"]}
RESULT: dict[str, Any] = {
    "output_type": "execute_result",
    "execution_count": 1,
    "data": {"text/plain": ["[1, 2]"]},
    "metadata": {},
}
FIGURE: dict[str, Any] = {"output_type": "display_data", "data": {"image/png": "iVBO\n"}, "metadata": {}}
FORMATS: dict[str, dict[str, Any]] = {
    "jupyter": {"indent": 1, "ensure_ascii": False},
    "ascii": {"indent": 2},
    "tabs": {"indent": "\t", "ensure_ascii": False},
    "minified": {"separators": (",", ":")},
    "spaced": {},
}
output = st.sampled_from([OURS, STREAM, RESULT, FIGURE])


def notebook(*outputs: list[dict[str, Any]], **metadata: Any) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": number + 1,
            "id": f"c{number}",
            "metadata": {},
            "outputs": copy.deepcopy(found),
            "source": ["x = 1\n", "x"],
        }
        for number, found in enumerate(outputs)
    ]
    cells.append({"cell_type": "markdown", "id": "m", "metadata": {}, "source": f"about {MIME}"})
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def written(document: dict[str, Any], style: str) -> bytes:
    return json.dumps(document, **FORMATS[style]).encode() + b"\n"


def stripped(document: dict[str, Any]) -> dict[str, Any]:
    wanted = copy.deepcopy(document)
    for cell in wanted["cells"]:
        if "outputs" in cell:
            cell["outputs"] = [one for one in cell["outputs"] if one not in (OURS,)]
    return wanted


@pytest.mark.parametrize(
    ("found", "is_one"),
    [
        (OURS, True),
        ({**OURS, "data": {"text/plain": "x"}}, True),
        ({**OURS, "metadata": {}}, True),
        ({**OURS, "data": {"text/plain": "x"}, "metadata": {"nbdebt": {"inline": "yes"}}}, False),
        ({**OURS, "data": {"text/plain": "x"}, "metadata": {"nbdebt": "inline"}}, False),
        ({**OURS, "output_type": "execute_result"}, False),
        ({**OURS, "data": None, "metadata": None}, False),
        (STREAM, False),
        (FIGURE, False),
        (None, False),
    ],
)
def test_what_is_ours(found: object, is_one: bool) -> None:
    assert is_ours(found) is is_one


@given(st.lists(st.lists(output, max_size=5), max_size=4), st.sampled_from(sorted(FORMATS)))
def test_a_file_is_as_if_we_had_never_been_there(outputs: list[list[dict[str, Any]]], style: str) -> None:
    document = notebook(*outputs)
    count = sum(found.count(OURS) for found in outputs)
    before = written(document, style)
    after, taken = clean_ipynb(before, "a.ipynb")
    assert taken == count
    assert after == written(stripped(document), style)
    assert clean_ipynb(after, "a.ipynb") == (after, 0)
    in_memory = copy.deepcopy(document)
    assert strip_cells(in_memory["cells"]) == count
    assert in_memory == stripped(document)


def test_odd_json_is_kept() -> None:
    data = written(notebook([STREAM, OURS, {**FIGURE, "metadata": {"width": float("nan")}}]), "spaced")
    after, taken = clean_ipynb(data, "a.ipynb")
    assert taken == 1 and b"NaN" in after and json.loads(after)


@pytest.mark.parametrize("style", FORMATS)
@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": {"name": "python3", "display_name": "P"}},
        {"nbdebt": {}},
        {"nbdebt": {"ignore": ["seeds"]}, "z": 1},
        {"a": 1, "nbdebt": {"evidence": {"old": [1, 2]}}},
        {"nbdebt": {"evidence": 1, "ignore": True}},
    ],
    ids=str,
)
def test_evidence_goes_in_and_out(style: str, metadata: dict[str, Any]) -> None:
    evidence = {"version": 1, "runs": [{"cell_id": "é"}, {}], "empty": {}}
    document = notebook([STREAM, OURS], **metadata)
    data = written(document, style)
    put = put_evidence(data, "a.ipynb", evidence)
    wanted = copy.deepcopy(document)
    wanted["metadata"].setdefault("nbdebt", {})["evidence"] = evidence
    assert json.loads(put) == wanted
    assert put_evidence(put, "a.ipynb", evidence) == put
    nbformat.validate(json.loads(put))
    if "evidence" not in metadata.get("nbdebt", {}):
        assert put == written(wanted, style)
    without, _ = clean_ipynb(put, "a.ipynb", evidence=True)
    wanted = stripped(document)
    wanted["metadata"].get("nbdebt", {}).pop("evidence", None)
    if not wanted["metadata"].get("nbdebt", True):
        del wanted["metadata"]["nbdebt"]
    assert json.loads(without) == wanted


@pytest.mark.parametrize("metadata", [{"nbdebt": 3}, {"nbdebt": ["evidence"]}])
def test_evidence_replaces_nothing_of_others(metadata: dict[str, Any]) -> None:
    with pytest.raises(NotebookError):
        put_evidence(written(notebook([], **metadata), "jupyter"), "a.ipynb", {})


# The command


def run(*words: str, data: bytes = b"") -> Result:
    return CliRunner().invoke(cli, ["clean", *words], input=data)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.ipynb").write_bytes(written(notebook([STREAM, OURS], [OURS]), "jupyter"))
    (tmp_path / "b.ipynb").write_bytes(written(notebook([STREAM]), "tabs"))
    (tmp_path / "c.py").write_text(f"# %%\nx = '{MIME}'\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_are_cleaned(place: Path) -> None:
    others = (place / "b.ipynb").read_bytes()
    done = run(".", "c.py")
    assert (done.exit_code, done.stdout) == (0, "deep/a.ipynb: 2 taken out\n")
    assert done.stderr == "nbdebt: 2 things taken out of 1 notebook\n"
    assert (place / "deep" / "a.ipynb").read_bytes() == written(notebook([STREAM], []), "jupyter")
    assert (place / "b.ipynb").read_bytes() == others
    assert MIME in (place / "c.py").read_text(encoding="utf-8")
    assert run("--check").exit_code == 0


def test_check_and_diff_write_nothing(place: Path) -> None:
    before = (place / "deep" / "a.ipynb").read_bytes()
    checked, shown = run("--check"), run("--diff")
    assert (checked.exit_code, shown.exit_code) == (1, 1)
    assert checked.stdout == "deep/a.ipynb: 2 to take out\n"
    assert f'-      "{MIME}": {{' in shown.stdout and "+++ deep/a.ipynb (cleaned)" in shown.stdout
    assert (place / "deep" / "a.ipynb").read_bytes() == before


def test_what_cannot_be_read_is_said_and_the_others_are_cleaned(place: Path) -> None:
    (place / "0.ipynb").write_text(f'{{"cells": "{MIME}', encoding="utf-8")
    done = run(".", "nowhere.ipynb", "--quiet")
    assert done.exit_code == 2
    assert "0.ipynb: is not the JSON of a notebook" in done.stderr
    assert "nowhere.ipynb" in done.stderr
    assert (place / "deep" / "a.ipynb").read_bytes() == written(notebook([STREAM], []), "jupyter")


def test_standard_input_becomes_standard_output() -> None:
    data = written(notebook([OURS], nbdebt={"evidence": {}}), "jupyter")
    assert run("-", data=data).stdout_bytes == written(notebook([], nbdebt={"evidence": {}}), "jupyter")
    assert run("-", "--evidence", data=data).stdout_bytes == written(notebook([]), "jupyter")
    assert run("-", "--check", data=data).exit_code == 1


# What others call


def test_the_hook_strips_notebooks_and_nothing_else() -> None:
    document = notebook([STREAM, OURS])
    strip(model={"type": "notebook", "content": document}, path="a.ipynb", contents_manager=None)
    assert document == notebook([STREAM])
    for model in (None, {}, {"type": "file", "content": "x"}, {"type": "notebook", "content": None}):
        strip(model=model, path="a", contents_manager=None)


def test_the_hook_loads_no_kernel() -> None:
    code = "import sys, nbdebt.live.presave; print({'IPython', 'pandas', 'click'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_server_calls_the_hook_by_its_name(tmp_path: Path) -> None:
    manager = pytest.importorskip("jupyter_server.services.contents.filemanager")
    config = pytest.importorskip("traitlets.config").Config()
    config.FileContentsManager.pre_save_hook = "nbdebt.live.presave.strip"
    contents = manager.FileContentsManager(root_dir=str(tmp_path), config=config)
    contents.save({"type": "notebook", "format": "json", "content": notebook([OURS, STREAM])}, "a.ipynb")
    saved = json.loads((tmp_path / "a.ipynb").read_bytes())
    assert [one["output_type"] for one in saved["cells"][0]["outputs"]] == ["stream"]


def test_the_preprocessor_is_found_by_its_name() -> None:
    exporters = pytest.importorskip("nbconvert.exporters")
    node = nbformat.from_dict(notebook([STREAM, OURS]))
    text, _ = exporters.NotebookExporter(
        preprocessors=["nbdebt.nbconvert.StripPreprocessor"]
    ).from_notebook_node(node)
    assert not clean_ipynb(text.encode(), "a.ipynb")[1] and "é" in text

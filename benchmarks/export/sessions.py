"""What sessions gave: the notebooks of the tests, run in real kernels, as front ends run and save them."""

import ast
import json
from pathlib import Path
from typing import Any

import msgspec
import nbformat

from tests.export.notebooks import Play
from tests.live.kernels import Answer, Kernel

# Said by IPython, not by the notebook.
_NOT_ITS = ("Writing ", "Overwriting ", "The slowest run", "CPU times", "Wall time", "env: ", "/", "<Figure")
# Names that hold what lives in a kernel only, or times that were taken.
_NOT_PLAIN = {
    "In",
    "Out",
    "exit",
    "quit",
    "get_ipython",
    "open",
    "display",
    "best",
    "kept",
    "task",
    "queue",
    "bars",
}
_NOT_PLAIN |= {"figure", "axes"}
_PROBE = """
import json as _json
from tests.export.probe import names as _names
_held = _json.dumps(_names(dict(globals())))
"""
_EXPORT = """
import nbdebt as _nbdebt
try:
    _script = _nbdebt.export(get_ipython()._nbdebt_session, faithful={faithful})
    open({path!r}, "w").write(_script.text)
    _told = [_script.verify().equal, ""]
except _nbdebt.ExportRefused as _error:
    _told = [False, str(_error)]
_told = __import__("json").dumps(_told)
"""


class Session(msgspec.Struct):
    """What a notebook gave in its session.

    Args:
        name: what kind of notebook it is.
        folder: where it ran; what it wrote is there.
        saved: the notebook file, as it was saved at the end.
        values: its names at the end, in words.
        lines: what it printed and displayed, in the order of the runs.
        files: what it wrote.
        told: of our exports: whether the script says of itself that it is equal, or why it was refused.
    """

    name: str
    folder: Path
    saved: Path
    values: dict[str, Any]
    lines: list[str]
    files: list[str]
    told: dict[str, tuple[bool, str]]


def lines_of(text: str) -> list[str]:
    """Lines that count."""
    return [
        line.rstrip()
        for line in text.splitlines()
        if line.strip() and " per loop " not in line and not line.startswith(_NOT_ITS)
    ]


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Names whose values can be compared."""
    return {name: value for name, value in values.items() if name not in _NOT_PLAIN}


def played(name: str, notebook: Play, folder: Path) -> Session:
    """Run a notebook in a kernel with nbdebt, export it, and save it.

    Raises:
        RuntimeError: a cell failed.
    """
    work = folder / "work"
    work.mkdir(parents=True)
    kernel = Kernel(work)
    ran: dict[str, tuple[int, list[Answer]]] = {}
    told: dict[str, tuple[bool, str]] = {}
    lines: list[str] = []
    try:
        kernel.load()
        document = [(cell, notebook.cells[cell]) for cell in notebook.document]
        _silently(kernel, f"get_ipython()._nbdebt_session.set_document({document!r})")
        for cell in notebook.order:
            answer = kernel.run(notebook.cells[cell], cell)
            if answer.reply["status"] != "ok":
                raise RuntimeError(f"{name}: {cell}: {answer.reply}")
            ran[cell] = answer.reply["execution_count"], [answer]
            lines += lines_of("\n".join([answer.text(), *answer.results()]))
        _silently(kernel, _PROBE)
        values = json.loads(ast.literal_eval(kernel.ask("_held")))
        files = sorted(p.name for p in work.iterdir() if p.is_file())
        for way in ("live", "faithful"):
            path = folder / f"{way}.py"
            _silently(kernel, _EXPORT.format(faithful=way == "faithful", path=str(path)))
            equal, why = json.loads(ast.literal_eval(kernel.ask("_told")))
            told[way] = equal, why
    finally:
        kernel.close()
    saved = folder / "notebook.ipynb"
    nbformat.write(_saved(notebook, ran), saved)
    return Session(name, work, saved, plain(values), lines, files, told)


def _silently(kernel: Kernel, code: str) -> None:
    answer = kernel.run(code, silent=True, store_history=False)
    if answer.reply["status"] != "ok":
        raise RuntimeError("\n".join(answer.reply["traceback"]))


def _saved(notebook: Play, ran: dict[str, tuple[int, list[Answer]]]) -> Any:
    cells = []
    for number, name in enumerate(notebook.document):
        cell = nbformat.v4.new_code_cell(notebook.cells[name], id=f"cell-{number}")
        if name in ran:
            cell.execution_count, answers = ran[name]
            cell.outputs = [
                nbformat.v4.output_from_msg({"header": {"msg_type": kind}, "content": content})
                for answer in answers
                for kind, content in answer.messages
                if kind in ("stream", "display_data", "execute_result", "error")
                and "application/vnd.nbdebt+json" not in content.get("data", ())
            ]
        cells.append(cell)
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": spec, "language_info": {"name": "python"}}
    )

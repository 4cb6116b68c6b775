"""Build ``example_notebooks/*.ipynb`` from ``tools/examples/*.py`` by running them in a real kernel.

``python tools/build_examples.py [NAME ...]`` builds all, or those named.

A source is a script in percent form with a header and one block a cell::

    # run: load fit@first tune fit
    # %% [markdown] intro
    # # A title
    # %% load
    df = pd.read_csv("data/x.csv")
    # %% fit@first
    ...            what the cell `fit` held at an earlier time
    # %% fit tags=raises-exception
    ...            what it holds in the saved notebook
    # %% scratch deleted
    ...            a cell that was run and then deleted

Words after ``run:`` are cell ids in the order in which they were run; it may take several lines. A cell with
``tags=fails`` may fail, and loses the tag. ``# after: NAME`` runs another example in that directory first,
and ``# leaves: PATH`` names a file outside the directory of the notebooks that a run leaves behind and the
build takes away again. Lines of IPython syntax are written as comments (``# %pip install x``, ``# !ls``), as
jupytext does.

The kernel has no network and a home directory of its own, so that a build gives the same on every machine but
for what the notebooks draw without a seed. Files that the notebooks write stay in a scratch copy.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import nbformat as untyped_nbformat
from nbclient import NotebookClient

nbformat: Any = untyped_nbformat
v4: Any = untyped_nbformat.v4

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "tools" / "examples"
TARGET = ROOT / "example_notebooks"
LARGEST = 60_000
"""Bytes that an example may have: they are read by people, and cloned by everyone."""

_BLOCK = re.compile(r"# %% (?P<markdown>\[markdown\] )?(?P<id>[\w-]+)(?:@(?P<version>\w+))?(?P<options>.*)")
_MAGIC = re.compile(r"# (?=[%!]\w)")


class Block(msgspec.Struct):
    """One block of a source: a cell, or what a cell held at an earlier time."""

    id: str
    markdown: bool
    version: str
    deleted: bool
    tags: list[str]
    source: str


class Example(msgspec.Struct):
    """A source, read: its blocks, the order of the runs, what runs before, what is taken away."""

    blocks: list[Block]
    runs: list[str]
    after: list[str]
    leaves: list[str]


def read_example(name: str) -> Example:
    """Read the source of an example.

    Raises:
        ValueError: a run names no block, or a block is not well formed.
    """
    text = (SOURCES / f"{name}.py").read_text("utf-8")
    header, *parts = re.split(r"^(?=# %% )", text, flags=re.MULTILINE)
    said = {
        key: re.findall(rf"^# {key}: *(.+?) *$", header, re.MULTILINE) for key in ("run", "after", "leaves")
    }
    runs = [word for line in said["run"] for word in line.split()]
    blocks = [_block(part) for part in parts]
    known = {_key(block) for block in blocks if not block.markdown}
    if unknown := sorted(set(runs) - known):
        raise ValueError(f"{name}: runs name no cell: {', '.join(unknown)}")
    return Example(blocks, runs, said["after"], said["leaves"])


def build(name: str) -> Path:
    """Run one example and save it; return the notebook's path.

    Raises:
        ValueError: the source is wrong, a cell failed that isn't tagged, or the notebook is too large.
    """
    example = read_example(name)
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch, "project")
        shutil.copytree(TARGET, directory, ignore=shutil.ignore_patterns("*.ipynb"))
        for earlier in example.after:
            _run(earlier, read_example(earlier), directory)
        cells = _run(name, example, directory)
    document = v4.new_notebook(
        cells=[_as_saved(b, cells, example.runs) for b in example.blocks if _is_shown(b)]
    )
    document.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
    }
    document.nbformat_minor = 5
    nbformat.validate(document)
    text = nbformat.writes(document) + "\n"
    if len(text) > LARGEST:
        raise ValueError(f"{name}: {len(text)} bytes are more than {LARGEST}: save less output")
    path = TARGET / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _block(part: str) -> Block:
    head, _, body = part.partition("\n")
    match = _BLOCK.fullmatch(head.rstrip())
    if match is None:
        raise ValueError(f"not a block: {head!r}")
    options = match["options"].split()
    tags = [tag for word in options if word.startswith("tags=") for tag in word[5:].split(",")]
    lines = body.strip("\n").split("\n")
    if match["markdown"]:
        source = "\n".join(re.sub(r"^# ?", "", line) for line in lines)
    else:
        source = "\n".join(_MAGIC.sub("", line, count=1) if line.startswith("# ") else line for line in lines)
    return Block(
        match["id"], bool(match["markdown"]), match["version"] or "", "deleted" in options, tags, source
    )


def _key(block: Block) -> str:
    return f"{block.id}@{block.version}" if block.version else block.id


def _is_shown(block: Block) -> bool:
    return not block.deleted and not block.version


def _cell(block: Block) -> Any:
    make = v4.new_markdown_cell if block.markdown else v4.new_code_cell
    cell = make(block.source, id=_key(block).replace("@", "-"))
    if block.tags:
        cell.metadata["tags"] = block.tags
    return cell


def _as_saved(block: Block, cells: dict[str, Any], runs: list[str]) -> Any:
    """The cell as saved: its source now, with count and outputs of its last run, whatever it held then."""
    cell = cells[_key(block)]
    last = next((run for run in reversed(runs) if run.partition("@")[0] == block.id), None)
    if last is not None and "@" in last:
        cell.execution_count, cell.outputs = cells[last].execution_count, cells[last].outputs
    return cell


def _run(name: str, example: Example, directory: Path) -> dict[str, Any]:
    """The cells of an example by key, after its runs in a fresh kernel."""
    cells = {_key(block): _cell(block) for block in example.blocks}
    here = (directory / name).parent
    here.mkdir(exist_ok=True)
    home = directory.parent / "home"
    home.mkdir(exist_ok=True)
    # Nothing listens there: what asks the network is refused at once.
    nowhere = "http://127.0.0.1:9"
    env = os.environ | {
        "HOME": str(home),
        "PYTHONHASHSEED": "0",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PYTHONWARNINGS": "ignore",
        "http_proxy": nowhere,
        "https_proxy": nowhere,
    }
    client = NotebookClient(
        v4.new_notebook(cells=list(cells.values())),
        timeout=120,
        kernel_name="python3",
        allow_errors=True,
        record_timing=False,
        resources={"metadata": {"path": str(here)}},
    )
    client.reset_execution_trackers()
    places = {key: index for index, key in enumerate(cells)}
    with client.setup_kernel(env=env):
        for key in example.runs:
            cell = cells[key]
            client.execute_cell(cell, places[key])
            cell.outputs = _steady(cell.outputs)
            failed = [output.evalue for output in cell.outputs if output.output_type == "error"]
            if failed and not {"raises-exception", "fails"} & set(cell.metadata.get("tags", [])):
                raise ValueError(f"{name}: cell {cell.id} failed: {failed[0]}")
    for cell in cells.values():
        if cell.metadata.get("tags") == ["fails"]:
            del cell.metadata["tags"]
    for leaf in example.leaves:
        Path(leaf).unlink(missing_ok=True)
    return cells


def _steady(outputs: list[Any]) -> list[Any]:
    """Outputs without what differs from one machine or run to the next: pieces of a stream, directories."""
    steady: list[Any] = []
    for output in outputs:
        last = steady[-1] if steady else None
        if last is not None and output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
            continue
        if output.output_type == "error":
            output.traceback = [re.sub(r"/\S*/(?=\w+\.py)", "", line) for line in output.traceback]
        steady.append(output)
    return steady


def _names() -> Iterator[str]:
    for path in sorted(SOURCES.rglob("*.py")):
        yield path.relative_to(SOURCES).with_suffix("").as_posix()


def main(arguments: list[str]) -> int:
    """Build the examples named, or all."""
    for name in arguments or list(_names()):
        path = build(name)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

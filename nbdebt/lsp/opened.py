"""A notebook as an editor has it, as the bytes that a check reads: unsaved cells, scripts, or raw JSON."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import msgspec
from lsprotocol import types
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec

from nbdebt.lsp.texts import Texts, lines_of, position, whole_line
from nbdebt.model.errors import NotebookError
from nbdebt.model.history import Span
from nbdebt.read import is_ipynb
from nbdebt.read.edit_script import place_in_script
from nbdebt.read.percent import Script, blocks, encoding_of, is_script_notebook
from nbdebt.read.spans import SourceMap

Kind = Literal["cells", "script", "json"]
Output = msgspec.Raw
_PYTHON = frozenset(("python", "ipython", ""))


class Part(msgspec.Struct):
    """One text document of the editor: a cell, or the whole.

    Args:
        uri: as the editor names it.
        version: as the editor counts it; None where it doesn't say.
        text: as it is on the screen.
    """

    uri: str
    version: int | None
    text: str


class Opened(msgspec.Struct):
    """A notebook that is open in the editor.

    Args:
        uri: of the notebook, or of the only text.
        path: where it lies, or would; ``<notebook>`` where that is nowhere.
        kind: cells that the editor knows as such, a script, or a notebook's JSON.
        data: what a check reads.
        parts: its texts; of a notebook all cells in order.
    """

    uri: str
    path: str
    kind: Kind
    data: bytes
    parts: tuple[Part, ...]

    def place(self, cell: int | None, span: Span | None, codec: PositionCodec) -> tuple[Part, types.Range]:
        """Where in which text a finding is; the first line for one about the whole notebook."""
        if self.kind == "cells":
            part = self.parts[cell if cell is not None and cell < len(self.parts) else 0]
            lines = lines_of(part.text)
            if cell is None or span is None:
                return part, whole_line(lines, 0, codec)
            start = position(lines, span.line - 1, span.column - 1, codec)
            return part, types.Range(start, position(lines, span.end_line - 1, span.end_column - 1, codec))
        (part,) = self.parts
        lines = lines_of(part.text)
        if cell is None:
            return part, whole_line(lines, 0, codec)
        if self.kind == "json":
            line = SourceMap(self.data, self.path).line(cell, span.line if span else 1)
            return part, whole_line(lines, line - 1, codec)
        script = blocks("\n".join(lines))
        if cell >= len(script.blocks) or span is None:
            first = script.blocks[cell].first if cell < len(script.blocks) else 0
            return part, whole_line(lines, first, codec)
        start = _in_script(script, lines, cell, span.line, span.column, codec)
        return part, types.Range(
            start, _in_script(script, lines, cell, span.end_line, span.end_column, codec)
        )


def _in_script(
    script: Script, lines: list[str], cell: int, line: int, column: int, codec: PositionCodec
) -> types.Position:
    return position(lines, *place_in_script(lines, script.blocks[cell], line, column), codec)


def path_of(uri: str) -> str:
    """The path that an address names; ``<notebook>`` for what is no file."""
    found = to_fs_path(uri) if uri.startswith("file:") else None
    return found or "<notebook>"


def open_text(texts: Texts, uri: str) -> Opened | None:
    """A text document as a notebook; None where it is none: other Python is none of our business.

    Args:
        texts: all that is open.
        uri: of the text.
    """
    document = texts.text_documents.get(unquote(uri))
    if document is None:
        return None
    text = sound(document.source)
    part = Part(uri, document.version, text)
    path = path_of(uri)
    looks_like_json = text.lstrip("\ufeff \t\r\n")[:1] in ("{", "")
    if path.endswith(".ipynb") and not looks_like_json:
        # An editor that shows notebooks as scripts.
        path = path.removesuffix(".ipynb") + ".py"
    data = _encoded(text)
    if is_ipynb(data, path):
        return Opened(uri, path, "json", data, (part,)) if path.endswith(".ipynb") else None
    if not is_script_notebook("\n".join(lines_of(text))):
        return None
    return Opened(uri, path, "script", data, (part,))


def sound(text: str) -> str:
    """A text that can be encoded: halves of characters become U+FFFD, which takes the same room."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _encoded(text: str) -> bytes:
    """The bytes that a script would have when it is saved: its own encoding, where it names one."""
    data = text.encode()
    try:
        return text.encode(encoding_of(data).replace("-sig", ""))
    except (SyntaxError, UnicodeError, LookupError):
        return data


class OnDisk:
    """What a saved notebook says that editors don't send: outputs of cells, nbformat, metadata."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[tuple[int, int], _Saved]] = {}

    def of(self, path: str) -> "_Saved":
        """What is saved at a path; nothing where there is no such notebook."""
        try:
            stat = os.stat(path)
            stamp = (stat.st_mtime_ns, stat.st_size)
            found = self._read.get(path)
            if found is None or found[0] != stamp:
                found = self._read[path] = (stamp, _saved.decode(Path(path).read_bytes()))
        except (OSError, ValueError, msgspec.MsgspecError):
            return _Saved()
        return found[1]

    def forget(self, path: str) -> None:
        """It was closed."""
        self._read.pop(path, None)


class _SavedCell(msgspec.Struct, gc=False):
    cell_type: str = ""
    id: str = ""
    source: str | list[str] = ""
    execution_count: int | None = None
    outputs: Output = Output(b"[]")


class _Saved(msgspec.Struct, gc=False):
    cells: list[_SavedCell] = []
    metadata: Output = Output(b"{}")


_saved = msgspec.json.Decoder(_Saved)


def open_notebook(texts: Texts, uri: str, disk: OnDisk) -> Opened | None:
    """A notebook whose cells the editor knows; None where there is no such.

    Outputs are those of the file, for cells that are as they are there; of others nothing is known.

    Args:
        texts: all that is open.
        uri: of the notebook.
        disk: what is saved.
    """
    notebook = texts.get_notebook_document(notebook_uri=uri)
    if notebook is None:
        return None
    path = path_of(uri)
    saved = disk.of(path)
    known: dict[tuple[str, int | None], Output] = {
        (_joined(c.source), c.execution_count): c.outputs for c in saved.cells if c.execution_count
    }
    taken: set[str] = set()
    parts: list[Part] = []
    cells: list[dict[str, Any]] = []
    for index, cell in enumerate(notebook.cells):
        document = texts.text_documents.get(unquote(cell.document))
        text = sound(document.source) if document is not None else ""
        language = (document.language_id or "") if document is not None else ""
        parts.append(Part(cell.document, document.version if document is not None else None, text))
        own = _plain(cell.metadata)
        metadata = _inner(own)
        source = "\n".join(lines_of(text))
        saved_id = saved.cells[index].id if index < len(saved.cells) else ""
        name = _id(own) or saved_id
        # Where there are none, names are what a reader makes them; fixes find cells again by theirs.
        while not name or name in taken:
            name = f"cell-{index}" if not name else f"{name}-{index}"
        taken.add(name)
        made: dict[str, Any] = {"cell_type": "markdown", "id": name, "metadata": metadata, "source": source}
        if cell.kind == types.NotebookCellKind.Code:
            summary = cell.execution_summary
            count = summary.execution_order if summary is not None else None
            outputs = known.get((source, count), Output(b"[]"))
            # Cells of another language (SQL in VS Code) are nothing that Python could be read from.
            kind = "code" if language.lower() in _PYTHON else "raw"
            made |= {"cell_type": kind, "execution_count": count, "outputs": outputs}
        cells.append(made)
    told = _inner(_plain(notebook.metadata))
    document_metadata = told if told else saved.metadata
    found = {"nbformat": 4, "nbformat_minor": 5, "metadata": document_metadata, "cells": cells}
    # However it is called: what comes in cells is a notebook.
    place = path if path.endswith(".ipynb") or path == "<notebook>" else f"{path}.ipynb"
    return Opened(uri, place, "cells", msgspec.json.encode(found), tuple(parts)) if parts else None


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _plain(found: Any) -> dict[str, Any]:
    """Metadata as the protocol gives it, as JSON has it."""
    return sound_json(found) if isinstance(found, Mapping) else {}


def sound_json(found: Any) -> Any:
    """A value of JSON whose texts can be encoded."""
    if isinstance(found, Mapping):
        return {sound(str(key)): sound_json(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [sound_json(value) for value in found]
    return sound(found) if isinstance(found, str) else found


def _inner(metadata: dict[str, Any]) -> dict[str, Any]:
    """The notebook's metadata within the editor's: in ``metadata``, earlier in ``custom`` (VS Code)."""
    custom = metadata.get("custom")
    outer = custom if isinstance(custom, dict) else metadata
    inner = outer.get("metadata")
    return inner if isinstance(inner, dict) else {k: v for k, v in outer.items() if k != "id"}


def _id(metadata: dict[str, Any]) -> str:
    custom = metadata.get("custom")
    found = (custom if isinstance(custom, dict) else metadata).get("id", "")
    return found if isinstance(found, str) else ""


def sources(data: bytes) -> list[tuple[str, str]]:
    """The id and the source of each cell of a notebook's bytes.

    Raises:
        NotebookError: they are no notebook.
    """
    try:
        return [(cell.id, _joined(cell.source)) for cell in _saved.decode(data).cells]
    except msgspec.MsgspecError as error:
        raise NotebookError("<notebook>", str(error)) from None

"""What is wrong with a notebook file, and whether it matters.

The fast reader comes here with a file that is not what it expects. Either this module says what is wrong so
that a person can act on it, or it gives the notebook back in the shape of nbformat 4, with what does not
matter (a wrong type in metadata, in an output) left out, and older formats translated.

Sources: the schemas that nbformat publishes for versions 2, 3 and 4, and its ``v4/convert.py``.
"""

import json
import re
from typing import Any

import msgspec

from nbdebt.model.errors import NotebookError

_CONFLICT = re.compile(rb"^(?:<{7}|>{7}|\|{7}) ", re.MULTILINE)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_V3_MIMES = {
    "text": "text/plain",
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript",
    "pdf": "application/pdf",
}
_V3_OUTPUTS = {"pyout": "execute_result", "pyerr": "error"}
_BEGINNINGS = (
    (
        b"version https://git-lfs",
        "is a Git LFS pointer, not the notebook itself: fetch it with `git lfs pull`",
    ),
    (b"/annex/objects/", "is a git-annex pointer, not the notebook itself: fetch it with `git annex get`"),
    (b"\xff\xfe", "is UTF-16 text: save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16 text: save it as UTF-8"),
    (b"\x1f\x8b", "is compressed with gzip"),
    (b"PK\x03\x04", "is a zip archive"),
    (b"<", "is an HTML or XML page, not a notebook (perhaps the page around a download)"),
)


def repaired(data: bytes, path: str) -> bytes:
    """Give the notebook in ``data`` back as JSON that the typed decoder takes.

    Raises:
        NotebookError: it is no notebook, or a part that matters is malformed.
    """
    document = _loaded(data, path)
    if not isinstance(document, dict):
        raise NotebookError(path, f"is JSON, but not a notebook: it holds {_a(document)}, not an object")
    major, minor = _integer(document.get("nbformat")), _integer(document.get("nbformat_minor")) or 0
    if major is None and "nbformat" in document:
        raise NotebookError(path, f"has {_a(document['nbformat'])} for its format version", "nbformat")
    if major == 1 or (major is not None and major < 1):
        raise NotebookError(
            path, f"is in notebook format {major}, too old to read: convert it with Jupyter", "nbformat"
        )
    metadata = document.get("metadata")
    if "cells" not in document and isinstance(document.get("worksheets"), list):
        cells = _worksheets(document["worksheets"], path)
    elif "cells" not in document:
        raise NotebookError(path, "is JSON, but not a notebook: it has no cells")
    else:
        cells = [
            _cell(cell, f"cells[{index}]", path)
            for index, cell in enumerate(_list(document["cells"], "cells", path))
        ]
    clean = {
        "cells": cells,
        "nbformat": 4 if major is None else major,
        "nbformat_minor": minor,
        "metadata": _metadata(metadata),
    }
    return msgspec.json.encode(clean)


def _loaded(data: bytes, path: str) -> Any:
    if not data.strip():
        raise NotebookError(path, "is empty")
    for beginning, reason in _BEGINNINGS:
        if data.startswith(beginning):
            raise NotebookError(path, reason)
    if b"\0" in data[:64]:
        raise NotebookError(
            path, "is UTF-16 text: save it as UTF-8" if data[1:2] == b"\0" else "is binary data"
        )
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotebookError(
            path, f"is not UTF-8 text: byte 0x{data[error.start]:02x} at offset {error.start}", f"line {line}"
        ) from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if found := _CONFLICT.search(data):
            line = data.count(b"\n", 0, found.start()) + 1
            raise NotebookError(
                path, "has merge conflict markers: resolve the conflict first", f"line {line}"
            ) from None
        where = f"line {error.lineno} column {error.colno}"
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            raise NotebookError(path, "is cut off: the JSON ends before the notebook does", where) from None
        raise NotebookError(
            path, f"is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}", where
        ) from None
    except RecursionError:
        raise NotebookError(path, "is nested too deeply to be a notebook") from None
    except ValueError:  # Python converts no integer of more than 4300 digits
        raise NotebookError(path, "holds a number of too many digits to read") from None


def _a(value: object) -> str:
    """What kind of JSON ``value`` is, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"


def _list(value: object, where: str, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise NotebookError(path, f"is not a notebook: its cells are {_a(value)}, not a list", where)
    return value


def _integer(value: object) -> int | None:
    """A count as people and programs write it: 3, 3.0, ``"3"``; None for all else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and abs(value) < 1 << 53 else None


def _string(value: object) -> str:
    return _sound(value) if isinstance(value, str) else ""


def _sound(text: str) -> str:
    """Text that can be encoded: lone surrogates, which JSON can escape, become replacement characters."""
    return _LONE_SURROGATE.sub("\ufffd", text) if not text.isascii() else text


def _joined(value: object) -> str | None:
    if isinstance(value, str):
        return _sound(value)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return _sound("".join(value))
    return None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _plain(value: object) -> dict[str, Any]:
    """A JSON object as it is, if it can be written again."""
    try:
        msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return {}
    return _object(value)


def _metadata(value: object) -> dict[str, Any]:
    metadata = _object(value)
    kernel, language = _object(metadata.get("kernelspec")), _object(metadata.get("language_info"))
    return {
        "kernelspec": {"name": _string(kernel.get("name")), "language": _string(kernel.get("language"))},
        "language_info": {"name": _string(language.get("name"))},
        "nbdebt": _plain(metadata.get("nbdebt")),
    }


def _worksheets(worksheets: list[Any], path: str) -> list[dict[str, Any]]:
    """The cells of nbformat 2 and 3, in the shape of nbformat 4."""
    cells: list[dict[str, Any]] = []
    for number, worksheet in enumerate(worksheets):
        where = f"worksheets[{number}]"
        if not isinstance(worksheet, dict):
            raise NotebookError(path, f"has {_a(worksheet)} for a worksheet", where)
        for index, cell in enumerate(_list(worksheet.get("cells", []), f"{where}.cells", path)):
            place = f"{where}.cells[{index}]"
            if isinstance(cell, dict):
                cell = dict(cell)
                if cell.get("cell_type") == "code":
                    cell["source"] = cell.get("input", cell.get("source"))
                    cell["execution_count"] = cell.get("prompt_number")
                elif cell.get("cell_type") == "heading":
                    cell["cell_type"] = "markdown"
            cells.append(
                _cell(cell, place, path, "input" if _object(cell).get("cell_type") == "code" else "source")
            )
    return cells


def _cell(cell: object, where: str, path: str, source_key: str = "source") -> dict[str, Any]:
    if not isinstance(cell, dict):
        raise NotebookError(path, f"has {_a(cell)} for a cell", where)
    kind = cell.get("cell_type")
    if not isinstance(kind, str):
        said = "no type" if "cell_type" not in cell else f"{_a(kind)} for its type"
        raise NotebookError(path, f"has a cell with {said}", f"{where}.cell_type")
    source = _joined(cell.get("source"))
    if source is None:
        found = cell.get("source")
        if isinstance(found, list):
            wrong = next(index for index, part in enumerate(found) if not isinstance(part, str))
            raise NotebookError(
                path, f"has {_a(found[wrong])} for a line of source", f"{where}.{source_key}[{wrong}]"
            )
        said = "no source" if "source" not in cell else f"{_a(found)} for its source"
        raise NotebookError(path, f"has a cell with {said}", f"{where}.{source_key}")
    metadata = _object(cell.get("metadata"))
    tags, outputs = metadata.get("tags"), cell.get("outputs")
    return {
        "cell_type": _sound(kind),
        "source": source,
        "id": _string(cell.get("id")),
        "execution_count": _integer(cell.get("execution_count")),
        "metadata": {
            "tags": [_sound(tag) for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
            "nbdebt": _plain(metadata.get("nbdebt")),
        },
        "outputs": [_output(output) for output in outputs if isinstance(output, dict)]
        if isinstance(outputs, list)
        else [],
    }


def _output(output: dict[str, Any]) -> dict[str, Any]:
    kind = _string(output.get("output_type"))
    traceback = output.get("traceback")
    data = output.get("data")
    mimes = (
        _object(data)
        if "data" in output
        else {_V3_MIMES[key]: output[key] for key in _V3_MIMES if key in output}
    )
    clean: dict[str, Any] = {
        "output_type": _V3_OUTPUTS.get(kind, kind),
        "name": _string(output.get("name", output.get("stream"))),
        "ename": _string(output.get("ename")),
        "evalue": _string(output.get("evalue")),
        "data": {
            _sound(mime): _joined(value) if mime == "text/plain" else None for mime, value in mimes.items()
        },
    }
    if (text := _joined(output.get("text"))) is not None:
        clean["text"] = text
    if isinstance(traceback, list):
        clean["traceback"] = [_sound(line) for line in traceback if isinstance(line, str)]
    return clean

"""Reading ``.ipynb`` files (nbformat 2 to 4 and later minors): fast where they are sound, patient elsewhere.

The fast way is one typed decode that makes objects only of what is needed; output texts stay views of the
file's bytes until at most ``TEXT_LIMIT`` characters of each are taken. What does not fit goes to
``nbdebt.read.repair``, which finds out whether it matters.
"""

import re
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

import msgspec

from nbdebt.model.notebook import Cell, CellKind, Notebook, Output, OutputKind
from nbdebt.model.patterns import later

TEXT_LIMIT = 64 * 1024
"""The most characters of text that are kept of one output."""

COUNT_LIMIT = 1_000_000
"""A larger execution count is no count: nobody ran that many cells, and somebody may list the gaps."""

_BOM = b"\xef\xbb\xbf"


class _OutputJson(msgspec.Struct, gc=False):
    output_type: str = ""
    text: msgspec.Raw = msgspec.Raw()
    name: str = ""
    data: dict[str, msgspec.Raw] = {}
    ename: str = ""
    evalue: str = ""
    traceback: msgspec.Raw = msgspec.Raw()


class _CellMetadata(msgspec.Struct, gc=False):
    tags: list[str] = []
    nbdebt: dict[str, Any] = {}


class _CellJson(msgspec.Struct, gc=False):
    cell_type: str
    source: str | list[str]
    id: str = ""
    execution_count: int | None = None
    metadata: _CellMetadata = msgspec.field(default_factory=_CellMetadata)
    outputs: list[_OutputJson] = []


class _Kernel(msgspec.Struct, gc=False):
    name: str = ""
    language: str = ""


class _Language(msgspec.Struct, gc=False):
    name: str = ""
    version: str = ""


class _Jupytext(msgspec.Struct, gc=False):
    main_language: str = ""


class _Metadata(msgspec.Struct, gc=False):
    kernelspec: _Kernel = msgspec.field(default_factory=_Kernel)
    language_info: _Language = msgspec.field(default_factory=_Language)
    jupytext: _Jupytext = msgspec.field(default_factory=_Jupytext)
    nbdebt: dict[str, Any] = {}


class _NotebookJson(msgspec.Struct, gc=False):
    cells: list[_CellJson]
    nbformat: int
    nbformat_minor: int = 0
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


_document = msgspec.json.Decoder(_NotebookJson)
_text = msgspec.json.Decoder(str | list[str])

_KINDS: dict[str, CellKind] = {"code": "code", "markdown": "markdown", "raw": "raw"}
_OUTPUTS: dict[str, OutputKind] = {
    "stream": "stream",
    "display_data": "display_data",
    "execute_result": "execute_result",
    "error": "error",
}
_KERNEL_LANGUAGES = {
    "ir": "r",
    "xr": "r",
    "xcpp": "c++",
    "spylon": "scala",
    "evcxr": "rust",
    "gophernotes": "go",
    "gonb": "go",
    "calysto": "scheme",
    "itypescript": "typescript",
    "tslab": "typescript",
    "sagemath": "sage",
}
"""Kernels whose name does not start with their language's."""
_OTHER_LANGUAGES = later(
    r"i?(julia|bash|javascript|node|deno|ruby|scala|octave|matlab|sas|stata|haskell|kotlin|java|clojure|lua|sql|rust"
    r"|perl|fortran|ocaml|elixir|powershell)(?![a-z])"
)
_DOTNET = later(r"\.net-(csharp|fsharp|powershell)")
_PYTHONS = later(r"(?:i|x|pypy|micro|circuit)?python|pyspark|pypy")
_ESCAPES = later(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def read_ipynb(data: bytes, path: str) -> Notebook:
    """Read a notebook file.

    Args:
        data: the file's bytes.
        path: how messages name it.

    Raises:
        NotebookError: it is no notebook, or a part that matters is malformed; says which and why.
    """
    view: bytes | memoryview = memoryview(data)[3:] if data.startswith(_BOM) else data
    try:
        document = _document.decode(view)
        if document.nbformat < 4:
            raise msgspec.ValidationError
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Few files need it, so not every start pays for it.
        from nbdebt.read.repair import repaired

        document = _document.decode(repaired(bytes(view), path))
    metadata = document.metadata
    return Notebook(
        path=path,
        cells=_cells(document.cells),
        language=_language(metadata),
        nbformat=(document.nbformat, document.nbformat_minor),
        recorded=metadata.nbdebt,
    )


def is_ipynb(data: bytes, path: str) -> bool:
    """Whether a file is to be read as ``.ipynb``: by its name, else because it starts as an object does."""
    suffix = PurePath(path).suffix.lower() if path != "-" else ""
    return suffix == ".ipynb" or (suffix != ".py" and data[:4096].removeprefix(_BOM).lstrip()[:1] == b"{")


def _cells(cells: list[_CellJson]) -> tuple[Cell, ...]:
    ids = _unique(cell.id or f"cell-{index}" for index, cell in enumerate(cells))
    return tuple(
        Cell(
            index=index,
            id=ids[index],
            kind=_KINDS.get(cell.cell_type, "raw"),
            source=_lines(cell.source if isinstance(cell.source, str) else "".join(cell.source)),
            execution_count=_count(cell.execution_count),
            tags=tuple(cell.metadata.tags),
            outputs=tuple(map(_output, cell.outputs)) if cell.outputs else (),
            recorded=cell.metadata.nbdebt,
        )
        for index, cell in enumerate(cells)
    )


def _count(count: int | None) -> int | None:
    return count if count is not None and 0 <= count <= COUNT_LIMIT else None


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _unique(ids: Iterable[str]) -> list[str]:
    """Ids with ``-2``, ``-3`` behind those that came before."""
    wanted = list(ids)
    taken = set(wanted)
    if len(taken) == len(wanted):
        return wanted
    seen: dict[str, int] = {}
    for index, name in enumerate(wanted):
        count = seen.get(name, 0) + 1
        if count > 1:
            while (new := f"{name}-{count}") in taken:
                count += 1
            taken.add(new)
            wanted[index] = new
        seen[name] = count
    return wanted


def _output(output: _OutputJson) -> Output:
    kind = _OUTPUTS.get(output.output_type, "display_data")
    if kind == "stream":
        return Output(kind, _read_text(output.text), output.name or "stdout")
    if kind == "error":
        traceback = _read_text(output.traceback, "\n")
        plain = _ESCAPES.sub("", traceback) if traceback else traceback
        return Output(kind, plain, output.ename, output.evalue[:TEXT_LIMIT])
    plain = _read_text(output.data["text/plain"]) if "text/plain" in output.data else None
    return Output(kind, plain, mimes=tuple(output.data))


def _read_text(raw: msgspec.Raw, joint: str = "") -> str | None:
    """The text in ``raw``, a JSON string or a list of them, cut at the limit; None if it is neither."""
    size = len(memoryview(raw))
    if not size:
        return None
    try:
        text = _text.decode(raw) if size <= 4 * TEXT_LIMIT else _beginning(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if not isinstance(text, str):
        text = joint.join(text)
    return text if len(text) <= TEXT_LIMIT else text[:TEXT_LIMIT]


def _beginning(raw: msgspec.Raw) -> str | list[str]:
    """Decode only the beginning of a long text: a piece of JSON, closed again where that makes it whole."""
    piece = bytes(memoryview(raw)[: 4 * TEXT_LIMIT])
    is_list = piece.startswith(b"[")
    # At most a pair of surrogate escapes (12 bytes) has to go before the cut is between two characters.
    for back in range(14):
        cut = piece[: len(piece) - back]
        for closed in (cut + b'"]', cut.rstrip(b" \t\r\n,") + b"]") if is_list else (cut + b'"',):
            try:
                text: str | list[str] = _text.decode(closed)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
            return text
    return ""


def _language(metadata: _Metadata) -> str:
    kernel = metadata.kernelspec.name.strip().lower()
    name = (metadata.kernelspec.language or metadata.language_info.name).strip().lower()
    if not name and not kernel:
        name = metadata.jupytext.main_language.strip().lower()
    if name and not _PYTHONS.match(name):
        return name
    if kernel == "python2" or metadata.language_info.version.startswith("2."):
        return "python 2"
    if name:
        return "python"
    if known := _KERNEL_LANGUAGES.get(re.split(r"[-_\d]", kernel, maxsplit=1)[0]):
        return known
    found = _OTHER_LANGUAGES.match(kernel) or _DOTNET.match(kernel)
    return found[1] if found else "python"

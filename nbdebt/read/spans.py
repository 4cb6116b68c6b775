"""Where things stand in a notebook file: offsets of cells and their sources, and true line numbers.

A scanner of JSON that gives places, not values. The fast parser knows how long each value is, so the scanner
walks only over the signs between them; where that parser refuses (NaN) or the sizes do not tell all (a key
that is there twice), it goes over the text itself.
"""

import contextlib
import json
import re

import msgspec

from nbdebt.model.errors import NotebookError
from nbdebt.read.ipynb import is_ipynb
from nbdebt.read.percent import blocks, decoded

Place = tuple[int, int]
"""Start and end (exclusive) as byte offsets."""

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb"[^\s,\]}]++")
_NEST = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]', re.DOTALL)
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


class Field(msgspec.Struct, frozen=True, gc=False):
    """A member of a JSON object: where its key and its value stand."""

    key: Place
    value: Place


class CellPlace(msgspec.Struct, frozen=True):
    """Where one cell stands.

    Args:
        start: of the cell's object.
        end: of the cell's object, exclusive.
        fields: its members by key, in the file's order.
        source: the value of its source, if it has one.
        strings: the JSON strings of its source, quotes included: one, or one an element.
        is_array: whether the source is an array.
    """

    start: int
    end: int
    fields: dict[str, Field]
    source: Place | None
    strings: tuple[Place, ...] = ()
    is_array: bool = False


class CellArray(msgspec.Struct, frozen=True):
    """A ``cells`` array (nbformat 3 has one a worksheet): where it stands, and its cells."""

    start: int
    end: int
    cells: tuple[CellPlace, ...]


class DocumentPlaces(msgspec.Struct, frozen=True):
    """All places of a notebook file."""

    fields: dict[str, Field]
    arrays: tuple[CellArray, ...]

    @property
    def cells(self) -> tuple[CellPlace, ...]:
        """The cells in document order."""
        return tuple(cell for array in self.arrays for cell in array.cells)


class _Unexpected(Exception):
    pass


def scan(data: bytes, path: str) -> DocumentPlaces:
    """Find the places in the notebook file ``data``.

    Raises:
        NotebookError: it is not the JSON of a notebook.
    """
    try:
        return _document(data)
    except (_Unexpected, UnicodeDecodeError, json.JSONDecodeError):
        raise NotebookError(path, "is not the JSON of a notebook") from None


def file_line(data: bytes, path: str, cell: int, line: int) -> int:
    """The file's line (from 1) that holds line ``line`` (from 1) of the cell with this index.

    For more than one question, build a `SourceMap`.
    """
    return SourceMap(data, path).line(cell, line)


class SourceMap:
    """Lines of cells to lines of their file: built once for a notebook, asked as often as there are findings.

    A source kept as an array of strings has a line of the file for each element; one kept as one string, or
    in a minified file, has the string's line for all.
    """

    def __init__(self, data: bytes, path: str) -> None:
        """Scan ``data``; a file that is no notebook gives a map in which all is line 1."""
        self._lines: dict[int, list[int]] = {}
        self._data = data
        self._cells: tuple[CellPlace, ...] = ()
        self._bases: list[int] = []
        try:
            if is_ipynb(data, path):
                self._cells = scan(data, path).cells
            else:
                self._lines = {
                    index: [block.first + 1 + offset for offset in range(len(block.lines))]
                    for index, block in enumerate(blocks(decoded(data, path)).blocks)
                }
        except NotebookError:
            return
        line, position = 1, 0
        for cell in self._cells:
            line += data.count(b"\n", position, cell.start)
            position = cell.start
            self._bases.append(line)

    def line(self, cell: int, line: int) -> int:
        """The file's line (from 1) for line ``line`` (from 1) of a cell; beyond its ends the nearest."""
        lines = self._lines.get(cell)
        if lines is None:
            if not 0 <= cell < len(self._cells):
                return 1
            lines = self._lines[cell] = self._cell_lines(self._cells[cell], self._bases[cell])
        return lines[min(max(line, 1), len(lines)) - 1] if lines else 1

    def _cell_lines(self, cell: CellPlace, at: int) -> list[int]:
        data = self._data
        places = cell.strings or ((cell.source,) if cell.source else ((cell.start, cell.end),))
        position = cell.start
        lines: list[int] = []
        broken = True
        for start, end in places:
            at += data.count(b"\n", position, start)
            position = start
            text = _value(data, (start, end)) if cell.strings else ""
            pieces = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            # An element that does not end its line is continued by the next one.
            lines += [at] * (len(pieces) - (0 if broken else 1))
            broken = pieces[-1] == "" and len(pieces) > 1
            if broken:
                lines.pop()
        return lines or [at]


def _space(data: bytes, position: int) -> int:
    found = _SPACE.match(data, position)
    return found.end() if found else position


def _value(data: bytes, place: Place) -> str:
    value: str = json.loads(data[place[0] : place[1]], strict=False)
    return value


def _string_end(data: bytes, position: int) -> int:
    found = _STRING.match(data, position)
    if found is None:
        raise _Unexpected
    return found.end()


def _skip(data: bytes, position: int) -> int:
    """The end of the value that starts at ``position``."""
    first = data[position : position + 1]
    if first == b'"':
        return _string_end(data, position)
    if first not in (b"{", b"["):
        found = _SCALAR.match(data, position)
        if found is None:
            raise _Unexpected
        return found.end()
    depth = 0
    for token in _NEST.finditer(data, position):
        character = data[token.start()]
        if character in b"{[":
            depth += 1
        elif character in b"}]":
            depth -= 1
            if not depth:
                return token.end()
    raise _Unexpected


def members(data: bytes, place: Place) -> dict[str, Field]:
    """The members of the object at ``place``. Of a key that is there twice the last counts."""
    with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError, _Unexpected):
        sizes = {
            key: len(memoryview(raw)) for key, raw in _object.decode(memoryview(data)[slice(*place)]).items()
        }
        fields, count = _walk_object(data, place[0], sizes)
        # A key that is there twice has only its last value's size: then the slow way finds the true places.
        if count == len(sizes):
            return fields
    return _walk_object(data, place[0], {})[0]


def elements(data: bytes, place: Place) -> list[Place]:
    """The elements of the array at ``place``."""
    with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        sizes = [len(memoryview(raw)) for raw in _list.decode(memoryview(data)[slice(*place)])]
        return _walk_array(data, place[0], sizes)
    return _walk_array(data, place[0], None)


def _walk_object(data: bytes, position: int, sizes: dict[str, int]) -> tuple[dict[str, Field], int]:
    """The members of the object at ``position`` and their number; values of known size are stepped over."""
    fields: dict[str, Field] = {}
    count = 0
    position = _after(data, position, b"{")
    while data[position : position + 1] != b"}":
        if count:
            position = _after(data, position, b",")
        key = (position, _string_end(data, position))
        name = _value(data, key)
        start = _after(data, _space(data, key[1]), b":")
        size = sizes.get(name)
        end = _skip(data, start) if size is None else start + size
        fields[name] = Field(key, (start, end))
        count += 1
        position = _space(data, end)
    return fields, count


def _walk_array(data: bytes, position: int, sizes: list[int] | None) -> list[Place]:
    places: list[Place] = []
    position = _after(data, position, b"[")
    while data[position : position + 1] != b"]":
        if places:
            position = _after(data, position, b",")
        end = _skip(data, position) if sizes is None else position + sizes[len(places)]
        places.append((position, end))
        position = _space(data, end)
    return places


def _after(data: bytes, position: int, sign: bytes) -> int:
    """The place of what follows ``sign``, which must be at ``position``."""
    if data[position : position + 1] != sign:
        raise _Unexpected
    return _space(data, position + 1)


def _document(data: bytes) -> DocumentPlaces:
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    fields = members(data, (_space(data, start), len(data)))
    if "cells" in fields:
        return DocumentPlaces(fields, (_array(data, fields["cells"].value),))
    if "worksheets" not in fields:
        raise _Unexpected
    arrays: list[CellArray] = []
    for place in elements(data, fields["worksheets"].value):
        sheet = members(data, place)
        if "cells" in sheet:
            arrays.append(_array(data, sheet["cells"].value, input_key="input"))
    return DocumentPlaces(fields, tuple(arrays))


def _array(data: bytes, place: Place, input_key: str = "source") -> CellArray:
    cells: list[CellPlace] = []
    for start, end in elements(data, place):
        fields = members(data, (start, end))
        kind = fields.get("cell_type")
        is_code = kind is not None and data[kind.value[0] : kind.value[1]] == b'"code"'
        found = fields.get(input_key if is_code else "source")
        if found is None and is_code:
            found = fields.get("source")
        if found is None:
            cells.append(CellPlace(start, end, fields, None))
            continue
        is_array = data[found.value[0] : found.value[0] + 1] == b"["
        strings = tuple(elements(data, found.value)) if is_array else (found.value,)
        if any(data[string[0] : string[0] + 1] != b'"' for string in strings):
            raise _Unexpected
        cells.append(CellPlace(start, end, fields, found.value, strings, is_array))
    return CellArray(place[0], place[1], tuple(cells))

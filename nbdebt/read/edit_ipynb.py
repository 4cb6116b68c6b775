"""Edits of ``.ipynb`` files by splicing bytes: what is new is written in the style of what is there."""

import json
import re
from collections.abc import Sequence

import msgspec
import xxhash

from nbdebt.model.errors import FixError
from nbdebt.model.finding import Insert, Replace
from nbdebt.read.plan import DocumentEdit, Plan, offsets, plan
from nbdebt.read.spans import CellArray, CellPlace, DocumentPlaces, scan

_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u(?!00[01])")
_ATOM = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class _Style(msgspec.Struct):
    """How a file writes what a new cell needs: the bytes between the tokens."""

    escapes: bool
    colon: bytes
    comma: bytes
    cell_lead: bytes
    cell_gap: bytes
    cell_trail: bytes
    key_lead: bytes
    key_trail: bytes
    line_lead: bytes
    line_gap: bytes
    line_trail: bytes
    arrays: bool


class _Atom(msgspec.Struct, frozen=True):
    """One character of a cell's source and how the file writes it."""

    raw: str
    value: str


class _Break(msgspec.Struct, frozen=True):
    """The end of one element of a source array.

    Args:
        gap: the bytes up to the next element, None where the break is new.
        after: what it follows, where that is no line's end: the break goes when this goes.
    """

    gap: bytes | None
    after: _Atom | None = None


def edit_ipynb(data: bytes, path: str, edits: Sequence[DocumentEdit]) -> bytes:
    """Apply ``edits`` to the notebook file ``data``; see `nbdebt.read.edit.apply_edits`.

    Raises:
        FixError: the edits overlap, or do not fit the document.
        NotebookError: it is not the JSON of a notebook.
    """
    places = scan(data, path)
    cells = places.cells
    made = plan(edits, len(cells))
    style = _style(data, places)
    splices: list[tuple[int, int, bytes]] = []
    for index, replaces in made.replaces.items():
        cell = cells[index]
        if cell.source is None:
            raise FixError(f"cell {index} has no source to edit")
        splices.append((*cell.source, _new_source(data, cell, index, replaces, style)))
    if made.rearranges:
        splices = _rearranged(data, places, made, style, splices)
    pieces: list[bytes] = []
    kept = 0
    for start, end, new in sorted(splices):
        pieces += (data[kept:start], new)
        kept = end
    return b"".join((*pieces, data[kept:]))


def _new_source(data: bytes, cell: CellPlace, index: int, replaces: list[Replace], style: _Style) -> bytes:
    """The cell's source value with ``replaces`` in it: what they don't touch keeps its bytes."""
    stream: list[_Atom | _Break] = []
    for number, (start, end) in enumerate(cell.strings):
        if number:
            last = stream[-1] if stream else None
            after = last if isinstance(last, _Atom) and last.value != "\n" else None
            stream.append(_Break(data[cell.strings[number - 1][1] : start], after))
        stream += _atoms(data[start + 1 : end - 1].decode())
    text = "".join(item.value for item in stream if isinstance(item, _Atom))
    lines = text.split("\n")
    newline = _newline_escape(stream)
    places = [number for number, item in enumerate(stream) if isinstance(item, _Atom)]
    places.append(len(stream))
    result: list[_Atom | _Break] = []
    kept = 0
    for replace in replaces:
        start, end = offsets(replace.span, lines, index)
        result += stream[kept : places[start]]
        result += _written(replace.text, style, newline)
        # The break behind what goes stays, and is dropped later if no line ends there any more.
        kept = max(places[start], places[end - 1] + 1) if end > start else places[start]
    result += stream[kept:]
    if not cell.is_array:
        inner = "".join(item.raw for item in result if isinstance(item, _Atom))
        return b'"' + inner.encode() + b'"'
    return _array(data, cell, result, style)


def _atoms(inner: str) -> list[_Atom]:
    found: list[_Atom] = []
    for match in _ATOM.finditer(inner):
        raw = match[0]
        value: str = json.loads(f'"{raw}"') if raw[0] == "\\" else raw
        if "\ud800" <= value <= "\udfff":
            value = "\ufffd"
        if value == "\n" and found and found[-1].raw == "\\r":
            # The reader shows every kind of line end as one newline; the atom keeps what the file has.
            found[-1] = _Atom(found[-1].raw + raw, "\n")
        else:
            found.append(_Atom(raw, "\n" if value == "\r" else value))
    return found


def _newline_escape(stream: Sequence[_Atom | _Break]) -> str:
    ends = {item.raw for item in stream if isinstance(item, _Atom) and item.value == "\n"}
    return ends.pop() if len(ends) == 1 else "\\n"


def _written(text: str, style: _Style, newline: str) -> list[_Atom | _Break]:
    """New text as atoms, with an end of element after each line."""
    written: list[_Atom | _Break] = []
    for character in text.replace("\r\n", "\n").replace("\r", "\n"):
        if character == "\n":
            written += (_Atom(newline, "\n"), _Break(None))
        else:
            written.append(_Atom(json.dumps(character, ensure_ascii=style.escapes)[1:-1], character))
    return written


def _array(
    data: bytes,
    cell: CellPlace,
    result: Sequence[_Atom | _Break],
    style: _Style,
) -> bytes:
    lead, gap, trail = _line_layout(data, cell, style)
    elements: list[str] = [""]
    gaps: list[bytes] = []
    before: _Atom | None = None
    for item in result:
        if isinstance(item, _Atom):
            elements[-1] += item.raw
            before = item
        elif not elements[-1]:
            if gaps and item.gap is not None:
                gaps[-1] = item.gap
        elif before is not None and (before.value == "\n" or before is item.after):
            elements.append("")
            gaps.append(gap if item.gap is None else item.gap)
    if not elements[-1]:
        elements.pop()
        del gaps[-1:]
    if not elements:
        return b"[]"
    parts = [b"[", lead]
    for element, following in zip(elements, [*gaps, trail], strict=True):
        parts += (b'"', element.encode(), b'"', following)
    return b"".join((*parts, b"]"))


def _line_layout(data: bytes, cell: CellPlace, style: _Style) -> tuple[bytes, bytes, bytes]:
    """The bytes before, between and after the elements of a source array."""
    if cell.source is None or not cell.is_array or not cell.strings:
        return style.line_lead, style.line_gap, style.line_trail
    first, last = cell.strings[0], cell.strings[-1]
    lead, trail = data[cell.source[0] + 1 : first[0]], data[last[1] : cell.source[1] - 1]
    if len(cell.strings) > 1:
        return lead, data[first[1] : cell.strings[1][0]], trail
    return lead, b"," + lead if lead else style.line_gap, trail


def _style(data: bytes, places: DocumentPlaces) -> _Style:
    fields = sorted(places.fields.values(), key=lambda field: field.key)
    first = fields[0]
    opening = data.index(b"{")
    lead = data[opening + 1 : first.key[0]]
    unit = lead.lstrip(b"\r\n") if b"\n" in lead else b""
    newline = lead[: len(lead) - len(unit)]
    comma = data[fields[0].value[1] : fields[1].key[0]] if len(fields) > 1 else b"," + lead
    style = _Style(
        escapes=data[opening:].isascii() and _ESCAPED.search(data) is not None,
        colon=data[first.key[1] : first.value[0]],
        comma=b"," + newline + unit * 3 if newline else comma,
        cell_lead=newline + unit * 2,
        cell_gap=b"," + newline + unit * 2 if newline else comma,
        cell_trail=newline + unit,
        key_lead=newline + unit * 3,
        key_trail=newline + unit * 2,
        line_lead=newline + unit * 4,
        line_gap=b"," + newline + unit * 4 if newline else comma,
        line_trail=newline + unit * 3,
        arrays=True,
    )
    for array in places.arrays:
        _learn_cells(data, array, style)
    sources = [cell for cell in places.cells if cell.source is not None]
    style.arrays = not sources or any(cell.is_array for cell in sources)
    for cell in sources:
        if cell.is_array and len(cell.strings) > 1:
            style.line_lead, style.line_gap, style.line_trail = _line_layout(data, cell, style)
            break
    return style


def _learn_cells(data: bytes, array: CellArray, style: _Style) -> None:
    """Take over how the cells of ``array`` are written."""
    if not array.cells:
        return
    first, last = array.cells[0], array.cells[-1]
    style.cell_lead = data[array.start + 1 : first.start]
    style.cell_trail = data[last.end : array.end - 1]
    if len(array.cells) > 1:
        style.cell_gap = data[first.end : array.cells[1].start]
    elif b"\n" in style.cell_lead:
        style.cell_gap = b"," + style.cell_lead
    fields = sorted(first.fields.values(), key=lambda field: field.key)
    if len(fields) > 1:
        style.key_lead = data[first.start + 1 : fields[0].key[0]]
        style.key_trail = data[fields[-1].value[1] : first.end - 1]
        style.colon = data[fields[0].key[1] : fields[0].value[0]]
        style.comma = data[fields[0].value[1] : fields[1].key[0]]
        if b"\n" in style.key_lead and style.key_lead.startswith(style.cell_lead):
            unit = style.key_lead[len(style.cell_lead) :]
            style.line_lead = style.key_lead + unit
            style.line_gap = b"," + style.line_lead
            style.line_trail = style.key_lead
        elif b"\n" not in style.key_lead:
            style.line_lead = style.line_trail = b""
            style.line_gap = style.comma


def _rearranged(
    data: bytes, places: DocumentPlaces, made: Plan, style: _Style, splices: list[tuple[int, int, bytes]]
) -> list[tuple[int, int, bytes]]:
    """The arrays of cells written anew: cells with their own bytes, in the order that the plan says."""
    if not places.arrays:
        raise FixError("the document has no list of cells to edit")
    cells = places.cells
    changed = {(start, end): new for start, end, new in splices}
    template = next((cell for cell in cells if _is_code(data, cell)), None)
    ids = {
        str(json.loads(data[slice(*field.value)]))
        for cell in cells
        if (field := cell.fields.get("id")) is not None
    }
    result: list[tuple[int, int, bytes]] = []
    first = 0
    for number, array in enumerate(places.arrays):
        last = first + len(array.cells)
        order = made.order(first, last, at_end=number == len(places.arrays) - 1)
        parts: list[bytes] = []
        for position, item in enumerate(order):
            gap = style.cell_gap
            if isinstance(item, Insert):
                parts.append(_new_cell(data, places, template, item, style, ids))
            else:
                cell = cells[item]
                parts.append(_cell_bytes(data, cell, changed))
                if first <= item < last - 1:
                    gap = data[cell.end : cells[item + 1].start]
            if position < len(order) - 1:
                parts.append(gap)
        body = b"".join(parts)
        if body:
            body = style.cell_lead + body + style.cell_trail
        result.append((array.start + 1, array.end - 1, body))
        first = last
    return result


def _cell_bytes(data: bytes, cell: CellPlace, changed: dict[tuple[int, int], bytes]) -> bytes:
    new = changed.get(cell.source) if cell.source else None
    if cell.source is None or new is None:
        return data[cell.start : cell.end]
    return data[cell.start : cell.source[0]] + new + data[cell.source[1] : cell.end]


def _is_code(data: bytes, cell: CellPlace) -> bool:
    kind = cell.fields.get("cell_type")
    return kind is not None and data[slice(*kind.value)] == b'"code"' and cell.source is not None


def _number(data: bytes, places: DocumentPlaces, key: str, default: int) -> int:
    field = places.fields.get(key)
    text = data[slice(*field.value)] if field else b""
    return int(text) if text.isdigit() else default


def _new_cell(
    data: bytes,
    places: DocumentPlaces,
    template: CellPlace | None,
    insert: Insert,
    style: _Style,
    ids: set[str],
) -> bytes:
    """A code cell that has not run, its keys those that the format wants, in the file's order."""
    old = _number(data, places, "nbformat", 4) < 4
    values: dict[str, bytes] = {
        "cell_type": b'"code"',
        "metadata": b"{}",
        "outputs": b"[]",
        "input" if old else "source": _source_value(insert.source, style),
    }
    if old:
        values |= {"collapsed": b"false", "language": b'"python"'}
    else:
        values["execution_count"] = b"null"
        if _number(data, places, "nbformat_minor", 0) >= 5 or _number(data, places, "nbformat", 4) > 4:
            values["id"] = json.dumps(_fresh_id(insert, ids)).encode()
    known = [key for key in template.fields if key in values] if template else []
    keys = known + [key for key in sorted(values) if key not in known] if known else sorted(values)
    members = (json.dumps(key).encode() + style.colon + values[key] for key in keys)
    return b"{" + style.key_lead + style.comma.join(members) + style.key_trail + b"}"


def _fresh_id(insert: Insert, ids: set[str]) -> str:
    """An id that the same edit of the same document always gets."""
    seed = 0
    while (fresh := xxhash.xxh32_hexdigest(f"{insert.before}\n{insert.source}".encode(), seed=seed)) in ids:
        seed += 1
    ids.add(fresh)
    return fresh


def _source_value(source: str, style: _Style) -> bytes:
    if not style.arrays:
        return json.dumps(source, ensure_ascii=style.escapes).encode()
    lines = [json.dumps(line, ensure_ascii=style.escapes).encode() for line in _LINE.findall(source)]
    if not lines:
        return b"[]"
    return b"[" + style.line_lead + style.line_gap.join(lines) + style.line_trail + b"]"

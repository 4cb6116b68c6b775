"""What nbdebt leaves in notebook files, taken out again or put in: all other bytes stay as they are.

Two things of ours can be in a file. A front end saves the line that was shown under a cell as an output of
that cell: a bundle that carries ``MIME`` as its tag. And ``%nbdebt save`` puts recorded evidence into the
notebook's metadata, under ``nbdebt.evidence``; what else stands under ``nbdebt`` is the author's.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from nbdebt.model.errors import NotebookError
from nbdebt.read.ipynb import is_ipynb
from nbdebt.read.spans import DocumentPlaces, Field, Place, elements, members, scan

MIME = "application/vnd.nbdebt+json"
"""The tag of an output that nbdebt showed unasked."""
KEY = "nbdebt"
EVIDENCE = "evidence"

_Splice = tuple[int, int, bytes]


def is_ours(output: object) -> bool:
    """Whether an output (as nbformat has it) is a line that nbdebt showed unasked."""
    if not isinstance(output, Mapping) or output.get("output_type") != "display_data":
        return False
    data, metadata = output.get("data"), output.get("metadata")
    if isinstance(data, Mapping) and MIME in data:
        return True
    said = metadata.get(KEY) if isinstance(metadata, Mapping) else None
    return isinstance(said, Mapping) and said.get("inline") is True


def strip_cells(cells: Iterable[Any]) -> int:
    """Take our lines out of cells in memory, in place.

    Args:
        cells: of a notebook as nbformat has it.

    Returns:
        How many there were.
    """
    count = 0
    for cell in cells:
        outputs = cell.get("outputs") if isinstance(cell, Mapping) else None
        if isinstance(outputs, list) and any(map(is_ours, outputs)):
            kept = [output for output in outputs if not is_ours(output)]
            count += len(outputs) - len(kept)
            outputs[:] = kept
    return count


def clean_ipynb(data: bytes, path: str, *, evidence: bool = False) -> tuple[bytes, int]:
    """Take our lines out of a notebook file.

    Args:
        data: the file's bytes.
        path: as the user named it.
        evidence: take recorded evidence out, too.

    Returns:
        The bytes after, and how many things were taken out. Files that are no ``.ipynb`` have none.

    Raises:
        NotebookError: it is not the JSON of a notebook.
    """
    if KEY.encode() not in data or not is_ipynb(data, path):
        return data, 0
    places = scan(data, path)
    splices: list[_Splice] = []
    count = 0
    for cell in places.cells:
        outputs = cell.fields.get("outputs")
        if outputs is not None and MIME.encode() in data[slice(*outputs.value)]:
            gone, found = _outputs_to_drop(data, outputs.value, path)
            splices += gone
            count += found
    if evidence and (gone_metadata := _evidence_to_drop(data, places)):
        splices.append(gone_metadata)
        count += 1
    return _spliced(data, splices), count


def put_evidence(data: bytes, path: str, evidence: object) -> bytes:
    """Put recorded evidence into a notebook's metadata, in place of what is there.

    Args:
        data: the file's bytes.
        path: as the user named it.
        evidence: what ``json`` can write.

    Raises:
        NotebookError: it is not the JSON of a notebook, or its metadata is no object.
    """
    places = scan(data, path)
    old = _evidence_to_drop(data, places)
    if old is not None:
        data = _spliced(data, [old])
        places = scan(data, path)
    metadata = places.fields.get("metadata")
    if metadata is None or data[metadata.value[0] : metadata.value[0] + 1] != b"{":
        raise NotebookError(path, "has no metadata to put evidence into")
    inside = members(data, metadata.value)
    unit = _unit(data, places)
    value: object = {EVIDENCE: evidence}
    target, key, depth = metadata.value, KEY, 2
    if (ours := inside.get(KEY)) is not None:
        if data[ours.value[0] : ours.value[0] + 1] != b"{":
            raise NotebookError(path, f"metadata.{KEY} is no object: nothing can be put into it")
        inside, target, key, depth, value = members(data, ours.value), ours.value, EVIDENCE, 3, evidence
    return _spliced(data, [_member_to_put(data, target, inside, key, value, unit, depth)])


def _outputs_to_drop(data: bytes, place: Place, path: str) -> tuple[list[_Splice], int]:
    """What to cut out of a cell's outputs."""
    if data[place[0] : place[0] + 1] != b"[":
        return [], 0
    found = elements(data, place)
    ours = [MIME.encode() in data[slice(*one)] and is_ours(_decoded(data, one, path)) for one in found]
    kept = [one for one, is_one in zip(found, ours, strict=True) if not is_one]
    count = len(found) - len(kept)
    if not count:
        return [], 0
    if not kept:
        return [(*place, b"[]")], count
    splices: list[_Splice] = []
    # What stays first keeps what stood before the first one; all others keep what stands before themselves.
    if kept[0] != found[0]:
        splices.append((found[0][0], kept[0][0], b""))
    for number, is_one in enumerate(ours):
        if is_one and found[number] > kept[0]:
            splices.append((found[number - 1][1], found[number][1], b""))
    return splices, count


def _decoded(data: bytes, place: Place, path: str) -> object:
    try:
        return msgspec.json.decode(memoryview(data)[slice(*place)])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # NaN and its like, which Python writes and reads.
        try:
            return json.loads(data[slice(*place)])
        except ValueError:
            raise NotebookError(path, "is not the JSON of a notebook") from None


def _evidence_to_drop(data: bytes, places: DocumentPlaces) -> _Splice | None:
    """What to cut out of the metadata, with the braces that would stay empty."""
    metadata = places.fields.get("metadata")
    if metadata is None or data[metadata.value[0] : metadata.value[0] + 1] != b"{":
        return None
    inside = members(data, metadata.value)
    ours = inside.get(KEY)
    if ours is None or data[ours.value[0] : ours.value[0] + 1] != b"{":
        return None
    own = members(data, ours.value)
    if EVIDENCE not in own:
        return None
    if len(own) > 1:
        return _member_to_drop(ours.value, own, EVIDENCE)
    return _member_to_drop(metadata.value, inside, KEY)


def _member_to_drop(place: Place, fields: dict[str, Field], key: str) -> _Splice:
    ordered = sorted(fields.values(), key=lambda field: field.key)
    number = ordered.index(fields[key])
    if len(ordered) == 1:
        return (*place, b"{}")
    if number:
        return ordered[number - 1].value[1], ordered[number].value[1], b""
    return ordered[0].key[0], ordered[1].key[0], b""


def _member_to_put(
    data: bytes, place: Place, fields: dict[str, Field], key: str, value: object, unit: str, depth: int
) -> _Splice:
    """A new member at an object's end, written as the file is."""
    separators = (",", ": ") if unit else None
    text = json.dumps({key: value}, indent=unit or None, ensure_ascii=data.isascii(), separators=separators)
    if not unit and b'": ' not in data[: place[1]]:
        text = json.dumps({key: value}, ensure_ascii=data.isascii(), separators=(",", ":"))
    newline = "\r\n" if b"\r\n" in data else "\n"
    inner = text[1:-1].strip()
    lines = inner.split("\n")
    margin = unit * (depth - 1)
    inner = newline.join([lines[0], *(margin + line for line in lines[1:])])
    if not fields:
        filled = f"{{{newline}{unit * depth}{inner}{newline}{margin}}}" if unit else f"{{{inner}}}"
        return (*place, filled.encode())
    last = max(field.value[1] for field in fields.values())
    gap = newline + unit * depth if unit else (" " if b", " in data[: place[1]] else "")
    return last, last, f",{gap}{inner}".encode()


def _unit(data: bytes, places: DocumentPlaces) -> str:
    """One step of the file's indentation; empty where it is on one line."""
    first = min(places.fields.values(), key=lambda field: field.key)
    lead = data[: first.key[0]]
    return lead.rpartition(b"\n")[2].decode() if b"\n" in lead else ""


def _spliced(data: bytes, splices: Iterable[_Splice]) -> bytes:
    pieces: list[bytes] = []
    kept = 0
    for start, end, new in sorted(splices):
        pieces += (data[kept:start], new)
        kept = end
    return b"".join((*pieces, data[kept:]))

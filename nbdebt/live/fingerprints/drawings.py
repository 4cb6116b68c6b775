"""Figures, and what was drawn on them; connections to databases by how much was changed through them."""

import sqlite3
from typing import Any

from xxhash import xxh3_128_digest

from nbdebt.live.fingerprints.kinds import reads, reads_library
from nbdebt.live.fingerprints.nodes import Node
from nbdebt.live.fingerprints.peek import own_dict, type_name
from nbdebt.live.fingerprints.walk import Walk

_LINE = ("_xorig", "_yorig", "_label", "_color", "_linestyle", "_linewidth", "_marker")
_PATCH = ("_x0", "_y0", "_width", "_height", "_facecolor", "_label")
_CHANGES = sqlite3.Connection.total_changes
_CONNECTION = sqlite3.Cursor.connection


@reads_library("matplotlib:FigureBase")
def _figure(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    walk.sampled("a drawing")
    names = own_dict(value)
    return Node(b"figure", [list(names.get("_localaxes") or ()), _text(names.get("_suptitle"))])


@reads_library("matplotlib:_AxesBase")
def _axes(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    walk.sampled("a drawing")
    names = own_dict(value)
    figure = names.get("_parent_figure", names.get("figure"))
    if figure is not None:
        walk.touch(figure)
    labels = [_text(own_dict(names[axis]).get("label")) for axis in ("xaxis", "yaxis") if axis in names]
    drawn = list(names.get("_children") or ())
    return Node(b"axes", [_text(names.get("title")), labels, drawn, names.get("legend_") is not None])


@reads_library("matplotlib:Artist")
def _artist(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    walk.sampled("a drawing")
    names = own_dict(value)
    axes = names.get("_axes")
    if axes is not None:
        walk.touch(axes)
    kept = [names.get(name) for name in (*_LINE, *_PATCH)]
    return Node(b"artist:" + type_name(type(value)).encode(), [*kept, _text(value), names.get("_offsets")])


def _text(value: Any) -> object:
    return own_dict(value).get("_text") if value is not None else None


@reads(sqlite3.Connection)
def _connection(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    try:
        changes = _CHANGES.__get__(value)
    except sqlite3.Error:
        # Closed, or another thread's.
        changes = -1
    return xxh3_128_digest(walk.opaque(value, "a database connection") + str(changes).encode())


@reads(sqlite3.Cursor)
def _cursor(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    connection = _CONNECTION.__get__(value)
    digest = walk.opaque(value, "a database connection")
    if type(connection) is sqlite3.Connection:
        read = _connection(walk, connection)
        digest += read if isinstance(read, bytes) else b""
    return xxh3_128_digest(digest)

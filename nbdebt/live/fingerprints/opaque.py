"""What is not looked into: handles of things outside, drawings, values that are not computed yet."""

import _thread
import threading
import types
import weakref
from typing import Any

from xxhash import xxh3_128_digest

from nbdebt.live.fingerprints.instances import instance
from nbdebt.live.fingerprints.kinds import opaque, reads, reads_library
from nbdebt.live.fingerprints.nodes import BYTE_COST, Node
from nbdebt.live.fingerprints.peek import attribute, is_user_class, own_dict, type_name
from nbdebt.live.fingerprints.walk import Walk

opaque("a drawing", "matplotlib.")
opaque("a widget", "ipywidgets.", "anywidget.", "bokeh.", "panel.")
opaque("not computed yet", "dask.", "distributed.", "pyspark.", "ibis.")
opaque("a database connection", "sqlite3", "sqlalchemy.", "psycopg", "duckdb", "pymysql", "pymongo", "redis")
opaque("a connection", "socket", "ssl", "requests.sessions", "http.client", "httpx", "aiohttp", "boto")
opaque("a process or a task", "subprocess", "multiprocessing.", "concurrent.futures", "_asyncio", "asyncio.")
opaque("a logger", "logging")
opaque("part of the shell", "IPython.core", "ipykernel.", "zmq.", "traitlets.config")
opaque("an open file", "tempfile", "zipfile", "tarfile", "h5py.", "netCDF4", "tables.", "zarr.")


@reads(weakref.ProxyType, weakref.CallableProxyType, weakref.ReferenceType)
def _weak(walk: Walk, value: Any) -> bytes | Node:
    return walk.opaque(value, "a weak reference", counts=False)


@reads_library("weakref:WeakKeyDictionary", "weakref:WeakValueDictionary", "weakref:WeakSet")
def _weak_container(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    return walk.opaque(value, "a container of weak references", counts=False)


@reads(_thread.LockType, _thread.RLock, _thread._local)
def _lock(walk: Walk, value: Any) -> bytes | Node:
    return walk.opaque(value, "a lock", counts=False)


@reads(types.FrameType, types.TracebackType)
def _frame(walk: Walk, value: Any) -> bytes | Node:
    return walk.opaque(value, "a traceback", counts=False)


@reads(threading.Thread)
def _thread_of(walk: Walk, value: Any) -> bytes | Node:
    return walk.opaque(value, "a thread")


_arguments_of = BaseException.__dict__["args"].__get__


@reads(BaseException)
def _exception(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    return Node(b"exception:" + type(value).__name__.encode("utf-8", "replace"), [_arguments_of(value)])


@reads_library("plotly:BaseFigure")
def _plotly(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    names = own_dict(value)
    return Node(b"plotly", [names.get("_data"), names.get("_layout"), names.get("_frame_objs")])


@reads_library("PIL:Image")
def _image(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    names = own_dict(value)
    kind = f"image:{type_name(type(value))}:{names.get('_mode')}:{names.get('_size')}".encode(
        "utf-8", "replace"
    )
    width, height = names.get("_size") or (0, 0)
    size = width * height * 4
    if names.get("_im") is None:
        return walk.opaque(value, "an image that is not loaded yet")
    if is_user_class(type(value)) or not walk.affords(size * BYTE_COST * 3, size):
        return walk.opaque(value, "an image")
    return xxh3_128_digest(kind + value.tobytes())


@reads_library("sympy:Basic")
def _formula(walk: Walk, value: Any) -> bytes | Node:
    if is_user_class(type(value)):
        return instance(walk, value)
    # Hashes and assumptions are kept in it as it is used.
    return Node(b"sympy:" + type_name(type(value)).encode(), [value._hashable_content()])


@reads_library("polars:LazyFrame", "polars:Expr")
def _lazy(walk: Walk, value: Any) -> bytes | Node:
    return walk.opaque(value, "not computed yet")


@reads_library("xarray:Dataset", "xarray:DataArray", "xarray:Variable")
def _labelled(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    # What is computed when it is first asked for (indexes, encodings, empty attrs) is left out.
    names = ("_variables", "_variable", "_coords", "_coord_names", "_name", "_dims", "_data")
    attrs = attribute(value, "_attrs")
    kind = b"xarray:" + type_name(type(value)).encode("utf-8", "replace")
    return Node(
        kind, [attrs if type(attrs) is dict and attrs else None, *[attribute(value, n) for n in names]]
    )

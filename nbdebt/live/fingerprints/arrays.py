"""Arrays: numpy's arrays, scalars and random generators, and what is made of arrays (sparse matrices, trees).

The bytes count in the order of the indices, whatever the strides: a view, a transposed copy and a reversed
slice that are equal get equal digests. Nothing is asked of subclasses: a view as a plain ``ndarray`` is
read.
"""

import random
import sys
from collections.abc import Iterator
from mmap import mmap
from typing import Any, Final

import msgspec
from xxhash import xxh3_128, xxh3_128_digest

from nbdebt.live.fingerprints.instances import instance
from nbdebt.live.fingerprints.kinds import reads, reads_library
from nbdebt.live.fingerprints.nodes import Digest, Node, words
from nbdebt.live.fingerprints.peek import attribute, is_user_class, mro, own_dict, type_name
from nbdebt.live.fingerprints.walk import Walk

STRIDED_COST: Final = 0.3
"""Estimated nanoseconds for a byte that has to be gathered."""
_PIECE: Final = 1 << 18
_SPREAD: Final = 4096
_OWN: Final = frozenset(("_mask", "_fill_value", "_hardmask"))
# numpy writes the name of a dtype in Python, which takes longer than reading a small array.
_LAYOUTS: Final[dict[Any, tuple[bytes, Any]]] = {}
_MANY: Final = 256
_FLOATS: Final = frozenset(f"{order}{code}" for order in "<>" for code in ("f2", "f4", "f8", "c8", "c16"))


class Plain(msgspec.Struct):
    """A plain ``ndarray`` that was made for the walk: its content counts, not that it is an object."""

    array: Any


@reads(Plain)
def _plain(walk: Walk, value: Plain) -> bytes | Node:
    return contents(walk, b"ndarray", value.array)


def _root(array: Any) -> tuple[Any, Any]:
    """The array at the end of the chain of bases, and what owns its memory, where that is not itself."""
    ndarray: Any = sys.modules["numpy"].ndarray
    base_of = ndarray.__dict__["base"].__get__
    while True:
        base = base_of(array)
        if base is None or ndarray not in mro(type(base)):
            return array, base
        array = base


def reach_of(walk: Walk, array: Any) -> None:
    """The memory that an array shares."""
    root, owner = _root(array)
    if owner is not None:
        walk.touch(owner)
    walk.touch_address(sys.modules["numpy"].ndarray.__dict__["__array_interface__"].__get__(root)["data"][0])


def _layout(np: Any, dtype: Any) -> tuple[bytes, Any]:
    """A dtype's name, and of plain records the numbers of the bytes that aren't padding; None for others."""
    found = _LAYOUTS.get(dtype)
    if found is None:
        columns = None
        if dtype.names is not None and dtype.subdtype is None and not dtype.hasobject:
            fields = [dtype.fields[name][:2] for name in dtype.names]
            if all(
                (field.names is None and field.kind in "?iubmMSU") or field.str in _FLOATS
                for field, _ in fields
            ):
                columns = np.concatenate([np.arange(at, at + field.itemsize) for field, at in fields])
        if len(_LAYOUTS) >= _MANY:
            _LAYOUTS.clear()
        found = _LAYOUTS[dtype] = str(dtype).encode("utf-8", "replace"), columns
    return found


def contents(walk: Walk, kind: bytes, array: Any) -> bytes | Node:
    """The digest of a plain ``ndarray``'s content."""
    np: Any = sys.modules["numpy"]
    ndarray = np.ndarray
    dtype = array.dtype
    name, columns = _layout(np, dtype)
    head = b"%b:%b:%b" % (kind, name, str(array.shape).encode())
    if dtype.names is not None:
        size = array.nbytes
        if columns is not None and size and walk.affords(size * STRIDED_COST, size):
            flat = ndarray.view(ndarray.reshape(np.ascontiguousarray(array), -1), np.uint8)
            return xxh3_128_digest(head + ndarray.reshape(flat, (-1, dtype.itemsize))[:, columns].tobytes())
        # Field by field: what pads a record is not content.
        return Node(head, [Plain(array[name]) for name in dtype.names])
    if dtype.hasobject or dtype.kind == "T":
        if not walk.affords(array.size * 15.0):
            return Node(head, [array.flat[_positions(np, array.size)].tolist()])
        return Node(head, [ndarray.tolist(ndarray.reshape(array, -1))])
    size = array.nbytes
    if not size:
        return xxh3_128_digest(head)
    if dtype.kind in "fc" and dtype.itemsize // (1 + (dtype.kind == "c")) == 16:
        # Extended precision: six of its sixteen bytes are padding.
        return xxh3_128_digest(head + repr(array.reshape(-1)[:10_000].tolist()).encode())
    if array.flags.c_contiguous:
        flat = ndarray.view(ndarray.reshape(array, -1), np.uint8)
        # A block of a mapped file is a page to be fetched.
        return walk.memory(head, flat, size, 4096 if type(_root(array)[1]) is mmap else 65_536)
    if not walk.affords(size * STRIDED_COST, size):
        walk.sampled(f"{words(size)}: {_SPREAD:,} elements were read")
        picked = array[np.unravel_index(_positions(np, array.size), array.shape)]
        return xxh3_128_digest(head + b"#" + picked.tobytes())
    hasher = xxh3_128(b"%d:%b%d:" % (len(head), head, size))
    for piece in pieces(np, array):
        hasher.update(ndarray.view(ndarray.reshape(piece, -1), np.uint8))
    return hasher.digest()


def _positions(np: Any, size: int) -> Any:
    return np.linspace(0, size - 1, min(_SPREAD, size)).astype(np.int64)


def pieces(np: Any, array: Any) -> Iterator[Any]:
    """Contiguous copies of an array's parts, in the order of its indices, small enough for the cache."""
    if array.nbytes <= _PIECE or array.ndim == 0:
        yield np.ascontiguousarray(array)
    elif array.nbytes // array.shape[0] > _PIECE:
        for row in array:
            yield from pieces(np, row)
    else:
        step = max(1, _PIECE * array.shape[0] // array.nbytes)
        for start in range(0, array.shape[0], step):
            yield np.ascontiguousarray(array[start : start + step])


@reads_library("numpy:ndarray")
def _array(walk: Walk, value: Any) -> bytes | Node:
    ndarray: Any = sys.modules["numpy"].ndarray
    walk.touch(value)
    reach_of(walk, value)
    if type(value) is ndarray:
        return contents(walk, b"ndarray", value)
    plain = ndarray.view(value, ndarray)
    walk.keep(plain)
    out = contents(walk, b"ndarray", plain)
    cls = type(value)
    names = own_dict(value)
    user = is_user_class(cls)
    kept = sorted(k for k in names if type(k) is str and (user or k in _OWN))
    own: list[Any] = [cls] if user else []
    held = [names[k] if k != "_fill_value" else _fill_value(names[k], plain.dtype) for k in kept]
    children = [Digest(out) if type(out) is bytes else out, *own, *kept, *held]
    return Node(b"array:" + type_name(cls).encode("utf-8", "replace"), children)


def _fill_value(fill: Any, dtype: Any) -> Any:
    """What fills the gaps of a masked array; None for the default, which it takes when it is first shown."""
    np: Any = sys.modules["numpy"]
    if type(fill) is not np.ndarray or fill.ndim or fill.dtype.names is not None:
        return fill
    if dtype.kind == "O":
        # That default is a text.
        return None if fill.dtype.kind == "U" and fill.item() == "?" else fill
    try:
        default = np.array(np.ma.default_fill_value(fill.dtype), dtype=fill.dtype)
    except (TypeError, ValueError):
        return fill
    return None if default.tobytes() == fill.tobytes() else fill


@reads_library("numpy:generic", "numpy:str_", "numpy:bytes_")
def _scalar(walk: Walk, value: Any) -> bytes | Node:
    np: Any = sys.modules["numpy"]
    array = np.asarray(value)
    walk.keep(array)
    return contents(walk, b"scalar:" + type_name(type(value)).encode("utf-8", "replace"), array)


@reads_library("numpy:dtype")
def _dtype(walk: Walk, value: Any) -> bytes | Node:
    return xxh3_128_digest(b"dtype:" + str(value).encode("utf-8", "replace"))


_STREAMS: Final = frozenset(("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"))


@reads_library("numpy:BitGenerator")
def _bits(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    if type(value).__name__ not in _STREAMS or is_user_class(type(value)):
        return walk.opaque(value, "a random generator of an own kind")
    return Node(b"bits", [value.state])


@reads_library("numpy:Generator", "numpy:RandomState")
def _generator(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    kind = b"random:" + type_name(type(value)).encode("utf-8", "replace")
    generator = attribute(value, "_bit_generator")
    if generator is None:
        generator = value.bit_generator
    children = [generator]
    if type(value).__name__ == "RandomState":
        state = value.get_state(legacy=False)
        children += [state.get("has_gauss"), state.get("gauss")]
    return Node(kind, children)


@reads(random.Random)
def _random(walk: Walk, value: random.Random) -> bytes | Node:
    walk.touch(value)
    if issubclass(type(value), random.SystemRandom):
        return xxh3_128_digest(b"SystemRandom")
    state = super(random.Random, value).getstate()
    return Node(b"random", [state])


_SPARSE: Final = ("data", "indices", "indptr", "row", "col", "coords", "offsets", "rows", "_dict")


@reads_library("scipy:_spbase", "scipy:spmatrix")
def _sparse(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    names = own_dict(value)
    kind = b"sparse:" + type_name(type(value)).encode("utf-8", "replace")
    shape = names.get("_shape")
    return Node(
        kind, [tuple(shape) if type(shape) is tuple else None, *[names.get(name) for name in _SPARSE]]
    )


_COMPILED: Final = ("Tree", "KDTree", "BallTree", "BinaryTree64", "BinaryTree32", "DistanceMetric")


@reads_library(*[f"sklearn:{name}{bits}" for name in _COMPILED for bits in ("", "32", "64")])
def _tree(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    state = value.__getstate__()
    return Node(b"tree:" + type_name(type(value)).encode(), [state])


_TIMES: Final = ("_fit_time", "_score_time")


@reads_library("sklearn:BaseSearchCV")
def _search(walk: Walk, value: Any) -> bytes | Node:
    """A search over parameters, without the seconds that its fits took: no two searches have the same."""
    node = instance(walk, value)
    table = own_dict(value).get("cv_results_")
    if type(node) is Node and type(table) is dict:
        walk.touch(table)
        told = [(n, v) for n, v in table.items() if type(n) is not str or not n.endswith(_TIMES)]
        results = Node(b"results", [part for item in told for part in item])
        node.children = [results if child is table else child for child in node.children]
    return node

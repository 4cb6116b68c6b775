"""pandas: frames by column, through the blocks that hold them.

What pandas caches, consolidates or computes on the way to a column is none of a reader's business: the
manager's blocks are read as they lie, and equal columns get equal digests in whichever block they are.
"""

import sys
from collections.abc import Sequence
from typing import Any, Final

from xxhash import xxh3_128, xxh3_128_digest

from nbdebt.live.fingerprints.arrays import STRIDED_COST, Plain, pieces, reach_of
from nbdebt.live.fingerprints.containers import part_of
from nbdebt.live.fingerprints.kinds import reads_library
from nbdebt.live.fingerprints.nodes import BYTE_COST, Digest, Node
from nbdebt.live.fingerprints.peek import attribute, is_user_class, mro, own_dict, type_name
from nbdebt.live.fingerprints.walk import Walk

_INTERNAL: Final = frozenset(
    ("_mgr", "_item_cache", "_attrs", "_flags", "_cacher", "_is_copy", "_name", "_cache")
)
_WIDE: Final = 1000


def labels(index: Any) -> list[Any] | None:
    """The labels of an index, past its caches; None where they can't be had cheaply."""
    names = own_dict(index)
    if type(index).__name__ == "RangeIndex":
        return list(names.get("_range", ()))
    if type(index).__name__ == "MultiIndex":
        levels = [labels(level) for level in names.get("_levels", ())]
        codes = [code.tolist() for code in names.get("_codes", ())]
        if not all(levels):
            return None
        columns = [
            [level[i] if i >= 0 else None for i in code]
            for level, code in zip(levels, codes, strict=True)
            if level is not None
        ]
        return list(zip(*columns, strict=True))
    data = names.get("_data")
    found: Any = attribute(data, "_pa_array")
    if found is not None:
        texts: list[Any] = found.to_pylist()
        return texts
    array = attribute(data, "_ndarray")
    if array is None:
        array = data
    if type(array) is not sys.modules["numpy"].ndarray or array.dtype.kind not in "OiubfU":
        return None
    plain: list[Any] = array.tolist()
    return plain


def _state(value: Any) -> list[Any]:
    """attrs, flags and what a subclass adds."""
    names = own_dict(value)
    extra = sorted(k for k in names if type(k) is str and k not in _INTERNAL)
    flags = attribute(names.get("_flags"), "_allows_duplicate_labels")
    own: list[Any] = [type(value)] if is_user_class(type(value)) else []
    return [names.get("_attrs") or None, flags, *own, *extra, *[names[k] for k in extra]]


def _kind(value: Any) -> bytes:
    return type_name(type(value)).encode("utf-8", "replace")


@reads_library("pandas:DataFrame")
def _frame(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    manager = own_dict(value)["_mgr"]
    columns, index = manager.axes
    count = len(columns)
    if count > _WIDE:
        return Node(b"frame:" + _kind(value), [columns, index, *_state(value), *_by_dtype(walk, manager)])
    children = _columns(walk, manager, count)
    head = [index, type_name(type(columns)), attribute(columns, "_name"), own_dict(columns).get("_names")]
    head += _state(value)
    keys = labels(columns) if walk.at_root else None
    names = [part_of(key) for key in keys] if keys is not None else [None]
    if keys is None or None in names or len(names) != count:
        return Node(b"frame:" + _kind(value), [columns, *head, *children])
    odd = [key for key in keys if type(key) not in (str, int, tuple)]
    before: list[str | None] = [None] * (len(head) + 1)
    return Node(b"frame:" + _kind(value), [odd, *head, *children], [*before, *names])


def _columns(walk: Walk, manager: Any, count: int) -> list[Any]:
    """The columns, in their order."""
    ndarray: Any = sys.modules["numpy"].ndarray
    found: list[Any] = [None] * count
    for block in manager.blocks:
        values = block.values
        place = block.mgr_locs.indexer
        places = range(*place.indices(count)) if type(place) is slice else place.tolist()
        if type(values) is ndarray and values.ndim == 2:
            if _scattered(values):
                reach_of(walk, values)
                rows: Sequence[Any] = _gathered(walk, values)
            else:
                reach_of(walk, values)
                rows = [Plain(values[i]) for i in range(len(places))]
        elif attribute(values, "_ndarray") is not None and values.ndim == 2:
            kind = _kind(values) + str(values.dtype).encode()
            inner = values._ndarray
            reach_of(walk, inner)
            rows = [Node(kind, [Plain(inner[i])]) for i in range(len(places))]
        else:
            rows = [values] * len(places)
        for position, row in zip(places, rows, strict=True):
            found[position] = row
    return found


def _scattered(values: Any) -> bool:
    """Whether the columns of a large block lie crosswise: element by element beside each other."""
    return (
        values.nbytes > 1 << 16
        and values.shape[0] > 1
        and not values.dtype.hasobject
        and not values[0].flags.c_contiguous
    )


def _gathered(walk: Walk, values: Any) -> list[Any]:
    """Digests of the rows of a block whose rows lie crosswise: stretch by stretch, not row by row."""
    np: Any = sys.modules["numpy"]
    if not walk.affords(values.nbytes * STRIDED_COST / 2, values.nbytes):
        return [Plain(values[i]) for i in range(values.shape[0])]
    width = values.shape[1]
    head = b"ndarray:%b:%b" % (str(values.dtype).encode(), str((width,)).encode())
    start = b"%d:%b%d:" % (len(head), head, width * values.dtype.itemsize)
    hashers = [xxh3_128(start) for _ in range(values.shape[0])]
    step = max(64, (1 << 18) // (values.shape[0] * values.dtype.itemsize))
    for begin in range(0, width, step):
        stretch = np.ascontiguousarray(values[:, begin : begin + step]).view(np.uint8)
        for hasher, row in zip(hashers, stretch, strict=True):
            hasher.update(row)
    return [Digest(hasher.digest()) for hasher in hashers]


def _by_dtype(walk: Walk, manager: Any) -> list[Any]:
    """For very many columns: one digest for all of a dtype, in the order of the columns."""
    np: Any = sys.modules["numpy"]
    ndarray = np.ndarray
    groups: dict[str, list[tuple[int, Any, int]]] = {}
    others: list[tuple[int, Any]] = []
    for block in manager.blocks:
        values = block.values
        places = block.mgr_locs.as_array.tolist()
        if type(values) is ndarray and values.ndim == 2 and not values.dtype.hasobject:
            reach_of(walk, values)
            rows = [(position, values, row) for row, position in enumerate(places)]
            groups.setdefault(str(values.dtype), []).extend(rows)
        else:
            others.append((places[0], Node(str(places).encode(), [values])))
    children: list[Any] = [node for _, node in sorted(others, key=lambda pair: pair[0])]
    for dtype, members in sorted(groups.items()):
        members.sort(key=lambda member: member[0])
        total = sum(values[row].nbytes for _, values, row in members)
        children.append([position for position, _, _ in members])
        if not walk.affords(total * BYTE_COST + len(members) * 300.0, total):
            walk.sampled(f"{len(members):,} columns of {dtype}: not all were read")
            members = members[:: max(1, len(members) // 64)]
            children += [Plain(values[row]) for _, values, row in members]
            continue
        hasher = xxh3_128(dtype.encode())
        for values, first, last in _stretches(members):
            stretch = values[first:last]
            for piece in [stretch] if stretch.flags.c_contiguous else pieces(np, stretch):
                hasher.update(piece.reshape(-1).view(np.uint8))
        children.append(Digest(hasher.digest()))
    return children


def _stretches(members: list[tuple[int, Any, int]]) -> list[tuple[Any, int, int]]:
    """Rows that follow each other in the same block, joined."""
    found: list[tuple[Any, int, int]] = []
    for _, values, row in members:
        if found and found[-1][0] is values and found[-1][2] == row:
            found[-1] = values, found[-1][1], row + 1
        else:
            found.append((values, row, row + 1))
    return found


@reads_library("pandas:Series")
def _series(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    names = own_dict(value)
    manager = names["_mgr"]
    return Node(
        b"series:" + _kind(value),
        [manager.blocks[0].values, manager.axes[0], names.get("_name"), *_state(value)],
    )


@reads_library("pandas:Index")
def _index(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    names = own_dict(value)
    kind = b"index:" + _kind(value)
    if type(value).__name__ == "RangeIndex":
        return Node(kind, [names.get("_range"), names.get("_name")])
    if type(value).__name__ == "MultiIndex":
        return Node(
            kind, [*names.get("_levels", ()), *names.get("_codes", ()), list(names.get("_names", ()))]
        )
    return Node(kind, [names.get("_data"), names.get("_name")])


_ARRAYS: Final = {
    "Categorical": ("_ndarray",),
    "DatetimeArray": ("_ndarray",),
    "TimedeltaArray": ("_ndarray",),
    "PeriodArray": ("_ndarray",),
    "StringArray": ("_ndarray",),
    "NumpyExtensionArray": ("_ndarray",),
    "PandasArray": ("_ndarray",),
    "IntervalArray": ("_left", "_right"),
    "ArrowExtensionArray": ("_pa_array",),
    "SparseArray": ("_sparse_values", "_sparse_index"),
}


@reads_library(*[f"pandas:{name}" for name in _ARRAYS])
def _extension(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    for base in mro(type(value)):
        if base.__name__ in _ARRAYS:
            children = [attribute(value, name) for name in _ARRAYS[base.__name__]]
            return Node(_kind(value), [attribute(value, "_dtype"), attribute(value, "_freq"), *children])
    return walk.opaque(value, "an array of an unknown kind")


@reads_library("pandas:BaseMaskedArray")
def _masked(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    data, mask = attribute(value, "_data"), attribute(value, "_mask")
    np: Any = sys.modules["numpy"]
    if mask.any():
        # What lies under the mask is not content.
        reach_of(walk, data)
        data = np.where(mask, np.zeros((), data.dtype), data)
    return Node(_kind(value), [data, mask])


@reads_library("pandas:IntIndex", "pandas:BlockIndex")
def _sparse_index(walk: Walk, value: Any) -> bytes | Node:
    names = ("indices",) if type(value).__name__ == "IntIndex" else ("blocs", "blengths")
    return Node(_kind(value), [value.length, *[attribute(value, name) for name in names]])


@reads_library("pandas:CategoricalDtype")
def _categories(walk: Walk, value: Any) -> bytes | Node:
    return Node(b"categories", [attribute(value, "_categories"), attribute(value, "_ordered")])


@reads_library("pandas:ExtensionDtype")
def _dtype(walk: Walk, value: Any) -> bytes | Node:
    fill = attribute(value, "_fill_value")
    na = attribute(value, "_na_value")
    return Node(b"dtype:" + _kind(value), [str(value), attribute(value, "storage"), fill, na])


@reads_library("pandas:Timestamp", "pandas:Timedelta")
def _moment(walk: Walk, value: Any) -> bytes | Node:
    zone, fold = getattr(value, "tzinfo", None), getattr(value, "fold", 0)
    return Node(_kind(value), [value._value, value.unit, zone, fold])


@reads_library("pandas:Period")
def _period(walk: Walk, value: Any) -> bytes | Node:
    return Node(_kind(value), [value.ordinal, value.freqstr])


@reads_library("pandas:Interval")
def _interval(walk: Walk, value: Any) -> bytes | Node:
    return Node(_kind(value), [value.left, value.right, value.closed])


@reads_library("pandas:NaTType", "pandas:NAType")
def _missing(walk: Walk, value: Any) -> bytes | Node:
    return xxh3_128_digest(_kind(value))


@reads_library("pandas:BaseOffset")
def _offset(walk: Walk, value: Any) -> bytes | Node:
    return Node(_kind(value), [value.n, value.normalize, value.freqstr, dict(value.kwds)])


_NOT_STATE: Final = frozenset(("_cache", "_grouper", "grouper", "_indexer", "_obj_with_exclusions"))


@reads_library("pandas:BaseGroupBy", "pandas:BaseWindow", "pandas:Resampler")
def _grouped(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    names = own_dict(value)
    kept = sorted(k for k in names if type(k) is str and k not in _NOT_STATE)
    return Node(_kind(value), [*kept, *[names[k] for k in kept]])

"""Column stores: pyarrow by buffers, polars by its own hash of each element."""

import ctypes
import sys
from typing import Any, Final

from xxhash import xxh3_128, xxh3_128_digest

from nbdebt.live.fingerprints.containers import part_of
from nbdebt.live.fingerprints.kinds import reads_library
from nbdebt.live.fingerprints.nodes import BYTE_COST, Node
from nbdebt.live.fingerprints.peek import is_user_class, type_name
from nbdebt.live.fingerprints.walk import Walk

_ELEMENT_COST: Final = 3.0
_NESTED_COST: Final = 30.0
_SEED: Final = 20_170_101


def _kind(value: Any) -> bytes:
    return type_name(type(value)).encode("utf-8", "replace")


# polars


@reads_library("polars:DataFrame")
def _polars_frame(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    if is_user_class(type(value)):
        return walk.opaque(value, "a polars frame of an own class")
    columns = value.get_columns()
    names = [part_of(column.name) for column in columns]
    return Node(b"polars", [value.height, *columns], [None, *names])


@reads_library("polars:Series")
def _polars_series(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    if is_user_class(type(value)):
        return walk.opaque(value, "a polars series of an own class")
    count = len(value)
    head = f"{value.name}\0{value.dtype!r}\0{count}\0{value.null_count()}".encode("utf-8", "surrogatepass")
    if not count:
        return xxh3_128_digest(b"series:" + head)
    cost = _NESTED_COST if value.dtype.is_nested() else _ELEMENT_COST
    if repr(value.dtype) == "Object":
        if not walk.affords(count * 50.0):
            return walk.opaque(value, "objects in a polars series")
        return Node(b"series:" + head, [value.to_list()])
    if not walk.affords(count * cost, count * 8):
        picked = value.gather_every(max(1, count // 4096))
        walk.sampled(f"{count:,} elements of a polars series: 4,096 were read")
        return Node(b"series:" + head + b"#", [picked.to_list()])
    hashes = value.hash(_SEED).rechunk()
    pointer = hashes._s.as_single_ptr()
    memory = (ctypes.c_char * (count * 8)).from_address(pointer)
    digest = xxh3_128_digest(b"series:" + head + xxh3_128_digest(memory))
    del memory, hashes
    return digest


# pyarrow


@reads_library("pyarrow:Table", "pyarrow:RecordBatch")
def _table(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    schema = value.schema
    names = [part_of(name) for name in schema.names]
    described = str(schema.to_string(show_schema_metadata=True))
    return Node(_kind(value), [described, value.num_rows, *value.columns], [None, None, *names])


@reads_library("pyarrow:ChunkedArray")
def _chunked(walk: Walk, value: Any) -> bytes | Node:
    return _arrow(walk, value, value.chunks)


@reads_library("pyarrow:Array")
def _arrow_array(walk: Walk, value: Any) -> bytes | Node:
    return _arrow(walk, value, [value])


def _arrow(walk: Walk, value: Any, chunks: list[Any]) -> bytes | Node:
    """The elements of chunks, however they are cut: lengths, bytes and nulls, each in a stream."""
    walk.touch(value)
    types: Any = sys.modules["pyarrow.lib"] if "pyarrow.lib" in sys.modules else sys.modules["pyarrow"]
    count = len(value)
    head = b"arrow:%d:%b" % (count, str(value.type).encode("utf-8", "replace"))
    if not count:
        return xxh3_128_digest(head)
    size = sum(chunk.get_total_buffer_size() for chunk in chunks)
    logical = sum(chunk.nbytes for chunk in chunks)
    for chunk in chunks:
        for buffer in chunk.buffers():
            if buffer is not None:
                walk.touch_address(buffer.address)
    if not walk.affords(logical * BYTE_COST * 2 + count, logical):
        picked = [value[i].as_py() for i in range(0, count, max(1, count // 1024))]
        walk.sampled(f"{count:,} elements of an Arrow array ({size:,} bytes): 1,024 were read")
        return Node(head + b"#", [picked])
    width = _width(value.type)
    if width is None:
        # Nested, dictionaries, extensions: as the interprocess format writes them.
        return Node(head, [value.to_pylist()]) if count <= 100_000 else _written(types, head, chunks)
    content, nulls, lengths = xxh3_128(), xxh3_128(), xxh3_128()
    for chunk in chunks:
        if chunk.null_count:
            nulls.update(_bytes_of(chunk.is_null().cast(types.uint8()), 1))
            chunk = chunk.drop_null()
        else:
            nulls.update(b"\0" * len(chunk))
        if width:
            content.update(_bytes_of(chunk, width))
        else:
            _texts(chunk, content, lengths)
    return xxh3_128_digest(head + content.digest() + nulls.digest() + lengths.digest())


def _width(kind: Any) -> int | None:
    """Bytes of an element; 0 for texts; None for all that is neither."""
    name = str(kind)
    if name in ("string", "binary", "large_string", "large_binary"):
        return 0
    if name == "bool" or kind.num_fields or "dictionary" in name or "extension" in name or "view" in name:
        return None
    try:
        bits: int = kind.bit_width
    except ValueError:
        return None
    return bits // 8 or None


def _bytes_of(chunk: Any, width: int) -> Any:
    """The memory of a chunk without nulls."""
    buffer = chunk.buffers()[1]
    return memoryview(buffer)[chunk.offset * width : (chunk.offset + len(chunk)) * width]


def _texts(chunk: Any, content: Any, lengths: Any) -> None:
    if not len(chunk):
        return
    _, offsets, data = chunk.buffers()
    wide = str(chunk.type).startswith("large")
    positions = memoryview(offsets).cast("B").cast("q" if wide else "i")
    positions = positions[chunk.offset : chunk.offset + len(chunk) + 1]
    first, last = positions[0], positions[-1]
    begin = first
    for position in positions[1:] if "numpy" not in sys.modules else ():
        lengths.update((position - first).to_bytes(8, sys.byteorder))
        first = position
    if "numpy" in sys.modules:
        np: Any = sys.modules["numpy"]
        lengths.update(np.diff(np.asarray(positions)).astype(np.int64))
    if data is not None:
        content.update(memoryview(data)[begin:last])


def _written(types: Any, head: bytes, chunks: list[Any]) -> bytes:
    hasher = xxh3_128(head)
    for chunk in chunks:
        hasher.update(types.RecordBatch.from_arrays([chunk], ["x"]).serialize())
    return hasher.digest()


@reads_library("pyarrow:Scalar")
def _arrow_scalar(walk: Walk, value: Any) -> bytes | Node:
    return Node(b"arrow scalar:" + str(value.type).encode(), [value.as_py()])


@reads_library("pyarrow:DataType", "pyarrow:Schema", "pyarrow:Field")
def _arrow_type(walk: Walk, value: Any) -> bytes | Node:
    return xxh3_128_digest(_kind(value) + str(value).encode("utf-8", "replace"))


@reads_library("pyarrow:Buffer")
def _arrow_buffer(walk: Walk, value: Any) -> bytes | Node:
    walk.touch_address(value.address)
    return walk.memory(b"arrow buffer", memoryview(value), value.size)


@reads_library("polars:DataType", "polars:DataTypeClass")
def _polars_type(walk: Walk, value: Any) -> bytes | Node:
    return xxh3_128_digest(_kind(value) + repr(value).encode("utf-8", "replace"))

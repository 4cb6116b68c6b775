"""Tensors: torch's on the CPU by memory, on other devices not at all; jax's through numpy."""

import ctypes
import sys
from typing import Any

from xxhash import xxh3_128_digest

from nbdebt.live.fingerprints.arrays import contents
from nbdebt.live.fingerprints.kinds import reads_library
from nbdebt.live.fingerprints.nodes import Node
from nbdebt.live.fingerprints.peek import is_user_class, type_name
from nbdebt.live.fingerprints.walk import Walk


@reads_library("torch:Tensor", "torch:Parameter")
def _tensor(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    torch: Any = sys.modules["torch"]
    cls = type(value)
    if cls is not torch.Tensor and cls is not torch.nn.Parameter:
        return walk.opaque(value, f"a {type_name(cls)}")
    with torch._C.DisableTorchFunctionSubclass():
        if value.layout is not torch.strided or value.device.type != "cpu" or value.is_quantized:
            return walk.opaque(value, f"a tensor on {value.device}, {value.layout}")
        plain = value.detach()
        kind = f"{type_name(cls)}:{plain.dtype}:{tuple(plain.shape)}:{value.requires_grad}:{plain.is_conj()}"
        gradient = value.grad if value.is_leaf else None
        walk.touch_address(plain.untyped_storage().data_ptr())
        size = plain.numel() * plain.element_size()
        if not plain.is_contiguous():
            if not walk.affords(size * 0.5, size):
                walk.sampled(f"{size:,} bytes of a tensor: 4,096 elements were read")
                picked = torch.linspace(0, plain.numel() - 1, 4096).long()
                plain = plain.reshape(-1)[picked] if size < 1 << 28 else plain[(0,) * plain.dim()]
            plain = plain.contiguous()
            size = plain.numel() * plain.element_size()
        if not size:
            return Node(kind.encode(), [gradient])
        memory = (ctypes.c_char * size).from_address(plain.data_ptr())
        digest = walk.memory(kind.encode(), memory, size)
        del memory
    return digest if gradient is None else Node(digest, [gradient])


@reads_library("torch:Generator")
def _generator(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    if value.device.type != "cpu":
        return walk.opaque(value, "a random generator on another device")
    return Node(b"torch random", [value.get_state()])


@reads_library("torch:dtype", "torch:device", "torch:layout", "torch:Size")
def _name(walk: Walk, value: Any) -> bytes | Node:
    return xxh3_128_digest(type_name(type(value)).encode() + str(value).encode())


@reads_library("jaxlib:ArrayImpl")
def _jax(walk: Walk, value: Any) -> bytes | Node:
    np = sys.modules.get("numpy")
    if np is None or is_user_class(type(value)) or value.is_deleted() or not value.is_fully_addressable:
        return walk.opaque(value, "an array on other devices")
    if not walk.affords(value.nbytes * 0.15, value.nbytes):
        return walk.opaque(value, f"{value.nbytes:,} bytes of a jax array")
    array = np.asarray(value)
    walk.keep(array)
    return contents(walk, b"jax:" + str(value.aval).encode(), array)


@reads_library("tensorflow:EagerTensor", "tensorflow:ResourceVariable")
def _tensorflow(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    if value.dtype.name in ("resource", "variant"):
        return walk.opaque(value, "a handle of TensorFlow's runtime", counts=False)
    array = value.numpy()
    walk.keep(array)
    return Node(type_name(type(value)).encode() + str(value.dtype).encode(), [array])


@reads_library("tensorflow:_DictWrapper", "tensorflow:_TupleWrapper")
def _tensorflow_tracked(walk: Walk, value: Any) -> bytes | Node:
    walk.touch(value)
    return Node(type_name(type(value)).encode(), [value.__wrapped__])


@reads_library("tensorflow:DType")
def _tensorflow_type(walk: Walk, value: Any) -> bytes | Node:
    return xxh3_128_digest(b"tensorflow.DType:" + str(value.name).encode())


@reads_library("tensorflow:Function")
def _tensorflow_function(walk: Walk, value: Any) -> bytes | Node:
    # What it was traced and compiled to follows from the function and from whom it was called with.
    walk.touch(value)
    return Node(b"tensorflow.function", [vars(value).get("_python_function")])


@reads_library("tensorflow:Graph", "tensorflow:DatasetV2", "tensorflow:ConcreteFunction")
def _tensorflow_graph(walk: Walk, value: Any) -> bytes | Node:
    return walk.opaque(value, f"a {type_name(type(value))}, computed when it is asked")

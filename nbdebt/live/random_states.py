"""States of the random streams that libraries keep for the whole process: read, compared, put back.

Nothing is drawn, and nothing imported but by ``load_lazy``; a stream whose library isn't loaded has no state.
"""

import importlib
import marshal
import random
import struct
import sys
from collections.abc import Callable
from typing import Any

_MT_SIZE = 624
_TWISTER = struct.Struct("<625IBd")
# The first word after Matsumoto and Nishimura's ``init_by_array``; after ``init_genrand``, it is the seed.
_BY_ARRAY = 1 << 31

executed: set[str] = set()
"""Modules that have just been run whole, though their import isn't quite over."""


def is_loading(module: str) -> bool:
    """Whether a module is being imported now. What a half-loaded torch is asked crashes the process."""
    spec = vars(sys.modules[module]).get("__spec__") if module in sys.modules else None
    return module not in executed and getattr(spec, "_initializing", False) is True


# One reader a stream: its state, or None where its library isn't loaded.


def _python() -> object:
    inst = vars(random)["_inst"]
    return random.Random.getstate(inst) if type(inst) is random.Random else None


def _numpy() -> object:
    module = sys.modules.get("numpy.random.mtrand")
    state = vars(module).get("_rand") if module is not None else None
    return state.get_state(legacy=False) if state is not None else None


def _torch() -> object:
    generator = _torch_generator()
    return generator.get_state() if generator is not None else None


def _torch_generator() -> Any:
    if "torch" not in sys.modules or is_loading("torch"):
        return None
    return vars(sys.modules["torch"]).get("default_generator")


def _cuda() -> object:
    module: Any = sys.modules.get("torch.cuda")
    if module is None or is_loading("torch") or not module.is_initialized():
        return None
    return module.get_rng_state_all()


def _tensorflow() -> object:
    """The process-wide seed of eager mode, and the generator of the seeds of single operations."""
    module = sys.modules.get("tensorflow.python.eager.context")
    if module is None:
        return None
    # It is made by the first operation, and has no generator before it has a seed.
    context = vars(module).get("_context")
    held = vars(context) if context is not None else {}
    inner = held.get("_rng")
    if held.get("_seed") is None or type(inner) is not random.Random:
        return (None, None)
    return (held["_seed"], inner.getstate())


READERS: dict[str, Callable[[], object]] = {
    "python": _python,
    "numpy": _numpy,
    "torch": _torch,
    "torch.cuda": _cuda,
    "tensorflow": _tensorflow,
}
SEEDERS = (
    ("python", "random", "seed", 2**63),
    ("numpy", "numpy.random", "seed", 2**32 - 1),
    ("torch", "torch", "manual_seed", 2**63 - 1),
    ("tensorflow", "tensorflow", "random.set_seed", 2**31 - 1),
    ("cupy", "cupy", "random.seed", 2**32 - 1),
)


def load_lazy() -> None:
    """Load the streams that a loaded library makes when they are first named: they can't be seeded before."""
    if "numpy" in sys.modules and "numpy.random" not in sys.modules:
        importlib.import_module("numpy.random")


def restore_state(stream: str, state: Any) -> None:
    if stream == "python":
        random.Random.setstate(vars(random)["_inst"], state)
    elif stream == "numpy":
        vars(sys.modules["numpy.random.mtrand"])["_rand"].set_state(state)
    elif stream == "torch":
        vars(sys.modules["torch"])["default_generator"].set_state(state)
    elif stream == "torch.cuda":
        module: Any = sys.modules["torch.cuda"]
        module.set_rng_state_all(state)
    elif stream == "tensorflow":
        context = vars(sys.modules["tensorflow.python.eager.context"])["_context"]
        if context is None:
            return
        held = vars(context)
        held["_seed"] = state[0]
        if state[1] is not None:
            held["_rng"].setstate(state[1])


def state_bytes(state: Any) -> bytes:
    """A state as bytes, the same for the same state."""
    if isinstance(state, tuple) and len(state) == 3 and isinstance(state[1], tuple):
        return marshal.dumps(state, 2)
    if isinstance(state, dict):
        return b"".join(state_bytes(value) for _, value in sorted(state.items()))
    if isinstance(state, list | tuple):
        return b"".join(state_bytes(value) for value in state)
    if state is None or isinstance(state, str | int | float):
        return repr(state).encode()
    numbers = state if type(state).__module__ == "numpy" else state.cpu().numpy()
    return bytes(numbers.tobytes())


def packed(stream: str, state: Any) -> bytes | None:
    """A state in few bytes, for a script that puts it back; None for streams that can't be put back.

    Of the Mersenne Twister of ``random`` and ``numpy.random``: 624 words and the position, whether a second
    normal number waits, and that number; of torch: its bytes.
    """
    if stream == "python":
        return _TWISTER.pack(*state[1], state[2] is not None, state[2] or 0.0)
    if stream == "numpy" and state["bit_generator"] == "MT19937":
        inner = state["state"]
        return _TWISTER.pack(*inner["key"].tolist(), inner["pos"], state["has_gauss"], state["gauss"])
    return state_bytes(state) if stream == "torch" else None


def torch_seed() -> int | None:
    generator = _torch_generator()
    return int(generator.initial_seed()) if generator is not None else None


def absent() -> frozenset[str]:
    """Streams whose library isn't loaded: nothing was drawn from them."""
    modules = (
        ("numpy", "numpy.random.mtrand"),
        ("torch", "torch"),
        ("tensorflow", "tensorflow.python.eager.context"),
    )
    return frozenset(stream for stream, module in modules if module not in sys.modules)


def block_of(stream: str, state: Any) -> bytes:
    """The words that a Mersenne Twister hands out before it makes new ones: while they are the same, the
    stream was drawn from and not seeded. Empty for other generators."""
    if stream == "python":
        return marshal.dumps(state[1][:_MT_SIZE], 2)
    if stream == "numpy" and "key" in state["state"]:
        return bytes(state["state"]["key"].tobytes())
    return b""


def given_state(stream: str, state: Any) -> Any:
    """A state that is about to be set, as :data:`READERS` would give it; None for what isn't one."""
    if stream == "numpy" and type(state) is tuple and len(state) in (3, 5):
        kind, key, pos, *gauss = state
        has, value = gauss or (0, 0.0)
        return {
            "bit_generator": kind,
            "state": {"key": key, "pos": pos},
            "has_gauss": has,
            "gauss": value,
        }
    fits = {"python": ("tuple",), "numpy": ("dict",), "torch": ("Tensor",)}
    return state if type(state).__name__ in fits.get(stream, ()) else None


def is_fresh(stream: str, state: Any) -> bool:
    """Whether nothing has been drawn since the stream was seeded last."""
    if stream == "python":
        words = state[1]
        return bool(words[_MT_SIZE] == _MT_SIZE and words[0] == _BY_ARRAY and state[2] is None)
    if stream == "numpy":
        inner = state["state"]
        if "key" not in inner or inner["pos"] < _MT_SIZE - 1 or state["has_gauss"]:
            return False
        first, second = (int(word) for word in inner["key"][:2])
        return first == _BY_ARRAY or second == (1812433253 * (first ^ (first >> 30)) + 1) & 0xFFFFFFFF
    if stream == "torch":
        torch: Any = sys.modules["torch"]
        fresh = torch.Generator().manual_seed(torch.initial_seed()).get_state()
        return bool(state_bytes(fresh) == state_bytes(state))
    if stream == "tensorflow":
        seed, inner = state
        return seed is None or bool(random.Random(seed).getstate() == inner)
    return False


def is_new(stream: str, state: Any) -> bool:
    """Whether a stream stands as its library leaves it when it is loaded."""
    if stream == "numpy" and "key" in state["state"]:
        # The system's entropy is put in by ``SeedSequence``, and stands one word before where a seed would.
        inner = state["state"]
        untouched = inner["pos"] == _MT_SIZE - 1 and not state["has_gauss"]
        return bool(untouched and inner["key"][0] == _BY_ARRAY)
    return is_fresh(stream, state)


def is_determined(stream: str, state: Any) -> bool:
    """Whether a fresh state comes from a seed rather than from the system: numpy's tells where the seed was
    one integer, for its first word is the seed then (Matsumoto and Nishimura's ``init_genrand``)."""
    if stream == "numpy":
        return "key" in state["state"] and int(state["state"]["key"][0]) != _BY_ARRAY
    if stream == "tensorflow":
        return state[0] is not None
    return stream != "python"
